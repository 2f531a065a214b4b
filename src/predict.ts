/**
 * `lanegrad/predict`: models that were trained and saved, for places that only predict. Small, for one thread, with the
 * reproducible kernels: the bits are those of the library with `kernel: 'simd'`. Its error classes are its own: who has both
 * tells errors apart by `name`.
 *
 * @module lanegrad/predict
 */
import { predictKernels } from '#predict';
import { SCRATCH_BYTES, Step, Tile } from '../assembly/abi.js';
import type { Inputs, Matrix } from './data/inputs.js';
import {
  ArgumentError,
  checkOptions,
  DisposedError,
  FormatError,
  LanegradError,
  MemoryLimitError,
  refuse,
} from './errors.js';
import { readModel, type SavedModel } from './model/checkpoint.js';
import { inputSize } from './model/inputsize.js';
import { type LaidNetwork, layOut, Placing } from './model/layout.js';
import {
  chunkRows,
  type Prediction,
  type PredictionPlace,
  parameterTensors,
  planForward,
  predictChunks,
  standardizationOffset,
} from './model/prediction.js';
import { likeliest, likeliestNames, type Predicting, predictRows } from './model/predictions.js';
import { checkClasses, checkStandardization, fitting, writeArrays } from './model/restore.js';
import { stagesOf } from './model/stages.js';
import { FORWARDS } from './nn/forwards.js';
import { classCount } from './nn/losses.js';
import { PredictionBuilder } from './program/accesses.js';
import { addressOf, encode, planSimply } from './program/plan.js';
import { align } from './runtime/arena.js';
import { kernelsIn } from './runtime/given.js';
import { compile } from './runtime/probe.js';
import type { RuntimeFacts } from './runtime/runtime.js';

export type { Inputs } from './data/inputs.js';
export {
  ArgumentError,
  DisposedError,
  FormatError,
  InternalError,
  LanegradError,
  MemoryLimitError,
  UnsupportedError,
} from './errors.js';
export type { RuntimeFacts } from './runtime/runtime.js';

/** Options of `load`. */
export interface LoadOptions {
  /**
   * The kernels, compiled by you, where lanegrad may not compile them itself: `lanegrad/predict.wasm` of this version.
   * Default: those that the package brings.
   */
  readonly module?: WebAssembly.Module;
}

/** Rows that are predicted at a time: few, because each tensor has a place of its own. */
const MOST_ROWS = 64;
const PAGE = 65536;
/** Address 0 stays unused, so that 0 can mean "no operand" in a record; kernels may read 15 bytes past an operand. */
const GUARD = 64;

/** The step block at an address: its words, found anew for each store, because the memory may have grown. */
class StepWords {
  readonly #memory: Memory;
  readonly #offset: number;

  constructor(memory: Memory, offset: number) {
    this.#memory = memory;
    this.#offset = offset;
  }

  setWord(index: number, value: number): void {
    this.#view.setUint32(4 * index, value, true);
  }

  setFloat(index: number, value: number): void {
    this.#view.setFloat32(4 * index, value, true);
  }

  get #view(): DataView {
    return new DataView(this.#memory.buffer, this.#offset);
  }
}

/** Memory that is handed out from its beginning to its end, and never taken back. */
class Memory {
  readonly memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
  #end = GUARD;

  get buffer(): ArrayBuffer {
    return this.memory.buffer;
  }

  /** So many zeroed bytes. @throws MemoryLimitError. */
  take(bytes: number): number {
    const offset = this.#end;
    this.#end += align(bytes);
    const missing = this.#end + GUARD - this.buffer.byteLength;
    try {
      if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    } catch {
      const help = 'Help: dispose models that are no longer needed, or use a smaller one.';
      throw new MemoryLimitError(`load: the engine refused ${Math.ceil(missing / 1024)} KiB for this model. ${help}`);
    }
    return offset;
  }

  bytes(offset: number, length: number): Uint8Array {
    return new Uint8Array(this.buffer, offset, length);
  }

  floats(offset: number, length: number): Float32Array {
    return new Float32Array(this.buffer, offset, length);
  }
}

/** What assembly/predict.ts exports. */
interface Kernels {
  run(program: number, first: number, last: number): void;
}

let compiled: WebAssembly.Module | undefined;

function kernelModule(): WebAssembly.Module {
  const binary = predictKernels();
  return binary instanceof Uint8Array ? compile(binary, 'load') : binary;
}

/** A program in memory. */
interface Loaded extends PredictionPlace {
  readonly program: number;
  readonly first: number;
  readonly last: number;
}

/** A model's memory and its two programs: for float32 and for uint8 rows, each made when it is first needed. */
class Core {
  readonly #memory = new Memory();
  readonly #kernels: Kernels;
  readonly #facts: Prediction;
  readonly #parameters: number;
  readonly #constants: number;
  readonly #scratch: number;
  readonly #programs: (Loaded | undefined)[] = [];

  constructor(module: WebAssembly.Module, network: LaidNetwork, saved: SavedModel) {
    const { inputs, slabBytes, parameters } = network;
    const { memory } = this.#memory;
    this.#kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels;
    this.#facts = { network, standardized: saved.config.standardize ?? false, tile: Tile.Narrow };
    this.#scratch = this.#memory.take(SCRATCH_BYTES);
    this.#parameters = this.#memory.take(slabBytes);
    this.#constants = this.#memory.take(2 * standardizationOffset(inputs));
    writeArrays(this.#memory.floats(this.#parameters, slabBytes / 4), parameters, saved.parameters);
    const scales = this.#constants + standardizationOffset(inputs);
    this.#memory.floats(scales, inputs).fill(1);
    if (!saved.inputs) return;
    const { mean, scale } = fitting('_inputs', saved.inputs, inputs);
    this.#memory.floats(this.#constants, inputs).set(mean);
    this.#memory.floats(scales, inputs).set(scale);
  }

  #load(bytes: boolean): Loaded {
    const { network } = this.#facts;
    const rows = Math.min(MOST_ROWS, chunkRows(network));
    const b = new PredictionBuilder(parameterTensors(network), this.#facts.tile);
    const { plan, output } = planForward(b, this.#facts, rows, bytes, planSimply);
    const program = this.#memory.take(plan.bytes);
    const staging = this.#memory.take(rows * network.inputs * (bytes ? 1 : 4));
    const slabs = { parameters: this.#parameters, constants: this.#constants, gradients: 0, state0: 0, state1: 0 };
    const bases = { ...slabs, transient: program };
    const words = encode(plan, bases, program, this.#scratch, 0);
    new Uint32Array(this.#memory.buffer, program, words.length).set(words);
    // what depends on parameters alone, which stay as they are
    this.#kernels.run(program, 0, plan.prologue);
    return {
      program,
      first: plan.prologue,
      last: plan.instructions.length,
      step: new StepWords(this.#memory, program + plan.stepOffset),
      staging,
      rows,
      output: addressOf(output, plan, bases),
      outputs: network.outputs,
    };
  }

  predict(x: Matrix, out: Float32Array): void {
    const bytes = x.data instanceof Uint8Array;
    this.#programs[Number(bytes)] ??= this.#load(bytes);
    const loaded = this.#programs[Number(bytes)] as Loaded;
    const { program, step, first, last } = loaded;
    predictChunks(this.#memory, loaded, x, out, (rows) => {
      step.setWord(Step.Rows, rows);
      this.#kernels.run(program, first, last);
    });
  }
}

/**
 * A model that predicts; made by `load`. Whatever it hands out is a copy. After `dispose`, its predictions throw a
 * DisposedError, and it knows no `classes`.
 */
export class Predictor {
  #state: Predicting | undefined;

  /** Use `load`. @internal */
  constructor(state: Predicting) {
    this.#state = state;
  }

  /** Class names by index, where the model knows them. */
  get classes(): readonly string[] | undefined {
    return this.#state?.classes;
  }

  /** Which kernels the model uses, and why. */
  get runtime(): RuntimeFacts {
    const reason = 'lanegrad/predict has the kernels with the same bits on every machine; one thread';
    return { kernel: 'simd', reproducible: true, threads: 1, reason };
  }

  /**
   * The outputs for every row, `[rows, outputs]` flat: probabilities after softmax and sigmoid, values in target units.
   * @param options.out is written and returned instead of a new array; it must have rows × outputs values. Default: a new array
   * @throws ArgumentError for inputs or an `out` that cannot be used; MemoryLimitError where the first call finds no room.
   */
  predict(x: Inputs, options: { readonly out?: Float32Array<ArrayBuffer> } = {}): Float32Array<ArrayBuffer> {
    const state = this.#use('predict');
    checkOptions('predict', options, ['out']);
    return predictRows(state, x, options.out);
  }

  /**
   * The likeliest class of every row; with one sigmoid output 1 where it is above ½.
   * @throws ArgumentError for models that do not tell classes apart; and as `predict`.
   */
  predictClasses(x: Inputs): Int32Array {
    return likeliest(this.#use('predictClasses'), x);
  }

  /**
   * The name of the likeliest class of every row.
   * @throws ArgumentError where the model knows no class names; and as `predictClasses`.
   */
  predictLabels(x: Inputs): string[] {
    return likeliestNames(this.#use('predictLabels'), x);
  }

  /** Lets go of the model's memory; it cannot be used afterwards. Never required. */
  dispose(): void {
    this.#state = undefined;
  }

  /** `using model = …` */
  [Symbol.dispose](): void {
    this.dispose();
  }

  #use(where: string): Predicting {
    if (!this.#state) throw new DisposedError(`${where}: the model was disposed. Help: load it again.`);
    return this.#state;
  }
}

/**
 * Reads a model that `save` wrote; what training needs of it is passed over. Ensembles need `loadEnsemble` of the whole library.
 * @throws FormatError for bytes that are truncated, damaged or not a lanegrad model; ArgumentError for what is no Uint8Array, an
 * unknown option, and a `module` of something else; UnsupportedError for an engine without WebAssembly SIMD, or that may not
 * compile; MemoryLimitError.
 */
export function load(bytes: Uint8Array, options: LoadOptions = {}): Predictor {
  if (!(bytes instanceof Uint8Array)) refuse('load', 'the bytes of a saved model are needed, as a Uint8Array', bytes);
  checkOptions('load', options, ['module']);
  const { module } = options;
  if (module !== undefined) kernelsIn('load', module, { predict: 'lanegrad/predict.wasm' });
  const saved = readModel(bytes, JSON.parse);
  const { config, loss, classes, targets } = saved;
  try {
    const { width } = inputSize(config.input);
    const network = layOut(width, new Placing(FORWARDS).place('', width, config.layers));
    // what no layer computes is told here, not with the first prediction
    stagesOf(network.layers, 'evaluate');
    const { outputs } = network;
    checkClasses(classes, classes && classCount({ loss, outputs }));
    checkStandardization(saved);
    if (targets) fitting('_targets', targets, outputs);
    compiled ??= module ? undefined : kernelModule();
    const core = new Core((module ?? compiled) as WebAssembly.Module, network, saved);
    return new Predictor({ core, compiled: { network, loss }, classes: classes ?? config.classes, targets });
  } catch (error) {
    if (error instanceof LanegradError && !(error instanceof ArgumentError)) throw error;
    const help = 'Help: load it with the version of lanegrad that wrote it.';
    throw new FormatError(
      `load: the model describes a network that cannot be built (${(error as Error).message}) ${help}`,
    );
  }
}
