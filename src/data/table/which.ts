/** Which rows of a table: all, those of a condition, those without a value. */
import type { Column } from './column.js';

/** Numbers of all rows, in ascending order. */
export function everyRow(rows: number): Uint32Array {
  const numbers = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) numbers[row] = row;
  return numbers;
}

/**
 * Numbers of the rows that fulfil a condition, in ascending order. They are counted first: a list that grows, or `filter`, would take
 * several times their memory for a moment.
 * @param isWanted is asked twice of each row
 */
export function rowsWhere(rows: number, isWanted: (row: number) => boolean): Uint32Array {
  let count = 0;
  for (let row = 0; row < rows; row++) if (isWanted(row)) count++;
  const numbers = new Uint32Array(count);
  for (let row = 0, at = 0; row < rows; row++) if (isWanted(row)) numbers[at++] = row;
  return numbers;
}

/** Whether a column has a value in a row. */
export function isThere(column: Column, row: number): boolean {
  return column.type === 'number' ? !Number.isNaN(column.values[row]) : (column.codes[row] as number) >= 0;
}

/** Rows without a value. */
export function gapsIn(column: Column): number {
  let gaps = 0;
  if (column.type === 'number') {
    for (let i = 0; i < column.values.length; i++) if (Number.isNaN(column.values[i])) gaps++;
  } else {
    for (let i = 0; i < column.codes.length; i++) if ((column.codes[i] as number) < 0) gaps++;
  }
  return gaps;
}
