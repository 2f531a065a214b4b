/** Batch normalization folded into dense layers for prediction: where it is, where it is not, and that it changes nothing. */
import { describe, expect, it } from 'vitest';
import {
  activation,
  batchNorm,
  dense,
  dropout,
  type Layer,
  layerNorm,
  leakyRelu,
  load,
  residual,
  sequential,
  sgd,
} from '../../src/index.js';
import { curve, largestDifference } from './support.js';

/** The identity, as an activation that nothing can be folded across. */
const wall = activation(leakyRelu({ slope: 1 }));

describe('folding', () => {
  const regression = (layers: readonly Layer[]) =>
    sequential({ input: 3, seed: 2, layers }).compile({
      loss: 'meanSquaredError',
      optimizer: sgd({ learningRate: 0.05 }),
    });
  const count = (listing: string, operation: string): number =>
    listing.split('\n').filter((line) => line.includes(` ${operation} `)).length;

  it.each<[string, readonly Layer[], number, number]>([
    ['into the dense layer before it', [dense(5), batchNorm(), activation('relu'), dense(1)], 0, 1],
    ['into the one that follows', [dense(5, { activation: 'relu' }), batchNorm(), dense(1)], 0, 1],
    ['into the one before at the output', [dense(5, { activation: 'tanh' }), dense(1), batchNorm()], 0, 1],
    ['of the input into the first layer', [batchNorm(), dense(5, { activation: 'relu' }), dense(1)], 0, 1],
    ['across dropout', [dense(5, { activation: 'relu' }), batchNorm(), dropout({ keep: 0.5 }), dense(1)], 0, 1],
    ['from both sides into one', [batchNorm(), dense(5), batchNorm(), activation('relu'), dense(1)], 0, 2],
    ['two in a row', [dense(5), batchNorm(), batchNorm(), dense(1)], 0, 2],
    ['of a residual sum into what follows', [dense(5), residual([dense(5)]), batchNorm(), dense(1)], 0, 1],
    [
      'inside a residual block',
      [dense(5), residual([dense(5), batchNorm(), activation('relu'), dense(5)]), dense(1)],
      0,
      1,
    ],
    ['at the end of a residual block', [dense(5), residual([dense(5), batchNorm()]), dense(1)], 0, 1],
    ['not after an activation at the output', [dense(1, { activation: 'tanh' }), batchNorm()], 1, 0],
    [
      'not in front of an activation without dense',
      [dense(5, { activation: 'relu' }), batchNorm(), activation('tanh'), dense(1)],
      1,
      0,
    ],
    [
      'not in front of a residual sum',
      [dense(5, { activation: 'relu' }), batchNorm(), residual([dense(5)]), dense(1)],
      1,
      0,
    ],
    [
      'not after an activation in front of a residual sum',
      [dense(5), residual([dense(5, { activation: 'relu' }), batchNorm()]), dense(1)],
      1,
      0,
    ],
    ['not across an activation', [dense(5), wall, batchNorm(), wall, dense(1)], 1, 0],
    ['not layerNorm', [dense(5), layerNorm(), dense(1)], 0, 0],
  ])('%s', (_, layers, unfolded, folds) => {
    const model = regression(layers);
    for (const name of ['predict', 'evaluate'] as const) {
      const listing = model.program(name);
      expect(count(listing, 'Normalize'), name).toBe(unfolded);
      expect(count(listing, 'Fold'), name).toBe(folds);
      expect(count(listing, 'Moments'), name).toBe(0);
      // what is folded is folded once per change of the parameters
      const folding = listing.split('\n').filter((line) => / (Fold|NormalizationScale) /.test(line));
      expect(folding.every((line) => line.endsWith('(once)'))).toBe(true);
    }
    expect(count(model.program('train'), 'Fold')).toBe(0);
  });

  it.each<[string, (between: readonly Layer[]) => readonly Layer[]]>([
    ['before', (between) => [dense(20), ...between, batchNorm(), activation('relu'), dense(2, { name: 'end' })]],
    ['after', (between) => [dense(20, { activation: 'relu' }), batchNorm(), ...between, dense(2, { name: 'end' })]],
  ])('changes predictions and losses by rounding alone: batch norm %s the activation', (_, layers) => {
    const data = curve(200);
    const targets = data.y.map((value) => [value, -value]);
    const named = (between: readonly Layer[]) =>
      layers(between).map((layer) => (layer.kind === 'batchNorm' ? batchNorm({ name: 'norm' }) : layer));
    const folded = regression(named([]));
    const apart = regression(named([wall]));
    expect(count(folded.program('predict'), 'Normalize')).toBe(0);
    expect(count(apart.program('predict'), 'Normalize')).toBe(1);
    folded.fitSync(data.x, targets, { epochs: 5 });
    apart.setParameters(folded.parameters());
    const [one, other] = [folded.predict(data.x), apart.predict(data.x)];
    const largest = one.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    // sums of 20 terms: some dozen roundings of 6e-8
    expect(largestDifference(one, other)).toBeLessThanOrEqual(2e-6 * largest);
    expect(largestDifference(one, other)).toBeGreaterThan(0);
    const losses = [folded, apart].map((model) => model.evaluateSync(data.x, targets).loss) as [number, number];
    expect(Math.abs(losses[0] - losses[1])).toBeLessThanOrEqual(4e-6 * losses[0]);
  });

  it('follows the parameters: nothing stale is predicted with', () => {
    const model = regression([dense(5), batchNorm(), activation('relu'), dense(1)]);
    const data = curve(40);
    model.predict(data.x);
    model.fitSync(data.x, data.y, { epochs: 2 });
    const copy = load<'meanSquaredError'>(model.save());
    expect(model.predict(data.x)).toEqual(copy.predict(data.x));
    model.setParameters({ 'batchNorm1.variance': { data: [4, 4, 4, 4, 4] } });
    copy.setParameters({ 'batchNorm1.variance': { data: [4, 4, 4, 4, 4] } });
    expect(model.predict(data.x)).toEqual(copy.predict(data.x));
  });
});
