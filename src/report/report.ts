/** The report of a training run: one HTML file that needs nothing else, neither a network nor another file. */
import type { Headline } from './headline.js';
import { Html, html, nothing } from './html.js';
import type { Section } from './sections.js';
import { STYLE } from './style.js';

/** All that a report shows. */
export interface Report {
  /** What was trained on. */
  readonly title: string;
  readonly version: string;
  readonly made: Date;
  /** Result on the test part. */
  readonly headline: Headline;
  /** What a reader must know to judge the result, such as an early end. */
  readonly remarks: readonly string[];
  /** In their order on the page; what there is not is undefined. */
  readonly sections: readonly (Section | undefined)[];
  /** The command that repeats the run. */
  readonly command: string;
}

/** How every report begins: what the command recognizes its own files by. */
export const REPORT_MARK = '<!doctype html><!-- report of lanegrad -->';

const COPY = `document.querySelector('button').addEventListener('click', async ({ currentTarget: button }) => {
  const pre = document.querySelector('pre');
  getSelection().selectAllChildren(pre);
  try { await navigator.clipboard.writeText(pre.textContent); } catch { document.execCommand('copy'); }
  button.textContent = 'copied';
});`;

function hero({ value, what, gauge, facts }: Headline): Html {
  return html`<section class="card hero" aria-label="Result">
<div><div class="headline">${value}</div><p>${what}</p></div>
${gauge}
<dl class="facts">
${facts.map(
  ([name, text, remark]) =>
    html`<div><dt>${name}</dt><dd>${text}${remark ? html`<small>${remark}</small>` : nothing}</dd></div>
`,
)}</dl>
</section>`;
}

function sectionHtml({ title, content }: Section): Html {
  return html`<section><h2>${title}</h2>
${content}
</section>
`;
}

/** The command, to be broken between flags only. */
function commandParts(command: string): readonly Html[] {
  return command
    .split(/(?= --)/)
    .map((part) => (part.startsWith(' ') ? html` <span>${part.slice(1)}</span>` : html`${part}`));
}

/** The page. */
export function renderReport(report: Report): string {
  const { title, version, made, headline, remarks, sections, command } = report;
  const date = made.toISOString();
  const repeat: Section = {
    title: 'Repeat this run',
    content: html`<div class="card command"><pre>${commandParts(command)}</pre><button type="button">copy</button></div>`,
  };
  const page = html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="lanegrad ${version}">
<title>${title}: ${headline.value} ${headline.what} · lanegrad</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<main>
<header><h1>${title}</h1><p class="made">trained with lanegrad ${version} · <time datetime="${date}">${date.slice(0, 16).replace('T', ' ')} UTC</time></p></header>
${hero(headline)}
${remarks.map((remark) => html`<p class="card warning">${remark}</p>\n`)}
${[...sections, repeat].flatMap((one) => (one ? [sectionHtml(one)] : []))}
<footer>${headline.note} This page is one file and loads nothing.</footer>
</main>
<script>${new Html(COPY)}</script>
</body>
</html>
`;
  return `${REPORT_MARK}\n${page.text}`;
}
