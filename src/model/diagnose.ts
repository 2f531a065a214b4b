/** What a training step would do to each layer, measured without doing it. */
import { Op } from '../../assembly/abi.js';
import { activationRow } from '../nn/activations.js';
import { parameterOf } from '../nn/choice.js';
import type { Tensor } from '../program/tensor.js';
import { Domain, Random } from '../random.js';
import type { Core, LoadedProgram } from './core.js';
import type { Diagnosis, DiagnosisFacts, LayerDiagnosis } from './diagnosis.js';
import { activationOf, everyLayer, type Network, type PlacedLayer, type PlacedParameter } from './network.js';
import { chunkRows } from './prediction.js';
import { warningsOf } from './warnings.js';

/** Rows that `fit` looks at: as many as prediction works on at a time, which is 256 unless layers are very wide. */
export function diagnosedRows(network: Network, trainingRows: number): number {
  return Math.min(trainingRows, Math.max(network.leastRows, chunkRows(network)));
}

/** Which of the training rows those are: drawn once, so that a set that is sorted by class is not judged by one class. */
export function drawRows(count: number, rows: Uint32Array, seed: number): Uint32Array {
  if (count === rows.length) return rows;
  return new Random(seed, Domain.diagnosis).shuffle(rows.slice()).subarray(0, count).sort();
}

/**
 * Runs the step that a program of `planDiagnosis` is bound to, measures it, and puts parameters and optimizer states back.
 * Yields where `pause` says so, never within the update.
 */
export function* diagnoseSlices(
  core: Core,
  loaded: LoadedProgram,
  facts: DiagnosisFacts,
  pause: () => boolean,
): Generator<undefined, Diagnosis> {
  const { program, planned } = loaded;
  core.setUpdate(loaded, 0, facts.rows, facts.rate);
  // the gradient is complete, and not yet clipped
  const raw = planned.plan.instructions.findIndex(({ op }) => op === Op.Clip || op === Op.Verdict);
  let done = 0;
  for (const { first, last, thread, threads } of program.slices) {
    if (last > raw) break;
    program.run(first, last, thread, threads);
    done = last;
    if (pause()) yield;
  }
  program.run(done, raw);
  const placed = everyLayer(core.blueprint.network.layers);
  const gradients = core.view('gradients');
  const gradientNorms = placed.map((layer) => norm(learned(layer), gradients));
  const updateRatios = core.undoing((before) => {
    program.run(raw, program.length);
    const after = core.view('parameters');
    return placed.map((layer) => ratio(norm(learned(layer), after, before), norm(learned(layer), before)));
  });
  const layers = placed.map((layer, i): LayerDiagnosis => {
    const tensor = planned.taps?.get(layer.name) as Tensor;
    const values = core.runtime.floats(program.address(tensor), facts.rows * tensor.columns);
    return {
      name: layer.name,
      gradientNorm: gradientNorms[i],
      updateRatio: updateRatios[i],
      ...outputsOf(layer, values, tensor.columns),
    };
  });
  const { rows } = facts;
  return { rows, layers, warnings: warningsOf(core.blueprint.network, layers, facts) };
}

/** The parameters of a layer itself that training may change: not those inside a block, and no running statistics. */
function learned({ parameters }: PlacedLayer): readonly PlacedParameter[] {
  return parameters.filter(({ statistic }) => !statistic);
}

/** Euclidean norm of some parameters in a slab, or of their difference in two slabs; undefined for none. In float64. */
function norm(parameters: readonly PlacedParameter[], slab: Float32Array, other?: Float32Array): number | undefined {
  if (parameters.length === 0) return undefined;
  let squares = 0;
  for (const { offset, count } of parameters) {
    for (let i = offset / 4; i < offset / 4 + count; i++) {
      const value = (slab[i] as number) - (other ? (other[i] as number) : 0);
      squares += value * value;
    }
  }
  return Math.sqrt(squares);
}

/** 0/0 is not known; what begins as 0 has no size to compare with. */
function ratio(change: number | undefined, size: number | undefined): number | undefined {
  return change === undefined || size === undefined || size === 0 ? undefined : change / size;
}

/** What the outputs of a layer look like, [rows, columns]. In float64. */
function outputsOf(
  layer: PlacedLayer,
  values: Float32Array,
  columns: number,
): Pick<LayerDiagnosis, 'activation' | 'saturation' | 'deadUnits'> {
  const chosen = activationOf(layer);
  const row = activationRow(chosen);
  const { saturated } = row;
  const parameter = parameterOf(chosen, row);
  let sum = 0;
  let flat = 0;
  const alive = new Uint8Array(columns);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    sum += value;
    if (saturated?.(value, parameter)) flat++;
    if (value !== 0) alive[i % columns] = 1;
  }
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) * (value - mean);
  return {
    activation: { mean, variance: squares / values.length },
    saturation: saturated && flat / values.length,
    deadUnits: row.dies(parameter) ? alive.reduce((dead, one) => dead - one, columns) / columns : undefined,
  };
}
