/** How far the answers of a model of numbers are off: predicted against true, and what is left between them. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { inlineSvg } from './axes.js';
import { barsSvg } from './bars.js';
import { counted, figure, grouped, tickText } from './format.js';
import { extentOf, histogramOf } from './histogram.js';
import { Html, html, nothing } from './html.js';
import { thinned } from './thinned.js';

/** True numbers of one target and what was answered, in its own units. */
export interface Residuals {
  readonly target: string;
  readonly truth: ArrayLike<number>;
  readonly predictions: ArrayLike<number>;
}

/** What the residuals of a target come to. */
export interface ResidualFigures {
  /** True minus predicted, of every row. */
  readonly values: Float64Array;
  readonly mean: number;
  /** Standard deviation, population form. */
  readonly deviation: number;
}

const WIDTH = 480;
const HEIGHT = 340;
/** More points than this are thinned: the page stays small, and the drawing shows no more with more. */
const MOST_POINTS = 2000;
/** Points that share a path do not darken one another; so many paths do. */
const LAYERS = 16;
/** More points than this are drawn fainter, as they lie upon one another. */
const CROWD = 400;
/** Residuals further from their mean than this many deviations are counted rather than drawn. */
const FAR = 4;
const MOST_BINS = 40;
/** More targets than this are named without a drawing. */
const MOST_TARGETS = 8;

/** True minus predicted, with mean and deviation. */
export function residualsOf({ truth, predictions }: Residuals): ResidualFigures {
  const values = Float64Array.from(truth, (value, row) => value - (predictions[row] as number));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
  return { values, mean, deviation: Math.sqrt(squares / values.length) };
}

function scatter({ target, truth, predictions }: Residuals, rows: Uint32Array): string {
  const drawn = (values: ArrayLike<number>) => Array.from(rows, (row) => values[row] as number);
  const [x, y] = [drawn(truth), drawn(predictions)];
  const [least, most] = extentOf([...x, ...y]) ?? [0, 1];
  const ends = least < most ? [least, most] : [least - 1, most + 1];
  const { document } = parseHTML('<!doctype html><html></html>');
  const drawing = Plot.plot({
    document,
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 58,
    marginRight: 24,
    marginTop: 26,
    marginBottom: 42,
    style: { fontSize: '12px', background: 'none' },
    ariaDescription: `${counted(rows.length, 'test row')}: true ${target} from ${figure(Math.min(...x))} to ${figure(Math.max(...x))}, predicted from ${figure(Math.min(...y))} to ${figure(Math.max(...y))}.`,
    x: { domain: ends, nice: true },
    y: { domain: ends, nice: true },
    marks: [
      Plot.gridY({ stroke: 'var(--line)', strokeOpacity: 1, ticks: 5 }),
      Plot.axisY({
        ticks: 5,
        tickSize: 0,
        label: 'predicted',
        labelAnchor: 'top',
        labelArrow: 'none',
        tickFormat: tickText,
      }),
      Plot.axisX({
        ticks: 5,
        tickSize: 4,
        label: 'true',
        labelAnchor: 'center',
        labelArrow: 'none',
        tickFormat: tickText,
      }),
      // points of no length with round ends are a fifth of the bytes of circles
      (_index, scales, _values, _dimensions, context) => {
        const group = context.document.createElementNS('http://www.w3.org/2000/svg', 'g');
        group.setAttribute('class', 'points');
        group.setAttribute('stroke-opacity', rows.length > CROWD ? '0.35' : '0.75');
        const paths = Array.from({ length: LAYERS }, () => '');
        x.forEach((value, i) => {
          const [left, top] = [scales.x?.(value) ?? 0, scales.y?.(y[i] as number) ?? 0];
          paths[i % LAYERS] += `M${left.toFixed(1)} ${top.toFixed(1)}h0`;
        });
        for (const d of paths.filter((path) => path !== '')) {
          const path = context.document.createElementNS('http://www.w3.org/2000/svg', 'path');
          path.setAttribute('d', d);
          group.append(path);
        }
        return group;
      },
      Plot.line(
        [ends, ends].map((_, i) => ({ value: ends[i] as number })),
        {
          x: 'value',
          y: 'value',
          stroke: 'var(--best)',
          strokeWidth: 1.5,
        },
      ),
    ],
  });
  return inlineSvg(drawing);
}

function distribution({ target }: Residuals, { values, mean, deviation }: ResidualFigures): Html {
  const [low, high] = [mean - FAR * deviation, mean + FAR * deviation];
  const near = values.filter((value) => value >= low && value <= high);
  const histogram = histogramOf(near.length > 0 ? near : values, MOST_BINS);
  if (!histogram) return nothing;
  return html`<figure class="card curve">
<figcaption><b>residuals</b><span>mean ${figure(mean)} · deviation ${figure(deviation)}</span></figcaption>
${barsSvg(histogram, {
  width: WIDTH,
  height: HEIGHT,
  label: `true ${target} − predicted`,
  noun: 'test row',
  description: `Residuals of ${target}: mean ${figure(mean)}, standard deviation ${figure(deviation)}.`,
  mark: 0,
})}
</figure>`;
}

/** What the drawings leave out, in words. */
function leftOut({ truth }: Residuals, { values, mean, deviation }: ResidualFigures, drawn: number): Html {
  const far = values.filter((value) => Math.abs(value - mean) > FAR * deviation).length;
  const parts = [
    ...(drawn < truth.length
      ? [`${grouped(drawn)} of the ${counted(truth.length, 'row')} have a dot, chosen by the seed`]
      : []),
    ...(far > 0 ? [`${counted(far, 'residual')} beyond ${FAR} deviations ${far === 1 ? 'has' : 'have'} no bar`] : []),
  ];
  if (parts.length === 0) return nothing;
  return html`<p class="note">${parts.join('; ').replace(/^./, (letter) => letter.toUpperCase())}.</p>
`;
}

function targetFigures(one: Residuals, seed: number, several: boolean): Html {
  const rows = thinned(one.truth.length, MOST_POINTS, seed);
  const figures = residualsOf(one);
  return html`${several ? html`<h3 class="name">${one.target}</h3>\n` : nothing}<div class="pair">
<figure class="card curve">
<figcaption><b>predicted against true</b><span class="key best"><i></i>as it should be</span></figcaption>
${new Html(scatter(one, rows))}
</figure>
${distribution(one, figures)}
</div>
${leftOut(one, figures, rows.length)}`;
}

/**
 * For each target a drawing of predicted against true, and of how the residuals spread.
 * @param seed which points are drawn where there are more than 2,000
 */
export function residualFigures(targets: readonly Residuals[], seed: number): Html {
  const shown = targets.slice(0, MOST_TARGETS);
  const more = targets.slice(MOST_TARGETS).map(({ target }) => target);
  const rest = more.length > 0 ? html`<p class="note">Not drawn: ${more.join(', ')}.</p>` : nothing;
  return html`<p class="note">In the units of ${targets.length > 1 ? 'each target' : (targets[0]?.target ?? 'the target')}, on the test rows. A residual is
what is true minus what was predicted: above 0, the answer was too low.</p>
${shown.map((one) => targetFigures(one, seed, targets.length > 1))}${rest}`;
}
