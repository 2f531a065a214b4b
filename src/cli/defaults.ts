/** What `train` takes for granted unless a flag says otherwise. */
import type { DataKind } from './dataset.js';

/** Where results go unless --out says otherwise. */
export const DEFAULT_FOLDER = 'lanegrad-out';

/** Milliseconds between two checkpoints within an epoch unless --checkpoint-every says otherwise. */
export const CHECKPOINT_EVERY = 5000;

/** What every run begins with unless --seed says otherwise. */
export const DEFAULT_SEED = 42;

/** Share of the rows for the test unless --test says otherwise; a folder brings its own test part. */
export const TEST_SHARE = 0.15;

/** What suits one kind of data. */
export interface Defaults {
  readonly hidden: readonly number[];
  readonly activation: string;
  /** Share of hidden values that dropout drops. */
  readonly dropout: number;
  readonly epochs: number;
  readonly batchSize: number;
  /** Learning rate of adam and adamw. */
  readonly adam: number;
  readonly patience: number;
}

/** What suits points in the plane; found by trying with spirals, the hardest of them. */
const PLANE: Defaults = {
  hidden: [32, 32],
  activation: 'tanh',
  dropout: 0,
  epochs: 200,
  batchSize: 32,
  adam: 1e-2,
  patience: 30,
};

/** What suits each kind of data but tables; found by trying, see docs/command.md. */
const DEFAULTS: Readonly<Record<Exclude<DataKind, 'table'>, Defaults>> = {
  digits: { hidden: [128], activation: 'relu', dropout: 0, epochs: 30, batchSize: 64, adam: 1e-3, patience: 5 },
  spirals: PLANE,
  moons: PLANE,
  circles: PLANE,
  xor: PLANE,
  idx: { hidden: [128], activation: 'relu', dropout: 0, epochs: 5, batchSize: 128, adam: 1e-3, patience: 5 },
};

/** What suits tables of up to so many training rows; measured, see docs/command.md. */
const TABLES: readonly { readonly rows: number; readonly defaults: Defaults }[] = [
  {
    rows: 5000,
    defaults: {
      hidden: [128],
      activation: 'tanh',
      dropout: 0.1,
      epochs: 200,
      batchSize: 16,
      adam: 1e-3,
      patience: 40,
    },
  },
  {
    rows: 100_000,
    defaults: {
      hidden: [128, 64],
      activation: 'relu',
      dropout: 0.1,
      epochs: 60,
      batchSize: 64,
      adam: 2e-3,
      patience: 10,
    },
  },
  {
    rows: Number.POSITIVE_INFINITY,
    defaults: {
      hidden: [128, 64],
      activation: 'relu',
      dropout: 0.1,
      epochs: 20,
      batchSize: 256,
      adam: 2e-3,
      patience: 3,
    },
  },
];

/** Share of the rows (of a folder: of its training part) that choose the best epoch. */
export function validationShare(kind: DataKind): number {
  return kind === 'idx' ? 0.1 : 0.15;
}

/** What suits data of a kind. @param rows for training */
export function defaultsFor(kind: DataKind, rows: number): Defaults {
  if (kind !== 'table') return DEFAULTS[kind];
  return (TABLES.find((one) => rows <= one.rows) as (typeof TABLES)[number]).defaults;
}

/** The defaults of a flag, for its help text. */
export function defaultsOf(name: keyof Defaults): string {
  const { digits, idx } = DEFAULTS;
  const [small, middle, large] = TABLES.map(({ defaults }) => defaults[name]);
  const tables = [...new Set([small, middle, large].map(String))].join(' to ');
  return `default ${digits[name]}, for points in the plane ${PLANE[name]}, for a folder ${idx[name]}, for tables by their size ${tables}`;
}
