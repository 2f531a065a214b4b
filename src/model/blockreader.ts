import { type Block, checkBlock, type Dataset } from '../data/dataset.js';
import { readInputs } from '../data/inputs.js';
import type { Standardization } from '../data/standardize.js';
import type { TargetMatrix } from '../data/targets.js';
import { refuse, words } from '../errors.js';
import { classCount } from '../nn/losses.js';
import type { Range } from './blocks.js';
import { readTargets, rowWeights, scaleTargets } from './examples.js';
import type { Examples } from './resident.js';
import type { ModelState } from './state.js';
import type { RowForm } from './supply.js';

/** A data set as a model reads it: every block is checked as it comes, and must have the form of the first one. */
export class BlockReader {
  readonly dataset: Dataset<unknown>;
  /** Weight of each class, once known; all 1 until it has been counted. */
  perClass: Float64Array | undefined;
  /** What target values are standardized with, once known. */
  targets: Standardization | undefined;
  readonly #where: string;
  readonly #state: ModelState;
  #form: (RowForm & { readonly scale: number }) | undefined;

  /** @param where who asks, for messages */
  constructor(where: string, dataset: Dataset<unknown>, state: ModelState) {
    this.#where = where;
    this.dataset = dataset;
    this.#state = state;
    this.targets = state.targets;
  }

  /**
   * Checks a block that should hold these rows. Targets come in the units that the model works in.
   * @throws ArgumentError naming the row, by its number in the data set, or what differs from the blocks before.
   */
  examples(block: Block<unknown>, { first, rows }: Range): Examples {
    const where = this.#where;
    checkBlock(where, block);
    const { form } = this.#state;
    const x = readInputs(`${where}, x`, block.x, form.inputs, first);
    if (x.rows !== rows) {
      refuse(where, `read(${first}, ${rows}) of the data set must give ${rows} rows`, words(`${x.rows} rows`));
    }
    const t = asRows(block.y, readTargets(`${where}, y`, form, block.y, rows, first), classCount(form));
    const examples = { x, t, weights: undefined };
    const weights = rowWeights(where, form, examples, block.sampleWeight, this.perClass, first);
    this.#checkForm({ x, t, weights }, first);
    return { x, t: scaleTargets(t, this.targets), weights };
  }

  #checkForm({ x, t, weights }: Examples, first: number): void {
    const found = {
      bytes: x.data instanceof Uint8Array,
      dense: t.kind === 'values',
      weighted: weights !== undefined,
      scale: x.scale,
    };
    const form = this.#form;
    this.#form ??= found;
    if (!form) return;
    const rule = (what: string) => `every block must have ${what} like the first, but that from row ${first} has not`;
    const type = (bytes: boolean) => words(bytes ? 'uint8 inputs' : 'float32 inputs');
    if (found.bytes !== form.bytes) refuse(this.#where, rule('the same type of inputs'), type(found.bytes));
    if (found.scale !== form.scale) refuse(this.#where, rule(`\`scale\` ${form.scale}`), found.scale);
    if (found.dense !== form.dense) {
      const received = words(found.dense ? 'a row of targets for each row' : 'one class for each row');
      refuse(this.#where, rule('the same form of targets'), received);
    }
    if (found.weighted !== form.weighted) {
      const received = words(found.weighted ? 'weights in this one' : 'none in this one');
      refuse(this.#where, rule(form.weighted ? '`sampleWeight`' : 'no `sampleWeight`'), received);
    }
  }
}

/** Rows of probabilities stay rows: that those of one block are all one-hot says nothing about the next. */
function asRows(y: unknown, t: TargetMatrix, columns: number): TargetMatrix {
  const given: unknown = Array.isArray(y) ? y[0] : undefined;
  if (t.kind === 'values' || !(Array.isArray(given) || ArrayBuffer.isView(given))) return t;
  const data = new Float32Array(t.rows * columns);
  for (let i = 0; i < t.rows; i++) data[i * columns + (t.data[i] as number)] = 1;
  return { kind: 'values', data, rows: t.rows, columns };
}
