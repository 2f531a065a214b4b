/** How a training ended, as figures and in words. */
import type { History, StopReason } from '../model/history.js';
import { counted } from '../report/format.js';
import type { Score } from './answer.js';

/** The figures of an epoch that this command shows. */
type Figure = 'loss' | Score;

/** Figures by name, one value for each epoch: those that there are. */
export type Curves = { readonly [K in Figure | `val_${Figure}`]?: readonly number[] };

/** The history of a model, as far as it is shown. */
export type RunHistory = Omit<History<never>, 'metrics'> & { readonly metrics: Curves };

/** How the training of an ensemble ended. */
export interface BaggingEnding {
  /** Of the members that were kept: all of them, unless Ctrl-C came before the last was trained. */
  readonly members: readonly RunHistory[];
  /** How many there were to be. */
  readonly planned: number;
  /** Loss and score on the training rows that some members never saw; undefined where there is none. */
  readonly outOfBag: ({ readonly [K in Figure]?: number } & { readonly rows: number }) | undefined;
}

/** How a training ended. */
export interface Ending {
  /** `aborted` is Ctrl-C. */
  readonly reason: StopReason;
  /** Of an ensemble, the mean over its members, as far as all of them were trained. */
  readonly history: RunHistory;
  /** The epoch whose weights were kept, or 0 where those of the last step were, and of ensembles. */
  readonly keptEpoch: number;
  readonly seconds: number;
  readonly rowsPerSecond: number;
  readonly bagging?: BaggingEnding;
}

/** Whether a training ended before it was done, so that another run may go on. */
export function isOpen(reason: StopReason): boolean {
  return reason === 'aborted' || reason === 'timeLimit';
}

/** What the words are made of besides. */
interface Limits {
  readonly epochs: number;
  readonly patience: number | undefined;
}

/** Epochs of a history. */
export function epochsOf({ metrics }: Pick<RunHistory, 'metrics'>): number {
  return metrics.loss?.length ?? 0;
}

/** The figures of the members, averaged epoch by epoch, as far as all of them were trained. */
export function meanCurves(members: readonly RunHistory[]): Curves {
  const shortest = Math.min(...members.map(epochsOf));
  const [first] = members;
  const keys = Object.keys(first?.metrics ?? {}) as (keyof Curves)[];
  const mean = (key: keyof Curves): number[] =>
    Array.from({ length: shortest }, (_, i) => {
      return members.reduce((sum, { metrics }) => sum + (metrics[key]?.[i] as number), 0) / members.length;
    });
  return Object.fromEntries(keys.map((key) => [key, mean(key)])) as Curves;
}

/** `30`, or `12 – 30` where members differ. */
export function epochSpan(members: readonly RunHistory[]): string {
  const epochs = members.map(epochsOf);
  const [least, most] = [Math.min(...epochs), Math.max(...epochs)];
  return least === most ? String(least) : `${least} – ${most}`;
}

/** How the training of an ensemble ended and what was kept, in one sentence. */
function baggingText({ reason }: Ending, bagging: BaggingEnding, { epochs, patience = 0 }: Limits): string {
  const { members, planned } = bagging;
  const judged = members.some(({ metrics }) => metrics.val_loss !== undefined);
  const kept = judged
    ? 'of each, the weights of its best epoch by validation loss are kept'
    : 'of each, the weights of the last completed step are kept';
  const whole = members.every((history) => epochsOf(history) === epochs);
  const span = whole
    ? `all ${counted(epochs, 'epoch')} each`
    : `${epochSpan(members)} of ${counted(epochs, 'epoch')} each`;
  if (reason === 'aborted') {
    const [only] = members as readonly [RunHistory];
    if (members.length === 1 && only.stopReason === 'aborted') {
      const own =
        judged && only.best.epoch > 0
          ? `with the weights of its epoch ${only.best.epoch}`
          : 'as its last completed step left it';
      return `interrupted in member 1 of ${planned}; it alone is kept, ${own}`;
    }
    if (members.length === planned) return `interrupted after the last member was trained; ${kept}`;
    const names =
      members.length === 1 ? 'the member trained before it is' : `the ${members.length} trained before it are`;
    return `interrupted in member ${members.length + 1} of ${planned}; ${names} kept, and no other`;
  }
  if (reason === 'timeLimit') {
    return `stopped by the time limit, which ${counted(planned, 'member')} shared, ${span}; ${kept}`;
  }
  const early = members.filter(({ stopReason }) => stopReason === 'earlyStopping').length;
  const why = early > 0 ? `, ${early} stopped early (no better validation loss for ${counted(patience, 'epoch')})` : '';
  return `trained ${counted(planned, 'member')}, ${span}${why}; ${kept}`;
}

/** Why it ended and what was kept, in one sentence. */
export function endingText(ending: Ending, limits: Limits): string {
  if (ending.bagging) return baggingText(ending, ending.bagging, limits);
  const { reason, history, keptEpoch } = ending;
  const { epochs, patience = 0 } = limits;
  const done = epochsOf(history);
  const why: Record<StopReason, string> = {
    completed: `trained all ${counted(epochs, 'epoch')}`,
    earlyStopping: `stopped early after epoch ${done} of ${epochs}: no better validation loss for ${counted(patience, 'epoch')}`,
    timeLimit: `stopped by the time limit in epoch ${done} of ${epochs}`,
    aborted: `interrupted in epoch ${Math.min(done + 1, epochs)} of ${epochs}`,
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
