/**
 * A CSV as shops export them, made by code: a byte order mark, semicolons, decimal commas, CRLF, quotes, gaps in five spellings,
 * dates, plans with typos and rare values, an order number, a constant column, rows that are there twice, and a column that is
 * only known afterwards and gives away what is to be predicted.
 */
import { writeFile } from 'node:fs/promises';

/** Between 0 and 1, always the same for the same seed: Park and Miller's minimal standard generator, 1988. */
function generator(seed: number): () => number {
  let state = (seed % 2147483646) + 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return (state - 1) / 2147483646;
  };
}

/** The text of the file. */
export function ordersCsv({ rows = 1500, seed = 1 } = {}): string {
  const next = generator(seed);
  const one = <T>(values: readonly T[]): T => values[Math.floor(next() * values.length)] as T;
  const gap = (share: number, text: string) => (next() < share ? one(['', 'NA', 'n/a', '?', '-']) : text);
  const comma = (value: number) => value.toFixed(2).replace('.', ',');
  const lines = ['order_id;ordered;plan;country;age;amount;visits;newsletter;currency;comment;closed_because;churned'];
  for (let i = 0; i < rows; i++) {
    const plan = one(['basic', 'basic', 'basic', 'plus', 'plus', 'premium']);
    const [age, amount, visits] = [18 + 60 * next(), 5 + 200 * next() * next(), Math.floor(30 * next() * next())];
    const [month, day] = [12, 28].map((most) => String(1 + Math.floor(most * next())).padStart(2, '0'));
    const mail = next() < 0.4;
    const score = (plan === 'basic' ? 1 : -1) - visits / 6 + amount / 80 - age / 60 + (mail ? -0.7 : 0.3);
    const churned = score + next() - 0.5 > 0;
    const written = next() < 0.02 ? one(['premuim', 'Basic', 'trial', '"staff; free"']) : gap(0.03, plan);
    const fields = [`A-${20000 + 7 * i}`, `2024-${month}-${day}`, written, one(['DE', 'AT', 'CH', 'FR', 'IT'])];
    fields.push(gap(0.08, age.toFixed(0)), gap(0.02, comma(amount)), String(visits), mail ? 'yes' : 'no', 'EUR');
    fields.push(next() < 0.6 ? '' : `"Ring ""twice""; leave it at door ${i}, ${one(['please', 'thanks'])}"`);
    fields.push(churned ? one(['moved', 'too dear']) : 'none', churned ? 'yes' : 'no');
    lines.push(fields.join(';'));
    if (next() < 0.01) lines.push(fields.join(';')); // sent twice
  }
  return `\uFEFF${lines.join('\r\n')}\r\n`;
}

/** Writes it. */
export const writeOrders = (path: string) => writeFile(path, ordersCsv());
