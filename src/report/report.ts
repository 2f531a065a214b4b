/** The report of a training run: one HTML file that needs nothing else, neither a network nor another file. */
import type { Diagnosis } from '../model/diagnosis.js';
import { confusionTable } from './confusion.js';
import { type Curve, curveFigure, isDrawn } from './curves.js';
import { counted, figure, grouped, percent } from './format.js';
import { Html, html, nothing } from './html.js';
import { mistakeGallery, type Pictures } from './images.js';
import type { Judgement, Mistake } from './judgement.js';
import { layerFigures } from './layers.js';
import { type Plane, planeFigure } from './plane.js';
import { STYLE } from './style.js';

/** A name and a value, both as text; in the head of the page, perhaps with a remark. */
export type Fact = readonly [name: string, value: string, remark?: string];

/** All that a report shows. */
export interface Report {
  /** What was trained on. */
  readonly title: string;
  readonly version: string;
  readonly made: Date;
  /** Result on the test part. */
  readonly judgement: Judgement;
  /** Loss on the test part. */
  readonly loss: number;
  /** More figures for the head of the page. */
  readonly facts: readonly Fact[];
  /** What a reader must know to judge the result, such as an early end. */
  readonly remarks: readonly string[];
  readonly curves: readonly Curve[];
  /** One for each epoch, where the training was diagnosed. */
  readonly diagnostics: readonly Diagnosis[];
  /** Of an ensemble, how many models there are; the diagnoses are then those of the first. */
  readonly members?: number | undefined;
  readonly mistakes: readonly Mistake[];
  /** The test pictures, where rows are pictures. */
  readonly pictures: Pictures | undefined;
  /** The plane, where rows are points in it. */
  readonly plane: Plane | undefined;
  readonly configuration: readonly { readonly title: string; readonly facts: readonly Fact[] }[];
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

function gauge({ accuracy, interval: [low, high], baseline }: Judgement): Html {
  const at = (share: number) => `${(100 * share).toFixed(2)}%`;
  // the label hangs to the side where there is room
  const label = baseline.accuracy < 0.5 ? `left:${at(baseline.accuracy)}` : `right:${at(1 - baseline.accuracy)}`;
  return html`<div class="gauge" aria-hidden="true">
<i class="track"></i><i class="reached" style="width:${at(accuracy)}"></i>
<i class="interval" style="left:${at(low)};width:${at(high - low)}"></i>
<i class="baseline" style="left:${at(baseline.accuracy)}"></i><span style="${label}">baseline ${percent(baseline.accuracy)}</span>
<span class="scale" style="left:0">0%</span><span class="scale" style="right:0">100%</span>
</div>`;
}

function hero({ judgement, loss, facts }: Report): Html {
  const { accuracy, correct, rows, interval, baseline } = judgement;
  const fact = (name: string, value: string, remark?: string) =>
    html`<div><dt>${name}</dt><dd>${value}${remark ? html`<small>${remark}</small>` : nothing}</dd></div>
`;
  return html`<section class="card hero" aria-label="Result">
<div><div class="headline">${percent(accuracy, 2)}</div><p>test accuracy</p></div>
${gauge(judgement)}
<dl class="facts">
${fact('right', `${grouped(correct)} of ${grouped(rows)}`, 'rows never used for training')}
${fact('95% interval', `${percent(interval[0])} – ${percent(interval[1])}`, 'Wilson score interval')}
${fact('baseline', percent(baseline.accuracy), `always answering “${baseline.class}”`)}
${fact('test loss', figure(loss))}
${facts.map(([name, value, remark]) => fact(name, value, remark))}</dl>
</section>`;
}

function section(title: string, content: Html): Html {
  return html`<section><h2>${title}</h2>
${content}
</section>
`;
}

function errors({ mistakes, pictures, plane, judgement }: Report): Html {
  const title = counted(mistakes.length, 'error');
  if (plane) return section(`Decision boundary, ${title}`, planeFigure(plane));
  if (pictures) return section(`${title} on test pictures`, mistakeGallery(pictures, mistakes, judgement.classes));
  return nothing;
}

function settings({ configuration }: Report): Html {
  const groups = configuration.map(
    ({ title, facts }) => html`<div class="card"><h3>${title}</h3><dl>
${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>\n`)}</dl></div>
`,
  );
  return html`<div class="settings">
${groups}</div>`;
}

/** The command, to be broken between flags only. */
function commandParts(command: string): readonly Html[] {
  return command
    .split(/(?= --)/)
    .map((part) => (part.startsWith(' ') ? html` <span>${part.slice(1)}</span>` : html`${part}`));
}

/** The page. */
export function renderReport(report: Report): string {
  const { title, version, made, remarks, curves, diagnostics, judgement, command } = report;
  const date = made.toISOString();
  const accuracy = percent(judgement.accuracy, 2);
  const drawn = curves.filter(isDrawn);
  const page = html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="lanegrad ${version}">
<title>${title}: ${accuracy} test accuracy · lanegrad</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<main>
<header><h1>${title}</h1><p class="made">trained with lanegrad ${version} · <time datetime="${date}">${date.slice(0, 16).replace('T', ' ')} UTC</time></p></header>
${hero(report)}
${remarks.map((remark) => html`<p class="card warning">${remark}</p>\n`)}
${drawn.length > 0 ? section('Learning curves', html`<div class="pair">${drawn.map(curveFigure)}</div>`) : nothing}
${diagnostics.length > 0 ? section('Layers over the epochs', layerFigures(diagnostics, report.members)) : nothing}
${section('Confusion matrix', confusionTable(judgement))}
${errors(report)}
${section('Configuration', settings(report))}
${section('Repeat this run', html`<div class="card command"><pre>${commandParts(command)}</pre><button type="button">copy</button></div>`)}
<footer>Accuracy is measured on test rows that took no part in training, preprocessing or stopping. The interval is the score
interval of Wilson (1927). This page is one file and loads nothing.</footer>
</main>
<script>${new Html(COPY)}</script>
</body>
</html>
`;
  return `${REPORT_MARK}\n${page.text}`;
}
