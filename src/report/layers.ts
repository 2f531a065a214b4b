/** Diagnoses of a training: a small drawing for each quantity with a line for each layer, and what was warned of. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { Diagnosis, LayerDiagnosis } from '../model/diagnosis.js';
import { epochAxis, inlineSvg, powersOfTen, WIDE_RATIO } from './axes.js';
import { counted, figure, percent } from './format.js';
import { Html, html, nothing } from './html.js';

/** One quantity of every layer. */
interface Quantity {
  readonly name: string;
  /** `ratio`: on a logarithmic scale; `share`: from 0 to 1; `number`: as the values are. */
  readonly unit: 'ratio' | 'share' | 'number';
  of(layer: LayerDiagnosis): number | undefined;
}

const QUANTITIES: readonly Quantity[] = [
  { name: 'gradient norm', unit: 'ratio', of: ({ gradientNorm }) => gradientNorm },
  { name: 'update / weight', unit: 'ratio', of: ({ updateRatio }) => updateRatio },
  { name: 'activation mean', unit: 'number', of: ({ activation }) => activation.mean },
  { name: 'activation variance', unit: 'number', of: ({ activation }) => activation.variance },
  { name: 'saturated outputs', unit: 'share', of: ({ saturation }) => saturation },
  { name: 'dead relu units', unit: 'share', of: ({ deadUnits }) => deadUnits },
];

const WIDTH = 330;
const HEIGHT = 210;

/** A layer's value after one epoch. */
interface Point {
  readonly layer: number;
  readonly epoch: number;
  readonly value: number;
}

/** The colour of a layer by its depth: from the first to the last through the hues between. */
function colour(layer: number, layers: number): string {
  const depth = layers > 1 ? (100 * layer) / (layers - 1) : 0;
  return `color-mix(in oklch, var(--last-layer) ${depth.toFixed(0)}%, var(--first-layer))`;
}

/** The values that can be drawn, layer by layer; on a logarithmic scale there is no 0. */
function pointsOf(diagnostics: readonly Diagnosis[], { of, unit }: Quantity): Point[] {
  return diagnostics.flatMap(({ layers }, i) =>
    layers.flatMap((one, layer): Point[] => {
      const value = of(one);
      if (value === undefined || !Number.isFinite(value) || (unit === 'ratio' && value <= 0)) return [];
      return [{ layer, epoch: i + 1, value }];
    }),
  );
}

function writer({ unit }: Quantity): (value: number) => string {
  return unit === 'share' ? (value) => percent(value) : figure;
}

/** Whether values are drawn on a logarithmic scale. */
function isLogarithmic({ unit }: Quantity, least: number, most: number): boolean {
  return unit === 'ratio' || (unit === 'number' && least > 0 && most / least > WIDE_RATIO);
}

function draw(quantity: Quantity, points: readonly Point[], names: readonly string[], epochs: number): string {
  const values = points.map(({ value }) => value);
  const least = values.reduce((a, b) => Math.min(a, b));
  const most = values.reduce((a, b) => Math.max(a, b));
  const logarithmic = isLogarithmic(quantity, least, most);
  const ticks = logarithmic ? powersOfTen(least, most) : 4;
  const write = writer(quantity);
  const latest = points.filter(({ epoch }) => epoch === epochs);
  const { document } = parseHTML('<!doctype html><html></html>');
  const drawing = Plot.plot({
    document,
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 52,
    marginRight: 12,
    marginTop: 12,
    marginBottom: 40,
    style: { fontSize: '12px', background: 'none' },
    ariaDescription: `${quantity.name} after the last epoch: ${latest
      .map(({ layer, value }) => `${names[layer]} ${write(value)}`)
      .join(', ')}.`,
    x: { domain: [1, Math.max(2, epochs)] },
    y: {
      nice: true,
      ...(logarithmic && { type: 'log' as const }),
      ...(quantity.unit === 'share' && { domain: [0, 1] }),
      ...(quantity.unit === 'number' && least === most && { domain: [least - 1, most + 1] }),
    },
    marks: [
      Plot.gridY({ stroke: 'var(--line)', strokeOpacity: 1, ticks }),
      Plot.axisY({
        ticks,
        tickSize: 0,
        label: null,
        tickFormat: quantity.unit === 'share' ? (v: number) => percent(v, 0) : figure,
      }),
      epochAxis(epochs),
      ...names.flatMap((name, layer) => {
        const own = points.filter((point) => point.layer === layer);
        const stroke = colour(layer, names.length);
        return [
          Plot.lineY(whole(own, epochs), { x: 'epoch', y: 'value', stroke, strokeWidth: 1.75 }),
          Plot.dot(
            own.filter(({ epoch }) => epoch === epochs),
            {
              x: 'epoch',
              y: 'value',
              r: 3,
              fill: stroke,
              title: ({ value }: Point) => `${name}, epoch ${epochs}: ${write(value)}`,
            },
          ),
        ];
      }),
    ],
  });
  return inlineSvg(drawing);
}

/** The points of a line with gaps where an epoch has none. */
function whole(points: readonly Point[], epochs: number): { epoch: number; value: number }[] {
  const known = new Map(points.map(({ epoch, value }) => [epoch, value]));
  return Array.from({ length: epochs }, (_, i) => ({ epoch: i + 1, value: known.get(i + 1) ?? Number.NaN }));
}

function quantityFigure(quantity: Quantity, diagnostics: readonly Diagnosis[], names: readonly string[]): Html {
  const points = pointsOf(diagnostics, quantity);
  // a share that is 0 throughout is good news, and no drawing
  if (points.length === 0 || (quantity.unit === 'share' && points.every(({ value }) => value === 0))) return nothing;
  const values = points.map(({ value }) => value);
  const logarithmic = isLogarithmic(
    quantity,
    values.reduce((a, b) => Math.min(a, b)),
    values.reduce((a, b) => Math.max(a, b)),
  );
  return html`<figure class="card curve">
<figcaption><b>${quantity.name}${logarithmic ? html`<small>logarithmic scale</small>` : nothing}</b></figcaption>
${new Html(draw(quantity, points, names, diagnostics.length))}
</figure>
`;
}

function warningList({ warnings }: Diagnosis): Html {
  if (warnings.length === 0) return html`<p class="note">Nothing to warn of after the last epoch.</p>`;
  const capital = (sentence: string) => sentence.replace(/^./, (letter) => letter.toUpperCase());
  return html`<ul class="card warning">${warnings.map((warning) => html`<li>${capital(warning)}</li>\n`)}</ul>`;
}

/**
 * The drawings with their legend, under what the last epoch warned of; nothing without diagnoses.
 * @param members of an ensemble whose first member the diagnoses are of
 */
export function layerFigures(diagnostics: readonly Diagnosis[], members?: number): Html {
  const last = diagnostics.at(-1);
  if (!last) return nothing;
  const names = last.layers.map(({ name }) => name);
  const whose = members === undefined ? '' : ` This is the first of ${counted(members, 'member')}.`;
  const key = (name: string, layer: number) =>
    html`<span class="key"><i style="border-color:${colour(layer, names.length)}"></i>${name}</span>`;
  return html`${warningList(last)}
<p class="note">What the next update would have done to each layer, after every epoch, on ${counted(last.rows, 'training row')}.${whose}</p>
<p class="legend">${names.map(key)}</p>
<div class="three">
${QUANTITIES.map((quantity) => quantityFigure(quantity, diagnostics, names))}</div>`;
}
