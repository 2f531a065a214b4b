/** The head of a report: the one figure that counts, what it is to be compared with, and how sure it is. */

import type { Fact } from './facts.js';
import { figure, grouped, percent } from './format.js';
import { type Html, html } from './html.js';
import type { Judgement } from './judgement.js';

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
