import { Activation } from '../../assembly/abi.js';
import { checkNumber, checkOptions, checkPositive, FormatError } from '../errors.js';
import type { Affine, Builder, ColumnMap } from '../program/builder.js';
import type { Tensor } from '../program/tensor.js';
import { checkChoice, nameOf, type ParameterFact, parameterOf } from './choice.js';

/** What a stage leaves behind: its output, and how a gradient flows back through it. */
export interface Pass {
  readonly output: Tensor;
  /** Emits the backward operations for the gradient of the output; returns the gradient of the input. */
  backward(gradient: Tensor): Tensor;
  /** Emits what happens once the step counts, behind the optimizer: running statistics. */
  afterUpdate?(): void;
}

/** One step of the forward pass: the affine half of a dense layer, its activation, … */
export interface Stage {
  /** Set on activations: what the loss may fuse when the stage is the last one. */
  readonly activation?: ActivationName;
  /** Set on affine maps: the same stage with other weights, computed from its own (src/nn/fold.ts). */
  readonly reweighted?: (change: (builder: Builder, dense: Affine) => Affine) => Stage;
  /** Set on normalizations at prediction: the map of each column that they are. */
  readonly columnMap?: (builder: Builder) => ColumnMap;
  build(builder: Builder, x: Tensor): Pass;
}

interface ActivationRow {
  /** The formula, with the defaults. */
  readonly about: string;
  /** The initializer that suits a layer in front of it (he for relu and its smooth kin, glorot otherwise). */
  readonly initializer: 'heNormal' | 'glorotUniform';
  /** What the derivative is told from: the input is then kept, and cannot be overwritten by the output. */
  readonly gradientFrom: 'input' | 'output';
  /**
   * Whether the derivative at the output y is below FLAT of its largest: a unit that is saturated there learns next to
   * nothing (Glorot and Bengio 2010). Undefined where the output does not tell, and where a side without slope is meant
   * to be there (relu). `parameter` is the slope or α.
   */
  readonly saturated: ((y: number, parameter: number) => boolean) | undefined;
  /** Whether no gradient passes where the output is 0: a unit that is 0 on every row is then dead (Maas, Hannun, Ng 2013). */
  readonly dies: (parameter: number) => boolean;
  /** Its slope or α, where it has one. */
  readonly parameter?: ParameterFact;
  forward(b: Builder, x: Tensor, parameter: number): Tensor;
  backward(b: Builder, source: Tensor, gradient: Tensor, parameter: number): Tensor;
}

/** A derivative below this share of its largest counts as flat. */
const FLAT = 0.01;
/** Below it softplus is flat, 1 − e^(−y) < FLAT: −ln(1 − FLAT). Written out, so that predicting needs no logarithm. */
const SOFTPLUS_FLAT = 0.01005033585350145;

const never = (): boolean => false;

/** An activation of single elements (assembly/activations.ts). */
function elementwise(kind: Activation): Pick<ActivationRow, 'forward' | 'backward'> {
  return {
    forward: (b, x, parameter) => b.activation(kind, x, parameter),
    backward: (b, source, gradient, parameter) => b.activationGradient(kind, source, gradient, parameter),
  };
}

/** Refuses anything but a slope: far from what float32 cannot hold, as initial weights are. */
function checkSlope(where: string, name: string, slope: unknown): asserts slope is number {
  checkNumber(where, name, slope, 0, 1e18);
}

/**
 * The activations, with the course's defaults (leaky slope 0.1, elu α = 1); sources of the formulas: Goodfellow, Bengio,
 * Courville, Deep Learning, 6.2 and 6.3, and assembly/activations.ts.
 */
export const ACTIVATIONS = {
  linear: {
    about: 'x',
    initializer: 'glorotUniform',
    gradientFrom: 'output',
    saturated: undefined,
    dies: never,
    ...elementwise(Activation.Linear),
  },
  sigmoid: {
    about: '1 / (1 + exp(−x))',
    initializer: 'glorotUniform',
    gradientFrom: 'output',
    saturated: (y) => y * (1 - y) < FLAT / 4,
    dies: never,
    ...elementwise(Activation.Sigmoid),
  },
  tanh: {
    about: 'tanh x',
    initializer: 'glorotUniform',
    gradientFrom: 'output',
    saturated: (y) => 1 - y * y < FLAT,
    dies: never,
    ...elementwise(Activation.Tanh),
  },
  relu: {
    about: 'max(0, x)',
    initializer: 'heNormal',
    gradientFrom: 'output',
    saturated: undefined,
    dies: () => true,
    ...elementwise(Activation.Relu),
  },
  leakyRelu: {
    about: 'x > 0 ? x : 0.1 x',
    initializer: 'heNormal',
    gradientFrom: 'output',
    saturated: undefined,
    dies: (slope) => slope === 0,
    parameter: { name: 'slope', standard: 0.1, check: checkSlope },
    ...elementwise(Activation.LeakyRelu),
  },
  elu: {
    about: 'x > 0 ? x : exp(x) − 1',
    initializer: 'heNormal',
    gradientFrom: 'output',
    saturated: (y, alpha) => y <= 0 && y + alpha < FLAT * Math.max(1, alpha),
    dies: never,
    parameter: { name: 'alpha', standard: 1, check: checkPositive },
    ...elementwise(Activation.Elu),
  },
  softplus: {
    about: 'log(1 + exp(x))',
    initializer: 'heNormal',
    gradientFrom: 'output',
    saturated: (y) => y < SOFTPLUS_FLAT,
    dies: never,
    ...elementwise(Activation.Softplus),
  },
  gelu: {
    about: 'x/2 (1 + erf(x/√2))',
    initializer: 'heNormal',
    gradientFrom: 'input',
    saturated: undefined,
    dies: never,
    ...elementwise(Activation.Gelu),
  },
  geluTanh: {
    about: 'x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)))',
    initializer: 'heNormal',
    gradientFrom: 'input',
    saturated: undefined,
    dies: never,
    ...elementwise(Activation.GeluTanh),
  },
  silu: {
    about: 'x / (1 + exp(−x))',
    initializer: 'heNormal',
    gradientFrom: 'input',
    saturated: undefined,
    dies: never,
    ...elementwise(Activation.Silu),
  },
  softmax: {
    about: 'exp(x) / Σ exp(x) over the row',
    initializer: 'glorotUniform',
    gradientFrom: 'output',
    saturated: undefined,
    dies: never,
    forward: (b, x) => b.softmax(x),
    backward: (b, y, gradient) => b.softmaxGradient(y, gradient),
  },
} as const satisfies Record<Uncapitalize<keyof typeof Activation> | 'softmax', ActivationRow>;

/**
 * Name of an activation, elementwise but for the last: `linear` x; `sigmoid` 1/(1 + e^(−x)); `tanh`; `relu` max(0, x);
 * `leakyRelu` and `elu`, with slope 0.1 and α = 1 (the functions of these names have the formulas, and take others);
 * `softplus` ln(1 + eˣ) (Dugas and others 2001); `gelu` x/2 (1 + erf(x/√2)), `geluTanh` x/2 (1 + tanh(√(2/π) (x + 0.044715
 * x³))) and `silu` x/(1 + e^(−x)) (Hendrycks and Gimpel 2016); `softmax` eˣ/Σ eˣ over the row. (Goodfellow, Bengio,
 * Courville, Deep Learning, 6.2.2 and 6.3.)
 * @useDeclaredType
 */
export type ActivationName = keyof typeof ACTIVATIONS;

/** Every activation's name. */
export const ACTIVATION_NAMES = /* @__PURE__ */ Object.keys(ACTIVATIONS) as ActivationName[];

/** leakyRelu with a slope, as plain data. */
export interface LeakyRelu {
  /** Made by `leakyRelu`. */
  readonly kind: 'leakyRelu';
  /** Slope for x below 0: at least 0. */
  readonly slope: number;
}

/** elu with an α, as plain data. */
export interface Elu {
  /** Made by `elu`. */
  readonly kind: 'elu';
  /** α, above 0: −α is approached on the left. */
  readonly alpha: number;
}

/** An activation: its name, or one with its parameter, such as `leakyRelu({ slope: 0.2 })`. */
export type ActivationOption = ActivationName | LeakyRelu | Elu;

/**
 * x for x > 0, else slope · x (Maas, Hannun, Ng 2013). Slope 0 is relu, slope 1 is linear.
 * @param options.slope at least 0, default 0.1
 * @throws ArgumentError for an unknown option, a slope that is negative or not finite.
 */
export function leakyRelu(options: { readonly slope?: number } = {}): LeakyRelu {
  checkOptions('leakyRelu', options, ['slope']);
  const { slope = 0.1 } = options;
  checkSlope('leakyRelu', 'slope', slope);
  return { kind: 'leakyRelu', slope };
}

/**
 * x for x > 0, else α(eˣ − 1) (Clevert, Unterthiner, Hochreiter 2016).
 * @param options.alpha α, above 0, default 1
 * @throws ArgumentError for an unknown option, an α that is not above 0 or not finite.
 */
export function elu(options: { readonly alpha?: number } = {}): Elu {
  checkOptions('elu', options, ['alpha']);
  const { alpha = 1 } = options;
  checkPositive('elu', 'alpha', alpha);
  return { kind: 'elu', alpha };
}

/** The facts about an activation. @throws FormatError for one that is not known, which only a file can hold. */
export function activationRow(activation: ActivationOption): ActivationRow {
  const name = nameOf<ActivationName>(activation);
  if (Object.hasOwn(ACTIVATIONS, name)) return ACTIVATIONS[name];
  const help = 'Help: load it with the version of lanegrad that wrote it.';
  throw new FormatError(`load: the model has an activation of a kind that is not known here (${name}). ${help}`);
}

/** Checks an activation, however it was made. @throws ArgumentError for an unknown one and a bad parameter. */
export function checkActivation(where: string, activation: ActivationOption): void {
  checkChoice(where, 'activation', activation, ACTIVATIONS);
}

/** The stages that compute an activation: one, or none for linear. */
export function activationStages(activation: ActivationOption): Stage[] {
  const name = nameOf<ActivationName>(activation);
  if (name === 'linear') return [];
  const row = activationRow(activation);
  const parameter = parameterOf(activation, row);
  const build: Stage['build'] = (b, x) => {
    const output = row.forward(b, x, parameter);
    const source = row.gradientFrom === 'input' ? x : output;
    return { output, backward: (gradient) => row.backward(b, source, gradient, parameter) };
  };
  return [{ activation: name, build }];
}
