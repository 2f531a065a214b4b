/** Trains the members of an ensemble one after the other, and keeps what there is when Ctrl-C comes. */
import { DivergenceError, InternalError } from '../errors.js';
import { type EnsembleFitOptions, type Inputs, loadEnsemble, type Runtime, type Targets } from '../index.js';
import type { Ensemble } from '../model/ensemble.js';
import { decodeEnsemble, encodeEnsemble } from '../model/ensemblefile.js';
import type { StopReason } from '../model/history.js';
import type { LossName } from '../nn/losses.js';
import type { MetricName } from '../nn/metrics.js';
import { type DataSet, isStreamed } from './dataset.js';
import { type Ending, meanCurves, type RunHistory } from './ending.js';
import type { Interruption } from './interruption.js';
import type { TrainOptions } from './options.js';
import type { Progress } from './progress.js';
import { commandRuntime } from './runtime.js';
import type { Terminal } from './terminal.js';

/** An ensemble of the command's models. */
export type Members = Ensemble<LossName, MetricName>;

/** What the fit of each member is told, apart from what it reports to. */
export type MemberFit = Omit<
  EnsembleFitOptions<readonly [Inputs, Targets<LossName>], MetricName>,
  'onEpochEnd' | 'onProgress'
>;

/** How all of it ended, where the members did it in several ways. */
function reasonOf(members: readonly RunHistory[]): StopReason {
  const reasons = members.map(({ stopReason }) => stopReason);
  return (['timeLimit', 'earlyStopping'] as const).find((reason) => reasons.includes(reason)) ?? 'completed';
}

/** An ensemble of the first members alone; the one they were in is disposed. */
function firstMembers(ensemble: Members, count: number, runtime: Runtime): Members {
  const { options, members } = decodeEnsemble(ensemble.save());
  ensemble.dispose();
  const fewer = encodeEnsemble({ ...(options as object), members: count }, members.slice(0, count));
  return loadEnsemble<LossName, MetricName>(fewer, { runtime });
}

/** The error of the member that diverged, with its number. */
function named(error: DivergenceError, member: number, planned: number): DivergenceError {
  return new DivergenceError(`Member ${member} of ${planned}: ${error.message}`, error);
}

/**
 * Trains until the last member is done, the time limit or Ctrl-C, and says which it was. Ctrl-C keeps the members whose
 * training was over, as an ensemble of their own; where none was, the first one as it stands.
 */
export async function fitEnsemble(
  ensemble: Members,
  options: TrainOptions,
  { train }: DataSet,
  fit: MemberFit,
  progress: Progress,
  interruption: Interruption,
  terminal: Terminal,
): Promise<{ ending: Ending; model: Members }> {
  const { members: planned } = ensemble;
  const { epochs, threads, kernel, reproducible } = options;
  let model = ensemble;
  if (isStreamed(train)) throw new InternalError('members of an ensemble train on rows in memory.');
  let interrupted = false;
  try {
    await ensemble.fit(train.x, train.y, {
      ...fit,
      onProgress: (position) => progress.move(position),
      onEpochEnd: (logs) => {
        progress.epoch(logs);
        const { dataLoss: _, member, ...figures } = logs;
        const { seconds, rowsPerSecond } = progress;
        terminal.event('epoch', {
          member: member + 1,
          members: planned,
          ...figures,
          epochs,
          seconds,
          rowsPerSecond,
        });
      },
    });
  } catch (error) {
    if (error instanceof DivergenceError) throw named(error, ensemble.history?.members.length ?? 1, planned);
    if (error !== interruption) throw error;
    interrupted = true;
  } finally {
    progress.clear();
  }
  const { seconds, rowsPerSecond } = progress;
  const history = ensemble.history as NonNullable<typeof ensemble.history>;
  const trained = history.members.filter(({ stopReason }) => stopReason !== 'aborted');
  const members = trained.length > 0 ? trained : history.members;
  if (members.length < planned)
    model = firstMembers(ensemble, members.length, commandRuntime({ threads, kernel, reproducible }));
  const reason = interrupted ? 'aborted' : reasonOf(members);
  const mean = { metrics: meanCurves(members), stopReason: reason, best: { epoch: 0, value: Number.NaN } };
  return {
    model,
    ending: {
      reason,
      history: mean,
      keptEpoch: 0,
      seconds,
      rowsPerSecond,
      bagging: { members, planned, outOfBag: history.outOfBag },
    },
  };
}
