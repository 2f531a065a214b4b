/** The confusion matrix as a table: colour and numbers, with recall and precision of every class. */
import { grouped, percent } from './format.js';
import { type Html, html, nothing } from './html.js';
import { type Judgement, precisions, recalls } from './judgement.js';

/** Strongest tint of a cell, so that its number stays readable on light and on dark. */
const MOST_TINT = 60;

/** How strongly a cell is tinted, in percent: right answers by their share, errors much sooner, as they are few. */
function tint(share: number, right: boolean): number {
  if (!(share > 0)) return 0;
  return right ? 8 + (MOST_TINT - 8) * share : Math.min(MOST_TINT, 10 + MOST_TINT * Math.sqrt(share));
}

function cell(count: number, total: number, truth: string, prediction: string): Html {
  const right = truth === prediction;
  if (count === 0) return html`<td class="zero">${right ? '0' : '·'}</td>`;
  const share = count / total;
  const title = right
    ? `${grouped(count)} of ${grouped(total)} rows of class ${truth} recognized (${percent(share)})`
    : `${grouped(count)} of ${grouped(total)} rows of class ${truth} taken for ${prediction} (${percent(share)})`;
  return html`<td class="${right ? 'right' : 'wrong'}" style="--tint:${tint(share, right).toFixed(1)}%" title="${title}">${grouped(count)}</td>`;
}

/** The table, rows by true class and columns by predicted class. */
export function confusionTable(judgement: Judgement): Html {
  const { classes, confusion } = judgement;
  const recall = recalls(judgement);
  const precision = precisions(judgement);
  const rows = confusion.map((counts, c) => {
    const truth = classes[c] as string;
    const total = counts.reduce((sum, n) => sum + n, 0);
    const cells = counts.map((count, p) => cell(count, total, truth, classes[p] as string));
    return html`<tr><th scope="row">${truth}</th>${cells}<td class="rate">${percent(recall[c] as number)}</td></tr>
`;
  });
  return html`<div class="scroll" role="region" aria-label="Confusion matrix" tabindex="0">
<table class="confusion" style="min-width:${200 + 40 * classes.length}px;max-width:${260 + 100 * classes.length}px">
<colgroup><col class="side"><col span="${classes.length}"><col class="side"></colgroup>
<thead>
<tr><td></td><th colspan="${classes.length}" scope="colgroup" class="axis">predicted class</th><td></td></tr>
<tr><th scope="col" class="axis">true class</th>${classes.map((name) => html`<th scope="col">${name}</th>`)}<th scope="col" class="rate">recall</th></tr>
</thead>
<tbody>
${rows}</tbody>
<tfoot><tr><th scope="row" class="rate">precision</th>${precision.map((p) => html`<td class="rate">${percent(p)}</td>`)}<td></td></tr></tfoot>
</table>
</div>
${weakest(judgement, recall)}`;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${grouped(count)} times`;
}

/** The most frequent confusion in words. */
function weakest({ classes, confusion }: Judgement, recall: readonly number[]): Html {
  let most = { truth: 0, prediction: 0, count: 0 };
  confusion.forEach((counts, truth) => {
    counts.forEach((count, prediction) => {
      if (truth !== prediction && count > most.count) most = { truth, prediction, count };
    });
  });
  if (most.count === 0) return nothing;
  const known = recall.map((value, c) => ({ value, c })).filter(({ value }) => Number.isFinite(value));
  const lowest = known.reduce((a, b) => (b.value < a.value ? b : a));
  return html`<p class="note">Most frequent error: <b>${classes[most.truth] as string}</b> taken for
<b>${classes[most.prediction] as string}</b>, ${times(most.count)}. Lowest recall: class
<b>${classes[lowest.c] as string}</b>, ${percent(lowest.value)}.</p>`;
}
