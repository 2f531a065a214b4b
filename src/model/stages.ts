import type { Pass, Stage } from '../nn/activations.js';
import { foldNormalizations } from '../nn/fold.js';
import type { Mode } from '../nn/layer.js';
import type { PlacedLayer } from './layout.js';

/** Puts other stages in the place of those of a layer. */
export type Change = (placed: PlacedLayer, stages: Stage[]) => Stage[];

/**
 * The stages of layers one after another, blocks included; each emits under the name of its layer.
 * @param change of the stages of each layer, of those inside blocks too
 */
export function stagesOf(layers: readonly PlacedLayer[], mode: Mode, change: Change = (_, stages) => stages): Stage[] {
  const stages = layers.flatMap((placed) => {
    const own = placed.forward.stages(placed.layer, mode, stagesOf(placed.inner, mode, change));
    return change(
      placed,
      own.map((stage) => within(placed, stage)),
    );
  });
  return mode === 'evaluate' ? foldNormalizations(stages) : stages;
}

/** A stage whose every operation is emitted as the given layer's. */
function within(placed: PlacedLayer, stage: Stage): Stage {
  const { name, number } = placed;
  const { activation, columnMap, reweighted } = stage;
  return {
    ...(activation && { activation }),
    ...(columnMap && { columnMap: (b) => b.within(name, number, () => columnMap(b)) }),
    ...(reweighted && { reweighted: (change) => within(placed, reweighted(change)) }),
    build(b, x): Pass {
      const pass = b.within(name, number, () => stage.build(b, x));
      return {
        output: pass.output,
        backward: (gradient) => b.within(name, number, () => pass.backward(gradient)),
        afterUpdate: () => b.within(name, number, () => pass.afterUpdate?.()),
      };
    },
  };
}
