/** `lanegrad train`: trains, judges on the test part, saves the model and a report. */
import { counted, duration, figure, grouped, thousands } from '../report/format.js';
import type { Arguments, Verb } from './arguments.js';
import { type DataSet, loadData, splitText } from './data.js';
import { type Ending, endingText } from './ending.js';
import { type Built, batchSizeOf, buildModel, fitModel } from './fitting.js';
import { Interruption } from './interruption.js';
import { commandLine, packageVersion, programWords } from './invocation.js';
import { type Verdict, verdictOn } from './judging.js';
import { type Run, withRun } from './models.js';
import { TRAIN_FLAGS, type TrainOptions, trainOptions } from './options.js';
import { claimFolder, type Output } from './output.js';
import { Progress } from './progress.js';
import { reportOf } from './reporting.js';
import { Terminal } from './terminal.js';
import { verdictText } from './verdict.js';

function announce(
  terminal: Terminal,
  options: TrainOptions,
  data: DataSet,
  { model, parameters, inputs }: Built,
): void {
  const { hidden, activation, optimizer, learningRate, schedule, l1, l2, keep, batchNorm, seed } = options;
  const { kernel, threads, reason } = model.runtime;
  const { dim } = terminal.style;
  const block = { before: `batchNorm ${activation}`, after: `${activation} batchNorm`, none: activation }[
    batchNorm ?? 'none'
  ];
  const widths = [inputs, ...hidden.map((units) => `${units} ${block}`), `${data.classes.length} softmax`];
  const penalties = [l1 > 0 ? `, L1 ${figure(l1)}` : '', l2 > 0 ? `, L2 ${figure(l2)}` : ''].join('');
  const dropped = keep < 1 ? `, dropout keeps ${figure(keep)}` : '';
  const training = `${optimizer} ${figure(learningRate)}${schedule ? ` ${schedule}` : ''}${penalties}${dropped}`;
  terminal.note('data', `${grouped(data.rows)} ${data.about}, ${data.classes.length} classes`);
  terminal.note('split', `${splitText(data)}   ${dim(data.splitAbout)}`);
  terminal.note('model', `${widths.join(' → ')}   ${dim(`${counted(parameters, 'parameter')}, ${training}`)}`);
  terminal.note('runtime', `kernel ${kernel}, ${counted(threads, 'thread')}   ${dim(reason)}`);
  terminal.event('start', {
    data: { name: data.title, rows: data.rows, classes: data.classes },
    split: { train: data.train.y.length, validation: data.validation?.y.length ?? 0, test: data.test.y.length },
    model: { widths: [inputs, ...hidden, data.classes.length], parameters },
    runtime: model.runtime,
    seed,
  });
}

/** Commands to go on with. */
function nextCommands({ data }: TrainOptions, { model, predictions }: Output): readonly string[] {
  return [
    ['evaluate', model, data],
    ['predict', model, data, '--out', predictions],
    ['summary', model],
  ].map((words) => commandLine([...programWords(), ...words]));
}

function conclude(terminal: Terminal, options: TrainOptions, ending: Ending, verdict: Verdict, output: Output): void {
  const { history, reason, keptEpoch, seconds, rowsPerSecond } = ending;
  const speed = `${duration(seconds)}, ${thousands(rowsPerSecond)} rows/s`;
  const next = nextCommands(options, output);
  terminal.note('training', `${endingText(ending, options)}   ${terminal.style.dim(speed)}`);
  terminal.result('test', verdictText(verdict.judgement, terminal.style));
  terminal.result('saved', `${output.model}, ${output.report}`);
  next.forEach((command, i) => {
    terminal.note(i === 0 ? 'next' : '', command);
  });
  const { accuracy, correct, rows, interval, baseline } = verdict.judgement;
  terminal.event('result', {
    test: { accuracy, correct, rows, interval, baseline, loss: verdict.loss },
    stopReason: reason,
    epochs: history.metrics.loss?.length ?? 0,
    keptEpoch: keptEpoch || null,
    seconds,
    rowsPerSecond,
    model: output.model,
    report: output.report,
    next,
  });
}

async function run(args: Arguments): Promise<void> {
  const terminal = new Terminal({ json: args.json === true, quiet: args.quiet === true });
  const options = await trainOptions(args);
  const { kind, seed, test, validation } = options;
  const output = await claimFolder('train', options.out, options.force);
  const data = await loadData(kind, options.data, { test, validation, seed });
  const batchSize = batchSizeOf(options, data);
  const built = buildModel(options, data);
  announce(terminal, options, data, built);
  const progress = new Progress({ quiet: terminal.quiet, epochs: options.epochs, epochRows: data.train.y.length });
  const interruption = new Interruption(() => {
    progress.say('stopping: the best so far is kept, judged and saved; Ctrl-C again quits at once');
  });
  try {
    const ending = await fitModel(built, options, data, batchSize, progress, interruption, terminal);
    const verdict = await verdictOn(built.model, data.test, data.classes);
    const lanegrad = packageVersion();
    const record: Run = {
      lanegrad,
      data: kind,
      rows: data.rows,
      ...(test !== undefined && { test }),
      validation,
      seed,
    };
    const report = reportOf(lanegrad, options, data, built, ending, verdict);
    await output.write(withRun(built.model.save(), record), report);
    conclude(terminal, options, ending, verdict, output);
  } finally {
    interruption.stop();
  }
}

/** The verb. */
export const train: Verb = {
  usage: '[DATA] [FLAGS]',
  about: 'Trains, judges on rows never trained on, saves the model and a report.',
  groups: TRAIN_FLAGS,
  run,
};
