/** Which rows `evaluate` and `predict` take from a data set: those that the model was not trained on. */
import type { Features } from '../data/table/features.js';
import { madeData, SYNTHETIC } from './data.js';
import type { DataKind, TestPart } from './dataset.js';
import { DEFAULT_SEED } from './defaults.js';
import type { OpenedModel } from './models.js';

/** Rows to judge a model on. */
export type TestRows = TestPart & {
  /** What they are. */
  readonly about: string;
  /** Set where they may include rows that the model was trained on. */
  readonly warning?: string;
  /** Of a table: what was strange about them. */
  readonly notes?: readonly string[];
  /** Of a table: what made numbers of them. */
  readonly features?: Features;
};

/**
 * The rows, by what the model file remembers of its training. A folder brings its own test part. Data made by code are
 * made again: with the seed of the training their test part is taken, with another seed all rows are new. A model
 * without a record was saved by a program of the user's own, and then nobody knows what it has seen.
 */
export async function testRows(
  kind: Exclude<DataKind, 'table'>,
  data: string,
  { run }: OpenedModel,
  seed: number | undefined,
): Promise<TestRows> {
  if (kind === 'idx') {
    const { test } = await madeData(kind, data, { test: undefined, validation: 0, seed: 0 });
    return { ...test, about: `the test part (t10k files) of ${data}` };
  }
  if (run?.data === kind && run.test !== undefined && (seed === undefined || seed === run.seed)) {
    const { test, validation } = run;
    const parts = await madeData(kind, data, { test, validation, seed: run.seed }, run.rows);
    return { ...parts.test, about: `the test part of ${kind}, seed ${run.seed}, which its training did not use` };
  }
  const rows = SYNTHETIC[kind].make(undefined, seed ?? DEFAULT_SEED);
  const whole = { ...rows, numbers: Uint32Array.from(rows.y, (_, i) => i) };
  const about = `all rows of ${kind}, seed ${seed ?? DEFAULT_SEED}`;
  if (run) return { ...whole, about: `${about}, none of which its training used` };
  return {
    ...whole,
    about,
    warning: 'the model file does not say what it was trained on: these may be rows it has seen',
  };
}
