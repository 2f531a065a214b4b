import type { Inputs } from '../data/inputs.js';
import { checkOptions, refuse, show, suggest, words } from '../errors.js';
import { Estimator, type Task } from './estimator.js';
import type { MLPOptions } from './parameters.js';

/** A class: its name, or its number. */
export type Label = string | number;

/** The class of each row: names, or whole numbers. */
export type LabelList<L extends Label> = readonly L[] | (number extends L ? Uint8Array | Int32Array : never);

function checkLabels(where: string, y: unknown): asserts y is ArrayLike<Label> {
  if (!Array.isArray(y) && !(y instanceof Uint8Array) && !(y instanceof Int32Array)) {
    refuse(where, 'labels must be an array of names or of whole numbers', y);
  }
  if (y.length === 0) refuse(where, 'at least one row is needed', words('no labels'));
  const kind = typeof y[0] === 'string' ? 'string' : 'number';
  // a loop over numbers: forEach would pass over the holes of a sparse array
  for (let row = 0; row < y.length; row++) {
    const label: unknown = y[row];
    if (typeof label !== kind || (kind === 'number' && !Number.isSafeInteger(label))) {
      const rule = `the label of row ${row} must be ${kind === 'string' ? 'a name like that of row 0' : 'a whole number'}`;
      refuse(
        where,
        rule,
        label,
        kind === 'number' && typeof label === 'number' ? 'MLPRegressor predicts numbers.' : undefined,
      );
    }
  }
}

/** The different labels: names by code units, numbers by size. */
function differentIn(y: ArrayLike<Label>): Label[] {
  const labels = [...new Set(Array.from(y))];
  return typeof labels[0] === 'string' ? labels.sort() : (labels as number[]).sort((a, b) => a - b);
}

/**
 * A classifier in the shape of scikit-learn's `MLPClassifier`: two classes with one sigmoid output, more with softmax, both
 * with cross-entropy. Names and meanings of its parameters are theirs (`MLPParameters`), and so are initial weights, objective and
 * stopping; it is a `sequential` model underneath, `estimator.model`.
 *
 * @example
 * const estimator = await new MLPClassifier({ hiddenLayerSizes: [32], maxIter: 500 }).fit(x, ['yes', 'no', …]);
 * estimator.predict(unseen);        // ['no', …]
 * estimator.predictProba(unseen);   // [[0.9, 0.1], …], a column for each of estimator.classes
 *
 * @throws ArgumentError for unknown parameters and values out of range.
 */
export class MLPClassifier<L extends Label = Label> extends Estimator<LabelList<L>> {
  #classes: readonly L[] | undefined;

  /** @throws ArgumentError for an option that is none, or a value that cannot be. */
  constructor(options: MLPOptions = {}) {
    super('MLPClassifier', options);
  }

  /** The classes, names in alphabetical order (by code units) or numbers by size. @throws ArgumentError before the first fit. */
  get classes(): readonly L[] {
    this.fitted('classes');
    return [...(this.#classes as readonly L[])];
  }

  /** The class of each row. @throws ArgumentError as `predict` of a model, and before the first fit. */
  predict(x: Inputs): L[] {
    const classes = this.#classes as readonly L[];
    return Array.from(this.fitted('predict').predictClasses(x), (index) => classes[index] as L);
  }

  /**
   * The probability of each class, row by row: a column for each of `classes`, also where there are two. (`estimator.model.predict(x)`
   * is the flat array that it is made of, which of two classes has the second one alone.)
   * @throws ArgumentError as `predict`
   */
  predictProba(x: Inputs): number[][] {
    const flat = this.fitted('predictProba').predict(x);
    const count = (this.#classes as readonly L[]).length;
    if (count === 2) return Array.from(flat, (probability) => [1 - probability, probability]);
    return Array.from({ length: flat.length / count }, (_, row) =>
      Array.from(flat.subarray(row * count, (row + 1) * count)),
    );
  }

  /**
   * The share of the rows whose class is predicted. Labels that the fit did not have are never right.
   * @throws ArgumentError as `predict`, and for labels that are none, or are not as many as rows.
   */
  score(x: Inputs, y: LabelList<L>): number {
    this.fitted('score');
    checkLabels('score', y);
    const predicted = this.predict(x);
    if (predicted.length !== y.length) {
      refuse('score', 'there must be one label for each row', words(`${y.length} labels, ${predicted.length} rows`));
    }
    return predicted.filter((label, row) => label === y[row]).length / predicted.length;
  }

  /**
   * Goes on learning: one epoch over these rows, in batches as `fit` has them, with the optimizer where it stands. Without
   * early stopping.
   * @param options.classes all classes that there will ever be, which the first call must have
   * @throws (rejects) ArgumentError for labels that are none of the classes, a first call without `classes`, and a later one with
   * others; and as `fit`
   */
  async partialFit(x: Inputs, y: LabelList<L>, options: { readonly classes?: readonly L[] } = {}): Promise<this> {
    return this.goOn(x, this.#partialTask('partialFit', y, options));
  }

  /**
   * The same in one go.
   * @param options.classes all classes that there will ever be, which the first call must have
   * @throws as `partialFit` rejects
   */
  partialFitSync(x: Inputs, y: LabelList<L>, options: { readonly classes?: readonly L[] } = {}): this {
    return this.goOnSync(x, this.#partialTask('partialFitSync', y, options));
  }

  #partialTask(where: string, y: LabelList<L>, options: { readonly classes?: readonly L[] }): Task {
    checkOptions(where, options, ['classes']);
    const { classes } = options;
    if (classes !== undefined) checkLabels(`${where}, classes`, classes);
    const given = classes && (differentIn(classes) as L[]);
    if (!this.isFitted) {
      if (given) return this.#task(where, y, given);
      refuse(where, 'the first call must name all classes', words('no `classes`'), "write { classes: ['no', 'yes'] }.");
    }
    if (given && given.join('\n') !== this.classes.join('\n')) {
      refuse(where, 'the classes must be those of the first call', given, 'a new estimator can have others.');
    }
    return this.#task(where, y, this.classes);
  }

  /** @internal */
  protected override taskOf(where: string, y: LabelList<L>): Task {
    checkLabels(where, y);
    const classes = differentIn(y) as L[];
    const before = this.#classes;
    if (this.getParams().warmStart && before && before.join('\n') !== classes.join('\n')) {
      const help = 'set warmStart: false to begin anew.';
      refuse(where, 'a warm start must have the classes of the fit before', classes, help);
    }
    return this.#task(where, y, classes);
  }

  /** @internal */
  protected override learned({ labels }: Task): void {
    this.#classes = labels as readonly L[];
  }

  #task(where: string, y: LabelList<L>, classes: readonly L[]): Task {
    checkLabels(where, y);
    const count = classes.length;
    if (count < 2) refuse(where, 'there must be at least two classes', words(`only ${show(classes[0])}`));
    const places = new Map<Label, number>(classes.map((label, i) => [label, i]));
    const targets = Int32Array.from(y as ArrayLike<Label>, (label, row) => {
      const place = places.get(label);
      if (place !== undefined) return place;
      const names = classes.map(String);
      return refuse(where, `the label of row ${row} is not one of the classes`, label, suggest(String(label), names));
    });
    const binary = count === 2;
    return {
      output: { units: binary ? 1 : count, activation: binary ? 'sigmoid' : 'softmax', scale: 1 },
      loss: binary ? 'binaryCrossEntropy' : 'crossEntropy',
      metric: 'accuracy',
      labels: classes,
      targets,
      rows: y.length,
    };
  }
}
