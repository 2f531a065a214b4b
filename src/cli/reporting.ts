/** Gathers what a report shows about a training. */
import { arch, platform } from 'node:os';
import type { Curve } from '../report/curves.js';
import type { Fact } from '../report/facts.js';
import { counted, duration, figure, grouped, percent, thousands } from '../report/format.js';
import { accuracyHeadline } from '../report/headline.js';
import type { Pictures } from '../report/images.js';
import type { Plane } from '../report/plane.js';
import { renderReport } from '../report/report.js';
import {
  confusionSection,
  curvesSection,
  layersSection,
  picturesSection,
  planeSection,
  type Section,
  type Settings,
  settingsSection,
} from '../report/sections.js';
import { parametersText, samplesText } from './bagging.js';
import type { DataSet } from './data.js';
import { shownDiagnoses } from './diagnoses.js';
import { type BaggingEnding, type Ending, endingText, epochSpan, epochsOf } from './ending.js';
import { type Built, batchSizeOf } from './fitting.js';
import { probabilitiesOf, type Spread, type Verdict } from './judging.js';
import { repeatCommand, type TrainOptions } from './options.js';

/** The test rows as pictures, where they are grey pictures. */
function picturesOf({ test }: DataSet): Pictures | undefined {
  const { data, shape } = test.x;
  const [, height, width, ...more] = shape;
  if (!(data instanceof Uint8Array) || height === undefined || width === undefined || more.length > 0) return undefined;
  return { data, width, height };
}

/** The test rows as points in the plane, where rows have two values. */
function planeOf({ test, classes }: DataSet, { model }: Built, { predictions }: Verdict): Plane | undefined {
  const { data, shape } = test.x;
  if (!(data instanceof Float32Array) || shape.length !== 2 || shape[1] !== 2) return undefined;
  return {
    points: data,
    labels: test.y,
    predictions,
    classes,
    predict: (points) => probabilitiesOf(model, { data: points, shape: [points.length / 2, 2] }, classes.length),
  };
}

function configurationOf(options: TrainOptions, data: DataSet, built: Built): readonly Settings[] {
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
  const present = (facts: readonly (Fact | undefined)[]): readonly Fact[] => facts.filter((fact) => fact !== undefined);
  return [
    {
      title: 'Data',
      facts: present([
        ['data', options.data],
        ['rows', `${grouped(data.rows)} ${data.about}`],
        ['classes', data.classes.length > 12 ? String(data.classes.length) : data.classes.join(', ')],
        ['train', counted(data.train.y.length, 'row')],
        ['validation', data.validation ? counted(data.validation.y.length, 'row') : 'none'],
        ['test', counted(data.test.y.length, 'row')],
        ['parts', data.splitAbout],
      ]),
    },
    {
      title: 'Model',
      facts: present([
        ['inputs', `${grouped(built.inputs)}, standardized on training rows`],
        ['hidden layers', hidden.length > 0 ? hidden.join(', ') : 'none'],
        hidden.length > 0 ? ['activation', activation] : undefined,
        ['output', `${data.classes.length}, softmax with cross-entropy`],
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
        bagging && ['members train on', samplesText(bagging, data.train.y.length)],
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

/** The curves of a figure: for an ensemble, the mean of its members, and each of them. */
function curveOf(name: 'loss' | 'accuracy', { history, keptEpoch, bagging }: Ending): Curve {
  const validation = history.metrics[`val_${name}`];
  const members = bagging?.members.map(({ metrics, best }) => ({
    values: metrics[`val_${name}`] ?? metrics[name] ?? [],
    best: metrics.val_loss ? best.epoch : 0,
  }));
  return {
    name,
    training: history.metrics[name] ?? [],
    validation,
    best: keptEpoch,
    unit: name === 'loss' ? 'number' : 'share',
    ...(members && { members }),
  };
}

/** Figures for the head of the page: what a single model was, or the members of an ensemble. */
function headFacts({ bagging, history, keptEpoch }: Ending, spread: Spread | undefined): readonly Fact[] {
  if (!bagging) return [['best epoch', keptEpoch > 0 ? `${keptEpoch} of ${epochsOf(history)}` : '–']];
  return [
    ['members', membersText(bagging), `${epochSpan(bagging.members)} epochs each`],
    ...baggingFacts(bagging, spread),
  ];
}

function membersText({ members, planned }: BaggingEnding): string {
  return members.length < planned ? `${members.length} of ${planned}` : String(planned);
}

function baggingFacts({ outOfBag }: BaggingEnding, spread: Spread | undefined): readonly Fact[] {
  const facts: Fact[] = [];
  if (outOfBag) {
    facts.push(['out-of-bag accuracy', percent(outOfBag.accuracy, 2), 'training rows by members that never saw them']);
  }
  if (spread && spread.right !== null) {
    const errors = spread.wrong === null ? '' : `; ±\u00a0${percent(spread.wrong)} on errors`;
    facts.push(['spread of members', `±\u00a0${percent(spread.right)}`, `of a right answer's probability${errors}`]);
  }
  return facts;
}

/** The errors, as far as rows can be drawn. */
function errorsSection(data: DataSet, built: Built, verdict: Verdict): Section | undefined {
  const { mistakes, judgement } = verdict;
  const plane = planeOf(data, built, verdict);
  if (plane) return planeSection(plane, mistakes.length);
  const pictures = picturesOf(data);
  return pictures && picturesSection(pictures, mistakes, judgement.classes);
}

/** The page for a training. */
export function reportOf(
  version: string,
  options: TrainOptions,
  data: DataSet,
  built: Built,
  ending: Ending,
  verdict: Verdict,
  spread?: Spread,
): string {
  const early = ending.reason === 'aborted' || ending.reason === 'timeLimit';
  const sentence = endingText(ending, options);
  return renderReport({
    title: data.title,
    version,
    made: new Date(),
    headline: accuracyHeadline(verdict.judgement, verdict.loss, [
      ...headFacts(ending, spread),
      ['training', `${duration(ending.seconds)}, ${thousands(ending.rowsPerSecond)} rows/s`],
      ['parameters', parametersText(options.bagging, built.parameters)],
      ['seed', String(options.seed)],
    ]),
    remarks: early
      ? [`The run was ${sentence}. The command below repeats its settings, but not the moment of its end.`]
      : [],
    sections: [
      curvesSection([curveOf('loss', ending), curveOf('accuracy', ending)]),
      layersSection(shownDiagnoses(ending), ending.bagging?.members.length),
      confusionSection(verdict.judgement),
      errorsSection(data, built, verdict),
      settingsSection(configurationOf(options, data, built)),
    ],
    command: repeatCommand(options, batchSizeOf(options, data)),
  });
}
