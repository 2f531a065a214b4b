/** What `train` takes for granted unless a flag says otherwise. */
import type { DataKind } from './data.js';

/** Where results go unless --out says otherwise. */
export const DEFAULT_FOLDER = 'lanegrad-out';

/** Milliseconds between two checkpoints within an epoch unless --checkpoint-every says otherwise. */
export const CHECKPOINT_EVERY = 5000;

/** What every run begins with unless --seed says otherwise. */
export const DEFAULT_SEED = 42;

/** Share of the rows for the test unless --test says otherwise; a folder brings its own test part. */
export const TEST_SHARE = 0.15;

/** What suits one kind of data. */
interface Defaults {
  readonly hidden: readonly number[];
  readonly activation: string;
  readonly epochs: number;
  readonly batchSize: number;
  /** Learning rate of adam and adamw. */
  readonly adam: number;
  readonly patience: number;
  readonly validation: number;
}

/** What suits points in the plane; found by trying with spirals, the hardest of them. */
const PLANE: Defaults = {
  hidden: [32, 32],
  activation: 'tanh',
  epochs: 200,
  batchSize: 32,
  adam: 1e-2,
  patience: 30,
  validation: 0.15,
};

/** What suits each kind of data; found by trying, see docs/command.md. */
export const DEFAULTS: Readonly<Record<DataKind, Defaults>> = {
  digits: { hidden: [128], activation: 'relu', epochs: 30, batchSize: 64, adam: 1e-3, patience: 5, validation: 0.15 },
  spirals: PLANE,
  moons: PLANE,
  circles: PLANE,
  xor: PLANE,
  idx: { hidden: [128], activation: 'relu', epochs: 5, batchSize: 128, adam: 1e-3, patience: 5, validation: 0.1 },
};

/** The defaults of a flag, for its help text. */
export function defaultsOf(name: keyof Defaults): string {
  const { digits, idx } = DEFAULTS;
  return `default ${digits[name]}, for points in the plane ${PLANE[name]}, for a folder ${idx[name]}`;
}
