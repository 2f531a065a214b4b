/** Gathers what a report shows about a training. */
import type { Curve } from '../report/curves.js';
import type { Fact } from '../report/facts.js';
import { duration, percent, thousands } from '../report/format.js';
import { accuracyHeadline, type Headline, r2Headline, r2Text, untestedHeadline } from '../report/headline.js';
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
  settingsSection,
} from '../report/sections.js';
import { answerTo, SCORES, type Score } from './answer.js';
import { parametersText } from './bagging.js';
import { configurationOf } from './configuration.js';
import { type DataSet, isPlane, isStreamed, isTested, rowsIn, type TestedSet } from './dataset.js';
import { shownDiagnoses } from './diagnoses.js';
import { type BaggingEnding, type Ending, endingText, epochSpan, epochsOf } from './ending.js';
import { evidenceSections } from './evidence.js';
import { type Built, batchSizeOf } from './fitting.js';
import { type ClassVerdict, probabilitiesOf, type Spread, type Verdict } from './judging.js';
import { repeatCommand, type TrainOptions } from './options.js';

/** The test rows as pictures, where they are grey pictures. */
function picturesOf({ test }: TestedSet): Pictures | undefined {
  if (isStreamed(test)) return undefined;
  const { data, shape } = test.x;
  const [, height, width, ...more] = shape;
  if (!(data instanceof Uint8Array) || height === undefined || width === undefined || more.length > 0) return undefined;
  return { data, width, height };
}

/** The test rows as points in the plane, where rows have two values. */
function planeOf(
  { kind, test }: TestedSet,
  { model }: Built,
  { predictions, judgement: { classes } }: ClassVerdict,
): Plane | undefined {
  if (!isPlane(kind) || isStreamed(test)) return undefined;
  const { data } = test.x;
  if (!(data instanceof Float32Array)) return undefined;
  return {
    points: data,
    labels: test.y,
    predictions,
    classes,
    predict: (points) => probabilitiesOf(model, { data: points, shape: [points.length / 2, 2] }, classes.length),
  };
}

/** The curves of a figure: for an ensemble, the mean of its members, and each of them. */
function curveOf(name: 'loss' | Score, { history, keptEpoch, bagging }: Ending): Curve {
  const validation = history.metrics[`val_${name}`];
  const members = bagging?.members.map(({ metrics, best }) => ({
    values: metrics[`val_${name}`] ?? metrics[name] ?? [],
    best: metrics.val_loss ? best.epoch : 0,
  }));
  return {
    name: name === 'loss' ? name : SCORES[name].label,
    training: history.metrics[name] ?? [],
    validation,
    best: keptEpoch,
    unit: name === 'loss' ? 'number' : SCORES[name].unit,
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

/** The out-of-bag score with its name. */
export function outOfBagFact({ accuracy, r2 }: NonNullable<BaggingEnding['outOfBag']>): readonly [string, string] {
  return accuracy === undefined
    ? ['out-of-bag R²', r2Text(r2 ?? Number.NaN)]
    : ['out-of-bag accuracy', percent(accuracy, 2)];
}

function baggingFacts({ outOfBag }: BaggingEnding, spread: Spread | undefined): readonly Fact[] {
  const facts: Fact[] = [];
  if (outOfBag) facts.push([...outOfBagFact(outOfBag), 'training rows by members that never saw them']);
  if (spread && spread.right !== null) {
    const errors = spread.wrong === null ? '' : `; ±\u00a0${percent(spread.wrong)} on errors`;
    facts.push(['spread of members', `±\u00a0${percent(spread.right)}`, `of a right answer's probability${errors}`]);
  }
  return facts;
}

/** The errors, as far as rows can be drawn. */
function errorsSection(data: TestedSet, built: Built, verdict: ClassVerdict): Section | undefined {
  const { mistakes, judgement } = verdict;
  const plane = planeOf(data, built, verdict);
  if (plane) return planeSection(plane, mistakes.length);
  const pictures = picturesOf(data);
  return pictures && picturesSection(pictures, mistakes, judgement.classes);
}

function headlineOf(data: DataSet, verdict: Verdict | undefined, facts: readonly Fact[]): Headline {
  if (!verdict) return untestedHeadline(rowsIn(data.train), facts);
  return verdict.kind === 'classes'
    ? accuracyHeadline(verdict.judgement, verdict.loss, facts)
    : r2Headline(verdict.judgement, verdict.loss, facts);
}

/** What a reader wants to know of the answers. */
function answerSections(data: DataSet, built: Built, verdict: Verdict | undefined): readonly (Section | undefined)[] {
  if (verdict?.kind !== 'classes' || !isTested(data)) return [];
  return [confusionSection(verdict.judgement), errorsSection(data, built, verdict)];
}

/** The page for a training. */
export function reportOf(
  version: string,
  options: TrainOptions,
  data: DataSet,
  built: Built,
  ending: Ending,
  verdict: Verdict | undefined,
  spread?: Spread,
  folds?: Fact,
): string {
  const early = ending.reason === 'aborted' || ending.reason === 'timeLimit';
  const sentence = endingText(ending, options);
  return renderReport({
    title: data.title,
    version,
    made: new Date(),
    headline: headlineOf(data, verdict, [
      ...(folds ? [folds] : []),
      ...headFacts(ending, spread),
      ['training', `${duration(ending.seconds)}, ${thousands(ending.rowsPerSecond)} rows/s`],
      ['parameters', parametersText(options.bagging, built.parameters)],
      ['seed', String(options.seed)],
    ]),
    remarks: early
      ? [`The run was ${sentence}. The command below repeats its settings, but not the moment of its end.`]
      : [],
    sections: [
      curvesSection([curveOf('loss', ending), curveOf(answerTo(data).score, ending)]),
      layersSection(shownDiagnoses(ending), ending.bagging?.members.length),
      ...answerSections(data, built, verdict),
      ...evidenceSections(options, data, built, verdict),
      settingsSection(configurationOf(options, data, built)),
    ],
    command: repeatCommand(options, batchSizeOf(options, data)),
  });
}
