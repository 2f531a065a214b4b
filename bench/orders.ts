/** A table as shops have them, made by seed: an order number, dates, words, gaps, amounts, and whether the customer left. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { unit } from './nets.js';

const CITIES = Array.from({ length: 40 }, (_, i) => `city-${i}`);
const KINDS = ['new', 'returning', 'lapsed', 'guest'];
const AMOUNTS = 22;

/** Names of its 30 columns. */
export const ORDER_COLUMNS: readonly string[] = [
  ...['order', 'placed', 'city', 'kind', 'express'],
  ...Array.from({ length: AMOUNTS }, (_, i) => `amount${i}`),
  ...['items', 'visits', 'churned'],
];

/** A row: `churned` follows from the amounts, the city and the kind, with some noise. */
export function orderRow(row: number): string {
  let count = 0;
  const next = (): number => unit(row * 128 + count++);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${2020 + Math.floor(next() * 5)}-${two(1 + Math.floor(next() * 12))}-${two(1 + Math.floor(next() * 28))}`;
  const city = Math.floor(next() * next() * CITIES.length);
  const kind = Math.floor(next() * KINDS.length);
  const fields = [`o-${1e6 + row}`, day, CITIES[city], next() < 0.03 ? '' : KINDS[kind], next() < 0.3 ? 'yes' : 'no'];
  let score = (city % 3) - 1 + (kind === 2 ? 0.7 : 0);
  for (let i = 0; i < AMOUNTS; i++) {
    const value = (next() + next() + next() - 1.5) * 1000;
    score += ((i % 3 ? 1 : -1) * value) / 2000;
    fields.push(i % 5 === 0 && next() < 0.05 ? '' : value.toFixed(4));
  }
  fields.push(String(Math.floor(next() * 50)), String(Math.floor(next() * 1000)));
  fields.push(score + next() - 0.5 > 0 ? 'yes' : 'no');
  return fields.join(',');
}

/** Writes the CSV. @returns its bytes */
export function writeOrders(path: string, rows: number): number {
  const file = openSync(path, 'w');
  let bytes = 0;
  try {
    let lines = [ORDER_COLUMNS.join(',')];
    for (let row = 0; row < rows; row++) {
      lines.push(orderRow(row));
      if (lines.length < 4096 && row < rows - 1) continue;
      bytes += writeSync(file, `${lines.join('\n')}\n`);
      lines = [];
    }
  } finally {
    closeSync(file);
  }
  return bytes;
}
