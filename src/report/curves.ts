/** Learning curves as SVG, by Observable Plot on a document without a browser. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { epochAxis, inlineSvg, powersOfTen, WIDE_RATIO } from './axes.js';
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
  /**
   * Set where several models were trained, and `training` and `validation` are their means: the figure of each on the
   * validation rows (on the training rows where there are none), and the epoch of it that was kept, 0 for none.
   */
  readonly members?: readonly { readonly values: readonly number[]; readonly best: number }[];
}

interface Point {
  readonly epoch: number;
  readonly value: number;
}

const WIDTH = 480;
const HEIGHT = 280;
/** More epochs than this are drawn as a line alone. */
const MOST_POINTS = 60;
/** Opacity of the members' own lines behind their mean; the legend has it too (style.ts). */
const FAINT = 0.35;

function points(values: readonly number[]): Point[] {
  return values.map((value, i) => ({ epoch: i + 1, value })).filter(({ value }) => Number.isFinite(value));
}

/** The scale of a curve: logarithmic where the values span more than a linear one shows. */
function scaleOf({ training, validation, unit, members = [] }: Curve): {
  readonly least: number;
  readonly most: number;
  readonly wide: boolean;
} {
  const values = [training, validation ?? [], ...members.map((member) => member.values)].flat().filter(Number.isFinite);
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return { least, most, wide: unit === 'number' && least > 0 && most / least > WIDE_RATIO };
}

/** The epochs of the longest curve. */
function epochsOf({ training, members = [] }: Curve): number {
  return Math.max(training.length, ...members.map(({ values }) => values.length));
}

/** Whether there is anything to be drawn: an epoch was completed. */
export function isDrawn(curve: Curve): boolean {
  return epochsOf(curve) > 0;
}

/** The text that stands for the drawing where it is not seen. */
function description({ name, training, validation, best, unit, members = [] }: Curve): string {
  const write = unit === 'share' ? (value: number) => percent(value, 2) : figure;
  const span = (values: readonly number[]) =>
    `from ${write(values[0] as number)} in epoch 1 to ${write(values.at(-1) as number)} in epoch ${values.length}`;
  const of = members.length > 0 ? `, mean of ${members.length} members,` : '';
  const parts = [`Training ${name}${of} ${span(training)}.`];
  if (validation) parts.push(`Validation ${name}${of} ${span(validation)}.`);
  members.forEach(({ values, best: epoch }, i) => {
    const value = values[epoch - 1];
    if (value !== undefined) parts.push(`Best epoch of member ${i + 1}: ${epoch}, with ${write(value)}.`);
  });
  const kept = (validation ?? training)[best - 1];
  if (kept !== undefined) parts.push(`Best epoch: ${best}, with ${write(kept)}.`);
  return parts.join(' ');
}

function draw(curve: Curve): string {
  const { training, validation, best, unit, members = [] } = curve;
  const epochs = epochsOf(curve);
  const { least, most, wide } = scaleOf(curve);
  const ticks = wide ? powersOfTen(least, most) : 5;
  const write = unit === 'share' ? (value: number) => percent(value, 2) : figure;
  const sparse = epochs <= MOST_POINTS;
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
  const memberKind = validation ? 'validation' : 'training';
  const bests = members.flatMap(({ values, best: epoch }, i) =>
    points(values)
      .filter((point) => point.epoch === epoch)
      .map((point) => ({ ...point, member: i + 1 })),
  );
  const kept = points(validation ?? training).filter(({ epoch }) => epoch === best);
  const late = best > 0.6 * epochs;
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
    x: { domain: [1, Math.max(2, epochs)] },
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
      epochAxis(epochs),
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
      ...members.map(({ values }) =>
        Plot.lineY(points(values), {
          x: 'epoch',
          y: 'value',
          stroke: `var(--${memberKind})`,
          strokeOpacity: FAINT,
        }),
      ),
      ...line(training, 'training'),
      ...(validation ? line(validation, 'validation') : []),
      Plot.dot(bests, {
        x: 'epoch',
        y: 'value',
        r: 3.5,
        fill: 'var(--best)',
        title: ({ member, epoch, value }: (typeof bests)[number]) =>
          `member ${member}, epoch ${epoch}: ${write(value)}`,
      }),
      Plot.dot(kept, { x: 'epoch', y: 'value', r: 5, fill: 'var(--best)', stroke: 'var(--card)', strokeWidth: 2 }),
    ],
  });
  return inlineSvg(drawing);
}

/** A curve with its legend; nothing where no epoch was completed. */
export function curveFigure(curve: Curve): Html {
  if (!isDrawn(curve)) return nothing;
  const { name, validation, members = [] } = curve;
  const key = (kind: string, label: string) => html`<span class="key ${kind}"><i></i>${label}</span>`;
  const of = members.length > 0 ? ', mean' : '';
  const each = members.some(({ best }) => best > 0) ? 'members, best epochs marked' : 'members';
  return html`<figure class="card curve">
<figcaption><b>${name}${scaleOf(curve).wide ? html`<small>logarithmic scale</small>` : nothing}</b>${key('training', `training${of}`)}${validation ? key('validation', `validation${of}`) : nothing}${members.length > 0 ? key(`${validation ? 'validation' : 'training'} faint`, each) : nothing}</figcaption>
${new Html(draw(curve))}
</figure>`;
}
