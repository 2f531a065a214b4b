/** `lanegrad train`: trains, judges on the test part, saves the model and a report. */
import { counted, duration, figure, grouped, thousands } from '../report/format.js';
import { announce } from './announce.js';
import { answerTo } from './answer.js';
import { type Arguments, fail, type Verb } from './arguments.js';
import { epochRows } from './bagging.js';
import { Checkpoint } from './checkpoint.js';
import { type DataSet, rowsIn } from './dataset.js';
import { defaultsFor } from './defaults.js';
import { tellDiagnoses } from './diagnoses.js';
import { type BaggingEnding, type Ending, endingText, epochsOf, isOpen } from './ending.js';
import { EXAMPLES } from './examples.js';
import { type Built, batchSizeOf, buildModel, fitModel, resumed } from './fitting.js';
import { TRAIN_FLAGS } from './flags.js';
import { type FoldScores, foldFact, foldFields, judgeFolds } from './folds.js';
import { Interruption } from './interruption.js';
import { commandLine, packageVersion, programWords } from './invocation.js';
import { type Spread, spreadOn, type Verdict, verdictOn } from './judging.js';
import { loadData } from './load.js';
import { type Reached, type Run, withRun } from './models.js';
import { decided, type TrainOptions, trainFlags } from './options.js';
import { claimFolder, makeFolder, type Output } from './output.js';
import { Progress } from './progress.js';
import { outOfBagFact, reportOf } from './reporting.js';
import { Terminal } from './terminal.js';
import { verdictFields, verdictText } from './verdict.js';

/** Commands to go on with. */
function nextCommands({ data }: TrainOptions, { model, predictions }: Output, tested: boolean): readonly string[] {
  return [
    ...(tested ? [['evaluate', model, data]] : []),
    ['predict', model, data, '--out', predictions],
    ['summary', model],
  ].map((words) => commandLine([...programWords(), ...words]));
}

/** The out-of-bag score, for a person. */
function baggingNote({ outOfBag }: BaggingEnding, terminal: Terminal): void {
  if (!outOfBag) return;
  const { loss = Number.NaN, rows } = outOfBag;
  const about = `${grouped(rows)} training rows, each judged by the members that never saw it`;
  const score = `${outOfBagFact(outOfBag).join(' ')}   loss ${figure(loss)}`;
  terminal.note('bagging', `${score}   ${terminal.style.dim(about)}`);
}

/** What the members have to say of themselves, for a program. */
function baggingFields({ members, planned, outOfBag = undefined }: BaggingEnding, spread: Spread | undefined): object {
  return {
    members: members.map((history, i) => ({
      member: i + 1,
      epochs: epochsOf(history),
      keptEpoch: (history.metrics.val_loss && history.best.epoch) || null,
      stopReason: history.stopReason,
    })),
    plannedMembers: planned,
    outOfBag: outOfBag ?? null,
    spread,
  };
}

function conclude(
  terminal: Terminal,
  options: TrainOptions,
  ending: Ending,
  verdict: Verdict | undefined,
  spread: Spread | undefined,
  folds: FoldScores | undefined,
  output: Output,
): void {
  const { history, reason, keptEpoch, seconds, rowsPerSecond, bagging } = ending;
  const speed = `${duration(seconds)}, ${thousands(rowsPerSecond)} rows/s`;
  const next = nextCommands(options, output, verdict !== undefined);
  terminal.note('training', `${endingText(ending, options)}   ${terminal.style.dim(speed)}`);
  if (bagging) baggingNote(bagging, terminal);
  tellDiagnoses(terminal, ending);
  const { style } = terminal;
  terminal.result(
    'test',
    verdict ? verdictText(verdict, style) : style.yellow('none: no row was left for a test part'),
  );
  terminal.result('saved', `${output.model}, ${output.report}`);
  const open = options.checkpoint !== undefined && isOpen(reason) ? output.checkpoint : undefined;
  if (open !== undefined) terminal.note('open', `${open} is kept: the same command goes on from there`);
  next.forEach((command, i) => {
    terminal.note(i === 0 ? 'next' : '', command);
  });
  terminal.event('result', {
    test: verdict ? verdictFields(verdict) : null,
    ...(folds && { folds: foldFields(folds) }),
    stopReason: reason,
    ...(bagging ? baggingFields(bagging, spread) : { epochs: epochsOf(history), keptEpoch: keptEpoch || null }),
    seconds,
    rowsPerSecond,
    model: output.model,
    report: output.report,
    ...(open !== undefined && { checkpoint: open }),
    next,
  });
}

function fewerThanPlanned(bagging: BaggingEnding | undefined): bagging is BaggingEnding {
  return bagging !== undefined && bagging.members.length < bagging.planned;
}

/** The checkpoint, where one was asked for. */
async function openCheckpoint(
  options: TrainOptions,
  output: Output,
  data: DataSet,
  { model: { runtime } }: Built,
): Promise<Checkpoint | undefined> {
  const { checkpoint: every, out } = options;
  if (every === undefined) return undefined;
  await makeFolder('train', out);
  return await Checkpoint.open({ ...options, checkpoint: every }, output, data, batchSizeOf(options, data), runtime);
}

/** Goes on with the model of a checkpoint, where there is one. */
function goOn(built: Built, { found, path }: Checkpoint, progress: Progress, terminal: Terminal): Built {
  if (!found) return built;
  const { model, epoch, rows } = found;
  const within = rows > 0 ? `, and ${counted(rows, 'row')} of the next` : '';
  terminal.note('resumed', `from ${path}, after ${counted(epoch, 'epoch')}${within}`);
  terminal.event('resumed', { checkpoint: path, epochs: epoch, rows });
  progress.goOn(epoch, rows);
  return resumed(built, model);
}

/** What the model file remembers of the result. */
function reachedBy({ history, keptEpoch }: Ending, verdict: Verdict): Reached {
  const { rows } = verdict.judgement;
  const epochs = { epochs: epochsOf(history), keptEpoch };
  return verdict.kind === 'classes'
    ? { score: 'accuracy', value: verdict.judgement.accuracy, rows, ...epochs }
    : { score: 'r2', value: verdict.judgement.r2, rows, ...epochs };
}

/** Refuses what only the data show to make no sense. */
function checkTask({ classWeight }: TrainOptions, { task }: DataSet): void {
  if (classWeight && task.kind === 'numbers') {
    fail('train', `\`--class-weight\` is for classes, and ${task.targets.join(', ')} is a number.`);
  }
}

async function run(args: Arguments): Promise<void> {
  const terminal = new Terminal({ json: args.json === true, quiet: args.quiet === true });
  const flags = await trainFlags(args);
  const output = await claimFolder('train', flags.out, flags.force, flags.checkpoint !== undefined);
  const data = await loadData(flags);
  const options = decided(flags, defaultsFor(flags.kind, rowsIn(data.train)));
  checkTask(options, data);
  const { kind, seed, test, validation, epochs, bagging } = options;
  const batchSize = batchSizeOf(options, data);
  const untrained = buildModel(options, data);
  const checkpoint = await openCheckpoint(options, output, data, untrained);
  announce(terminal, options, data, untrained);
  const folds = data.folds && (await judgeFolds(terminal, options, data.folds));
  const rows = epochRows(bagging, rowsIn(data.train));
  const progress = new Progress({
    quiet: terminal.quiet,
    epochs,
    epochRows: rows,
    members: bagging?.members,
    score: answerTo(data).score,
  });
  const built = checkpoint ? goOn(untrained, checkpoint, progress, terminal) : untrained;
  const interruption = new Interruption(() => {
    const kept = bagging ? 'the members that are trained are' : 'the best so far is';
    progress.say(`stopping: ${kept} kept, judged and saved; Ctrl-C again quits at once`);
  });
  try {
    const { ending, model } = await fitModel(
      built,
      options,
      data,
      batchSize,
      progress,
      interruption,
      terminal,
      checkpoint,
    );
    const trained = { ...built, model };
    const verdict = data.test && (await verdictOn(model, data.test, data.task));
    const spread = data.test && verdict?.kind === 'classes' ? spreadOn(model, data.test, verdict) : undefined;
    const lanegrad = packageVersion();
    const record: Run = {
      lanegrad,
      data: kind,
      rows: data.rows,
      ...(test !== undefined && { test }),
      ...(data.origin && { table: { ...data.origin, ...(verdict && { reached: reachedBy(ending, verdict) }) } }),
      validation,
      seed,
      reproducible: model.runtime.reproducible,
      ...(fewerThanPlanned(ending.bagging) && { plannedMembers: ending.bagging.planned }),
    };
    const report = reportOf(lanegrad, options, data, trained, ending, verdict, spread, folds && foldFact(folds));
    await output.write(withRun(model.save(), record, data.features), report);
    if (!isOpen(ending.reason)) await checkpoint?.remove();
    conclude(terminal, options, ending, verdict, spread, folds, output);
  } finally {
    interruption.stop();
  }
}

/** The verb. */
export const train: Verb = {
  usage: '[DATA] [FLAGS]',
  about: 'Trains, judges on rows never trained on, saves the model and a report.',
  groups: TRAIN_FLAGS,
  examples: EXAMPLES,
  run,
};
