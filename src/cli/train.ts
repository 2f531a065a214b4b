/** `lanegrad train`: trains, judges on the test part, saves the model and a report. */
import { defineCommand } from 'citty';
import { adam, createRuntime, dense, l2, type Runtime, sequential, sgd } from '../index.js';
import type { History } from '../model/history.js';
import { counted, duration, figure, grouped, percent, thousands } from '../report/format.js';
import type { Verb } from './arguments.js';
import { type DataSet, loadData, splitText } from './data.js';
import { Interruption } from './interruption.js';
import { commandLine, packageVersion, programWords } from './invocation.js';
import { type Verdict, verdictOn } from './judging.js';
import { type Run, withRun } from './models.js';
import { TRAIN_FLAGS, type TrainOptions, trainOptions } from './options.js';
import { claimFolder, type Output } from './output.js';
import { Progress } from './progress.js';
import { type Ending, reportOf } from './reporting.js';
import { Terminal } from './terminal.js';

/** The shape of a row, for `sequential`: pictures keep theirs. */
function inputOf({ train }: DataSet): number | readonly [number, number] {
  const [width = 1, ...more] = train.x.shape.slice(1);
  return more.length === 1 ? [width, more[0] as number] : more.reduce((product, n) => product * n, width);
}

/** The network that the options describe, untrained. */
function buildModel(options: TrainOptions, data: DataSet, runtime: Runtime) {
  const { hidden, activation, l2: strength, optimizer, learningRate, seed } = options;
  const penalty = strength > 0 ? { weightRegularizer: l2(strength) } : {};
  const architecture = sequential(
    {
      input: inputOf(data),
      standardize: true,
      seed,
      classes: data.classes,
      layers: [
        ...hidden.map((units) => dense(units, { activation, ...penalty })),
        dense(data.classes.length, { activation: 'softmax', ...penalty }),
      ],
    },
    { runtime },
  );
  const model = architecture.compile({
    loss: 'crossEntropy',
    optimizer: { adam, sgd }[optimizer]({ learningRate }),
    metrics: ['accuracy'],
  });
  return { model, parameters: architecture.network.parameterCount, inputs: architecture.network.inputs };
}

type TrainedModel = ReturnType<typeof buildModel>['model'];

/** Trains until the end, early stopping, the time limit, or Ctrl-C, and says which it was. */
async function fitModel(
  model: TrainedModel,
  options: TrainOptions,
  batchSize: number,
  { train, validation }: DataSet,
  progress: Progress,
  interruption: Interruption,
  terminal: Terminal,
): Promise<Ending> {
  const { epochs, patience, timeLimit, classWeight } = options;
  const start = progress.seconds;
  interruption.start();
  try {
    await model.fit(train.x, train.y, {
      epochs,
      batchSize,
      ...(validation && { validationData: [validation.x, validation.y] as const, earlyStopping: { patience: patience ?? epochs } }),
      ...(timeLimit !== undefined && { timeLimit }),
      ...(classWeight && { classWeight }),
      signal: interruption.signal,
      onProgress: (position) => progress.move(position),
      onEpochEnd: (logs) => {
        progress.epoch(logs);
        const { epoch, loss, accuracy, val_loss, val_accuracy } = logs;
        const seconds = progress.seconds;
        terminal.event('epoch', { epoch, epochs, loss, accuracy, val_loss, val_accuracy, seconds, rowsPerSecond: progress.rowsPerSecond });
      },
    });
  } catch (error) {
    if (error !== interruption) throw error;
  } finally {
    progress.clear();
  }
  const history = model.history as History<'accuracy'>;
  return {
    reason: interruption.happened ? 'interrupted' : history.stopReason,
    history,
    keptEpoch: validation ? history.best.epoch : 0,
    seconds: progress.seconds - start,
    rowsPerSecond: progress.rowsPerSecond,
  };
}

/** How a training ended, in one sentence. */
export function endingText({ reason, history, keptEpoch }: Ending, { epochs, patience }: TrainOptions): string {
  const done = history.metrics.loss.length;
  const why = {
    completed: `trained all ${counted(epochs, 'epoch')}`,
    earlyStopping: `stopped early after epoch ${done} of ${epochs}, as ${counted(patience ?? 0, 'epoch')} brought no better validation loss`,
    timeLimit: `stopped by the time limit in epoch ${done} of ${epochs}`,
    interrupted: `stopped by Ctrl-C in epoch ${done + 1} of ${epochs}`,
    sampleLimit: 'stopped by the sample limit',
    callback: 'stopped by a callback',
  }[reason];
  const kept =
    keptEpoch > 0
      ? `the weights of epoch ${keptEpoch}, the best by validation loss, are kept`
      : 'the weights of the last completed step are kept';
  return `${why}; ${kept}`;
}

function announce(terminal: Terminal, options: TrainOptions, data: DataSet, built: ReturnType<typeof buildModel>): void {
  const { model, parameters, inputs } = built;
  const { hidden, activation, optimizer, learningRate, l2: strength } = options;
  const { kernel, threads, reason } = model.runtime;
  const widths = [...hidden.map((units) => `${units} ${activation}`), `${data.classes.length} softmax`];
  const penalty = strength > 0 ? `, L2 ${figure(strength)}` : '';
  terminal.note('data', `${grouped(data.rows)} ${data.about}, ${data.classes.length} classes`);
  terminal.note('split', `${splitText(data)}   ${terminal.style.dim(data.splitAbout)}`);
  terminal.note(
    'model',
    `${[inputs, ...widths].join(' → ')}   ${counted(parameters, 'parameter')}, ${optimizer} ${figure(learningRate)}${penalty}`,
  );
  terminal.note('runtime', `kernel ${kernel}, ${counted(threads, 'thread')}   ${terminal.style.dim(reason)}`);
  terminal.event('start', {
    data: { name: data.title, rows: data.rows, classes: data.classes },
    split: { train: data.train.y.length, validation: data.validation?.y.length ?? 0, test: data.test.y.length },
    model: { widths: [inputs, ...hidden, data.classes.length], parameters },
    runtime: model.runtime,
    seed: options.seed,
  });
}

/** The commands to go on with, which work when they are pasted. */
function nextCommands(options: TrainOptions, { model }: Output): readonly string[] {
  const words = [...programWords()];
  return [
    commandLine([...words, 'evaluate', model, options.data]),
    commandLine([...words, 'predict', model, options.data, '--out', 'predictions.csv']),
    commandLine([...words, 'summary', model]),
  ];
}

function conclude(terminal: Terminal, options: TrainOptions, ending: Ending, verdict: Verdict, output: Output): void {
  const { accuracy, correct, rows, interval, baseline } = verdict.judgement;
  const { bold, green, dim } = terminal.style;
  const next = nextCommands(options, output);
  terminal.note(
    'training',
    `${endingText(ending, options)}   ${dim(`${duration(ending.seconds)}, ${thousands(ending.rowsPerSecond)} rows/s`)}`,
  );
  terminal.result(
    'test',
    `accuracy ${bold(green(percent(accuracy, 2)))}   ${grouped(correct)} of ${grouped(rows)} rows   ` +
      `95% interval ${percent(interval[0])} – ${percent(interval[1])} (Wilson)   ` +
      `baseline ${percent(baseline.accuracy)} (always “${baseline.class}”)`,
  );
  terminal.result('saved', `${output.model}, ${output.report}`);
  next.forEach((command, i) => {
    terminal.note(i === 0 ? 'next' : '', command);
  });
  const { history, reason, keptEpoch, seconds, rowsPerSecond } = ending;
  terminal.event('result', {
    test: { accuracy, correct, rows, interval, baseline, loss: verdict.loss },
    stopReason: reason,
    epochs: history.metrics.loss.length,
    keptEpoch: keptEpoch || null,
    seconds,
    rowsPerSecond,
    model: output.model,
    report: output.report,
    next,
  });
}

async function run(args: Readonly<Record<string, unknown>>): Promise<void> {
  const terminal = new Terminal({ json: args.json === true, quiet: args.quiet === true });
  const options = await trainOptions(args);
  const { kind, seed, test, validation } = options;
  const output = await claimFolder('train', options.out, options.force);
  const data = await loadData(kind, options.data, { test, validation, seed });
  const built = buildModel(options, data, createRuntime({ threads: options.threads, kernel: options.kernel }));
  const { model, parameters } = built;
  announce(terminal, options, data, built);

  const trainingRows = data.train.y.length;
  const batchSize = typeof options.batchSize === 'number' ? options.batchSize : Math.min(options.batchSize.atMost, trainingRows);
  const progress = new Progress({ quiet: terminal.quiet, epochs: options.epochs, epochRows: trainingRows });
  const interruption = new Interruption(() => {
    progress.say('stopping: the best so far is kept, judged and saved; Ctrl-C again quits at once');
  });
  try {
    const ending = await fitModel(model, options, batchSize, data, progress, interruption, terminal);
    const verdict = await verdictOn(model, data.test, data.classes);
    const record: Run = {
      lanegrad: packageVersion(),
      data: kind,
      rows: data.rows,
      ...(test !== undefined && { test }),
      validation,
      seed,
    };
    const report = reportOf({ options, data, batchSize, parameters, model, ending, verdict, version: record.lanegrad });
    await output.write(withRun(model.save(), record), report);
    conclude(terminal, options, ending, verdict, output);
  } finally {
    interruption.stop();
  }
}

/** The verb. */
export const train: Verb = {
  usage: '[DATA]',
  about: 'Trains a network, judges it on rows it never saw, and saves the model and a report.',
  groups: TRAIN_FLAGS,
  command: defineCommand({
    args: { ...TRAIN_FLAGS.data, ...TRAIN_FLAGS.model, ...TRAIN_FLAGS.training, ...TRAIN_FLAGS.runtime, ...TRAIN_FLAGS.output },
    run: ({ args }) => run(args),
  }),
};
