/** Which rows of a table `evaluate` judges a model on. */
import { basename } from 'node:path';
import type { Table } from '../../data/index.js';
import { targetsOf } from '../../data/table/features.js';
import { Model } from '../../model/model.js';
import { grouped } from '../../report/format.js';
import { fail } from '../arguments.js';
import type { OpenedModel } from '../models.js';
import type { TestRows } from '../testrows.js';
import { judgedRows } from './load.js';
import { fingerprintOf, partsOf, rowsWith } from './parts.js';
import { readTable } from './read.js';
import { checkTargets } from './strange.js';
import { onFile } from './words.js';

/**
 * The test part, where the table is the one that the model was trained on, whatever file it is in now; otherwise all rows that
 * have a target.
 */
export async function tableTestRows(path: string, { model, features, run, task }: OpenedModel): Promise<TestRows> {
  if (!features) {
    return fail(
      'evaluate',
      `the model takes rows of numbers, and ${path} is a table; train one with \`lanegrad train ${path}\`.`,
    );
  }
  const table = await readTable(path);
  const targets = targetsOf(features);
  const absent = targets.find((name) => !table.has(name));
  if (absent !== undefined) {
    return fail(
      'evaluate',
      `${path}: the target column \`${absent}\` is needed to judge answers; there are ${table.names.join(', ')}.`,
    );
  }
  const { table: origin, test, validation = 0, seed = 0 } = run ?? {};
  const own = run !== undefined && origin?.fingerprint === fingerprintOf(table);
  // an ensemble judges rows in memory alone
  const inMemory = !(model instanceof Model);
  if (own && test !== undefined && origin) {
    const classes = task.kind === 'classes' ? targets[0] : undefined;
    const parts = onFile(path, () => partsOf(table, targets, { test, validation, seed }, origin.by, classes));
    const about = `the test part of ${path}, seed ${seed}, which its training did not use`;
    if (parts.test.length === 0) {
      return fail('evaluate', `${path}: no row of this table was left for a test part; give a table of other rows.`);
    }
    const { warnings, ...judged } = judgedRows(features, table.pick(parts.test), path, inMemory, parts.test);
    return { ...judged, numbers: parts.test, features, about, notes: warnings };
  }
  onFile(path, () => checkTargets(path, features, table));
  const numbers = rowsWith(table, targets);
  const without = table.rows - numbers.length;
  if (numbers.length === 0) fail('evaluate', `${path}: at least one row with a target is needed, and there is none.`);
  const some = without > 0 ? table.pick(numbers) : table;
  const { warnings, ...judged } = judgedRows(features, some, path, inMemory, numbers);
  const about = `all rows of ${path}`;
  return {
    ...judged,
    numbers,
    features,
    about,
    notes: without > 0 ? [...warnings, `${without} of ${table.rows} rows have no target, and are left out.`] : warnings,
    ...(origin ? warningOf(path, table, origin.file, run?.rows ?? 0) : UNKNOWN),
  };
}

const UNKNOWN = {
  warning: 'the model file does not say what it was trained on: these may be rows it has seen',
} as const;

/** Another table than that of the training may have rows of it all the same. */
function warningOf(path: string, { rows }: Table, file: string, trained: number): { readonly warning: string } {
  const same = basename(path) === file ? ', although its name is the same' : '';
  return {
    warning:
      `this is not the table of the training (${file}, ${grouped(trained)} rows; here ${grouped(rows)})${same}: ` +
      'all rows are judged, and where some of them were in it, the figures are too good',
  };
}
