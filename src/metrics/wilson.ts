import { refuse, words } from '../errors.js';

/** The 0.975 quantile of the normal distribution: 95 % lie within ± this. */
const Z = 1.959963984540054;

/**
 * The score interval for a share such as an accuracy, 95 % (Wilson, Probable inference, the law of succession, and
 * statistical inference, 1927): unlike p ± z √(p q / n) it stays within 0 … 1 and is right for shares near the ends.
 *
 * @param correct rows that are right, from 0 to `rows`
 * @param rows rows in all, from 1
 * @throws ArgumentError for numbers that are not whole or out of range.
 * @example
 * wilsonInterval(298, 300) // [0.976, 0.998]
 */
export function wilsonInterval(correct: number, rows: number): [low: number, high: number] {
  if (!Number.isSafeInteger(rows) || rows < 1 || !Number.isSafeInteger(correct) || correct < 0 || correct > rows) {
    refuse(
      'wilsonInterval',
      '`correct` must be a whole number from 0 to `rows`, and `rows` one from 1',
      words(`${correct} and ${rows}`),
    );
  }
  const p = correct / rows;
  const square = Z * Z;
  const centre = p + square / (2 * rows);
  const half = Z * Math.sqrt((p * (1 - p)) / rows + square / (4 * rows * rows));
  const scale = 1 + square / rows;
  // at the ends the formula gives 0 and 1 but for rounding
  return [correct === 0 ? 0 : (centre - half) / scale, correct === rows ? 1 : (centre + half) / scale];
}
