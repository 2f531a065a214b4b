import { Op } from '../../assembly/abi.js';
import { InferenceProgramBuilder } from './inference.js';
import type { Access } from './operation.js';

/**
 * What the operations of predictions do with their operands, in order: r reads, w writes. All that is left of INFERENCE
 * (inferenceops.ts) where nothing is verified and nothing takes another's place.
 */
export const ACCESSES: Readonly<Partial<Record<Op, string>>> = {
  [Op.Gather]: 'w',
  [Op.Standardize]: 'rrrw',
  [Op.PackB]: 'rw',
  [Op.Gemm]: 'rrwr',
  [Op.Activation]: 'rw',
  [Op.Softmax]: 'rw',
  [Op.Normalize]: 'rrrrrw',
  [Op.NormalizationScale]: 'rrrrww',
  [Op.Fold]: 'rrrrww',
  [Op.LayerNorm]: 'rrrwww',
  [Op.Add]: 'rrw',
};

/** Builds programs that predict, for lanegrad/predict. */
export class PredictionBuilder extends InferenceProgramBuilder {
  protected rowOf(op: Op): Access {
    const operands = Array.from(ACCESSES[op] as string, (letter) => ({
      access: letter === 'r' ? ('read' as const) : ('write' as const),
    }));
    // the rows of a batch change from one to the next
    return op === Op.Gather ? { operands, step: 'read' } : { operands };
  }
}
