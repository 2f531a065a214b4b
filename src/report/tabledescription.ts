/** What is in a table, column by column, as a training saw it. */
import { smallBars } from './bars.js';
import { counted, grouped, percent } from './format.js';
import { type Html, html, nothing } from './html.js';

/** One column of a table. */
export interface ColumnDescription {
  readonly name: string;
  /** `number`, `category` …; `target`; or why it is no input: `identifier`, `dropped` … */
  readonly kind: string;
  /** Whether it is an input. */
  readonly used: boolean;
  /** What becomes of it, in words. */
  readonly becomes: string;
  /** Training rows without a value. */
  readonly missing: number;
  /** Test rows with a value that training rows did not have; undefined where the question makes no sense. */
  readonly unseen: number | undefined;
  /** How the values of the training rows spread: counts in bins, or of the most frequent values; empty for none. */
  readonly counts: readonly number[];
  /** The same in words: `2 – 39,320`, or `yes 31.2%`. */
  readonly values: string;
}

/** A table, as a training saw it. */
export interface TableDescription {
  readonly columns: readonly ColumnDescription[];
  /** Rows of the training part, and of the test part. */
  readonly training: number;
  readonly test: number;
  /** Numbers that a row becomes. */
  readonly inputs: number;
  /** What a person should know of the data. */
  readonly notes: readonly string[];
}

/** More columns than this are counted rather than listed. */
const MOST_COLUMNS = 100;

function share(count: number, rows: number): Html {
  return count === 0 ? html`·` : html`${grouped(count)} <small>${percent(count / rows)}</small>`;
}

/** The columns as a table, and what should be known of them. */
export function tableDescription({ columns, training, test, inputs, notes }: TableDescription): Html {
  const shown = columns.slice(0, MOST_COLUMNS);
  const lines = shown.map(({ name, kind, used, becomes, missing, unseen, counts, values }) => {
    const bars = counts.length > 0 ? smallBars(counts, `How the values of ${name} spread: ${values}`) : nothing;
    return html`<tr${used || kind === 'target' ? nothing : html` class="unused"`}><th scope="row"><div>${name}</div></th><td>${kind}</td><td class="values">${bars}<small>${values}</small></td><td class="number">${share(missing, training)}</td><td class="number">${unseen === undefined ? '' : share(unseen, test)}</td><td class="becomes">${becomes}</td></tr>
`;
  });
  const rest = columns.length - shown.length;
  const used = columns.filter((column) => column.used).length;
  const list =
    notes.length > 0
      ? html`<ul class="card notes" aria-label="Notes">${notes.map((note) => html`<li>${note}</li>\n`)}</ul>`
      : nothing;
  return html`<p class="note">${counted(used, 'column is input', 'columns are inputs')}, ${counted(inputs, 'number')} for each row. Values are those of the
${counted(training, 'training row')}, from which alone all of this was learned; unseen: test rows with a value that no training row has.</p>
<div class="scroll" role="region" aria-label="Columns" tabindex="0">
<table class="columns">
<thead><tr><th scope="col">column</th><th scope="col">kind</th><th scope="col">values</th><th scope="col" class="number">missing</th><th scope="col" class="number">unseen</th><th scope="col">becomes</th></tr></thead>
<tbody>
${lines}</tbody>
</table>
</div>
${rest > 0 ? html`<p class="note">And ${counted(rest, 'more column', 'more columns')}.</p>\n` : nothing}${list}`;
}
