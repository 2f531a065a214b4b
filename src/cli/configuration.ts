/** The settings of a training, as the report shows them. */
import { arch, platform } from 'node:os';
import type { Fact } from '../report/facts.js';
import { counted, duration, figure, grouped } from '../report/format.js';
import type { Settings } from '../report/sections.js';
import { answerTo } from './answer.js';
import { parametersText, samplesText } from './bagging.js';
import { type DataSet, rowsIn, type Task } from './dataset.js';
import { type Built, batchSizeOf } from './fitting.js';
import type { TrainOptions } from './options.js';

function taskFacts(task: Task): Fact[] {
  if (task.kind === 'classes') {
    const { classes } = task;
    return [['classes', classes.length > 12 ? String(classes.length) : classes.join(', ')]];
  }
  return [['numbers', `${task.targets.join(', ')}${task.log ? ', learned as log(1 + value)' : ''}`]];
}

/** What the network takes: of a table, more than it has columns. */
function inputsText({ inputs }: Built, { features }: DataSet): string {
  const from = features ? ` from ${counted(features.columns.length, 'column')}` : '';
  return `${grouped(inputs)}${from}, standardized on training rows`;
}

/** All that was decided before the training began. */
export function configurationOf(options: TrainOptions, data: DataSet, built: Built): readonly Settings[] {
  const {
    hidden,
    activation,
    l1,
    l1Proximal,
    l2,
    penalizeBiases,
    keep,
    batchNorm,
    weightInitializer,
    biasInitializer,
    maxNorm,
    inputDropout,
    epochs,
    optimizer,
    learningRate,
    schedule,
    clipNorm,
    clipValue,
  } = options;
  const { augment, bagging, patience, timeLimit, classWeight, seed } = options;
  const { kernel, threads, reason } = built.model.runtime;
  const answer = answerTo(data);
  const present = (facts: readonly (Fact | undefined)[]): readonly Fact[] => facts.filter((fact) => fact !== undefined);
  return [
    {
      title: 'Data',
      facts: present([
        ['data', options.data],
        ['rows', `${grouped(data.rows)} ${data.about}`],
        ...taskFacts(data.task),
        ['train', counted(rowsIn(data.train), 'row')],
        ['validation', data.validation ? counted(rowsIn(data.validation), 'row') : 'none'],
        ['test', data.test ? counted(rowsIn(data.test), 'row') : 'none'],
        ['parts', data.splitAbout],
      ]),
    },
    {
      title: 'Model',
      facts: present([
        ['inputs', inputsText(built, data)],
        ['hidden layers', hidden.length > 0 ? hidden.join(', ') : 'none'],
        hidden.length > 0 ? ['activation', activation] : undefined,
        ['output', `${answer.units}, ${answer.about}`],
        ['parameters', parametersText(bagging, built.parameters)],
        weightInitializer === undefined ? undefined : ['initial weights', weightInitializer],
        biasInitializer === undefined ? undefined : ['initial biases', biasInitializer],
        l1 > 0 ? ['L1', `${figure(l1)}${l1Proximal ? ', proximal' : ''}`] : undefined,
        ['L2', l2 > 0 ? figure(l2) : 'none'],
        penalizeBiases ? ['biases', 'penalized too'] : undefined,
        maxNorm === undefined ? undefined : ['norm of the weights of a unit', `at most ${figure(maxNorm)}`],
        inputDropout > 0 ? ['dropout of inputs', `keeps ${figure(1 - inputDropout)}`] : undefined,
        keep < 1 ? ['dropout', `keeps ${figure(keep)}`] : undefined,
        batchNorm && ['batch norm', `${batchNorm} the activation`],
        bagging && ['bagging', `the mean of ${counted(bagging.members, 'member')}`],
        bagging && ['members train on', samplesText(bagging, rowsIn(data.train))],
      ]),
    },
    {
      title: 'Training',
      facts: present([
        ['epochs', `at most ${epochs}`],
        ['batch size', String(batchSizeOf(options, data))],
        ['optimizer', optimizer],
        ['learning rate', figure(learningRate)],
        schedule === undefined ? undefined : ['schedule', schedule],
        augment === undefined ? undefined : ['augmentation', augment],
        clipNorm === undefined ? undefined : ['gradient norm', `clipped to ${figure(clipNorm)}`],
        clipValue === undefined ? undefined : ['gradient elements', `clipped to ${figure(clipValue)}`],
        ['patience', patience === undefined ? 'none' : counted(patience, 'epoch')],
        ['time limit', timeLimit === undefined ? 'none' : duration(timeLimit / 1000)],
        ['class weights', classWeight ?? 'none'],
        ['seed', String(seed)],
      ]),
    },
    {
      title: 'Runtime',
      facts: [
        ['kernel', kernel],
        ['threads', String(threads)],
        ['why', reason],
        ['engine', `Node ${process.versions.node}, V8 ${process.versions.v8}`],
        ['machine', `${platform()} ${arch()}`],
      ],
    },
  ];
}
