/** A table out of a file, in its parts, as numbers. */
import { basename } from 'node:path';
import { type EncodedExamples, encodeExamples, type Features, fitFeatures, type Table } from '../../data/index.js';
import { namesOf } from '../../data/table/cells.js';
import { targetsOf } from '../../data/table/features.js';
import { fitTarget } from '../../data/table/target.js';
import { fail } from '../arguments.js';
import { type DataSet, type Inputs, isStreamed, type Rows, type Split, type Streamed, type Task } from '../dataset.js';
import { describeTable, tableParts } from './columnfacts.js';
import { columnsOf, targetsIn } from './columns.js';
import type { TableFlags } from './flags.js';
import { fingerprintOf, foldsOf, type Parts, partsOf, rowsWith, type SplitBy, splitAbout } from './parts.js';
import { readTable } from './read.js';
import { type Strangeness, strangenessOf } from './strange.js';
import { inFlags, onFile } from './words.js';

/** Classes repeat at least so often, on the average, or they are dealt to the parts by chance. */
const LEAST_REPEATS = 2;

/** What features tell. */
export function taskOf(features: Features): Task {
  const { classes, log } = features;
  return classes ? { kind: 'classes', classes } : { kind: 'numbers', targets: targetsOf(features), log };
}

/** Rows as numbers, with their targets. */
export function rowsOf(
  features: Features,
  table: Table,
  path: string,
): Rows & Pick<EncodedExamples, 'warnings' | 'unseen'> {
  const { x, rows, y, warnings, unseen } = onFile(path, () => encodeExamples(features, table, path));
  return { x: inputsOf(x, rows), y, warnings, unseen };
}

/** Encoded rows with their shape. */
export function inputsOf(data: Float32Array, rows: number): Inputs {
  return { data, shape: [rows, data.length / rows] };
}

/** Rows to train with: of a table on disk, block by block. */
function trainingRows(features: Features, table: Table, path: string, inMemory: boolean): Rows | Streamed {
  const dataset = inMemory ? undefined : onFile(path, () => table.encoded(features));
  if (!dataset) return rowsOf(features, table, path);
  const pick = (rows: Uint32Array): Rows => {
    const { x, y } = rowsOf(features, table.pick(rows), path);
    return { x, y };
  };
  return { dataset, width: features.width, pick };
}

/**
 * Rows to judge by, as rows to train with; each has its targets.
 * @param numbers what they are in the file, where not all of it, for messages
 */
export function judgedRows(
  features: Features,
  table: Table,
  path: string,
  inMemory: boolean,
  numbers?: Uint32Array,
): (Rows | Streamed) & Strangeness {
  const rows = inMemory ? undefined : trainingRows(features, table, path, false);
  if (!rows || !isStreamed(rows)) return rowsOf(features, table, path);
  return { ...rows, ...onFile(path, () => strangenessOf(path, features, table, numbers)) };
}

/** Stratified by the target where it is classes, unless a flag says otherwise. */
function splitBy({ time, group }: TableFlags, table: Table, target: string | undefined): SplitBy {
  if (time !== undefined) return { time };
  if (group !== undefined) return { group };
  if (target === undefined) return {};
  const classes = namesOf(table.column(target)).dictionary.length;
  return classes * LEAST_REPEATS <= table.rows ? { stratify: target } : {};
}

/**
 * Reads a table, decides what the target is, parts the rows, and fits the features on the training rows alone.
 * @param inMemory also the training rows of a large file; by default they are read block by block
 * @throws ArgumentError, FormatError for a file or flags that cannot be used, in one sentence.
 */
export async function loadTable(path: string, flags: TableFlags, split: Split, inMemory = false): Promise<DataSet> {
  const verb = 'train';
  const table = await readTable(path);
  const targets = targetsIn(verb, flags.target, table);
  const dropped = flags.drop === undefined ? [] : columnsOf(verb, 'drop', flags.drop, table);
  for (const [flag, name] of Object.entries({ time: flags.time, group: flags.group })) {
    if (name !== undefined && !table.has(name)) columnsOf(verb, flag, name, table);
  }
  for (const name of Object.keys(flags.kinds)) if (!table.has(name)) columnsOf(verb, 'kind', name, table);
  const labelled = rowsWith(table, targets);
  if (labelled.length === 0) {
    fail(
      verb,
      `${path}: the target \`${targets.join(', ')}\` is empty in every row; name another one with \`--target\`.`,
    );
  }
  const notes: string[] = [];
  const rows = labelled.length < table.rows ? table.pick(labelled) : table;
  if (rows !== table)
    notes.push(`${table.rows - labelled.length} of ${table.rows} rows have no target, and are left out.`);
  const { task } = onFile(path, () => {
    const columns = new Map(targets.map((name) => [name, rows.column(name)]));
    return fitTarget(path, columns, flags.task, flags.log, notes);
  });
  const classes = task === 'classification' ? targets[0] : undefined;
  const by = splitBy(flags, rows, classes);
  const parts = onFile(path, () => partsOf(table, targets, split, by, classes));
  notes.push(...parts.notes);
  const drop = [...dropped, ...(flags.group !== undefined && !dropped.includes(flags.group) ? [flags.group] : [])];
  if (drop.length > dropped.length) notes.push(`${flags.group}: left out, as it names the groups.`);
  const picked = (some: Parts) => ({
    train: table.pick(some.train),
    validation: table.pick(some.validation),
    test: table.pick(some.test),
  });
  const { train, validation, test } = picked(parts);
  const target = targets.length === 1 ? (targets[0] as string) : targets;
  const fitOn = (training: Table) =>
    onFile(path, () => fitFeatures(training, { target, task, drop, kinds: flags.kinds, log: flags.log }));
  const features = fitOn(train);
  notes.push(...features.notes);
  const judged = test.rows > 0 ? judgedRows(features, test, path, inMemory, parts.test) : undefined;
  const { unseen = {}, warnings = [] } = judged ?? {};
  notes.push(...warnings.map((warning) => `test part, ${warning}`));
  const common = {
    kind: 'table',
    title: basename(path),
    rows: table.rows,
    about: `rows of ${table.names.length} columns, ${path}`,
    splitAbout: `${splitAbout(by)}${by.time === undefined ? `, seed ${split.seed}` : ''}`,
  } as const;
  const learned = (fitted: Features, training: Table, judged: Table) => ({
    task: taskOf(fitted),
    train: trainingRows(fitted, training, path, inMemory),
    validation: judged.rows > 0 ? trainingRows(fitted, judged, path, inMemory) : undefined,
    features: fitted,
  });
  const folds =
    flags.folds === undefined
      ? undefined
      : onFile(path, () => foldsOf(table, targets, flags.folds as number, split, by, classes)).map((fold) => () => {
          const own = picked(fold);
          const fitted = fitOn(own.train);
          const judged = judgedRows(fitted, own.test, path, inMemory, fold.test);
          return { ...common, ...learned(fitted, own.train, own.validation), test: { ...judged, numbers: fold.test } };
        });
  return {
    ...common,
    ...learned(features, train, validation),
    test: judged && { ...judged, numbers: parts.test },
    ...(folds && { folds }),
    facts: {
      description: describeTable(features, train, { rows: test.rows, unseen }, notes.map(inFlags)),
      parts: tableParts(features, [
        { name: 'training', table: train },
        { name: 'validation', table: validation },
        { name: 'test', table: test },
      ]),
    },
    notes: notes.map(inFlags),
    origin: { file: basename(path), fingerprint: fingerprintOf(table), by },
  };
}
