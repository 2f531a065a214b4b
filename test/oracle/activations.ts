/**
 * Reference of the activations: float64, one value at a time, straight from the definitions (Goodfellow, Bengio,
 * Courville, Deep Learning, 6.2 and 6.3; elu: Clevert et al. 2016; gelu, silu: Hendrycks, Gimpel 2016). Nothing of the
 * library but the enum is used.
 */
import type { Activation } from '../../assembly/abi.js';
import { normalCdf, normalDensity } from './normal.js';

/** What is known of one activation. */
export interface ActivationOracle {
  /** f(x), with parameter p (slope of leaky relu, α of elu; the others do not use it). */
  readonly f: (x: number, p: number) => number;
  /** f′(x) as a function of the INPUT; at a kink the value of the convention: relu 0, leaky relu p, elu p. */
  readonly df: (x: number, p: number) => number;
  /** Arguments to try: from, to. */
  readonly domain: readonly [number, number];
  /** What the kernel is given for f′: its own float32 output f(x), or the input x. */
  readonly gradientFrom: 'input' | 'output';
  /**
   * |got − wanted| ≤ absolute + relative·|wanted|, for f, and for df unless that has its own (told from the output, y = 1 −
   * tiny has an error of 2⁻²⁵ at least, so a small f′ there cannot be better than that, absolutely).
   */
  readonly tolerance: { readonly absolute: number; readonly relative: number };
  /** The same for df: a sum of two terms that cancel somewhere has their errors there, absolutely. */
  readonly slopeTolerance?: { readonly absolute: number; readonly relative: number };
  /** A parameter p to try; 0 where there is none. */
  readonly parameter: number;
}

const sigmoid = (x: number): number => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));

/** x·share, and 0 where the share is: −∞ has the limit 0. */
const gate = (x: number, share: number): number => (share === 0 ? 0 : x * share);

/** 2√(2/π)(x + 0.044715x³), with which geluTanh is x·σ(v), and its slope. */
const geluLogit = (x: number): number => 2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
const geluLogitSlope = (x: number): number => 2 * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x ** 2);

/** Every activation of the enum. */
export const ACTIVATIONS: Record<keyof typeof Activation, ActivationOracle> = {
  Linear: {
    f: (x) => x,
    df: () => 1,
    domain: [-1e4, 1e4],
    gradientFrom: 'output',
    tolerance: { absolute: 0, relative: 0 },
    parameter: 0,
  },
  Sigmoid: {
    f: (x) => sigmoid(x),
    df: (x) => sigmoid(x) * sigmoid(-x),
    domain: [-30, 30],
    gradientFrom: 'output',
    tolerance: { absolute: 1.5e-7, relative: 6e-7 },
    parameter: 0,
  },
  Tanh: {
    f: (x) => Math.tanh(x),
    df: (x) => 1 / Math.cosh(x) ** 2,
    domain: [-12, 12],
    gradientFrom: 'output',
    tolerance: { absolute: 2.5e-7, relative: 6e-7 },
    parameter: 0,
  },
  Relu: {
    f: (x) => Math.max(0, x),
    df: (x) => (x > 0 ? 1 : 0),
    domain: [-1e4, 1e4],
    gradientFrom: 'output',
    tolerance: { absolute: 0, relative: 0 },
    parameter: 0,
  },
  LeakyRelu: {
    f: (x, p) => (x > 0 ? x : p * x),
    df: (x, p) => (x > 0 ? 1 : p),
    domain: [-1e4, 1e4],
    gradientFrom: 'output',
    tolerance: { absolute: 0, relative: 1.2e-7 },
    parameter: 0.1,
  },
  Elu: {
    f: (x, p) => (x > 0 ? x : p * Math.expm1(x)),
    df: (x, p) => (x > 0 ? 1 : p * Math.exp(x)),
    domain: [-30, 30],
    gradientFrom: 'output',
    tolerance: { absolute: 2e-7, relative: 3e-7 },
    parameter: 1,
  },
  Softplus: {
    f: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    df: (x) => sigmoid(x),
    domain: [-30, 30],
    gradientFrom: 'output',
    // exp within 1.1 ulp, log1p within 2, one sum; e^x below 2⁻¹²⁶ is 0
    tolerance: { absolute: 2 ** -126, relative: 4e-7 },
    parameter: 0,
  },
  Gelu: {
    f: (x) => gate(x, normalCdf(x)),
    df: (x) => normalCdf(x) + gate(x, normalDensity(x)),
    domain: [-15, 15],
    gradientFrom: 'input',
    // Φ within 6.5 ulp, one product; 13·Φ(−13.24) is lost
    tolerance: { absolute: 2 ** -126, relative: 8.5e-7 },
    slopeTolerance: { absolute: 2.5e-7, relative: 8.5e-7 },
    parameter: 0,
  },
  GeluTanh: {
    f: (x) => gate(x, sigmoid(geluLogit(x))),
    df: (x) => {
      const v = geluLogit(x);
      return sigmoid(v) + gate(x * geluLogitSlope(x), sigmoid(v) * sigmoid(-v));
    },
    domain: [-15, 15],
    gradientFrom: 'input',
    // e^v has the error of v, 2|v| units, which counts most where x·v·σ(v) is largest, 0.3
    tolerance: { absolute: 1e-7, relative: 5e-7 },
    slopeTolerance: { absolute: 5e-7, relative: 5e-7 },
    parameter: 0,
  },
  Silu: {
    f: (x) => gate(x, sigmoid(x)),
    df: (x) => sigmoid(x) + gate(x, sigmoid(x) * sigmoid(-x)),
    domain: [-30, 30],
    gradientFrom: 'input',
    // σ within 2.5 ulp, one product; 88·σ(−88) is lost
    tolerance: { absolute: 88 * 2 ** -126, relative: 3.6e-7 },
    slopeTolerance: { absolute: 2e-7, relative: 5e-7 },
    parameter: 0,
  },
};
