/** How a training ended, as figures and in words. */
import type { History, StopReason } from '../model/history.js';
import { counted } from '../report/format.js';

/** How a training ended. */
export interface Ending {
  /** `aborted` is Ctrl-C. */
  readonly reason: StopReason;
  readonly history: History<'accuracy'>;
  /** The epoch whose weights were kept, or 0 where those of the last step were. */
  readonly keptEpoch: number;
  readonly seconds: number;
  readonly rowsPerSecond: number;
}

/** Why it ended and what was kept, in one sentence. */
export function endingText(
  { reason, history, keptEpoch }: Ending,
  { epochs, patience = 0 }: { readonly epochs: number; readonly patience: number | undefined },
): string {
  const done = history.metrics.loss?.length ?? 0;
  const why: Record<StopReason, string> = {
    completed: `trained all ${counted(epochs, 'epoch')}`,
    earlyStopping: `stopped early after epoch ${done} of ${epochs}: no better validation loss for ${counted(patience, 'epoch')}`,
    timeLimit: `stopped by the time limit in epoch ${done} of ${epochs}`,
    aborted: `stopped by Ctrl-C in epoch ${Math.min(done + 1, epochs)} of ${epochs}`,
    sampleLimit: `stopped by the limit of rows in epoch ${done}`,
    callback: `stopped after epoch ${done}`,
    diverged: `diverged after epoch ${done}`,
  };
  const kept =
    keptEpoch > 0
      ? `the weights of epoch ${keptEpoch}, the best by validation loss, are kept`
      : 'the weights of the last completed step are kept';
  return `${why[reason]}; ${kept}`;
}
