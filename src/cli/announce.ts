/** What a training tells before it begins: data, parts, model, runtime. */
import { counted, figure, grouped } from '../report/format.js';
import { answerTo } from './answer.js';
import { epochRows, parametersText, samplesText } from './bagging.js';
import { type DataSet, rowsIn, splitText, type Task } from './dataset.js';
import type { Built } from './fitting.js';
import type { TrainOptions } from './options.js';
import type { Terminal } from './terminal.js';

/** What is done in training, in the order of the flags: `adam 0.001, L2 0.0001, dropout keeps 0.8`. */
function methodsText(options: TrainOptions): string {
  const { optimizer, learningRate, schedule, weightInitializer, biasInitializer, augment } = options;
  const { l1, l1Proximal, l2, penalizeBiases, maxNorm, inputDropout, keep } = options;
  return [
    `${optimizer} ${figure(learningRate)}${schedule ? ` ${schedule}` : ''}`,
    weightInitializer && `weights ${weightInitializer}`,
    biasInitializer && `biases ${biasInitializer}`,
    l1 > 0 && `L1 ${figure(l1)}${l1Proximal ? ' proximal' : ''}`,
    l2 > 0 && `L2 ${figure(l2)}`,
    penalizeBiases && 'biases penalized',
    maxNorm !== undefined && `norms up to ${figure(maxNorm)}`,
    inputDropout > 0 && `dropout keeps ${figure(1 - inputDropout)} of inputs`,
    keep < 1 && `dropout keeps ${figure(keep)}`,
    augment && `augmented by ${augment}`,
  ]
    .filter(Boolean)
    .join(', ');
}

/** What is to be told: `10 classes`, `price in numbers`. */
function taskText(task: Task): string {
  return task.kind === 'classes'
    ? counted(task.classes.length, 'class', 'classes')
    : `${task.targets.join(' and ')} as ${task.targets.length === 1 ? 'a number' : 'numbers'}`;
}

/** Tells a person, and a program. */
export function announce(
  terminal: Terminal,
  options: TrainOptions,
  data: DataSet,
  { model, parameters, inputs }: Built,
): void {
  const { hidden, activation, batchNorm, augment, bagging, seed } = options;
  const { kernel, threads, reason } = model.runtime;
  const { dim } = terminal.style;
  const rows = rowsIn(data.train);
  const { units, activation: last } = answerTo(data);
  const { task } = data;
  const block = { before: `batchNorm ${activation}`, after: `${activation} batchNorm`, none: activation }[
    batchNorm ?? 'none'
  ];
  const widths = [inputs, ...hidden.map((units) => `${units} ${block}`), `${units} ${last}`];
  const size = bagging ? `${parametersText(bagging, parameters)} parameters` : counted(parameters, 'parameter');
  terminal.note('data', `${grouped(data.rows)} ${data.about}, ${taskText(task)}`);
  data.notes?.forEach((note, i) => {
    terminal.note(i === 0 ? 'notes' : '', note);
  });
  terminal.note('split', `${splitText(data)}   ${dim(data.splitAbout)}`);
  terminal.note('model', `${widths.join(' → ')}   ${dim(`${size}, ${methodsText(options)}`)}`);
  if (bagging) terminal.note('bagging', `${counted(bagging.members, 'member')} on ${samplesText(bagging, rows)}`);
  terminal.note('runtime', `kernel ${kernel}, ${counted(threads, 'thread')}   ${dim(reason)}`);
  terminal.event('start', {
    data: {
      name: data.title,
      rows: data.rows,
      ...(task.kind === 'classes' ? { classes: task.classes } : { targets: task.targets }),
    },
    notes: data.notes,
    split: {
      train: rows,
      validation: data.validation ? rowsIn(data.validation) : 0,
      test: data.test ? rowsIn(data.test) : 0,
    },
    model: { widths: [inputs, ...hidden, units], parameters },
    augment,
    bagging: bagging && { ...bagging, sampleRows: epochRows(bagging, rows) },
    runtime: model.runtime,
    seed,
  });
}
