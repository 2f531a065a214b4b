import type { ColumnBuilder } from './column.js';
import { RecentTexts } from './recent.js';

const NEWLINE = 10;
const SPACE = 32;
const COMMA = 44;
const MINUS = 45;
const PLUS = 43;
const POINT = 46;
const ZERO = 48;
const NINE = 57;

/** Powers of ten that float64 holds exactly, as far as they are used. */
const TENS = Float64Array.from([1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15]);

/** Digits of a whole number that float64 certainly holds exactly. */
const EXACT_DIGITS = 15;

/** Digits of a whole number that 32 bits hold. */
const SMALL_DIGITS = 9;

/** What was read of a text. */
export interface PlainRows {
  readonly rows: number;
  /** Where reading ended: at the end, or at the beginning of a row that has too few or too many fields. */
  readonly at: number;
}

/** A column that is being read, with the texts that it had last. */
export interface PlainColumn {
  readonly builder: ColumnBuilder;
  recent?: RecentTexts;
}

/** Code units of texts, one after another in the same memory: V8 reads numbers from an array several times as fast as from a text. */
export class CodeUnits {
  #bytes = new Uint8Array(0);
  #units = new Uint16Array(0);
  readonly #encoder = new TextEncoder();

  /** @returns at least as many as the text has, and room for one more; until the next call */
  of(text: string): Uint16Array {
    const { length } = text;
    if (this.#units.length <= length) {
      this.#bytes = new Uint8Array(length + (length >> 2) + 1);
      this.#units = new Uint16Array(this.#bytes.length);
    }
    const [bytes, units] = [this.#bytes, this.#units];
    const { read, written } = this.#encoder.encodeInto(text, bytes);
    // as many bytes as characters: all are ASCII, and each byte is one
    if (read === length && written === length) units.set(bytes);
    else for (let i = 0; i < length; i++) units[i] = text.charCodeAt(i);
    return units;
  }
}

/**
 * Adds the rows of a text that has no quotes to the builders of its columns. Numbers are read from their characters, without a
 * text of their own: up to 15 digits are a whole number and a power of ten, both exact, so that their quotient is the nearest
 * float64 (Clinger, How to read floating point numbers accurately, 1990), the same as `Number` gives. A text that the column had
 * lately is known by its characters. Anything else goes the builder's way, so this is the same table, sooner.
 * @param units the code units of the text; that at `end` is overwritten
 * @param from first character of a row
 * @param end behind the last row; the character before is a newline, or the text ends there
 * @param comma whether a number may have a comma for its point
 */
export function addPlainRows(
  text: string,
  units: Uint16Array,
  from: number,
  end: number,
  delimiter: number,
  comma: boolean,
  columns: readonly PlainColumn[],
): PlainRows {
  const last = columns.length - 1;
  let rows = 0;
  let at = from;
  // a field ends there at the latest, and no place behind it is looked at
  units[end] = NEWLINE;
  while (at < end) {
    const start = at;
    const first = units[at] as number;
    if (first === NEWLINE) {
      at++;
      continue;
    }
    if (first <= SPACE && first !== delimiter) {
      const stop = units.indexOf(NEWLINE, at);
      const line = text.slice(at, stop);
      // tabs between fields are spaces, too
      if (line.trim() === '' && !line.includes(String.fromCharCode(delimiter))) {
        at = stop + 1;
        continue;
      }
    }
    for (let column = 0; column <= last; column++) {
      const one = columns[column] as PlainColumn;
      const { builder } = one;
      if (builder.isText) {
        at = addText(text, units, at, delimiter, comma, one);
      } else {
        const begin = at;
        let c = units[at] as number;
        // [-+] digits [. digits], without a zero in front of another digit
        let small = 0;
        const negative = c === MINUS;
        if (negative || c === PLUS) c = units[++at] as number;
        const lead = c;
        const whole = at;
        while (c >= ZERO && c <= NINE) {
          small = Math.imul(small, 10) + (c - ZERO);
          c = units[++at] as number;
        }
        let digits = at - whole;
        let fraction = 0;
        // a comma is a point between digits alone
        const point = c === POINT || (c === COMMA && comma && c !== delimiter && digits > 0);
        let isNumber = !(lead === ZERO && digits > 1);
        if (point) {
          const behind = at + 1;
          c = units[++at] as number;
          while (c >= ZERO && c <= NINE) {
            small = Math.imul(small, 10) + (c - ZERO);
            c = units[++at] as number;
          }
          fraction = at - behind;
          digits += fraction;
          isNumber &&= !comma || fraction > 0;
        }
        const ended = c === delimiter || c === NEWLINE;
        if (ended && isNumber && digits > 0 && digits <= EXACT_DIGITS) {
          const mantissa = digits <= SMALL_DIGITS ? small : digitsOf(units, whole, at);
          const value = mantissa / (TENS[fraction] as number);
          builder.addNumber(negative ? -value : value);
        } else if (ended && begin === at) {
          builder.addNumber(Number.NaN);
        } else {
          at = fieldEnd(units, begin, delimiter);
          builder.addText(fieldOf(text, begin, at, comma));
        }
      }
      if ((units[at] === NEWLINE) !== (column === last)) return { rows, at: start };
      at++;
    }
    rows++;
  }
  return { rows, at: Math.min(at, end) };
}

/** The digits between two places as a whole number, whatever is between them. */
function digitsOf(units: Uint16Array, begin: number, end: number): number {
  let number = 0;
  for (let at = begin; at < end; at++) {
    const c = units[at] as number;
    if (c >= ZERO && c <= NINE) number = number * 10 + (c - ZERO);
  }
  return number;
}

function fieldEnd(units: Uint16Array, begin: number, delimiter: number): number {
  let at = begin;
  while (units[at] !== delimiter && units[at] !== NEWLINE) at++;
  return at;
}

/** A field as `addText` takes it. */
function fieldOf(text: string, begin: number, end: number, comma: boolean): string {
  const field = text.slice(begin, end);
  return comma && COMMA_NUMBER.test(field) ? field.replace(',', '.') : field;
}

/** Adds a field to a column of texts. @returns where it ends */
function addText(
  text: string,
  units: Uint16Array,
  begin: number,
  delimiter: number,
  comma: boolean,
  column: PlainColumn,
): number {
  column.recent ??= new RecentTexts();
  const { builder, recent } = column;
  let at = begin;
  let hash = 0;
  for (let c = units[at] as number; c !== delimiter && c !== NEWLINE; c = units[++at] as number) {
    hash = Math.imul(hash ^ c, 0x01000193); // FNV-1a (Fowler, Noll and Vo)
  }
  let code = recent.find(units, begin, at, hash);
  if (code === undefined) {
    code = builder.codeOf(fieldOf(text, begin, at, comma));
    recent.keep(units, begin, at, hash, code);
  }
  builder.addCode(code);
  return at;
}

/** A number with a decimal comma. */
export const COMMA_NUMBER = /^\s*[-+]?\d*,\d+(?:[eE][-+]?\d+)?\s*$/;
