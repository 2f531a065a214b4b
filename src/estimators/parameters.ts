import { checkNumber, checkOneOf, checkOptions, checkPositive, checkPositiveInteger, refuse } from '../errors.js';
import { dense } from '../nn/dense.js';
import { uniform } from '../nn/initializers.js';
import type { Layer } from '../nn/layers.js';
import { adam, type Optimizer, sgd } from '../nn/optimizers.js';
import { l2 } from '../nn/regularizers.js';
import { checkSeed } from '../random.js';

/** The activations of hidden layers under scikit-learn's names, and what they are called here. */
const ACTIVATIONS = { identity: 'linear', logistic: 'sigmoid', tanh: 'tanh', relu: 'relu' } as const;
const SOLVERS = ['adam', 'sgd'] as const;

/**
 * What an estimator is told, with the names (in camel case), meanings and defaults of scikit-learn's `MLPClassifier` and
 * `MLPRegressor`, unless a line says otherwise. Nothing is standardized, as there: scale the inputs first.
 */
export interface MLPParameters {
  /** Units of each hidden layer; `[]` is a linear model. Default `[100]`. */
  readonly hiddenLayerSizes: readonly number[];
  /** Of the hidden layers; `'identity'` is linear, `'logistic'` sigmoid. Default `'relu'`. */
  readonly activation: keyof typeof ACTIVATIONS;
  /** The optimizer. `'lbfgs'` is not there. Default `'adam'`. */
  readonly solver: (typeof SOLVERS)[number];
  /** Strength of the L2 penalty alpha / 2 · Σ w² / (rows of a batch), on weights and not on biases. Default 1e-4. */
  readonly alpha: number;
  /** Rows per update, and all rows where there are fewer; `'auto'` is 200. Default `'auto'`. */
  readonly batchSize: number | 'auto';
  /** The learning rate, which is constant. Default 0.001. */
  readonly learningRateInit: number;
  /** Most epochs of a fit. Default 200. */
  readonly maxIter: number;
  /** A new order of the rows in every epoch. Default true. */
  readonly shuffle: boolean;
  /**
   * Drives initial weights, shuffling and what is held out. From 0 to 2⁵³ − 1. Default 0, so that runs repeat (there: other
   * numbers each time).
   */
  readonly randomState: number;
  /**
   * What counts as getting better: by more than this, in units of the loss (of the score, with `earlyStopping`). Default
   * 1e-4.
   */
  readonly tol: number;
  /** `fit` goes on from the parameters of the fit before. Default false. */
  readonly warmStart: boolean;
  /** μ of `'sgd'`, from 0 to 0.999999. Default 0.9. */
  readonly momentum: number;
  /** Whether the momentum of `'sgd'` looks ahead, where there is any (Sutskever and others 2013). Default true. */
  readonly nesterovsMomentum: boolean;
  /** Watches the score of rows held out instead of the training loss, and ends with the best weights. Default false. */
  readonly earlyStopping: boolean;
  /** The share of the rows that `earlyStopping` holds out, with each class in its share. Default 0.1. */
  readonly validationFraction: number;
  /** Decay of the first moment of `'adam'`, from 0 to 0.999999. Default 0.9. */
  readonly beta1: number;
  /** Decay of the second moment of `'adam'`, from 0 to 0.999999. Default 0.999. */
  readonly beta2: number;
  /** Of `'adam'`, outside the root; added after the bias correction (there: before). Default 1e-8. */
  readonly epsilon: number;
  /** Epochs without getting better by `tol` that are borne; one more ends the fit. Default 10. */
  readonly nIterNoChange: number;
}

/** What estimators are made with: any of the parameters. */
export type MLPOptions = Partial<MLPParameters>;

/** The defaults of scikit-learn 1.2, apart from `randomState`. */
const DEFAULTS: MLPParameters = {
  hiddenLayerSizes: [100],
  activation: 'relu',
  solver: 'adam',
  alpha: 1e-4,
  batchSize: 'auto',
  learningRateInit: 1e-3,
  maxIter: 200,
  shuffle: true,
  randomState: 0,
  tol: 1e-4,
  warmStart: false,
  momentum: 0.9,
  nesterovsMomentum: true,
  earlyStopping: false,
  validationFraction: 0.1,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  nIterNoChange: 10,
};

const NAMES = Object.keys(DEFAULTS);

/** The parameters that `options` make of others. @throws ArgumentError for unknown names and values out of range. */
export function checkParameters(where: string, options: MLPOptions, others = DEFAULTS): MLPParameters {
  checkOptions(where, options, NAMES);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const all = { ...others, ...Object.fromEntries(given) } as MLPParameters;
  const { hiddenLayerSizes, activation, solver, alpha, batchSize, maxIter, nIterNoChange, validationFraction } = all;
  if (!Array.isArray(hiddenLayerSizes)) {
    const help = 'write [100] for one hidden layer.';
    refuse(where, '`hiddenLayerSizes` must be an array of sizes', hiddenLayerSizes, help);
  }
  hiddenLayerSizes.forEach((size, i) => {
    checkPositiveInteger(where, `hiddenLayerSizes[${i}]`, size);
  });
  checkOneOf(where, 'activation', activation, Object.keys(ACTIVATIONS));
  checkOneOf(where, 'solver', solver, SOLVERS);
  checkNumber(where, 'alpha', alpha, 0, 1e9);
  if (batchSize !== 'auto' && !(Number.isSafeInteger(batchSize) && batchSize > 0)) {
    refuse(where, "`batchSize` must be a positive integer or 'auto'", batchSize);
  }
  checkPositive(where, 'learningRateInit', all.learningRateInit);
  checkPositiveInteger(where, 'maxIter', maxIter);
  checkPositiveInteger(where, 'nIterNoChange', nIterNoChange);
  checkSeed(`${where}, randomState`, all.randomState);
  checkNumber(where, 'tol', all.tol, 0);
  for (const name of ['shuffle', 'warmStart', 'nesterovsMomentum', 'earlyStopping'] as const) {
    if (typeof all[name] !== 'boolean') refuse(where, `\`${name}\` must be true or false`, all[name]);
  }
  if (!(validationFraction > 0 && validationFraction < 1)) {
    refuse(where, '`validationFraction` must be a share between 0 and 1', validationFraction);
  }
  optimizerOf(all, 1);
  return { ...all, hiddenLayerSizes: [...hiddenLayerSizes] };
}

/** Rows of an update: the parameter `batchSize` or, where there are fewer rows, all of them. */
export function batchOf({ batchSize }: MLPParameters, rows: number): number {
  return Math.min(batchSize === 'auto' ? 200 : batchSize, rows);
}

/**
 * The optimizer. A loss of ours that is 1 / `scale` of theirs has gradients that are, too: Adam divides by their size, so that its
 * ε is in their units, and gradient descent multiplies by the rate.
 * @throws ArgumentError for values that it does not take
 */
export function optimizerOf(parameters: MLPParameters, scale: number): Optimizer {
  const { solver, learningRateInit, momentum, nesterovsMomentum, beta1, beta2, epsilon } = parameters;
  const steady = adam({ learningRate: learningRateInit, beta1, beta2, epsilon: epsilon / scale });
  const nesterov = nesterovsMomentum && momentum > 0;
  const moving = sgd({ learningRate: learningRateInit * scale, momentum, nesterov });
  return solver === 'adam' ? steady : moving;
}

/** The last layer, and how the loss compares. */
export interface Output {
  readonly units: number;
  readonly activation: 'linear' | 'sigmoid' | 'softmax';
  /** What our loss on the data is multiplied by to be theirs. */
  readonly scale: number;
}

/**
 * The layers. Weights and biases begin as in scikit-learn, uniform within ±√(6 / (inputs + units)), or ±√(2 / …) where hidden layers
 * are logistic (`_init_coef`; Glorot and Bengio 2010). Its objective in a batch of b rows is L + alpha / 2 · Σ w² / b (`_backprop`):
 * in an epoch of B batches over n rows, each counted by its rows, L + alpha / 2 · Σ w² · B / n. Ours is L / scale + λ / 2 · Σ w²: so
 * λ = alpha · B / (n · scale), which is alpha / (b · scale) in every batch where all are equally large. Where the last one is smaller,
 * its λ is that of the others here, and larger there.
 * @param rows n
 * @param batch b
 */
export function layersOf(
  parameters: MLPParameters,
  width: number,
  output: Output,
  rows: number,
  batch: number,
): Layer[] {
  const { hiddenLayerSizes, activation, alpha } = parameters;
  const sizes = [width, ...hiddenLayerSizes, output.units];
  return sizes.slice(1).map((units, i) => {
    const limit = Math.sqrt((activation === 'logistic' ? 2 : 6) / ((sizes[i] as number) + units));
    return dense(units, {
      activation: i < hiddenLayerSizes.length ? ACTIVATIONS[activation] : output.activation,
      weightInitializer: uniform(-limit, limit),
      biasInitializer: uniform(-limit, limit),
      weightRegularizer: l2(alpha / ((rows / Math.ceil(rows / batch)) * output.scale)),
    });
  });
}
