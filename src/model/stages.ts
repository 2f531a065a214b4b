import type { Pass, Stage } from '../nn/activations.js';
import { foldNormalizations } from '../nn/fold.js';
import type { Mode } from '../nn/layer.js';
import type { Tensor } from '../program/tensor.js';
import type { PlacedLayer } from './layout.js';

/** Is told the output of every layer as it is emitted. */
export type Tap = (layer: PlacedLayer, output: Tensor) => void;

/**
 * The stages of layers one after another, blocks included; each emits under the name of its layer.
 * @param tap is told what each layer gives, those inside blocks included
 */
export function stagesOf(layers: readonly PlacedLayer[], mode: Mode, tap?: Tap): Stage[] {
  const stages = layers.flatMap((placed) => {
    const own = placed.forward
      .stages(placed.layer, mode, stagesOf(placed.inner, mode, tap))
      .map((stage) => within(placed, stage));
    return tap ? tapped(placed, own, tap) : own;
  });
  return mode === 'evaluate' ? foldNormalizations(stages) : stages;
}

/** What a layer does that does nothing: dropout that keeps everything. */
const PASS_ON: Stage = { build: (_, x) => ({ output: x, backward: (gradient) => gradient }) };

/** The stages of one layer, the last of which tells its output. */
function tapped(placed: PlacedLayer, stages: readonly Stage[], tap: Tap): Stage[] {
  const last = stages.at(-1) ?? PASS_ON;
  const build: Stage['build'] = (b, x) => {
    const pass = last.build(b, x);
    tap(placed, pass.output);
    return pass;
  };
  return [...stages.slice(0, -1), { ...last, build }];
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
