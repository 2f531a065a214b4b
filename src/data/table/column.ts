import { refuse } from '../../errors.js';

/** What a cell of a row may hold; null, undefined and NaN are missing. A Date counts as its ISO text, true as `true`. */
export type Value = string | number | boolean | Date | null | undefined;

/** A row as an object: the value of each column by its name. */
export type Row = Readonly<Record<string, Value>>;

/** A column whose every value is a number or missing. */
export interface NumberColumn {
  /** What tells it from a column of texts. */
  readonly type: 'number';
  /** One for each row; NaN is missing. */
  readonly values: Float64Array;
}

/** Any other column: each different text is kept once. */
export interface TextColumn {
  /** What tells it from a column of numbers. */
  readonly type: 'text';
  /** The place of each row's text in `dictionary`; −1 is missing. */
  readonly codes: Int32Array;
  /** Different texts in the order of their first appearance. Of numbers among them, `1.0` is `1`. */
  readonly dictionary: readonly string[];
}

/** A column of a table, as it is held in memory. */
export type Column = NumberColumn | TextColumn;

/** Texts that mean that there is no value, in lower case; letters of either case do. */
export const MISSING: readonly string[] = ['', 'na', 'n/a', '#n/a', 'nan', 'null', '?', '-'];

const missing = new Set(MISSING);

/** Whether a text means that there is no value. */
export function isMissing(text: string): boolean {
  return text.length < 5 && missing.has(text.toLowerCase());
}

const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const LETTER_E = 101;
const POWERS = Array.from({ length: 16 }, (_, i) => Number(`1e${i}`));

/**
 * The number that a text is, or NaN. Codes are none, although `Number` takes some: `007`, `0x1f`, and whole numbers of
 * more than 15 digits that a number would not hold exactly.
 */
export function numberIn(text: string): number {
  const { length } = text;
  const first = text.charCodeAt(0);
  const at = first === MINUS || first === PLUS ? 1 : 0;
  const lead = text.charCodeAt(at) - ZERO;
  if (lead === 0 && length > at + 1) {
    const next = text.charCodeAt(at + 1);
    if (next !== POINT && (next | 32) !== LETTER_E) return Number.NaN; // neither 0.5 nor 0e1
  }
  let digits = 0;
  let fraction = -1;
  for (let i = at; i < length; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit >= 0 && digit <= 9) digits = digits * 10 + digit;
    else if (digit === POINT - ZERO && fraction < 0) fraction = length - 1 - i;
    else return otherNumber(text, lead);
  }
  const places = Math.max(fraction, 0);
  const count = length - at - (fraction < 0 ? 0 : 1);
  if (count < 1 || count > 15) return otherNumber(text, lead);
  // both are exact, and division rounds once: the nearest float64 (Clinger, How to read floating point numbers accurately, 1990)
  const value = digits / (POWERS[places] as number);
  return first === MINUS ? -value : value;
}

/** Numbers with an exponent, or of many digits. */
function otherNumber(text: string, lead: number): number {
  if (!(lead >= 0 && lead <= 9) && lead !== POINT - ZERO) return Number.NaN;
  const value = Number(text);
  if (text.length > 15 && /^[-+]?\d+$/.test(text) && `+${value}` !== `+${text}`.replace('++', '+')) return Number.NaN;
  return Number.isFinite(value) ? value : Number.NaN;
}

/** A text without spaces around it. */
function trimmed(text: string): string {
  const last = text.length - 1;
  return text.charCodeAt(0) <= 32 || text.charCodeAt(last) <= 32 ? text.trim() : text;
}

/** Grows while values are added; a column of numbers until the first text that is none. */
export class ColumnBuilder {
  readonly #isMissing: (text: string) => boolean;
  #numbers: Float64Array;
  #codes: Int32Array | undefined;
  #dictionary: string[] = [];
  /** The code of every text as it was given; several may have one. */
  #known = new Map<string, number>();
  #rows = 0;

  /** @param rows that it has room for, without a larger array */
  constructor(isMissingText = isMissing, rows = 16) {
    this.#isMissing = isMissingText;
    this.#numbers = new Float64Array(Math.max(16, rows));
  }

  /** Whether a text that is no number has come: from then on every value is a text. */
  get isText(): boolean {
    return this.#codes !== undefined;
  }

  /** Adds a text, such as a field of a CSV. */
  addText(given: string): void {
    if (!this.#codes) {
      const text = trimmed(given);
      const gap = this.#isMissing(text);
      // a number too may mean that there is no value: −999
      const value = gap ? Number.NaN : numberIn(text);
      if (gap || !Number.isNaN(value)) {
        this.addNumber(value);
        return;
      }
      this.#becomeText();
    }
    this.addCode(this.codeOf(given));
  }

  /** The code of a text in a column that is text; −1 where it means that there is no value. */
  codeOf(given: string): number {
    return this.#known.get(given) ?? this.#learn(given);
  }

  /** Adds a number; NaN is missing. */
  addNumber(value: number): void {
    if (this.#codes) {
      if (Number.isNaN(value)) this.addCode(-1);
      else this.addText(String(value));
      return;
    }
    if (this.#rows === this.#numbers.length) {
      const larger = new Float64Array(2 * this.#rows);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.#rows++] = value;
  }

  /** The column of everything that was added. */
  finish(): Column {
    if (this.#codes) return { type: 'text', codes: this.#codes.slice(0, this.#rows), dictionary: this.#dictionary };
    return { type: 'number', values: this.#numbers.slice(0, this.#rows) };
  }

  /** Adds a text of a column that is text, by the code that it has. */
  addCode(code: number): void {
    let codes = this.#codes as Int32Array;
    if (this.#rows === codes.length) {
      codes = new Int32Array(2 * this.#rows);
      codes.set(this.#codes as Int32Array);
      this.#codes = codes;
    }
    codes[this.#rows++] = code;
  }

  #learn(given: string): number {
    const text = trimmed(given);
    let code = -1;
    if (!this.#isMissing(text)) {
      const value = numberIn(text);
      const name = !Number.isNaN(value) ? String(value) : text;
      const known = name === given ? undefined : this.#known.get(name);
      // a long part of a text would keep all of that text in memory
      const own = name.length > 12 ? name.split('').join('') : name;
      code = known ?? this.#dictionary.push(own) - 1;
      this.#known.set(own, code);
      if (own === given) return code;
    }
    this.#known.set(given.split('').join(''), code);
    return code;
  }

  #becomeText(): void {
    const numbers = this.#numbers;
    const codes = new Int32Array(numbers.length);
    const rows = this.#rows;
    this.#codes = codes;
    for (let i = 0; i < rows; i++) {
      const value = numbers[i] as number;
      const name = String(value);
      codes[i] = !Number.isNaN(value) ? (this.#known.get(name) ?? this.#learn(name)) : -1;
    }
    this.#numbers = new Float64Array(0);
  }
}

/** Refuses a cell, by row and column. */
export function refuseCell(
  where: string,
  row: number,
  name: string,
  rule: string,
  value: unknown,
  help: string,
): never {
  refuse(where, `row ${row}, column \`${name}\` must hold ${rule}`, value, help);
}

/**
 * The column of a name in rows that are objects.
 * @throws ArgumentError for a value that is none of those that a cell may hold, by row and column.
 */
export function columnOf(where: string, rows: readonly Row[], name: string): Column {
  const builder = new ColumnBuilder();
  // a loop over numbers: forEach would pass over the holes of a sparse array
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (typeof row !== 'object' || row === null) {
      refuse(where, `row ${i} must be an object with the values of the columns`, row);
    }
    const value: unknown = Object.hasOwn(row, name) ? row[name] : undefined;
    if (value === null || value === undefined) builder.addNumber(Number.NaN);
    else if (typeof value === 'string') builder.addText(value);
    else if (typeof value === 'boolean') builder.addText(String(value));
    else if (typeof value === 'number' && Math.abs(value) !== Number.POSITIVE_INFINITY) builder.addNumber(value);
    else if (value instanceof Date) builder.addText(Number.isNaN(value.getTime()) ? '' : value.toISOString());
    else {
      refuseCell(where, i, name, 'a finite number, a text, true, false, a Date or null', value, 'rows count from 0.');
    }
  }
  return builder.finish();
}

/** Number of rows of a column. */
export function lengthOf(column: Column): number {
  return column.type === 'number' ? column.values.length : column.codes.length;
}

/** The number of each row by what its code stands for; NaN is missing. @param values where they go */
export function numbersByCode(
  codes: Int32Array,
  meanings: readonly number[],
  values = new Float64Array(codes.length),
): Float64Array {
  const table = Float64Array.from(meanings);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    values[i] = code < 0 ? Number.NaN : (table[code] as number);
  }
  return values;
}

/** A column of some rows of another, in the order given. */
export function pickColumn(column: Column, rows: Uint32Array): Column {
  const from = column.type === 'number' ? column.values : column.codes;
  const picked = column.type === 'number' ? new Float64Array(rows.length) : new Int32Array(rows.length);
  for (let i = 0; i < rows.length; i++) picked[i] = from[rows[i] as number] as number;
  return column.type === 'number'
    ? { type: 'number', values: picked as Float64Array }
    : { type: 'text', codes: picked as Int32Array, dictionary: column.dictionary };
}
