import { Activation } from '../../assembly/abi.js';
import type { Builder } from '../program/builder.js';
import type { Tensor } from '../program/tensor.js';

/** What a stage leaves behind: its output, and how a gradient flows back through it. */
export interface Pass {
  readonly output: Tensor;
  /** Emits the backward operations for the gradient of the output; returns the gradient of the input. */
  backward(gradient: Tensor): Tensor;
}

/** One step of the forward pass: the affine half of a dense layer, its activation, … */
export interface Stage {
  /** Set on activations: what the loss may fuse when the stage is the last one. */
  readonly activation?: ActivationName;
  build(builder: Builder, x: Tensor): Pass;
}

interface ActivationRow {
  /** The formula. */
  readonly about: string;
  /** The initializer that suits a layer in front of it (he for the relu family, glorot otherwise). */
  readonly initializer: 'heNormal' | 'glorotUniform';
  readonly build: Stage['build'];
}

/** An activation whose derivative follows from its output (assembly/activations.ts). */
function elementwise(kind: Activation, parameter = 0): Stage['build'] {
  return (b, x) => {
    const output = b.activation(kind, x, parameter);
    return { output, backward: (gradient) => b.activationGradient(kind, output, gradient, parameter) };
  };
}

/**
 * The activations, with the course's defaults (leaky slope 0.1, elu α = 1); Goodfellow, Bengio, Courville, Deep Learning,
 * 6.2 and 6.3.
 */
export const ACTIVATIONS = {
  linear: { about: 'x', initializer: 'glorotUniform', build: elementwise(Activation.Linear) },
  sigmoid: { about: '1 / (1 + exp(−x))', initializer: 'glorotUniform', build: elementwise(Activation.Sigmoid) },
  tanh: { about: 'tanh x', initializer: 'glorotUniform', build: elementwise(Activation.Tanh) },
  relu: { about: 'max(0, x)', initializer: 'heNormal', build: elementwise(Activation.Relu) },
  leakyRelu: { about: 'x > 0 ? x : 0.1 x', initializer: 'heNormal', build: elementwise(Activation.LeakyRelu, 0.1) },
  elu: { about: 'x > 0 ? x : exp(x) − 1', initializer: 'heNormal', build: elementwise(Activation.Elu, 1) },
  softmax: {
    about: 'exp(x) / Σ exp(x) over the row',
    initializer: 'glorotUniform',
    build: (b, x) => {
      const output = b.softmax(x);
      return { output, backward: (gradient) => b.softmaxGradient(output, gradient) };
    },
  },
} as const satisfies Record<Uncapitalize<keyof typeof Activation> | 'softmax', ActivationRow>;

/** Name of an activation. */
export type ActivationName = keyof typeof ACTIVATIONS;

/** Every activation's name. */
export const ACTIVATION_NAMES = Object.keys(ACTIVATIONS) as ActivationName[];
