import type { Column, NumberColumn, TextColumn } from './column.js';
import { numberIn } from './column.js';
import { dateParts } from './dates.js';
import type { ColumnKind, DateOrder } from './features.js';
import { narrowed } from './narrow.js';
import { distinctIn, summaryOf } from './numbers.js';
import { checkTable, type Table } from './table.js';
import { sizeOf, textsOf } from './texts.js';

/** What a column was taken for. */
export interface Judgement {
  readonly kind: ColumnKind;
  /** Why it is no input, for the kinds that are none. */
  readonly why?: string;
  /** Order of a date's parts. */
  readonly order?: DateOrder;
  /** What else it could be. */
  readonly doubt?: 'codes' | 'order' | 'numbers' | 'numbering';
}

/** Words for no and yes. */
const PAIRS: readonly (readonly [no: string, yes: string])[] = [
  ['false', 'true'],
  ['no', 'yes'],
  ['n', 'y'],
  ['f', 't'],
  ['off', 'on'],
];

/** Names that identifiers have: `id`, `customer_id`, `customerId`, `uuid`. */
const IDENTIFIER = /(^|[_\- .])(id|ID|Id|uuid|UUID|guid|GUID)$|[a-z](Id|ID|Uuid|Guid)$/;
/** Names that numbers of rows have, those of columns without a name among them. */
const NUMBERING = /^(column0|unnamed: 0|index|row|row[_ ]?(number|nr|no|id)|nr|no|s\.?no\.?|#)$/i;

/** Whole numbers of fewer different values than this may be codes. */
const FEW_CODES = 10;
/** Fewer rows than this tell nothing of whether values repeat. */
const FEW_ROWS = 20;

/** Rows of each code of a text column. */
export function countsOf(column: Pick<TextColumn, 'codes' | 'dictionary'>): Float64Array {
  const { codes } = column;
  const counts = new Float64Array(sizeOf(column));
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    if (code >= 0) counts[code] = (counts[code] as number) + 1;
  }
  return counts;
}

/** The order in which all these texts are dates, or undefined; `31.3.` is day first, `3/31` month first unless it cannot be. */
export function dateOrderOf(texts: readonly string[]): { order: DateOrder; doubt: boolean } | undefined {
  return texts.length > 0 ? dateOrderIn((test) => texts.every(test)) : undefined;
}

/** Whether every text of a column passes a test; asked in order, as far as they do. */
type Every = (test: (text: string) => boolean) => boolean;

function dateOrderIn(every: Every): { order: DateOrder; doubt: boolean } | undefined {
  const fits = (order: DateOrder) => every((text) => dateParts(text, order) !== undefined);
  if (fits('ymd')) return { order: 'ymd', doubt: false };
  const [dayFirst, monthFirst] = [fits('dmy'), fits('mdy')];
  if (dayFirst && (!monthFirst || every((text) => text.includes('.')))) return { order: 'dmy', doubt: false };
  return monthFirst ? { order: 'mdy', doubt: dayFirst } : undefined;
}

function judgeNumbers(column: NumberColumn, name: string): Judgement {
  const summary = summaryOf(column.values);
  const { count, least, most, whole } = summary;
  if (least === most && count === column.values.length) {
    return { kind: 'constant', why: `every row has ${least}` };
  }
  if (!whole) return { kind: 'number' };
  const distinct = distinctIn(column.values, summary);
  if (distinct === 2 && least === 0 && most === 1) return { kind: 'boolean' };
  if (count >= FEW_ROWS && IDENTIFIER.test(name) && distinct > count / 20) {
    return { kind: 'identifier', why: 'it names rows' };
  }
  // row numbers begin at the beginning, and training rows are most of them
  if (count >= FEW_ROWS && distinct === count && least >= 0 && least <= 1 + count / 10 && most <= 2 * count) {
    return NUMBERING.test(name)
      ? { kind: 'identifier', why: 'it numbers the rows' }
      : { kind: 'number', doubt: 'numbering' };
  }
  return distinct > 2 && distinct <= FEW_CODES && count >= 3 * distinct
    ? { kind: 'number', doubt: 'codes' }
    : { kind: 'number' };
}

/** Whether texts are these two words, in either case, and both of them. */
function arePair(every: Every, [no, yes]: readonly [string, string]): boolean {
  let [some, others] = [false, false];
  const all = every((text) => {
    const word = text.toLowerCase();
    some ||= word === no;
    others ||= word === yes;
    return word === no || word === yes;
  });
  return all && some && others;
}

function spacesIn(text: string): number {
  let spaces = 0;
  for (let at = text.indexOf(' '); at >= 0; at = text.indexOf(' ', at + 1)) spaces++;
  return spaces;
}

/** Of counts, their sum, and how many are not 0. */
function sumOf(counts: Float64Array): [sum: number, some: number] {
  let sum = 0;
  let some = 0;
  for (let i = 0; i < counts.length; i++) {
    sum += counts[i] as number;
    if ((counts[i] as number) > 0) some++;
  }
  return [sum, some];
}

function judgeTexts(column: TextColumn, maxCategories: number): Judgement {
  const counts = countsOf(column);
  const [count, distinct] = sumOf(counts);
  // a column on disk may have more texts than there is memory for: they come in pieces
  const every = (test: (text: string, rows: number) => boolean): boolean => {
    let code = 0;
    for (const texts of textsOf(column)) {
      for (let i = 0; i < texts.length; i++, code++) {
        const rows = counts[code] as number;
        if (rows > 0 && !test(texts[i] as string, rows)) return false;
      }
    }
    return true;
  };
  if (distinct === 1 && count === column.codes.length) {
    let only = '';
    every((text) => {
      only = text;
      return true;
    });
    return { kind: 'constant', why: `every row has ${JSON.stringify(only)}` };
  }
  if (PAIRS.some((pair) => arePair(every, pair))) return { kind: 'boolean' };
  const date = dateOrderIn(every);
  if (date) return { kind: 'date', order: date.order, ...(date.doubt && { doubt: 'order' }) };
  let numbers = 0;
  let gaps = 0;
  every((text, rows) => {
    if (!Number.isNaN(numberIn(text))) numbers += rows;
    gaps += spacesIn(text);
    return true;
  });
  const doubt = numbers > count / 2 ? ({ doubt: 'numbers' } as const) : {};
  const repeated = count < FEW_ROWS || (distinct <= 0.9 * count && distinct <= Math.max(maxCategories, count / 2));
  if (repeated) return { kind: 'category', ...doubt };
  const spaces = gaps / distinct;
  const why = `${distinct} different values in ${count} rows`;
  return spaces >= 1.5
    ? { kind: 'text', why: `it is text: ${why}`, ...doubt }
    : { kind: 'identifier', why: `it names rows: ${why}`, ...doubt };
}

/** What a column is taken for, from its values and its name. */
export function judge(column: Column, name: string, maxCategories: number): Judgement {
  const empty = column.type === 'number' ? column.values.every(Number.isNaN) : column.codes.every((code) => code < 0);
  if (empty) return { kind: 'empty', why: 'no row has a value' };
  return column.type === 'number' ? judgeNumbers(column, name) : judgeTexts(column, maxCategories);
}

/**
 * What each column of a table is taken for, by name: what `fitFeatures` goes by where `kinds` says nothing else.
 * @param maxCategories see `fitFeatures`, default 64
 */
export function kindsOf(table: Table, maxCategories = 64): Record<string, ColumnKind> {
  checkTable('kindsOf', table);
  return Object.fromEntries(
    table.names.map((name) => [name, judge(narrowed(table.column(name)), name, maxCategories).kind]),
  );
}
