import { type Inputs, readInputs } from '../data/inputs.js';
import type { Standardization } from '../data/standardize.js';
import {
  type ClassTargets,
  namesIn,
  readBinary,
  readClasses,
  readValues,
  type TargetMatrix,
  type ValueTargets,
} from '../data/targets.js';
import { checkNumber, refuse } from '../errors.js';
import { classCount, type LOSSES, type LossName, type LossOption, lossRow } from '../nn/losses.js';
import type { Examples } from './resident.js';

/** What targets a model with loss L takes. */
export type Targets<L extends LossName> = L extends LossName
  ? (typeof LOSSES)[L]['targets'] extends 'values'
    ? ValueTargets
    : ClassTargets
  : never;

/** The facts that reading examples needs. */
export interface ExampleForm {
  readonly inputs: number;
  readonly outputs: number;
  readonly loss: LossOption;
  /** The model's class names, where it has any. */
  readonly classes: readonly string[] | undefined;
}

/** Class names: the model's, or else those in `y`, checked against the number of outputs. */
export function classNames(where: string, form: ExampleForm, y: unknown): readonly string[] | undefined {
  if (form.classes || lossRow(form.loss).targets === 'values') return form.classes;
  const names = namesIn(where, y);
  if (!names) return undefined;
  const count = classCount(form);
  if (names.length > count) {
    refuse(where, `the model tells ${count} classes apart, but the labels name ${names.length}`, names);
  }
  if (names.length < count) {
    const help = 'declare all of them with `classes` in sequential.';
    refuse(where, `the model tells ${count} classes apart, but the labels name only ${names.length}`, names, help);
  }
  return names;
}

/**
 * Checks targets of so many rows, in their own units; see `scaleTargets`.
 * @param first the number of the first row in messages, where these are rows of something larger
 * @throws ArgumentError as the readers of targets do.
 */
export function readTargets(where: string, form: ExampleForm, y: unknown, rows: number, first = 0): TargetMatrix {
  const { outputs, classes } = form;
  switch (lossRow(form.loss).targets) {
    case 'classes':
      return readClasses(where, y as ClassTargets, rows, outputs, classes, first);
    case 'binary':
      return readBinary(where, y as ClassTargets, rows, outputs, classes, first);
    case 'values':
      return readValues(where, y, rows, outputs, first);
  }
}

/** Values in the scaled units that the model works in. */
export function scaleTargets(t: TargetMatrix, target: Standardization | undefined): TargetMatrix {
  if (!target || t.kind !== 'values') return t;
  const { columns } = t;
  const data = t.data.map((value, i) => {
    const j = i % columns;
    return (value - (target.mean[j] as number)) * (target.scale[j] as number);
  });
  return { ...t, data };
}

/**
 * Checks inputs and targets together. Targets are still in their own units; see `scaleTargets`.
 * @throws ArgumentError as readInputs and the readers of targets do.
 */
export function readExamples(where: string, form: ExampleForm, x: Inputs, y: unknown): Examples {
  if (x === undefined) refuse(where, 'inputs and targets are needed', x);
  const matrix = readInputs(`${where}, x`, x, form.inputs);
  return { x: matrix, t: readTargets(`${where}, y`, form, y, matrix.rows), weights: undefined };
}

/** The class of each row, where targets are classes (or one 0/1 output). */
export function labelsOf(form: ExampleForm, t: TargetMatrix): Int32Array | undefined {
  if (t.kind === 'indices') return t.data;
  if (lossRow(form.loss).targets === 'binary' && t.columns === 1) {
    return Int32Array.from(t.data, (value) => (value > 0.5 ? 1 : 0));
  }
  return undefined;
}

/**
 * Row weights out of sample and class weights, or undefined where there are none.
 * @param perClass see `classWeights`
 * @param first the number of the first row in messages, where these are rows of something larger
 * @throws ArgumentError for negative or missing weights, and for class weights where targets are not classes.
 */
export function rowWeights(
  where: string,
  form: ExampleForm,
  examples: Examples,
  sampleWeight: Float32Array | undefined,
  perClass: Float64Array | undefined,
  first = 0,
): Float32Array | undefined {
  if (sampleWeight === undefined && perClass === undefined) return undefined;
  const count = examples.x.rows;
  const weights = new Float32Array(count).fill(1);
  if (sampleWeight !== undefined) {
    if (!(sampleWeight instanceof Float32Array) || sampleWeight.length !== count) {
      refuse(
        where,
        `\`sampleWeight\` must be a Float32Array with one weight for each of the ${count} rows`,
        sampleWeight,
      );
    }
    weights.set(sampleWeight);
  }
  if (perClass !== undefined) {
    const labels = classesOf(where, form, examples.t);
    for (let i = 0; i < count; i++) weights[i] = (weights[i] as number) * (perClass[labels[i] as number] as number);
  }
  const bad = weights.findIndex((weight) => !(weight >= 0) || !Number.isFinite(weight));
  if (bad >= 0) refuse(where, `the weight of row ${first + bad} must be a finite number of at least 0`, weights[bad]);
  return weights;
}

/** Refuses weights that leave nothing to learn from. @param rows the training rows; undefined: all */
export function checkWeightsUsed(
  where: string,
  weights: Float32Array | undefined,
  rows: Uint32Array | undefined,
): void {
  if (!weights) return;
  const used = rows ? rows.some((row) => (weights[row] as number) > 0) : weights.some((weight) => weight > 0);
  if (!used) refuse(where, 'at least one training row must have a weight above 0', 0);
}

/** The class of each row, for class weights. @throws ArgumentError where targets are not classes. */
function classesOf(where: string, form: ExampleForm, t: TargetMatrix): Int32Array {
  const labels = labelsOf(form, t);
  if (!labels) refuse(where, '`classWeight` needs targets that are classes', form.loss, 'use `sampleWeight`.');
  return labels;
}

/** The option `classWeight`. */
export type ClassWeight = 'balanced' | Readonly<Record<string, number>>;

/**
 * The weight of each class.
 * @param members rows of each class, for `'balanced'`; asked for only then
 * @throws ArgumentError for unknown classes and anything that is no class weight.
 */
export function classWeights(
  where: string,
  form: ExampleForm,
  classWeight: ClassWeight | undefined,
  members: () => Float64Array,
): Float64Array | undefined {
  if (classWeight === undefined) return undefined;
  if (
    classWeight !== 'balanced' &&
    (typeof classWeight !== 'object' || classWeight === null || classWeight instanceof Map)
  ) {
    refuse(where, "`classWeight` must be 'balanced' or weights by class, as in { spam: 2 }", classWeight);
  }
  return classWeight === 'balanced' ? balanced(members()) : namedWeights(where, form, classWeight);
}

/**
 * Adds the rows of each class to `members`.
 * @param rows those that count; undefined: all
 * @throws ArgumentError where targets are not classes.
 */
export function countClasses(
  where: string,
  form: ExampleForm,
  t: TargetMatrix,
  rows: Uint32Array | undefined,
  members: Float64Array,
): void {
  const labels = classesOf(where, form, t);
  for (const row of rows ?? labels.keys()) {
    const label = labels[row] as number;
    members[label] = (members[label] as number) + 1;
  }
}

/** n / (classes · n_c): every class weighs the same in total (King and Zeng 2001, as in scikit-learn). */
function balanced(members: Float64Array): Float64Array {
  const total = members.reduce((sum, n) => sum + n, 0);
  const present = members.reduce((sum, n) => sum + (n > 0 ? 1 : 0), 0);
  return members.map((n) => (n > 0 ? total / (present * n) : 1));
}

function namedWeights(where: string, form: ExampleForm, weights: Readonly<Record<string, number>>): Float64Array {
  const count = classCount(form);
  const names = form.classes ?? Array.from({ length: count }, (_, i) => String(i));
  const perClass = new Float64Array(count).fill(1);
  for (const [key, weight] of Object.entries(weights)) {
    const at = names.indexOf(key);
    if (at < 0 && !Object.hasOwn(perClass, key)) {
      refuse(where, `\`classWeight\` must name classes of the model (${names.join(', ')})`, key);
    }
    checkNumber(where, `classWeight.${key}`, weight, 0);
    perClass[at < 0 ? Number(key) : at] = weight;
  }
  return perClass;
}
