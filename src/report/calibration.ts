/** Whether probabilities can be believed: how often what was predicted with a probability came true. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { brierScore, type CalibrationBin, calibration, wilsonInterval } from '../metrics/index.js';
import { inlineSvg } from './axes.js';
import { counted, figure, grouped, percent } from './format.js';
import { Html, html } from './html.js';

const BINS = 10;
/** Of fewer rows than this, most of ten bins would have a handful. */
const FEW_ROWS = 200;
const FEW_BINS = 5;

/** Probabilities in bins, with what became of them. */
export interface Reliability {
  readonly bins: readonly CalibrationBin[];
  readonly brier: number;
  /** The mean distance of predicted and true shares, each bin counted by its rows. */
  readonly error: number;
  readonly rows: number;
  /** Whose probability it is: of two classes the second; of more, undefined: of the class that was answered. */
  readonly ofClass: string | undefined;
}

/**
 * The reliability of probabilities. `error` is the expected calibration error with ten bins of equal width, five below 200 rows (Naeini, Cooper and
 * Hauskrecht, Obtaining well calibrated probabilities using Bayesian binning, 2015; Guo, Pleiss, Sun and Weinberger, 2017).
 * @param labels the true classes
 * @param probabilities `[rows, classes]`
 */
export function reliabilityOf(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  classes: readonly string[],
): Reliability {
  const rows = labels.length;
  const bins = calibration(labels, probabilities, { classes, bins: rows < FEW_ROWS ? FEW_BINS : BINS });
  const error =
    bins.reduce((sum, one) => sum + one.count * Math.abs(one.fractionPositive - one.meanPredicted), 0) / rows;
  const brier = brierScore(labels, probabilities, { classes });
  return { bins, brier, error, rows, ofClass: classes.length === 2 ? classes[1] : undefined };
}

const WIDTH = 480;
const MARGINS = { marginLeft: 58, marginRight: 16 } as const;
const STYLE = { fontSize: '12px', background: 'none' } as const;

interface Point {
  readonly predicted: number;
  readonly met: number;
  readonly low: number;
  readonly high: number;
  /** Radius of the dot: its area grows with the rows. */
  readonly radius: number;
  readonly title: string;
}

function pointOf(most: number, { count, meanPredicted: predicted, fractionPositive: met }: CalibrationBin): Point {
  const [low, high] = wilsonInterval(Math.round(met * count), count);
  const title = `predicted ${percent(predicted)}, came true ${percent(met)} (95% interval ${percent(low)} – ${percent(high)}), ${counted(count, 'row')}`;
  return { predicted, met, low, high, radius: 2 + 5 * Math.sqrt(count / most), title };
}

const shareAxis = { domain: [0, 1] } as const;
const shareText = (share: number) => percent(share, 0);

function curve({ bins }: Reliability, what: string): string {
  const most = Math.max(...bins.map(({ count }) => count));
  const points = bins.map((bin) => pointOf(most, bin));
  const { document } = parseHTML('<!doctype html><html></html>');
  const drawing = Plot.plot({
    document,
    width: WIDTH,
    height: 320,
    ...MARGINS,
    marginTop: 26,
    marginBottom: 26,
    style: STYLE,
    ariaDescription: `Reliability of ${what}: ${points.map(({ title }) => title).join('; ')}.`,
    x: shareAxis,
    y: shareAxis,
    r: { type: 'identity' },
    marks: [
      Plot.gridY({ stroke: 'var(--line)', strokeOpacity: 1, ticks: 5 }),
      Plot.axisY({
        ticks: 5,
        tickSize: 0,
        label: 'came true',
        labelAnchor: 'top',
        labelArrow: 'none',
        tickFormat: shareText,
      }),
      Plot.axisX({ ticks: 5, tickSize: 4, label: null, tickFormat: shareText }),
      Plot.line([0, 1], { x: (end: number) => end, y: (end: number) => end, stroke: 'var(--best)', strokeWidth: 1.5 }),
      Plot.ruleX(points, {
        x: 'predicted',
        y1: 'low',
        y2: 'high',
        stroke: 'var(--validation)',
        strokeOpacity: 0.5,
        strokeWidth: 2,
      }),
      Plot.line(points, { x: 'predicted', y: 'met', stroke: 'var(--validation)', strokeWidth: 1.5 }),
      Plot.dot(points, {
        x: 'predicted',
        y: 'met',
        r: (point: Point) => point.radius,
        fill: 'var(--validation)',
        title: 'title',
      }),
    ],
  });
  return inlineSvg(drawing);
}

function counts({ bins }: Reliability, what: string): string {
  const most = Math.max(...bins.map(({ count }) => count));
  const { document } = parseHTML('<!doctype html><html></html>');
  const drawing = Plot.plot({
    document,
    width: WIDTH,
    height: 110,
    ...MARGINS,
    marginTop: 10,
    marginBottom: 40,
    style: STYLE,
    ariaDescription: `Rows by ${what}: ${bins.map(({ low, high, count }) => `${percent(low, 0)} to ${percent(high, 0)}: ${grouped(count)}`).join('; ')}.`,
    x: shareAxis,
    y: { domain: [0, most] },
    marks: [
      Plot.axisY([0, most], { tickSize: 0, label: null, tickFormat: grouped }),
      Plot.axisX({
        ticks: 5,
        tickSize: 4,
        label: what,
        labelAnchor: 'center',
        labelArrow: 'none',
        tickFormat: shareText,
      }),
      Plot.rectY(bins, {
        x1: 'low',
        x2: 'high',
        y: 'count',
        insetLeft: 1,
        insetRight: 1,
        fill: 'var(--training)',
        title: ({ low, high, count }: CalibrationBin) =>
          `${percent(low, 0)} to ${percent(high, 0)}: ${counted(count, 'row')}`,
      }),
    ],
  });
  return inlineSvg(drawing);
}

/** The reliability curve over the rows of each bin, and in words what both come to. */
export function calibrationFigure(reliability: Reliability): Html {
  const { brier, error, rows, ofClass } = reliability;
  const what = ofClass === undefined ? 'predicted probability of the answer' : `predicted probability of “${ofClass}”`;
  const sharp = ofClass === undefined ? 'the answers' : `“${ofClass}”`;
  return html`<p class="note">Of the test rows for which the model gave ${sharp} about the same probability, the share that came true: on the line,
probabilities can be taken at their word; below it, they promise too much. Bars are 95% intervals (Wilson).</p>
<div class="pair">
<figure class="card curve">
<figcaption><b>reliability</b><span class="key"><i></i>observed</span><span class="key best"><i></i>as it should be</span></figcaption>
${new Html(curve(reliability, what))}
${new Html(counts(reliability, what))}
</figure>
<div class="card"><dl class="figures">
<div><dt>expected calibration error</dt><dd>${percent(error, 2)}</dd><dd class="about">mean distance from the line, each bin counted by its rows; 0 is perfect</dd></div>
<div><dt>Brier score</dt><dd>${figure(brier)}</dd><dd class="about">mean squared error of the probabilities${ofClass === undefined ? ', summed over the classes' : ''}; 0 is perfect, smaller is better</dd></div>
<div><dt>test rows</dt><dd>${grouped(rows)}</dd><dd class="about">in bins of equal width, dots by their rows; bins without rows are left out</dd></div>
</dl></div>
</div>`;
}
