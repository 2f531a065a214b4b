/** The reference of every operation. A missing one does not compile. */
import type { Op } from '../../assembly/abi.js';
import { activation, activationGradient, softmaxRows, softmaxRowsGradient, standardize } from './elementwise.js';
import type { OperationOracle } from './operation.js';
import { columnSum, gemm, packB } from './products.js';
import { loss, metric } from './scores.js';
import { penalty, squareSum, verdict } from './sums.js';
import { gather, optimizer, random } from './updates.js';

/** Cases with references, by operation. */
export const OPERATION_ORACLES = {
  Gather: gather,
  Standardize: standardize,
  PackB: packB,
  Gemm: gemm,
  ColumnSum: columnSum,
  Activation: activation,
  ActivationGradient: activationGradient,
  Softmax: softmaxRows,
  SoftmaxGradient: softmaxRowsGradient,
  Loss: loss,
  Metric: metric,
  Penalty: penalty,
  SquareSum: squareSum,
  Verdict: verdict,
  Optimizer: optimizer,
  Random: random,
} as const satisfies Record<keyof typeof Op, OperationOracle>;
