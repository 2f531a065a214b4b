/** The charts of docs/benchmarks.md and docs/performance.md, with the pictures of the course. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as Plot from '@observablehq/plot';
import type * as Picture from '../dist/src/course/picture.js';
import type * as Png from '../dist/src/report/png.js';
import { CHARTS } from './document.js';
import type { Row } from './section.js';
import { CURVES, THREADS } from './sections/curves.js';
import { type Plane, SIDE } from './sections/sizes.js';
import { compact, figure } from './table.js';

// compiled, this file lies one folder deeper than its source: what it needs is found from the root
const load = (path: string) => import(pathToFileURL(resolve('dist/src', path)).href);
const { chart, color, lines, picture } = (await load('course/picture.js')) as typeof Picture;
const { pngAddress } = (await load('report/png.js')) as typeof Png;

/** Writes a chart into its folder. */
export function save(name: string, svg: string): void {
  mkdirSync(CHARTS, { recursive: true });
  writeFileSync(join(CHARTS, `${name}.svg`), svg);
}

/** Bars of times end here, times the shortest: one contestant that takes a hundred times as long would hide all others. */
const LONGEST = 8;

/** Lying bars, one panel for each thing that was measured; the first group of names has a colour of its own. */
export function saveBars(name: string, words: string, rows: readonly Row[], first: (who: string) => boolean): void {
  const whats = [...new Set(rows.map(({ what }) => what))];
  const panels = whats.map((what) => {
    const mine = rows.filter((row) => row.what === what);
    const values = mine.map(({ value }) => value);
    const lower = mine[0]?.unit === 'µs';
    const end = lower ? Math.min(Math.max(...values), LONGEST * Math.min(...values)) : Math.max(...values);
    return chart({
      title: `${what}, ${mine[0]?.unit}${lower ? ' (less is better)' : ''}`,
      width: 500,
      height: 64 + 22 * mine.length,
      marginLeft: 246,
      x: { label: '', domain: [0, end * 1.3], ticks: 3, format: compact },
      y: { label: '', type: 'band', domain: mine.map(({ who }) => who) },
      marks: [
        Plot.barX(mine, {
          x1: 0,
          x2: ({ value }: Row) => Math.min(value, end),
          y: 'who',
          fill: ({ who }: Row) => color(first(who) ? 0 : 1),
          insetTop: 1.5,
          insetBottom: 1.5,
        }),
        Plot.text(mine, {
          x: ({ value }: Row) => Math.min(value, end),
          y: 'who',
          dx: 5,
          textAnchor: 'start',
          text: ({ value }: Row) => (value > end ? `→ ${figure(value)}` : figure(value)),
        }),
      ],
    });
  });
  save(name, picture(words, panels));
}

/** Products over their size, a line for each kernel, its peak dashed above it. */
export function saveProducts(
  name: string,
  words: string,
  rows: readonly Row[],
  peaks: ReadonlyMap<string, number>,
): void {
  const squares = rows.flatMap((row) => {
    const side = /^(\d+)×\1×\1 Bᵀ$/.exec(row.what)?.[1];
    return side === undefined ? [] : [{ ...row, side: Number(side) }];
  });
  const kernels = [...new Set(squares.map(({ who }) => who))];
  const sides = squares.map(({ side }) => side);
  const ends = [Math.min(...sides), Math.max(...sides)] as const;
  const series = kernels.flatMap((who, i) => {
    const points = squares.filter((row) => row.who === who).map(({ side, value }) => [side, value] as const);
    const top = peaks.get(who) ?? Number.NaN;
    const across = {
      name: `${who}, peak`,
      points: ends.map((x) => [x, top] as const),
      dashed: true,
      width: 1,
      key: false,
    };
    return [
      { name: who, points, dots: true, color: color(i) },
      { ...across, color: color(i) },
    ];
  });
  const panel = lines({
    title: 'C = A · Bᵀ of n×n×n (dashed: the kernel’s peak in registers)',
    width: 560,
    height: 340,
    x: { label: 'n', type: 'log', ticks: [...new Set(sides)] },
    y: { label: 'GFLOP/s', domain: [0, 10 * Math.ceil(Math.max(...peaks.values()) / 10)] },
    series,
  });
  save(name, picture(words, [panel]));
}

/** An axis of powers of two, each with its label: over their logarithms, as Plot leaves labels of logarithmic axes out. */
function doublings(label: string, values: readonly number[]) {
  return { label, ticks: [...new Set(values)].map(Math.log2), format: (power: number) => String(2 ** power) };
}

/** A logarithmic axis from a power of ten to another, with no other ticks. */
function decades(label: string, values: readonly number[]) {
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.ceil(Math.log10(Math.max(...values)));
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
  return { label, type: 'log' as const, domain: [10 ** first, 10 ** last], ticks, format: compact };
}

const SIZE = { width: 480, height: 300 };

/** Cost over what is varied: a panel for each curve with a line for each kernel, its ceiling dashed below; then threads. */
export function curvesPicture(words: string, rows: readonly Row[]): string {
  const costs = CURVES.map(({ title, over, nets }) => {
    const mine = rows.filter(({ facts }) => facts?.group === title);
    // of batches of many sizes a sample is what compares
    const perSample = new Set(mine.map(({ facts }) => facts?.batch)).size > 1;
    const cost = (value: number, { facts }: Row) => value / (perSample ? Number(facts?.batch) : 1);
    const line = (who: string, value: (row: Row) => number) =>
      mine
        .filter((row) => row.who === who)
        .map((row) => [Math.log2(Number(row.facts?.at)), cost(value(row), row)] as const);
    const series = [...new Set(mine.map(({ who }) => who))].flatMap((who, i) => [
      { name: who, points: line(who, ({ value }) => value), dots: true, color: color(i) },
      {
        name: `${who}, at best`,
        points: line(who, ({ facts }) => Number(facts?.least)),
        dashed: true,
        width: 1.2,
        color: color(i),
      },
    ]);
    return lines({
      title,
      ...SIZE,
      x: doublings(
        over,
        nets.map(([value]) => value),
      ),
      y: decades(
        `µs ${perSample ? 'a sample' : 'a step'}`,
        series.flatMap(({ points }) => points.map(([, y]) => y)),
      ),
      series,
    });
  });
  const threads = rows.filter(({ facts }) => facts?.group === THREADS);
  const panel = lines({
    title: THREADS,
    ...SIZE,
    x: doublings(
      'W',
      threads.map(({ facts }) => Number(facts?.at)),
    ),
    y: {
      label: 'times as fast as one thread',
      domain: [0, Math.ceil(2 * Math.max(1, ...threads.map(({ value }) => value))) / 2],
    },
    rules: [{ at: 1, name: '' }],
    series: [...new Set(threads.map(({ who }) => who))].map((who) => ({
      name: who,
      points: threads
        .filter((row) => row.who === who)
        .map(({ facts, value }) => [Math.log2(Number(facts?.at)), value] as const),
      dots: true,
      dashed: who.endsWith('auto'),
      color: color(who.startsWith('turbo') ? 1 : 0),
    })),
  });
  return picture(words, [...costs, panel]);
}

/** White, blue, almost black: twelve steps, so that the picture is small and noise below a step does not show. */
const STEPS = 12;

function shades(values: readonly (readonly number[])[], most: number): Uint8Array {
  const stops = [
    [255, 255, 255],
    [86, 180, 233],
    [0, 60, 120],
  ] as const;
  const pixels = new Uint8Array(3 * SIDE * SIDE);
  values.forEach((line, i) => {
    line.forEach((value, j) => {
      const at = (2 * Math.min(STEPS, Math.round((STEPS * value) / most))) / STEPS;
      const [from, to] = at < 1 ? [stops[0], stops[1]] : [stops[1], stops[2]];
      // sizes grow upwards, lines of a picture downwards
      const pixel = 3 * ((SIDE - 1 - i) * SIDE + j);
      for (let c = 0; c < 3; c++) {
        const [low, high] = [from[c] as number, to[c] as number];
        pixels[pixel + c] = low + (high - low) * (at < 1 ? at : at - 1);
      }
    });
  });
  return pixels;
}

/** A map for each plane of sizes. */
export function saveMaps(name: string, words: string, planes: readonly Plane[]): void {
  const fixed = 100;
  const speeds = planes.map(({ seconds }) =>
    seconds.map((line, i) => line.map((time, j) => (2 * (i + 1) * (j + 1) * fixed) / time / 1e9)),
  );
  const panels = planes.map((plane, i) => {
    const mine = planes.map(({ kernel }, j) => (kernel === plane.kernel ? Math.max(...(speeds[j]?.flat() ?? [])) : 0));
    const most = Math.max(...mine);
    const src = pngAddress(shades(speeds[i] ?? [], most), SIDE, SIDE, 3);
    const middle = SIDE / 2 + 0.5;
    const side = 260;
    return chart({
      title: `${plane.kernel}, ${plane.fixed} = ${fixed}; darkest ${figure(most)} GFLOP/s`,
      width: side + 80,
      height: side + 56,
      x: { label: plane.columns, domain: [0.5, SIDE + 0.5], ticks: [1, 50, 100, 150, 200] },
      y: { label: plane.rows, domain: [0.5, SIDE + 0.5], ticks: [1, 50, 100, 150, 200] },
      marks: [
        Plot.image([src], {
          x: middle,
          y: middle,
          src: (address: string) => address,
          width: side,
          height: side,
          preserveAspectRatio: 'none',
          imageRendering: 'pixelated',
        }),
      ],
    });
  });
  save(name, picture(words, panels, 3));
}
