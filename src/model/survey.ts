import { MomentSums } from '../data/moments.js';
import { type Standardization, standardizationOf } from '../data/standardize.js';
import type { BlockReader } from './blockreader.js';
import type { Blocks, Range } from './blocks.js';
import { countClasses, type ExampleForm } from './examples.js';
import { ReadAhead } from './readahead.js';
import type { Examples } from './resident.js';
import type { Waiting } from './supply.js';

/** What a pass over a data set is to find out. */
export interface Questions {
  /** Channels of the inputs, for their standardization; undefined: not asked. */
  readonly inputs: number | undefined;
  /** Standardization of target values. */
  readonly targets: boolean;
  /** Rows of each class, of which there are so many; undefined: not asked. */
  readonly classes: number | undefined;
}

/** What it found. */
export interface Answers {
  readonly inputs: Standardization | undefined;
  readonly targets: Standardization | undefined;
  readonly members: Float64Array | undefined;
}

/** Reads all blocks once, front to back, in float64 and always in the same order: the same bits every time. */
export function* survey(
  where: string,
  reader: BlockReader,
  form: ExampleForm,
  blocks: Blocks,
  questions: Questions,
  pause: () => boolean,
): Generator<Waiting, Answers> {
  const inputs = questions.inputs === undefined ? undefined : new MomentSums(questions.inputs);
  const targets = questions.targets ? new MomentSums(form.outputs) : undefined;
  const members = questions.classes === undefined ? undefined : new Float64Array(questions.classes);
  const ahead = new ReadAhead(reader);
  const all = function* (): Generator<Range, void> {
    for (let block = 0; block < blocks.count; block++) yield blocks.at(block);
  };
  try {
    ahead.begin(all());
    for (let next = ahead.next(); next; next = ahead.next()) {
      if (next instanceof Promise) {
        yield next;
        continue;
      }
      const { x, t } = next;
      inputs?.add(x);
      if (t.kind === 'values') targets?.add({ data: t.data, rows: t.rows, columns: t.columns, scale: 1 });
      if (members) countClasses(`${where}, y`, form, t, undefined, members);
      if (pause()) yield;
    }
  } finally {
    ahead.end();
  }
  return {
    inputs: inputs && standardizationOf(inputs.moments(), form.inputs, questions.inputs as number),
    targets: targets && standardizationOf(targets.moments(), form.outputs, form.outputs),
    members,
  };
}

/** One block, checked. */
export function* readOne(reader: BlockReader, range: Range): Generator<Waiting, Examples> {
  const ahead = new ReadAhead(reader);
  try {
    ahead.begin([range]);
    for (;;) {
      const next = ahead.next() as Examples | Promise<void>;
      if (!(next instanceof Promise)) return next;
      yield next;
    }
  } finally {
    ahead.end();
  }
}
