/**
 * Reference of the activations: float64, one value at a time, straight from the definitions (Goodfellow, Bengio,
 * Courville, Deep Learning, 6.2 and 6.3; elu: Clevert et al. 2016). Nothing of the library but the enum is used.
 */
import type { Activation } from '../../assembly/abi.js';

/** What is known of one activation. */
export interface ActivationOracle {
  /** f(x), with parameter p (slope of leaky relu, α of elu; the others do not use it). */
  readonly f: (x: number, p: number) => number;
  /** f′(x) as a function of the INPUT; at a kink the value of the convention: relu 0, leaky relu p, elu p. */
  readonly df: (x: number, p: number) => number;
  /** Arguments to try: from, to. */
  readonly domain: readonly [number, number];
  /**
   * |got − wanted| ≤ absolute + relative·|wanted|, for f and for df with the kernel's f′ told from its float32 output
   * (y = 1 − tiny has an error of 2⁻²⁵ at least, so a small f′ there cannot be better than that, absolutely).
   */
  readonly tolerance: { readonly absolute: number; readonly relative: number };
  /** A parameter p to try; 0 where there is none. */
  readonly parameter: number;
}

const sigmoid = (x: number): number => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));

/** Every activation of the enum. */
export const ACTIVATIONS: Record<keyof typeof Activation, ActivationOracle> = {
  Linear: {
    f: (x) => x,
    df: () => 1,
    domain: [-1e4, 1e4],
    tolerance: { absolute: 0, relative: 0 },
    parameter: 0,
  },
  Sigmoid: {
    f: (x) => sigmoid(x),
    df: (x) => sigmoid(x) * sigmoid(-x),
    domain: [-30, 30],
    tolerance: { absolute: 1.5e-7, relative: 6e-7 },
    parameter: 0,
  },
  Tanh: {
    f: (x) => Math.tanh(x),
    df: (x) => 1 / Math.cosh(x) ** 2,
    domain: [-12, 12],
    tolerance: { absolute: 2.5e-7, relative: 6e-7 },
    parameter: 0,
  },
  Relu: {
    f: (x) => Math.max(0, x),
    df: (x) => (x > 0 ? 1 : 0),
    domain: [-1e4, 1e4],
    tolerance: { absolute: 0, relative: 0 },
    parameter: 0,
  },
  LeakyRelu: {
    f: (x, p) => (x > 0 ? x : p * x),
    df: (x, p) => (x > 0 ? 1 : p),
    domain: [-1e4, 1e4],
    tolerance: { absolute: 0, relative: 1.2e-7 },
    parameter: 0.1,
  },
  Elu: {
    f: (x, p) => (x > 0 ? x : p * Math.expm1(x)),
    df: (x, p) => (x > 0 ? 1 : p * Math.exp(x)),
    domain: [-30, 30],
    tolerance: { absolute: 2e-7, relative: 3e-7 },
    parameter: 1,
  },
};
