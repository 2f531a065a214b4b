import { Step } from '../../assembly/abi.js';
import type { Inputs } from '../data/inputs.js';
import { checkPositiveInteger, refuse, words } from '../errors.js';
import type { NamedArray } from '../format/safetensors.js';
import { listing } from '../program/print.js';
import type { LoadedProgram } from './core.js';
import { diagnoseSlices } from './diagnose.js';
import type { Diagnosis } from './diagnosis.js';
import { divergence } from './divergence.js';
import { checkWeightsUsed, readExamples, rowWeights, scaleTargets } from './examples.js';
import { checkRows } from './network.js';
import { batchForm, type Examples, ResidentExamples } from './resident.js';
import type { ModelState } from './state.js';
import { finish } from './yield.js';

/** Single steps on rows that are given with them: what trainOnBatch, gradients and profile have in common. */
function withBatch<T>(
  state: ModelState,
  where: string,
  x: Inputs,
  y: unknown,
  sampleWeight: Float32Array | undefined,
  load: (examples: Examples) => LoadedProgram,
  use: (loaded: LoadedProgram, rows: number) => T,
): T {
  const { config } = state.compiled;
  if ((config.standardize && !state.inputs) || (config.standardizeTarget && !state.targets)) {
    refuse(
      where,
      'standardization must have been fitted',
      words('a model that has not been trained'),
      'call fit first.',
    );
  }
  const examples = readExamples(where, state.form, x, y);
  checkRows(where, 'the rows', state.compiled.network, examples.x.rows);
  const weights = rowWeights(where, state.form, examples, sampleWeight, undefined);
  checkWeightsUsed(where, weights, undefined);
  const scaled = { ...examples, t: scaleTargets(examples.t, state.targets), weights };
  // the batch finds its place first: a program stays, so it must not be made for nothing
  const resident = ResidentExamples.of(state.core.runtime, 'batch', scaled);
  try {
    const loaded = load(scaled);
    resident.bind(loaded.program, 0);
    state.core.clear(loaded);
    state.core.setBatch(loaded, 0, examples.x.rows);
    return use(loaded, examples.x.rows);
  } finally {
    resident.release();
  }
}

/** The smallest power of two that holds `rows`: programs are kept per size, and online batches vary. */
function capacity(rows: number): number {
  let size = 1;
  while (size < rows) size *= 2;
  return size;
}

/** One update; loss and metrics of the batch before it. @throws DivergenceError with the parameters unchanged. */
export function trainBatch(
  state: ModelState,
  x: Inputs,
  y: unknown,
  sampleWeight: Float32Array | undefined,
): Record<string, number> {
  const { core } = state;
  const load = (examples: Examples) => core.training(batchForm(examples, capacity(examples.x.rows)));
  return withBatch(state, 'trainOnBatch', x, y, sampleWeight, load, (loaded, rows) => {
    const { program } = loaded;
    core.beginStep(loaded, 0, rows);
    const { slices } = program;
    // a single step is not worth a snapshot: its update is one thread's, which leaves nothing half done
    slices.forEach((slice, i) => {
      program.runSlice(slice, i === slices.length - 1);
    });
    if (program.step.word(Step.Status) !== 0) throw divergence(core, loaded, 1, false, undefined);
    core.endStep();
    core.changed();
    return core.logs(loaded, state.unit);
  });
}

/** Gradients of J by parameter name. */
export function gradientsOf(state: ModelState, x: Inputs, y: unknown): Record<string, NamedArray> {
  const { core } = state;
  const load = (examples: Examples) => core.gradient(batchForm(examples, capacity(examples.x.rows)));
  return withBatch(state, 'gradients', x, y, undefined, load, ({ program }) => {
    program.runSlices();
    return Object.fromEntries(state.arrays('gradients'));
  });
}

/** What a step on these rows would do to every layer; the model is afterwards as it was. */
export function diagnosisOf(
  state: ModelState,
  x: Inputs,
  y: unknown,
  sampleWeight: Float32Array | undefined,
): Diagnosis {
  const { core } = state;
  const load = (examples: Examples) => core.diagnosis(batchForm(examples, capacity(examples.x.rows)));
  return withBatch(state, 'diagnose', x, y, sampleWeight, load, (loaded, rows) => {
    const rate = core.rate.preview(core.updates, core.epochs);
    return finish(diagnoseSlices(core, loaded, { rows, rate, trainingRows: undefined }, () => false));
  });
}

/** The listing of a training step with times; the model is afterwards as it was. */
export function profileOf(state: ModelState, x: Inputs, y: unknown, batchSize = 32, repetitions = 50): string {
  const { core } = state;
  checkPositiveInteger('profile', 'batchSize', batchSize);
  checkRows('profile', '`batchSize`', core.blueprint.network, batchSize);
  checkPositiveInteger('profile', 'repetitions', repetitions);
  const load = (examples: Examples) => core.training(batchForm(examples, Math.min(batchSize, examples.x.rows)));
  return withBatch(state, 'profile', x, y, undefined, load, (loaded, rows) => {
    const { program, planned } = loaded;
    program.step.setWord(Step.Rows, Math.min(batchSize, rows));
    const seconds = core.undoing(() => program.profile(repetitions));
    return listing('train', planned.plan, seconds);
  });
}
