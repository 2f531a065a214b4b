/**
 * Reference of networks whose rows or layers are not a plain sequence of dense layers: normalization, dropout, residual
 * blocks. In float64 and plain loops, straight from the definitions (Ioffe, Szegedy 2015; Ba, Kiros, Hinton 2016;
 * Srivastava et al. 2014; He et al. 2016). Nothing of the library but the enums is used.
 */
import { ACTIVATIONS } from './activations.js';
import { LOSSES, softmax } from './losses.js';
import { type OracleActivation, type OracleBatch, type OracleLoss, type OraclePenalty, penalty } from './network.js';

type Row = readonly number[];
/** The rows of a batch. */
export type Rows = readonly Row[];

/** γ, β and ε of a normalization. */
interface Normalization {
  readonly gamma: ArrayLike<number>;
  readonly beta: ArrayLike<number>;
  readonly epsilon: number;
}

/** Mean and variance of each column. */
export interface ColumnStatistics {
  readonly mean: ArrayLike<number>;
  readonly variance: ArrayLike<number>;
}

/** One step of a forward pass. */
export type OracleNode =
  | {
      readonly kind: 'dense';
      readonly weight: ArrayLike<number>;
      readonly bias: ArrayLike<number>;
      readonly weightPenalty?: OraclePenalty;
      readonly biasPenalty?: OraclePenalty;
    }
  | { readonly kind: 'activation'; readonly activation: OracleActivation }
  /** With statistics of its own, or with those of the batch. */
  | ({ readonly kind: 'batchNorm'; readonly statistics?: ColumnStatistics } & Normalization)
  | ({ readonly kind: 'layerNorm' } & Normalization)
  | { readonly kind: 'dropout'; readonly keep: number; readonly kept: (row: number, column: number) => boolean }
  | { readonly kind: 'residual'; readonly nodes: readonly OracleNode[] };

type NodeOf<K extends OracleNode['kind']> = Extract<OracleNode, { kind: K }>;

const mean = (values: Row): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean and biased variance of some numbers. */
function moments(values: Row): { mean: number; variance: number } {
  const center = mean(values);
  return { mean: center, variance: mean(values.map((value) => (value - center) ** 2)) };
}

/** Mean and biased variance of every column. */
export function columnStatistics(x: Rows): { mean: number[]; variance: number[] } {
  const columns = (x[0] ?? []).map((_, j) => moments(x.map((row) => row[j] as number)));
  return { mean: columns.map((column) => column.mean), variance: columns.map(({ variance }) => variance) };
}

/** γ (x − mean) / √(variance + ε) + β of one number in column j. */
function normal(value: number, center: number, variance: number, j: number, { gamma, beta, epsilon }: Normalization) {
  return ((gamma[j] as number) * (value - center)) / Math.sqrt(variance + epsilon) + (beta[j] as number);
}

/** What each kind of step makes of a batch. */
const STEPS: { readonly [K in OracleNode['kind']]: (node: NodeOf<K>, x: Rows) => Rows } = {
  dense: ({ weight, bias }, x) =>
    x.map((row) =>
      Array.from(bias, (b, i) =>
        row.reduce((sum, value, j) => sum + (weight[i * row.length + j] as number) * value, b),
      ),
    ),
  activation: ({ activation }, x) => {
    if (activation === 'Softmax') return x.map((row) => softmax(row));
    const { f, parameter } = ACTIVATIONS[activation];
    return x.map((row) => row.map((value) => f(value, parameter)));
  },
  batchNorm: ({ statistics, ...node }, x) => {
    const { mean: centers, variance } = statistics ?? columnStatistics(x);
    return x.map((row) => row.map((value, j) => normal(value, centers[j] as number, variance[j] as number, j, node)));
  },
  layerNorm: (node, x) =>
    x.map((row) => {
      const { mean: center, variance } = moments(row);
      return row.map((value, j) => normal(value, center, variance, j, node));
    }),
  dropout: ({ keep, kept }, x) => x.map((row, i) => row.map((value, j) => (kept(i, j) ? value / keep : 0))),
  residual: ({ nodes }, x) => {
    const change = forwardRows(nodes, x);
    return x.map((row, i) => row.map((value, j) => value + ((change[i] as Row)[j] as number)));
  },
};

/** What the nodes make of a batch, one after another. */
export function forwardRows(nodes: readonly OracleNode[], x: Rows): Rows {
  return nodes.reduce((h, node) => (STEPS[node.kind] as (node: OracleNode, x: Rows) => Rows)(node, h), x);
}

/** Ω of all dense layers, blocks included. */
function penalties(nodes: readonly OracleNode[]): number {
  return nodes.reduce((sum, node) => {
    if (node.kind === 'residual') return sum + penalties(node.nodes);
    if (node.kind !== 'dense') return sum;
    const { weight, bias, weightPenalty, biasPenalty } = node;
    const ofWeights = weightPenalty ? penalty(weightPenalty, weight) : 0;
    return sum + ofWeights + (biasPenalty ? penalty(biasPenalty, bias) : 0);
  }, 0);
}

/** J = Σ w l / Σ w + Ω(θ); the last activation is left out where the loss contains it. */
export function objectiveOf(nodes: readonly OracleNode[], loss: OracleLoss, { x, t, w }: OracleBatch): number {
  const last = nodes.at(-1);
  const contained = last?.kind === 'activation' && last.activation === loss.contains;
  const outputs = forwardRows(contained ? nodes.slice(0, -1) : nodes, x);
  const losses = outputs.map((row, i) => (w[i] as number) * LOSSES[loss.kind].loss(row, t[i] as Row, loss.parameter));
  const total = losses.reduce((sum, value) => sum + value, 0);
  return total / w.reduce((sum, value) => sum + value, 0) + penalties(nodes);
}
