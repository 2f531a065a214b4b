import type { ColumnBuilder } from './column.js';

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

/** What was read of a text. */
export interface PlainRows {
  readonly rows: number;
  /** Where reading ended: at the end, or at the beginning of a row that has too few or too many fields. */
  readonly at: number;
}

/**
 * Adds the rows of a text that has no quotes to the builders of its columns. Numbers are read from their characters, without a
 * text of their own: up to 15 digits are a whole number and a power of ten, both exact, so that their quotient is the nearest
 * float64 (Clinger, How to read floating point numbers accurately, 1990), the same as `Number` gives. Anything else goes the
 * builder's way, so this is the same table, sooner.
 * @param from first character of a row
 * @param end behind the last row; the character before is a newline, or the text ends there
 * @param comma whether a number may have a comma for its point
 */
export function addPlainRows(
  text: string,
  from: number,
  end: number,
  delimiter: number,
  comma: boolean,
  builders: readonly ColumnBuilder[],
): PlainRows {
  const columns = builders.length;
  let rows = 0;
  let at = from;
  while (at < end) {
    const start = at;
    const first = text.charCodeAt(at);
    if (first === NEWLINE) {
      at++;
      continue;
    }
    if (first <= SPACE && first !== delimiter) {
      const newline = text.indexOf('\n', at);
      const stop = newline < 0 || newline >= end ? end : newline;
      if (text.slice(at, stop).trim() === '') {
        at = stop + 1;
        continue;
      }
    }
    for (let column = 0; column < columns; column++) {
      const builder = builders[column] as ColumnBuilder;
      const begin = at;
      let c = at < end ? text.charCodeAt(at) : NEWLINE;
      if (!builder.isText) {
        // [-+] digits [. digits], without a zero in front of another digit
        let mantissa = 0;
        let digits = 0;
        let point = -1;
        const negative = c === MINUS;
        if (negative || c === PLUS) c = ++at < end ? text.charCodeAt(at) : NEWLINE;
        const lead = c;
        for (;;) {
          if (c >= ZERO && c <= NINE) {
            mantissa = mantissa * 10 + (c - ZERO);
            digits++;
          } else if (point < 0 && (c === POINT || (c === COMMA && comma && c !== delimiter))) {
            point = digits;
            // a comma is a point between digits alone
            if (c === COMMA && digits === 0) break;
          } else break;
          c = ++at < end ? text.charCodeAt(at) : NEWLINE;
        }
        const fraction = point < 0 ? 0 : digits - point;
        const whole = digits - fraction;
        const isNumber =
          digits > 0 &&
          digits <= EXACT_DIGITS &&
          !(lead === ZERO && whole > 1) &&
          !(comma && point >= 0 && fraction === 0);
        if (isNumber && (c === delimiter || c === NEWLINE)) {
          const value = mantissa / (TENS[fraction] as number);
          builder.addNumber(negative ? -value : value);
        } else if (begin === at && (c === delimiter || c === NEWLINE)) {
          builder.addNumber(Number.NaN);
        } else {
          at = addField(text, begin, end, delimiter, comma, builder);
          c = at < end ? text.charCodeAt(at) : NEWLINE;
        }
      } else {
        at = addField(text, begin, end, delimiter, comma, builder);
        c = at < end ? text.charCodeAt(at) : NEWLINE;
      }
      if ((c === NEWLINE) !== (column === columns - 1)) return { rows, at: start };
      at++;
    }
    rows++;
  }
  return { rows, at: Math.min(at, end) };
}

/** Adds a field as a text. @returns where it ends */
function addField(
  text: string,
  begin: number,
  end: number,
  delimiter: number,
  comma: boolean,
  builder: ColumnBuilder,
): number {
  let at = begin;
  for (; at < end; at++) {
    const c = text.charCodeAt(at);
    if (c === delimiter || c === NEWLINE) break;
  }
  const field = text.slice(begin, at);
  builder.addText(comma && COMMA_NUMBER.test(field) ? field.replace(',', '.') : field);
  return at;
}

/** A number with a decimal comma. */
export const COMMA_NUMBER = /^\s*[-+]?\d*,\d+(?:[eE][-+]?\d+)?\s*$/;
