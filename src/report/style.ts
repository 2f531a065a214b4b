/** How the report looks: light, dark, narrow, and on paper. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #1a1f2b; --soft: #566072; --line: #e1e5eb; --track: #e6eaf0;
  --validation: #1f5fbf; --training: #6b7688; --best: #b4460e; --right: #1f7a5a; --wrong: #cf4a1c;
  --first-layer: #1f5fbf; --last-layer: #b4460e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12151b; --card: #1a1e27; --ink: #e9ecf2; --soft: #a3adbd; --line: #2c323e; --track: #2a303c;
    --validation: #7db2ff; --training: #98a3b5; --best: #ffa066; --right: #35a67d; --wrong: #e8662f;
    --first-layer: #7db2ff; --last-layer: #ffa066;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.55 ui-sans-serif, system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif;
}
main { max-width: 1060px; margin: 0 auto; padding: 40px 24px 56px; }
header { display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: baseline; justify-content: space-between; }
h1 { font-size: 26px; line-height: 1.2; letter-spacing: -0.02em; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 18px; letter-spacing: -0.01em; margin: 44px 0 12px; }
h3 { font-size: 13px; color: var(--soft); font-weight: 600; margin: 0 0 8px; text-transform: lowercase; }
.made, .note, footer { color: var(--soft); font-size: 14px; }
.made { margin: 0; }
.note { margin: 0 0 12px; max-width: 75ch; }
.note b { color: var(--ink); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 20px; margin: 0; }
.hero { display: grid; grid-template-columns: auto 1fr; gap: 12px 44px; align-items: center; padding: 28px; margin-top: 20px; }
.headline { font-size: 68px; line-height: 1; font-weight: 700; letter-spacing: -0.04em; font-variant-numeric: tabular-nums; }
.headline + p { margin: 8px 0 0; color: var(--soft); }
.gauge { position: relative; height: 62px; margin: 0 8px; }
.gauge > * { position: absolute; }
.gauge .track { top: 26px; left: 0; right: 0; height: 10px; border-radius: 5px; background: var(--track); }
.gauge .reached { top: 26px; left: 0; height: 10px; border-radius: 5px; background: var(--validation); }
.gauge .interval { top: 20px; height: 22px; min-width: 3px; border-radius: 3px; background: var(--validation); opacity: 0.45; }
.gauge .baseline { top: 17px; width: 2px; height: 28px; background: var(--ink); }
.gauge span { font-size: 13px; color: var(--soft); white-space: nowrap; top: -6px; }
.gauge .scale { top: 46px; }
.facts { grid-column: 1 / -1; display: grid; grid-template-columns: repeat(4, 1fr); gap: 16px 24px;
  margin: 12px 0 0; padding-top: 20px; border-top: 1px solid var(--line); }
.facts dt { font-size: 13px; color: var(--soft); }
.facts dd { margin: 0; font-weight: 600; font-variant-numeric: tabular-nums; }
.facts small { display: block; font-size: 13px; font-weight: 400; color: var(--soft); }
.warning { border-left: 4px solid var(--best); margin-top: 16px; padding: 12px 16px; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(400px, 100%), 1fr)); gap: 16px; }
.three { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(290px, 100%), 1fr)); gap: 16px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 0 0 12px; font-size: 14px; color: var(--soft); }
ul.warning { padding-left: 32px; margin: 0 0 16px; }
.curve { padding: 16px 16px 8px; }
.curve svg { display: block; width: 100%; height: auto; color: var(--soft); }
figcaption { display: flex; flex-wrap: wrap; gap: 4px 18px; align-items: center; font-size: 14px; color: var(--soft); }
figcaption b { color: var(--ink); font-size: 15px; margin-right: auto; }
figcaption small { color: var(--soft); font-size: 13px; font-weight: 400; margin-left: 8px; }
.key { display: inline-flex; gap: 7px; align-items: center; }
.key i { width: 22px; border-top: 2px solid var(--validation); }
.key.training i { border-top: 2px dashed var(--training); }
.key.faint i { border-top: 1px solid; opacity: 0.5; }
.key.faint.validation i { border-color: var(--validation); }
.key.faint.training i { border-color: var(--training); }
.key i.dot { width: 11px; height: 11px; border: 0; border-radius: 50%; }
.key i.dot.missed { border: 2px solid var(--ink); background: none; }
.key.best i { border-top-color: var(--best); }
.three figcaption span { flex-basis: 100%; }
.pair + .note, .three + .note { margin-top: 12px; }
.curve svg + svg { margin-top: -2px; }
.points path { fill: none; stroke: var(--validation); stroke-width: 4.5; stroke-linecap: round; }
h3.name { margin: 20px 0 8px; text-transform: none; font-size: 15px; color: var(--ink); overflow-wrap: anywhere; }
.figures { display: grid; gap: 16px; margin: 0; }
.figures dt, .figures .about { font-size: 13px; color: var(--soft); }
.figures dd { margin: 0; font-weight: 600; font-variant-numeric: tabular-nums; }
.figures .about { font-weight: 400; }
.figures small, .importance small, .columns small, .shares small { font-size: 13px; font-weight: 400; color: var(--soft); }
.figures.across { grid-template-columns: repeat(3, 1fr); }
.figures.across + .note { margin: 14px 0 0; }
.portions { display: flex; gap: 3px; height: 12px; margin-bottom: 14px; }
.portions i { min-width: 3px; border-radius: 4px; background: var(--training); }
.portions i.validation, .shares .validation i { background: var(--validation); }
.portions i.test, .shares .test i { background: var(--best); }
section > .card + .three, section > .card + .scroll, .pair + h3.name { margin-top: 16px; }
.importance, .columns, .shares { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
.importance th, .columns th, .shares th { text-align: left; font-weight: 600; }
.importance th { width: 1%; padding: 4px 14px 4px 0; }
.importance th div { width: max-content; max-width: min(280px, 34vw); overflow-wrap: break-word; }
.importance .number { width: 1%; padding-left: 14px; white-space: nowrap; text-align: right; }
.importance .track > div { position: relative; height: 16px; }
.importance i { position: absolute; }
.importance .bar { top: 2px; height: 12px; border-radius: 3px; background: var(--validation); min-width: 1px; }
.importance .bar.less { background: var(--training); }
.importance .spread { top: 7px; height: 2px; min-width: 2px; background: var(--ink); opacity: 0.75; }
.importance + .note { margin: 12px 0 0; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.scroll > .columns, .scroll > .shares { background: var(--card); border: 1px solid var(--line); border-radius: 14px;
  border-collapse: separate; border-spacing: 0; padding: 12px 16px; }
.columns { min-width: 760px; }
.columns th, .columns td { padding: 7px 14px 7px 0; vertical-align: top; border-top: 1px solid var(--line); text-align: left; }
.columns thead th, .shares thead th { border-top: 0; font-size: 13px; font-weight: 400; color: var(--soft); padding-top: 0; }
.columns tbody th div { width: max-content; max-width: 240px; overflow-wrap: break-word; }
.columns .number { text-align: right; white-space: nowrap; }
.columns .number small { display: block; }
.columns .values { width: 200px; }
.columns .values small { display: block; overflow-wrap: anywhere; }
.columns .becomes { color: var(--soft); padding-right: 0; overflow-wrap: anywhere; }
.columns .unused > * { color: var(--soft); }
svg.small { display: block; width: 132px; height: 30px; fill: var(--validation); border-bottom: 1px solid var(--line); }
.card.notes { margin-top: 16px; padding-left: 36px; font-size: 14px; }
.notes li { margin: 3px 0; overflow-wrap: anywhere; }
.shares { min-width: 520px; table-layout: fixed; }
.shares thead th:first-child { width: 22%; }
.shares th, .shares td { padding: 6px 14px 6px 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
.shares td > div { height: 8px; margin-bottom: 2px; }
.shares td i { display: block; height: 8px; min-width: 1px; border-radius: 3px; background: var(--training); }
.scroll { overflow-x: auto; border-radius: 14px; }
.scroll:focus-visible { outline: 2px solid var(--validation); }
.confusion { table-layout: fixed; border-collapse: separate; border-spacing: 2px; width: 100%; background: var(--card);
  border: 1px solid var(--line); border-radius: 14px; padding: 14px; font-size: 14px; font-variant-numeric: tabular-nums; }
.confusion th, .confusion td { padding: 6px 4px; text-align: center; border-radius: 5px; font-weight: 400; white-space: nowrap; }
.confusion tbody th, .confusion thead tr:last-child th { font-weight: 600; }
.confusion .side { width: 58px; }
.confusion th div, .classes div { overflow: hidden; text-overflow: ellipsis; }
.confusion tbody th, .confusion tfoot th { position: sticky; left: 0; background: var(--card); }
.classes { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
.classes th, .classes td { padding: 4px 10px 4px 0; text-align: left; }
.classes thead th { font-weight: 400; color: var(--soft); font-size: 13px; }
.classes .number { text-align: right; padding-right: 0; padding-left: 10px; }
.classes div { max-width: 200px; white-space: nowrap; }
.confusion .axis, .confusion thead tr:last-child .axis, .confusion .rate, .confusion thead tr:last-child .rate { color: var(--soft); font-weight: 400; font-size: 13px; }
.confusion .right { background: color-mix(in srgb, var(--right) var(--tint), transparent); }
.confusion .wrong { background: color-mix(in srgb, var(--wrong) var(--tint), transparent); }
.confusion .zero { color: var(--soft); opacity: 0.55; }
.scroll + .note { margin-top: 12px; }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(106px, 1fr)); gap: 12px; list-style: none; margin: 0; padding: 0; }
.gallery li { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 12px; text-align: center; break-inside: avoid; }
.gallery img { width: 72px; height: 72px; image-rendering: pixelated; border-radius: 4px; }
.gallery .verdict { display: flex; justify-content: center; align-items: baseline; gap: 8px; margin-top: 6px; }
.gallery b { font-size: 19px; line-height: 1.2; color: var(--wrong); }
.gallery span span, .gallery small { font-size: 13px; color: var(--soft); }
.gallery small { display: block; font-variant-numeric: tabular-nums; }
.plane { max-width: 560px; padding: 16px; }
.plane svg { display: block; width: 100%; height: auto; border-radius: 8px; background: var(--page); margin-bottom: 12px; }
.plane circle { stroke: var(--card); stroke-width: 1; }
.plane circle.missed { stroke: var(--ink); stroke-width: 2.5; }
.settings { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(400px, 100%), 1fr)); gap: 16px; }
.settings dl { display: grid; grid-template-columns: auto 1fr; gap: 3px 18px; margin: 0; font-size: 14px; }
.settings dt { color: var(--soft); }
.settings dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.command { display: flex; gap: 12px; align-items: flex-start; }
pre { flex: 1; min-width: 0; margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; user-select: all;
  font: 14px/1.6 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre span { white-space: nowrap; }
button { font: inherit; font-size: 14px; color: var(--ink); background: none; border: 1px solid var(--line); border-radius: 8px;
  padding: 4px 14px; cursor: pointer; }
button:hover { border-color: var(--soft); }
footer { margin-top: 44px; border-top: 1px solid var(--line); padding-top: 16px; }
@media (prefers-color-scheme: dark) {
  .gallery img { filter: invert(1); }
  .plane circle:not(.missed) { stroke: var(--ink); stroke-width: 0.8; }
}
@media (max-width: 640px) {
  main { padding: 24px 16px 40px; }
  .hero { grid-template-columns: 1fr; padding: 20px; }
  .headline { font-size: 56px; }
  .facts { grid-template-columns: repeat(2, 1fr); }
  .card { padding: 16px; }
}
@media print {
  :root { color-scheme: light; --page: #ffffff; --card: #ffffff; --ink: #111111; --soft: #444444; --line: #cccccc; --track: #dddddd;
    --validation: #1f5fbf; --training: #6b7688; --best: #b4460e; --right: #1f7a5a; --wrong: #cf4a1c;
    --first-layer: #1f5fbf; --last-layer: #b4460e; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 12px; }
  main { max-width: none; padding: 0; }
  button { display: none; }
  .card, .confusion, section > h2 + * { break-inside: avoid; }
  h2 { break-after: avoid; margin-top: 28px; }
  .scroll { overflow: visible; }
  .columns, .shares { min-width: 0; }
  .columns, .shares, .importance { font-size: 12px; }
  .columns tbody th div { max-width: 150px; }
  .columns tr, .importance tr { break-inside: avoid; }
  section > h2 + .note { break-after: avoid; }
  .pair, .settings { grid-template-columns: 1fr 1fr; }
  .three { grid-template-columns: 1fr 1fr 1fr; }
  .gallery img { filter: none; }
  .plane circle:not(.missed) { stroke: var(--card); stroke-width: 1; }
}
`;
