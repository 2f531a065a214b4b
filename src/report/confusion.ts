/** The confusion matrix as a table: colour and numbers, with recall and precision of every class. */
import { grouped, percent } from './format.js';
import { type Html, html, nothing } from './html.js';
import { f1s, type Judgement, precisions, recalls } from './judgement.js';

/** Strongest tint of a cell, so that its number stays readable on light and on dark. */
const MOST_TINT = 60;
/** A matrix of more classes than this is no picture any more, and grows with their square. */
const MOST_CLASSES = 30;
/** Lines of the lists that stand in its place. */
const MOST_LISTED = 25;

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

/** A name that may be longer than its column: cut off, and whole where one points at it. */
function label(name: string): Html {
  return html`<div title="${name}">${name}</div>`;
}

/** Width of the column of names, in pixels, by the longest of them. */
function sideOf(classes: readonly string[]): number {
  return Math.max(84, Math.min(180, 24 + 8 * Math.max(...classes.map((name) => name.length))));
}

/** Least width of the column of a class, in pixels, with the gap beside it: `100.0%` must fit. */
const COLUMN = 54;
/** Width of the columns of recall and F1 (`.side` in style.ts), with what is around the table. */
const RATES = 154;

/** Whether there are few enough classes for a matrix. */
export function isMatrix({ classes }: Judgement): boolean {
  return classes.length <= MOST_CLASSES;
}

/** The table, rows by true class and columns by predicted class; of many classes, a list of them and of the commonest errors. */
export function confusionTable(judgement: Judgement): Html {
  const { classes, confusion } = judgement;
  const recall = recalls(judgement);
  if (!isMatrix(judgement)) return html`${classTable(judgement)}\n${weakest(judgement, recall)}`;
  const precision = precisions(judgement);
  const f1 = f1s(judgement);
  const rows = confusion.map((counts, c) => {
    const truth = classes[c] as string;
    const total = counts.reduce((sum, n) => sum + n, 0);
    const cells = counts.map((count, p) => cell(count, total, truth, classes[p] as string));
    return html`<tr><th scope="row">${label(truth)}</th>${cells}<td class="rate">${percent(recall[c] as number)}</td><td class="rate">${percent(f1[c] as number)}</td></tr>
`;
  });
  const side = sideOf(classes);
  const width = side + RATES;
  return html`<div class="scroll" role="region" aria-label="Confusion matrix" tabindex="0">
<table class="confusion" style="min-width:${width + COLUMN * classes.length}px;max-width:${width + 60 + Math.max(100, side) * classes.length}px">
<colgroup><col style="width:${side}px"><col span="${classes.length}"><col span="2" class="side"></colgroup>
<thead>
<tr><td></td><th colspan="${classes.length}" scope="colgroup" class="axis">predicted class</th><td colspan="2"></td></tr>
<tr><th scope="col" class="axis">true class</th>${classes.map((name) => html`<th scope="col">${label(name)}</th>`)}<th scope="col" class="rate">recall</th><th scope="col" class="rate">F1</th></tr>
</thead>
<tbody>
${rows}</tbody>
<tfoot><tr><th scope="row" class="rate">precision</th>${precision.map((p) => html`<td class="rate">${percent(p)}</td>`)}<td colspan="2"></td></tr></tfoot>
</table>
</div>
${weakest(judgement, recall)}`;
}

interface Confusion {
  readonly truth: number;
  readonly prediction: number;
  readonly count: number;
}

/** Which classes were taken for which, the most frequent first. */
function confusions({ confusion }: Judgement): Confusion[] {
  const found = confusion.flatMap((counts, truth) =>
    counts.flatMap((count, prediction) => (truth !== prediction && count > 0 ? [{ truth, prediction, count }] : [])),
  );
  return found.sort((a, b) => b.count - a.count || a.truth - b.truth || a.prediction - b.prediction);
}

/** Figures of the classes, the worst first, beside the most frequent errors. */
function classTable(judgement: Judgement): Html {
  const { classes, confusion } = judgement;
  const [recall, precision, f1] = [recalls(judgement), precisions(judgement), f1s(judgement)];
  const totals = confusion.map((counts) => counts.reduce((sum, n) => sum + n, 0));
  const known = [...classes.keys()].filter((c) => Number.isFinite(f1[c]));
  known.sort((a, b) => (f1[a] as number) - (f1[b] as number) || a - b);
  const lines = known.slice(0, MOST_LISTED).map(
    (c) => html`<tr><th scope="row">${label(classes[c] as string)}</th>${[precision, recall, f1].map(
      (rates) => html`<td class="number">${percent(rates[c] as number)}</td>`,
    )}<td class="number">${grouped(totals[c] as number)}</td></tr>
`,
  );
  const errors = confusions(judgement)
    .slice(0, MOST_LISTED)
    .map(
      ({
        truth,
        prediction,
        count,
      }) => html`<tr><td>${label(classes[truth] as string)}</td><td>${label(classes[prediction] as string)}</td><td class="number">${grouped(count)}</td></tr>
`,
    );
  const some = (n: number) => (n > MOST_LISTED ? ` (${MOST_LISTED} of ${grouped(n)})` : '');
  return html`<div class="pair">
<div class="card"><h3>classes, the worst first${some(known.length)}</h3><table class="classes">
<thead><tr><th scope="col">class</th><th scope="col" class="number">precision</th><th scope="col" class="number">recall</th><th scope="col" class="number">F1</th><th scope="col" class="number">rows</th></tr></thead>
<tbody>
${lines}</tbody></table></div>
<div class="card"><h3>most frequent errors</h3><table class="classes">
<thead><tr><th scope="col">true class</th><th scope="col">taken for</th><th scope="col" class="number">rows</th></tr></thead>
<tbody>
${errors}</tbody></table></div>
</div>`;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${grouped(count)} times`;
}

/** The most frequent confusion in words. */
function weakest(judgement: Judgement, recall: readonly number[]): Html {
  const { classes } = judgement;
  const [most] = confusions(judgement);
  if (!most) return nothing;
  const known = recall.map((value, c) => ({ value, c })).filter(({ value }) => Number.isFinite(value));
  const lowest = known.reduce((a, b) => (b.value < a.value ? b : a));
  return html`<p class="note">Most frequent error: <b>${classes[most.truth] as string}</b> taken for
<b>${classes[most.prediction] as string}</b>, ${times(most.count)}. Lowest recall: class
<b>${classes[lowest.c] as string}</b>, ${percent(lowest.value)}.</p>`;
}
