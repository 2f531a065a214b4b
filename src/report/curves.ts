/** Learning curves as SVG, by Observable Plot on a document without a browser. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { figure, percent } from './format.js';
import { Html, html, nothing } from './html.js';

/** One figure over the epochs. */
export interface Curve {
  /** What it is, such as `loss`. */
  readonly name: string;
  /** A value for each epoch, on the training rows. */
  readonly training: readonly number[];
  /** The same on the validation rows, if there are any. */
  readonly validation: readonly number[] | undefined;
  /** The epoch, from 1, whose weights were kept; 0 if none was chosen. */
  readonly best: number;
  /** `share`: from 0 to 1, written in percent. */
  readonly unit: 'share' | 'number';
}

interface Point {
  readonly epoch: number;
  readonly value: number;
}

const WIDTH = 480;
const HEIGHT = 280;
/** A span of values beyond this ratio is drawn on a logarithmic scale. */
const WIDE_RATIO = 30;
/** More epochs than this are drawn as a line alone. */
const MOST_POINTS = 60;

function points(values: readonly number[]): Point[] {
  return values.map((value, i) => ({ epoch: i + 1, value })).filter(({ value }) => Number.isFinite(value));
}

/** Powers of ten within the values, which a logarithmic scale is marked at. */
function powersOfTen(least: number, most: number): number[] {
  return Array.from({ length: 24 }, (_, i) => Number(`1e${i - 14}`)).filter(
    (power) => power >= least / 10 && power <= most * 10,
  );
}

/** The scale of a curve: logarithmic where the values span more than a linear one shows. */
function scaleOf({ training, validation, unit }: Curve): {
  readonly least: number;
  readonly most: number;
  readonly wide: boolean;
} {
  const values = [...training, ...(validation ?? [])].filter(Number.isFinite);
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return { least, most, wide: unit === 'number' && least > 0 && most / least > WIDE_RATIO };
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

/** The text that stands for the drawing where it is not seen. */
function description({ name, training, validation, best, unit }: Curve): string {
  const write = unit === 'share' ? (value: number) => percent(value, 2) : figure;
  const span = (values: readonly number[]) =>
    `from ${write(values[0] as number)} in epoch 1 to ${write(values.at(-1) as number)} in epoch ${values.length}`;
  const parts = [`Training ${name} ${span(training)}.`];
  if (validation) parts.push(`Validation ${name} ${span(validation)}.`);
  const kept = (validation ?? training)[best - 1];
  if (kept !== undefined) parts.push(`Best epoch: ${best}, with ${write(kept)}.`);
  return parts.join(' ');
}

function draw(curve: Curve): string {
  const { training, validation, best, unit } = curve;
  const { least, most, wide } = scaleOf(curve);
  const ticks = wide ? powersOfTen(least, most) : 5;
  const write = unit === 'share' ? (value: number) => percent(value, 2) : figure;
  const sparse = training.length <= MOST_POINTS;
  const line = (data: readonly number[], kind: string) => [
    Plot.lineY(points(data), {
      x: 'epoch',
      y: 'value',
      stroke: `var(--${kind})`,
      strokeWidth: 2,
      ...(kind === 'training' && { strokeDasharray: '5 4' }),
    }),
    ...(sparse
      ? [
          Plot.dot(points(data), {
            x: 'epoch',
            y: 'value',
            r: 2.5,
            fill: `var(--${kind})`,
            title: ({ epoch, value }: Point) => `${kind}, epoch ${epoch}: ${write(value)}`,
          }),
        ]
      : []),
  ];
  const kept = points(validation ?? training).filter(({ epoch }) => epoch === best);
  const late = best > 0.6 * training.length;
  const { document } = parseHTML('<!doctype html><html></html>');
  const drawing = Plot.plot({
    document,
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 58,
    marginRight: 16,
    marginTop: 26,
    marginBottom: 42,
    style: { fontSize: '12px', background: 'none' },
    ariaDescription: description(curve),
    x: { domain: [1, Math.max(2, training.length)] },
    y: {
      nice: true,
      ...(wide && { type: 'log' as const }),
      ...(least === most && { domain: unit === 'share' ? [0, 1] : [0, 2 * most || 1] }),
    },
    marks: [
      Plot.gridY({ stroke: 'var(--line)', strokeOpacity: 1, ticks }),
      Plot.axisY({
        ticks,
        tickSize: 0,
        label: null,
        tickFormat: unit === 'share' ? (v: number) => percent(v, 1) : figure,
      }),
      Plot.axisX(epochTicks(training.length), {
        tickFormat: String,
        tickSize: 4,
        label: 'epoch',
        labelAnchor: 'center',
        labelArrow: 'none',
      }),
      ...(kept.length > 0
        ? [
            Plot.ruleX(kept, { x: 'epoch', stroke: 'var(--best)', strokeWidth: 1.5 }),
            Plot.text(kept, {
              x: 'epoch',
              frameAnchor: 'top',
              dy: -14,
              dx: late ? 4 : -4,
              textAnchor: late ? 'end' : 'start',
              text: ({ epoch }: Point) => `best epoch ${epoch}`,
              fill: 'var(--best)',
              fontWeight: 600,
            }),
          ]
        : []),
      ...line(training, 'training'),
      ...(validation ? line(validation, 'validation') : []),
      Plot.dot(kept, { x: 'epoch', y: 'value', r: 5, fill: 'var(--best)', stroke: 'var(--card)', strokeWidth: 2 }),
    ],
  });
  // within HTML an SVG needs no namespaces, and a page that names no address is easily seen to load nothing
  return drawing.outerHTML.replace(/ xmlns(:\w+)?="[^"]*"/g, '').replace('<svg ', '<svg role="img" ');
}

/** A curve with its legend; nothing where no epoch was completed. */
export function curveFigure(curve: Curve): Html {
  if (curve.training.length === 0) return nothing;
  const key = (kind: string, label: string) => html`<span class="key ${kind}"><i></i>${label}</span>`;
  return html`<figure class="card curve">
<figcaption><b>${curve.name}${scaleOf(curve).wide ? html`<small>logarithmic scale</small>` : nothing}</b>${key('training', 'training')}${curve.validation ? key('validation', 'validation') : nothing}</figcaption>
${new Html(draw(curve))}
</figure>`;
}
