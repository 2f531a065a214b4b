import { type Column, numberIn, numbersByCode } from './column.js';

/** A column of texts that are all numbers, in the rows that are there, as one of numbers; any other as it is. */
export function narrowed(column: Column): Column {
  if (column.type === 'number') return column;
  const values = column.dictionary.map(numberIn);
  const isText = (code: number): boolean => code >= 0 && Number.isNaN(values[code]);
  if (column.codes.some(isText)) return column;
  return { type: 'number', values: numbersByCode(column.codes, values) };
}
