/** What drawings over epochs have in common. */
import * as Plot from '@observablehq/plot';

/** A span of values beyond this ratio is drawn on a logarithmic scale. */
export const WIDE_RATIO = 30;

/** Powers of ten within the values, which a logarithmic scale is marked at. */
export function powersOfTen(least: number, most: number): number[] {
  return Array.from({ length: 24 }, (_, i) => Number(`1e${i - 14}`)).filter(
    (power) => power > least / 10 && power < most * 10,
  );
}

/** Whole numbers from 1 to `epochs`, about six of them, at steps of 1, 2 or 5 times a power of ten. */
function epochTicks(epochs: number): number[] {
  let step = 1;
  for (const factor of steps()) {
    step = factor;
    if (epochs / step <= 8) break;
  }
  const ticks: number[] = [];
  for (let tick = step; tick <= epochs; tick += step) ticks.push(tick);
  return step > 1 && epochs > 1 ? [1, ...ticks] : ticks;
}

function* steps(): Generator<number, void> {
  for (let power = 1; power < 1e9; power *= 10) yield* [power, 2 * power, 5 * power];
}

/** The axis of epochs. */
export function epochAxis(epochs: number) {
  return Plot.axisX(epochTicks(epochs), {
    tickFormat: String,
    tickSize: 4,
    label: 'epoch',
    labelAnchor: 'center',
    labelArrow: 'none',
  });
}

/** A drawing as part of a page: within HTML an SVG needs no namespaces, and a page without addresses loads nothing. */
export function inlineSvg(drawing: { readonly outerHTML: string }): string {
  return drawing.outerHTML.replace(/ xmlns(:\w+)?="[^"]*"/g, '').replace('<svg ', '<svg role="img" ');
}
