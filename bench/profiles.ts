/** Models whose steps have the operations that are to be measured, and the reading of their profiles. */
import {
  type ActivationName,
  activation,
  adagrad,
  adam,
  adamw,
  augment,
  batchNorm,
  dense,
  dropout,
  type Layer,
  l1,
  l1l2,
  layerNorm,
  maxNorm,
  type Optimizer,
  type Runtime,
  residual,
  rmsprop,
  sequential,
  sgd,
} from 'lanegrad';
import { unit } from './nets.js';

/** A record of a profile. */
export interface ProfileRow {
  readonly operation: string;
  readonly seconds: number;
  /** What it reads and writes, float32. */
  readonly bytes: number;
}

const LINE =
  /^\s*\d+ .*?\b(?<operation>[A-Z]\w+)\s.*?(?<time>[\d.]+) µs\s+[\d.]+ %\s+(?:[\d.]+ GFLOP\/s)?\s*(?<operands>.*)$/u;

/** The records of `model.profile(…)` with `rows` rows. @throws Error where the listing has another form than it had. */
export function parseProfile(text: string, rows: number): ProfileRow[] {
  const lines = text.split('\n').filter((line) => /^\s*\d+ /.test(line));
  return lines.map((line) => {
    const { operation, time, operands } = LINE.exec(line)?.groups ?? {};
    if (!operation || !time || operands === undefined)
      throw new Error(`a line of the profile was not understood: ${line}`);
    const sizes = [...operands.matchAll(/\[(\w+), (\d+)\]/g)].map(
      ([, m, n]) => (m === 'rows' ? rows : Number(m)) * Number(n),
    );
    const bytes = 4 * sizes.reduce((sum, size) => sum + size, 0);
    // the rows that a batch is gathered from are not an operand: it reads as much as it writes
    return { operation, seconds: Number(time) / 1e6, bytes: operation === 'Gather' ? 2 * bytes : bytes };
  });
}

/** A model, and which of its operations it is there for. */
interface Setup {
  readonly operations: readonly string[];
  readonly batch: number;
  /** Returns what makes a profile. */
  build(runtime: Runtime, repetitions?: number): () => string;
}

/** Rows and width: a tensor of 256 KiB, in the second-level cache. */
const [BATCH, WIDTH] = [128, 512];

interface Parts {
  readonly layers: readonly Layer[];
  readonly operations: readonly string[];
  readonly optimizer?: Optimizer;
  readonly input?: number | readonly [number, number];
  readonly clipValue?: number;
  readonly standardize?: boolean;
}

function setup({
  layers,
  operations,
  optimizer = adam(),
  input = WIDTH,
  clipValue,
  standardize = false,
}: Parts): Setup {
  return {
    operations,
    batch: BATCH,
    build(runtime, repetitions = 40) {
      const config = { input, standardize, seed: 1, layers: [...layers, dense(10, { activation: 'softmax' })] };
      const shifting = operations.includes('Warp') ? { augment: augment({ rotate: 10, noise: 0.1 }) } : {};
      const model = sequential({ ...config, ...shifting }, { runtime }).compile({
        loss: 'crossEntropy',
        optimizer,
        ...(clipValue !== undefined && { clipValue }),
      });
      const width = typeof input === 'number' ? input : input[0] * input[1];
      const x = Float32Array.from({ length: BATCH * width }, (_, i) => unit(i) - 0.5);
      const y = Uint8Array.from({ length: BATCH }, (_, i) => i % 10);
      // standardization is fitted by the first fit
      if (standardize) model.fitSync(x, y, { epochs: 1 });
      return () => model.profile(x, y, { batchSize: BATCH, repetitions });
    },
  };
}

const ACTIVATIONS = [
  'sigmoid',
  'tanh',
  'relu',
  'leakyRelu',
  'elu',
  'softplus',
  'gelu',
  'silu',
] as const satisfies readonly ActivationName[];
const OPTIMIZERS = {
  sgd: sgd(),
  'sgd with momentum': sgd({ momentum: 0.9 }),
  adagrad: adagrad(),
  rmsprop: rmsprop(),
  adam: adam(),
  adamw: adamw(),
};

/** By name. */
export const SETUPS: Readonly<Record<string, Setup>> = {
  ...Object.fromEntries(
    ACTIVATIONS.map((name) => [
      name,
      setup({ layers: [dense(WIDTH, { activation: name })], operations: ['Activation', 'ActivationGradient'] }),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(OPTIMIZERS).map(([name, optimizer]) => [
      name,
      setup({ layers: [dense(WIDTH)], operations: ['Optimizer'], optimizer }),
    ]),
  ),
  softmax: setup({ layers: [dense(WIDTH), activation('softmax')], operations: ['Softmax', 'SoftmaxGradient'] }),
  'cross entropy': setup({ layers: [], operations: ['Loss', 'Verdict'] }),
  dropout: setup({ layers: [dense(WIDTH), dropout({ keep: 0.5 })], operations: ['Dropout'] }),
  'batch norm': setup({
    layers: [dense(WIDTH), batchNorm()],
    operations: ['Moments', 'Normalize', 'NormalizeGradient', 'RunningAverage'],
  }),
  'layer norm': setup({
    layers: [dense(WIDTH), layerNorm()],
    operations: ['LayerNorm', 'LayerNormGradient', 'LayerNormParameterGradient'],
  }),
  residual: setup({ layers: [dense(WIDTH), residual([dense(WIDTH)])], operations: ['Add'] }),
  penalties: setup({
    layers: [dense(WIDTH, { weightRegularizer: l1l2({ l1: 1e-4, l2: 1e-4 }) })],
    operations: ['Penalty'],
  }),
  'proximal l1': setup({
    layers: [dense(WIDTH, { weightRegularizer: l1(1e-4, { proximal: true }) })],
    operations: ['SoftThreshold'],
  }),
  'max norm': setup({ layers: [dense(WIDTH, { weightConstraint: maxNorm(3) })], operations: ['MaxNorm'] }),
  data: setup({
    layers: [dense(WIDTH)],
    operations: ['Gather', 'Standardize', 'PackB', 'ColumnSum', 'SquareSum', 'Clip'],
    standardize: true,
    clipValue: 1,
  }),
  augment: setup({ layers: [], input: [28, 28], operations: ['RandomMap', 'Warp', 'Noise'] }),
};
