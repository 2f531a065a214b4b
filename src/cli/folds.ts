/** `--folds`: how models of these settings do on rows that they did not see, and how much that varies. */
import { type Spread, spreadOf } from '../estimators/spread.js';
import type { Fact } from '../report/facts.js';
import { figure, grouped, percent } from '../report/format.js';
import { r2Text } from '../report/headline.js';
import { answerTo, SCORES } from './answer.js';
import { type DataSet, rowsIn } from './dataset.js';
import { batchSizeOf, buildModel, fitModel } from './fitting.js';
import { Interruption } from './interruption.js';
import { type Verdict, verdictOn } from './judging.js';
import type { TrainOptions } from './options.js';
import { Progress } from './progress.js';
import { Terminal } from './terminal.js';

/** Scores of all folds. */
export interface FoldScores {
  readonly score: 'accuracy' | 'r2';
  readonly scores: Spread;
  readonly losses: Spread;
}

function scoreOf(verdict: Verdict): number {
  return verdict.kind === 'classes' ? verdict.judgement.accuracy : verdict.judgement.r2;
}

function shown(score: FoldScores['score'], value: number): string {
  return score === 'accuracy' ? percent(value, 2) : r2Text(value);
}

/** `93.10% ± 1.42%` */
function spreadText({ score, scores: { mean, deviation } }: FoldScores): string {
  return `${shown(score, mean)} ± ${shown(score, deviation)}`;
}

/** Trains a model for each fold, one after another, tells each score, and gives all of them. */
export async function judgeFolds(
  terminal: Terminal,
  options: TrainOptions,
  folds: NonNullable<DataSet['folds']>,
): Promise<FoldScores> {
  const silent = new Terminal({ json: false, quiet: true });
  const verdicts: Verdict[] = [];
  let score: FoldScores['score'] = 'accuracy';
  for (const [index, make] of folds.entries()) {
    const data = make();
    score = answerTo(data).score;
    const rows = rowsIn(data.train);
    const progress = new Progress({ quiet: true, epochs: options.epochs, epochRows: rows, score });
    const built = buildModel(options, data);
    // nothing has been trained yet that is to be kept
    const interruption = new Interruption(() => process.exit(130));
    try {
      const batchSize = batchSizeOf(options, data);
      const { model } = await fitModel(built, options, data, batchSize, progress, interruption, silent, undefined);
      verdicts.push(await verdictOn(model, data.test, data.task));
    } finally {
      interruption.stop();
      built.model.dispose();
    }
    const { loss } = verdicts.at(-1) as Verdict;
    const value = scoreOf(verdicts.at(-1) as Verdict);
    const tested = `on ${grouped(rowsIn(data.test))} rows`;
    const text = `${SCORES[score].label} ${shown(score, value)} ${tested}   loss ${figure(loss)}`;
    terminal.note(index === 0 ? 'folds' : '', `${index + 1} of ${folds.length}   ${text}`);
    terminal.event('fold', { fold: index + 1, folds: folds.length, rows: rowsIn(data.test), [score]: value, loss });
  }
  const found = { score, scores: spreadOf(verdicts.map(scoreOf)), losses: spreadOf(verdicts.map(({ loss }) => loss)) };
  const about = terminal.style.dim(`mean ± standard deviation of ${folds.length} models, each on rows it did not see`);
  terminal.result('folds', `${SCORES[score].label} ${terminal.style.bold(spreadText(found))}   ${about}`);
  return found;
}

/** Scores of folds for a program. */
export function foldFields({ score, scores, losses }: FoldScores): object {
  return { [score]: scores, loss: losses };
}

/** Scores of folds for the head of a report. */
export function foldFact(found: FoldScores): Fact {
  const { values } = found.scores;
  const range = `${shown(found.score, Math.min(...values))} to ${shown(found.score, Math.max(...values))}`;
  return [`${SCORES[found.score].label}, ${values.length} folds`, spreadText(found), range];
}
