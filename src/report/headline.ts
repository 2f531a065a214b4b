/** The head of a report: the one figure that counts, what it is to be compared with, and how sure it is. */

import type { Fact } from './facts.js';
import { figure, grouped, percent } from './format.js';
import { type Html, html, nothing } from './html.js';
import type { Judgement } from './judgement.js';
import type { NumberJudgement } from './numbers.js';

/** What stands in the head of a report. */
export interface Headline {
  /** The figure as it is written: `99.33%`. */
  readonly value: string;
  /** What it is: `test accuracy`. */
  readonly what: string;
  /** The figure as a drawing. */
  readonly gauge: Html;
  /** What belongs to it. */
  readonly facts: readonly Fact[];
  /** How it came about, below the page. */
  readonly note: string;
}

/** Marks on a line from 0 to 1, as shares. */
interface Gauge {
  readonly reached: number;
  readonly interval: readonly [low: number, high: number];
  readonly baseline: number;
  /** How a share is written. */
  write(share: number): string;
}

function gaugeOf({ reached, interval: [low, high], baseline, write }: Gauge): Html {
  const at = (share: number) => `${(100 * share).toFixed(2)}%`;
  // the label hangs to the side where there is room
  const label = baseline < 0.5 ? `left:${at(baseline)}` : `right:${at(1 - baseline)}`;
  return html`<div class="gauge" aria-hidden="true">
<i class="track"></i><i class="reached" style="width:${at(reached)}"></i>
<i class="interval" style="left:${at(low)};width:${at(high - low)}"></i>
<i class="baseline" style="left:${at(baseline)}"></i><span style="${label}">baseline ${write(baseline)}</span>
<span class="scale" style="left:0">${write(0).replace('.0', '')}</span><span class="scale" style="right:0">${write(1).replace('.0', '')}</span>
</div>`;
}

/** Of a model that tells classes apart: its accuracy. */
export function accuracyHeadline(judgement: Judgement, loss: number, facts: readonly Fact[]): Headline {
  const { accuracy, correct, rows, interval, baseline } = judgement;
  return {
    value: percent(accuracy, 2),
    what: 'test accuracy',
    gauge: gaugeOf({ reached: accuracy, interval, baseline: baseline.accuracy, write: percent }),
    facts: [
      ['right', `${grouped(correct)} of ${grouped(rows)}`, 'rows never used for training'],
      ['95% interval', `${percent(interval[0])} – ${percent(interval[1])}`, 'Wilson score interval'],
      ['baseline', percent(baseline.accuracy), `always answering “${baseline.class}”`],
      ['test loss', figure(loss)],
      ...facts,
    ],
    note:
      'Accuracy is measured on test rows that took no part in training, preprocessing or stopping. The interval is the score ' +
      'interval of Wilson (1927).',
  };
}

/** R² with three decimals, never rounded to 1. */
export function r2Text(r2: number): string {
  return (r2 < 1 ? Math.min(r2, 0.9999) : r2).toFixed(4);
}

/** Of a model of numbers: R², the share of the targets' variance that it explains. */
export function r2Headline(judgement: NumberJudgement, loss: number, facts: readonly Fact[]): Headline {
  const { r2, interval, rows, targets } = judgement;
  // worse than the mean is at the beginning of the line
  const onLine = (value: number) => Math.max(0, Math.min(1, value));
  const [low, high] = interval ?? [r2, r2];
  const errors = targets.flatMap(({ target, rmse, mae, baseline }): Fact[] => {
    const name = targets.length > 1 ? ` of ${target}` : '';
    const own = targets.length > 1 ? `R² ${r2Text(targets.find((one) => one.target === target)?.r2 ?? 0)}; ` : '';
    return [
      [`rmse${name}`, figure(rmse), `${own}always answering the mean: ${figure(baseline.rmse)}`],
      [`mae${name}`, figure(mae), `always answering the mean: ${figure(baseline.mae)}`],
    ];
  });
  return {
    value: r2Text(r2),
    what: targets.length > 1 ? 'test R², mean of the targets' : 'test R²',
    gauge: gaugeOf({
      reached: onLine(r2),
      interval: [onLine(low), onLine(high)],
      baseline: 0,
      write: (share) => String(share),
    }),
    facts: [
      ['95% interval', interval ? `${r2Text(low)} – ${r2Text(high)}` : '–', 'percentile bootstrap over the test rows'],
      ...errors,
      ['baseline', '0', 'always answering the mean of the test rows'],
      ['test rows', grouped(rows), 'never used for training'],
      ['test loss', figure(loss), 'in the units that the model learns in'],
      ...facts,
    ],
    note:
      'R² is measured on test rows that took no part in training, preprocessing or stopping: the share of the variance of their ' +
      'targets that the answers explain. The interval is the percentile bootstrap of Efron (1979).',
  };
}

/** Of a model that no row was left to judge. */
export function untestedHeadline(training: number, facts: readonly Fact[]): Headline {
  return {
    value: 'not tested',
    what: 'as no row was left for a test part',
    gauge: nothing,
    facts: [['training rows', grouped(training)], ...facts],
    note: 'Nothing here tells how well the model answers for rows that it was not trained on: that takes a test part.',
  };
}
