import type { Stage } from '../nn/activations.js';
import type { Tensor } from '../program/tensor.js';
import type { PlacedLayer } from './layout.js';
import type { Change } from './stages.js';

/** What a layer does that does nothing: dropout that keeps everything. */
const PASS_ON: Stage = { build: (_, x) => ({ output: x, backward: (gradient) => gradient }) };

/** The stages of layers, the last of which in each tells the layer's output to `tap` as it is emitted. */
export function tapping(tap: (layer: PlacedLayer, output: Tensor) => void): Change {
  return (placed, stages) => {
    const last = stages.at(-1) ?? PASS_ON;
    const build: Stage['build'] = (b, x) => {
      const pass = last.build(b, x);
      tap(placed, pass.output);
      return pass;
    };
    return [...stages.slice(0, -1), { ...last, build }];
  };
}
