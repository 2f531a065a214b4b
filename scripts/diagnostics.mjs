/**
 * What diagnoses say of networks at their beginning: where the thresholds of src/model/warnings.ts lie next to it
 * (docs/diagnostics.md). Run `npm run build` first, then `node scripts/diagnostics.mjs`; some 15 seconds.
 */
import { digits } from '../dist/src/data/index.js';
import { activation, adam, batchNorm, dense, layerNorm, residual, sequential } from '../dist/src/index.js';

const ROWS = 256;
const { x: images, y } = digits({ rows: ROWS, seed: 1 });
const x = Float32Array.from(images.data, (value) => (value - 60) / 90);

const times = (count, make) => Array.from({ length: count }, make).flat();
const plain = (count, name) => (width) => times(count - 1, () => dense(width, { activation: name }));
const blocks = (make) => (width) => [dense(width), ...times(24, () => residual(make(width)))];

/** Hidden layers by width. */
const NETWORKS = {
  '3 relu': plain(3, 'relu'),
  '10 relu': plain(10, 'relu'),
  '10 elu': plain(10, 'elu'),
  '10 gelu': plain(10, 'gelu'),
  '3 tanh': plain(3, 'tanh'),
  '10 tanh': plain(10, 'tanh'),
  '3 sigmoid': plain(3, 'sigmoid'),
  '6 sigmoid': plain(6, 'sigmoid'),
  '10 batchNorm relu': (width) => times(9, () => [dense(width), batchNorm(), activation('relu')]),
  '10 relu batchNorm': (width) => times(9, () => [dense(width, { activation: 'relu' }), batchNorm()]),
  '10 batchNorm sigmoid': (width) => times(9, () => [dense(width), batchNorm(), activation('sigmoid')]),
  '50 residual batchNorm': blocks((width) => [batchNorm(), dense(width, { activation: 'relu' }), dense(width)]),
  '50 residual layerNorm': blocks((width) => [layerNorm(), dense(width, { activation: 'relu' }), dense(width)]),
  // the sick ones
  '10 sigmoid': plain(10, 'sigmoid'),
  '50 residual plain': blocks((width) => [dense(width, { activation: 'relu' }), dense(width)]),
};

const span = (values) => `${Math.min(...values).toPrecision(2)} … ${Math.max(...values).toPrecision(2)}`.padEnd(20);

console.log('layers                  first / last         norm over all        dead units           update / weight');
for (const [name, hidden] of Object.entries(NETWORKS)) {
  const found = { ratios: [], norms: [], dead: [], updates: [], warnings: new Map() };
  for (const [width, seeds] of [
    [16, 6],
    [64, 6],
    [128, 2],
  ]) {
    for (let seed = 0; seed < seeds; seed++) {
      const layers = [...hidden(width), dense(10, { activation: 'softmax' })];
      const compiled = { loss: 'crossEntropy', optimizer: adam({ learningRate: 0.001 }) };
      const model = sequential({ input: 256, seed, layers }).compile(compiled);
      const diagnosis = model.diagnose(x, y);
      const norms = diagnosis.layers.flatMap((layer) => (/dense\d+$/.test(layer.name) ? [layer.gradientNorm] : []));
      found.ratios.push(norms[0] / norms.at(-1));
      found.norms.push(Math.hypot(...norms));
      found.dead.push(Math.max(...diagnosis.layers.map(({ deadUnits = 0 }) => deadUnits)));
      found.updates.push(Math.max(...diagnosis.layers.map(({ updateRatio = 0 }) => updateRatio)));
      model.dispose();
      for (const warning of diagnosis.warnings) {
        const [, kind] = /(vanishing|exploding|dead|saturated|learning rate)/.exec(warning) ?? [];
        if (kind) found.warnings.set(kind, (found.warnings.get(kind) ?? 0) + 1);
      }
    }
  }
  const warned = [...found.warnings].map(([kind, count]) => `${kind} in ${count}`).join(', ');
  const spans = [found.ratios, found.norms, found.dead, found.updates].map(span);
  console.log(`${name.padEnd(23)} ${spans.join(' ')} ${warned}`);
}
