import { FormatError, refuse, show } from '../../errors.js';
import type { Row } from './column.js';
import { type Table, tableFrom } from './table.js';

/** Names of all columns, in the order of their first appearance. */
export function namesIn(where: string, rows: readonly unknown[]): Set<string> {
  const names = new Set<string>();
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      refuse(where, `row ${i} must be an object with the values of the columns`, row);
    }
    for (const name of Object.keys(row)) names.add(name);
  }
  return names;
}

/**
 * A table out of rows that are objects: the table of the CSV that would have them. A value that an object lacks, null, undefined
 * and NaN are missing; texts are read as those of a CSV are ("12" is a number), a Date as its ISO text, true as `true`.
 * @throws ArgumentError for no rows, a row that is no object, a value that no cell may hold (by row, from 0, and column).
 */
export function tableOf(rows: readonly Row[]): Table {
  const where = 'tableOf';
  if (!Array.isArray(rows) || rows.length === 0) refuse(where, 'an array of at least one row is needed', rows);
  return tableFrom(where, rows, namesIn(where, rows));
}

/**
 * A table out of JSON lines: an object on each line. Empty lines are skipped.
 * @param text the text, or its bytes in UTF-8
 * @throws FormatError for a line that is no JSON object, a value within a value, and no lines; ArgumentError for a number beyond
 * float64, such as 1e999, and for what is neither a text nor bytes.
 */
export function parseJsonLines(text: string | Uint8Array): Table {
  const where = 'parseJsonLines';
  if (typeof text !== 'string' && !(text instanceof Uint8Array)) {
    refuse(where, 'the text is needed, or its bytes as a Uint8Array', text);
  }
  const whole = typeof text === 'string' ? text : new TextDecoder().decode(text);
  const rows: Row[] = [];
  whole.split('\n').forEach((line, i) => {
    if (line.trim() !== '') rows.push(rowOf(where, i === 0 ? line.replace(/^\ufeff/, '') : line, i + 1));
  });
  if (rows.length === 0) throw new FormatError(`${where}: there are no lines. Help: write an object on each line.`);
  return tableFrom(where, rows, namesIn(where, rows));
}

/** The row on a line of JSON. @throws FormatError for any other line, and for a value that no cell may hold. */
export function rowOf(where: string, text: string, line: number): Row {
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch {
    // told below
  }
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    throw new FormatError(`${where}: line ${line} is no JSON object: ${show(text)}. Help: write one on each line.`);
  }
  checkCells(where, row, `line ${line}`);
  return row as Row;
}

/** @throws FormatError for a value of a row that no cell may hold. */
export function checkCells(where: string, row: object, what: string): void {
  const nested = Object.entries(row).find(([, value]) => typeof value === 'object' && value !== null);
  if (!nested) return;
  throw new FormatError(
    `${where}: ${what}, column \`${nested[0]}\` holds ${show(nested[1])}. ` +
      'Help: a cell holds a number, a text, true, false or null; write what is within as columns of their own.',
  );
}
