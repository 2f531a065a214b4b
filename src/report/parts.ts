/** The parts that rows were dealt to, and how the target spreads in each. */
import { barsSvg } from './bars.js';
import { counted, figure, grouped, percent } from './format.js';
import { extentOf, type Histogram, histogramOf } from './histogram.js';
import { type Html, html, nothing } from './html.js';

/** A part of the rows. */
export interface Part {
  readonly name: string;
  readonly rows: number;
}

/** The parts of rows that belong to classes. */
export interface ClassParts {
  readonly kind: 'classes';
  readonly classes: readonly string[];
  /** `counts[c]` rows of class c. */
  readonly parts: readonly (Part & { readonly counts: readonly number[] })[];
}

/** How the numbers of one target spread in a part. */
export interface NumberSpread {
  readonly mean: number;
  /** Standard deviation, population form. */
  readonly deviation: number;
  /** In bins that all parts have in common; undefined where there are none. */
  readonly histogram: Histogram | undefined;
}

/** The parts of rows with numbers. */
export interface NumberParts {
  readonly kind: 'numbers';
  readonly targets: readonly string[];
  /** `spreads[t]`: of target t. */
  readonly parts: readonly (Part & { readonly spreads: readonly NumberSpread[] })[];
}

/** The parts of rows whose targets are these numbers: `values[t]` are those of target t, in its own units. */
export function numberParts(
  targets: readonly string[],
  parts: readonly { readonly name: string; readonly values: readonly Float64Array[] }[],
): NumberParts {
  const ranges = targets.map((_, t) => extentOf(parts.flatMap(({ values }) => extentOf(values[t] ?? []) ?? [])));
  return {
    kind: 'numbers',
    targets,
    parts: parts.map(({ name, values }) => ({
      name,
      rows: values[0]?.length ?? 0,
      spreads: values.map((own, t): NumberSpread => {
        const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
        const squares = own.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
        const histogram = histogramOf(own, MOST_BINS, ranges[t]);
        return { mean, deviation: Math.sqrt(squares / own.length), histogram };
      }),
    })),
  };
}

/** Colours of the parts, as the style has them too. */
const FILLS: Readonly<Record<string, string>> = {
  training: 'var(--training)',
  validation: 'var(--validation)',
  test: 'var(--best)',
};
/** More classes, or targets, than this are counted rather than shown. */
const MOST_SHOWN = 20;
const MOST_TARGETS = 8;
const MOST_BINS = 30;

function rowsLine(parts: readonly Part[], about: string): Html {
  const total = parts.reduce((sum, { rows }) => sum + rows, 0);
  return html`<div class="card"><div class="portions" aria-hidden="true">${parts.map(({ name, rows }) => html`<i class="${name}" style="flex-grow:${rows}"></i>`)}</div>
<dl class="figures across">
${parts.map(({ name, rows }) => html`<div><dt>${name}</dt><dd>${grouped(rows)} <small>${percent(rows / total)}</small></dd></div>\n`)}</dl>
<p class="note">Drawn ${about}.</p></div>`;
}

function classTable({ classes, parts }: ClassParts): Html {
  const total = (c: number) => parts.reduce((sum, { counts }) => sum + (counts[c] as number), 0);
  const order =
    classes.length > MOST_SHOWN
      ? [...classes.keys()].sort((a, b) => total(b) - total(a) || a - b)
      : [...classes.keys()];
  const shown = order.slice(0, MOST_SHOWN);
  const shareOf = ({ counts, rows }: ClassParts['parts'][number], c: number) =>
    rows > 0 ? (counts[c] as number) / rows : 0;
  const most = Math.max(...shown.flatMap((c) => parts.map((part) => shareOf(part, c)))) || 1;
  const lines = shown.map((c) => {
    const cells = parts.map((part) => {
      const share = shareOf(part, c);
      return html`<td><div class="${part.name}"><i style="width:${((100 * share) / most).toFixed(1)}%"></i></div><span>${percent(share)} <small>${grouped(part.counts[c] as number)}</small></span></td>`;
    });
    return html`<tr><th scope="row">${classes[c] as string}</th>${cells}</tr>
`;
  });
  const rest = classes.length - shown.length;
  return html`<div class="scroll" role="region" aria-label="Classes in each part" tabindex="0"><table class="shares">
<thead><tr><th scope="col">class</th>${parts.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>
${lines}</tbody></table></div>${rest > 0 ? html`<p class="note">And ${counted(rest, 'rarer class', 'rarer classes')}.</p>` : nothing}`;
}

function targetFigures({ targets, parts }: NumberParts, t: number): Html {
  const target = targets[t] as string;
  const drawn = parts.flatMap(({ name, spreads }) => {
    const { mean, deviation, histogram } = spreads[t] as NumberSpread;
    return histogram ? [{ name, histogram, words: `mean ${figure(mean)} · deviation ${figure(deviation)}` }] : [];
  });
  const shares = drawn.map(({ histogram: { counts } }) => Math.max(...counts) / counts.reduce((sum, n) => sum + n, 0));
  const figures = drawn.map(
    ({ name, histogram, words }) => html`<figure class="card curve">
<figcaption><b>${name}</b><span>${words}</span></figcaption>
${barsSvg(histogram, {
  width: 330,
  height: 190,
  label: target,
  noun: 'row',
  fill: FILLS[name] ?? 'var(--training)',
  mostShare: Math.max(...shares),
  description: `${target} in the ${name} part: ${words}.`,
})}
</figure>
`,
  );
  return html`${targets.length > 1 ? html`<h3 class="name">${target}</h3>\n` : nothing}<div class="three">
${figures}</div>
`;
}

/**
 * The parts with their rows, and the target's distribution in each.
 * @param about how rows came into the parts: `at random, seed 1`
 */
export function partFigures(given: ClassParts | NumberParts, about: string): Html {
  const head = rowsLine(given.parts, about);
  if (given.kind === 'classes') return html`${head}\n${classTable(given)}`;
  const shown = given.targets.slice(0, MOST_TARGETS);
  const more = given.targets.slice(MOST_TARGETS);
  return html`${head}
${shown.map((_, t) => targetFigures(given, t))}${more.length > 0 ? html`<p class="note">Not drawn: ${more.join(', ')}.</p>` : nothing}`;
}
