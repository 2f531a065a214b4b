/** Gathers what a report shows about a training. */
import { arch, platform } from 'node:os';
import type { History, StopReason } from '../model/history.js';
import { counted, duration, figure, grouped, thousands } from '../report/format.js';
import type { Pictures } from '../report/images.js';
import type { Plane } from '../report/plane.js';
import { type Fact, renderReport } from '../report/report.js';
import type { DataSet } from './data.js';
import { type Classifier, probabilitiesOf, type Verdict } from './judging.js';
import { repeatCommand, type TrainOptions } from './options.js';
import { endingText } from './train.js';

/** How a training ended. */
export interface Ending {
  readonly reason: StopReason | 'interrupted';
  readonly history: History<'accuracy'>;
  /** The epoch whose weights were kept, or 0 where those of the last step were. */
  readonly keptEpoch: number;
  readonly seconds: number;
  readonly rowsPerSecond: number;
}
