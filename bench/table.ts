/** Figures as tables: one line for each thing that was measured, one column for each that it was measured on. */
import type { Row } from './section.js';

/** 107,000 · 20.6 · 0.81 */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  const rounded = Math.abs(value) >= 1000 ? Number(value.toPrecision(3)) : value;
  return rounded.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** 107K */
export function compact(value: number): string {
  return Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 }).format(value);
}

const unique = (names: readonly string[]): string[] => [...new Set(names)];

/** Rows in groups by `by`, in the order in which they come; without it, all in one without a title. */
export function grouped(rows: readonly Row[], by?: (row: Row) => string): (readonly [title: string, rows: Row[]])[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const title = by?.(row) ?? '';
    groups.set(title, [...(groups.get(title) ?? []), row]);
  }
  return [...groups];
}

/** Head and body of a table. */
export function cells(rows: readonly Row[], notes?: (row: Row) => string): string[][] {
  const columns = unique(rows.map(({ who }) => who));
  const body = unique(rows.map(({ what }) => what)).map((what) => {
    const mine = rows.filter((row) => row.what === what);
    const values = columns.map((who) => {
      const row = mine.find((one) => one.who === who);
      if (!row) return '';
      const note = notes?.(row);
      return `${figure(row.value)}${note ? ` (${note})` : ''}`;
    });
    return [what, mine[0]?.unit ?? '', ...values];
  });
  return [['', '', ...columns], ...body];
}

/** For a terminal, with the largest spread at the end of each line. */
export function table(rows: readonly Row[], notes?: (row: Row) => string): string {
  const all = cells(rows, notes).map((line, i) => [...line, i === 0 ? 'spread' : spreadOf(rows, line[0] as string)]);
  const widths = all[0]?.map((_, j) => Math.max(...all.map((line) => line[j]?.length ?? 0))) ?? [];
  const padded = all.map((line) =>
    line.map((cell, j) => (j < 2 ? cell.padEnd(widths[j] ?? 0) : cell.padStart(widths[j] ?? 0))).join('  '),
  );
  return padded.map((line) => `  ${line}`).join('\n');
}

/** For a terminal: one line for each that one thing was measured on. */
export function list(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(({ who }) => who.length));
  return rows
    .map(({ who, value, unit, spread }) => {
      return `  ${who.padEnd(width)}  ${figure(value).padStart(10)} ${unit}  ± ${(100 * spread).toFixed(1)} %`;
    })
    .join('\n');
}

function spreadOf(rows: readonly Row[], what: string): string {
  return `± ${(100 * Math.max(...rows.filter((row) => row.what === what).map(({ spread }) => spread))).toFixed(1)} %`;
}

/** For a document. */
export function markdown([head = [], ...body]: readonly (readonly string[])[]): string {
  const line = (values: readonly string[]) => `| ${values.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i < 1 ? '---' : '---:'))), ...body.map(line)].join('\n');
}
