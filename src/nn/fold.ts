import { Side } from '../../assembly/abi.js';
import type { Stage } from './activations.js';

/**
 * The stages of an evaluation with normalizations folded into the affine maps beside them: into the one before, or else
 * into the one that follows. Exact, because with fixed statistics a normalization is an affine map itself. One that stands
 * between nonlinear stages, at the output or in front of a residual sum stays what it is.
 */
export function foldNormalizations(stages: readonly Stage[]): Stage[] {
  const folded: Stage[] = [];
  for (const stage of stages) {
    const previous = folded.at(-1);
    const merged = previous && merge(previous, stage);
    if (merged) folded[folded.length - 1] = merged;
    else folded.push(stage);
  }
  return folded;
}

/** Two neighbours as one stage, where one is affine and the other a normalization. */
function merge(first: Stage, second: Stage): Stage | undefined {
  const { columnMap: before, reweighted: leading } = first;
  const { columnMap: after, reweighted: following } = second;
  if (leading && after) return leading((b, dense) => b.fold(Side.Outputs, dense, after(b)));
  if (before && following) return following((b, dense) => b.fold(Side.Inputs, dense, before(b)));
  return undefined;
}
