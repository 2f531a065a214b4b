/**
 * What holds for every seed, shape and option, of dropout, augmentation and bagging: drawn at random (fast-check), always
 * the same draws. What single cases show stands in the tests of each.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Flag } from '../../assembly/abi.js';
import { adam, augment, bagging, createRuntime, dense, dropout, type Layer, sequential, sgd } from '../../src/index.js';
import { ACTIVATION_NAMES } from '../../src/nn/activations.js';
import { generator, reals } from '../oracle/operation.js';
import { kept } from '../oracle/random.js';
import { mapsOf, warped } from '../support/images.js';
import { clusters } from './support.js';

const runtime = createRuntime();

/** Runs a property on draws that are the same each time. */
function holds<T>(draws: fc.Arbitrary<T>, numRuns: number, check: (draw: T) => void): void {
  fc.assert(fc.property(draws, check), { numRuns, seed: 1 });
}

const seed = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const keep = fc.double({ min: 0.05, max: 0.99, noNaN: true });

/** A mean of n independent draws that are 1 with probability p is this far from p in 1 of 10⁷ cases. */
const interval = (p: number, n: number): number => 5.33 * Math.sqrt((p * (1 - p)) / n);

/**
 * The masks that a model's first layer, dropout of `width` inputs, has in `steps` updates of one batch of `rows` rows, read
 * off the weights behind it: inputs are 1, every target lies below every output, so dJ/dw of a batch in which row r alone
 * counts is mask_r / keep, and an update at rate 1 takes that off weights of 0. By step, then by row.
 */
function masksOf(share: number, { seed, rows, width, steps }: Record<'seed' | 'rows' | 'width' | 'steps', number>) {
  const layers: Layer[] = [dropout({ keep: share }), dense(1, { name: 'sum' })];
  const architecture = sequential({ input: width, seed, layers }, { runtime });
  const x = new Float32Array(rows * width).fill(1);
  const targets = new Float32Array(rows).fill(-1e6);
  const masks: Float32Array[][] = Array.from({ length: steps }, () => []);
  for (let r = 0; r < rows; r++) {
    const model = architecture.compile({ loss: 'meanAbsoluteError', optimizer: sgd({ learningRate: 1 }) });
    const sampleWeight = Float32Array.from({ length: rows }, (_, i) => Number(i === r));
    for (const batch of masks) {
      model.setParameters({ 'sum.weight': { data: new Float32Array(width) }, 'sum.bias': { data: [0] } });
      model.trainOnBatch(x, targets, { sampleWeight });
      const change = (model.parameters()['sum.weight']?.data ?? new Float32Array()).map((value) => -value);
      batch.push(change);
    }
    model.dispose();
  }
  return masks;
}

describe('dropout', () => {
  it('keeps its share, and the mean of what it is given, within their confidence intervals', () => {
    const draws = fc.record({ seed, share: keep, rows: fc.constantFrom(1, 3), steps: fc.constantFrom(1, 2) });
    holds(draws, 40, ({ share, ...size }) => {
      const width = 2000;
      const masks = masksOf(share, { ...size, width }).flat();
      const n = masks.length * width;
      const values = masks.flatMap((mask) => [...mask]);
      const stays = values.filter((value) => value !== 0).length / n;
      expect(Math.abs(stays - share)).toBeLessThanOrEqual(interval(share, n));
      // inputs are 1, and what stays is divided by keep, so that the mean is 1 again
      const mean = values.reduce((sum, value) => sum + value, 0) / n;
      expect(Math.abs(mean - 1)).toBeLessThanOrEqual(interval(share, n) / share);
    });
  });

  it('has a new mask for every row and update, which follow from the seed alone', () => {
    const draws = fc.record({
      seed,
      share: fc.double({ min: 0.3, max: 0.7, noNaN: true }),
      rows: fc.integer({ min: 1, max: 5 }),
      width: fc.integer({ min: 100, max: 140 }),
      steps: fc.integer({ min: 1, max: 4 }),
    });
    holds(draws, 25, ({ share, ...size }) => {
      const masks = masksOf(share, size);
      const { rows, width, steps } = size;
      const [seedLow, seedHigh] = [size.seed % 2 ** 32, Math.floor(size.seed / 2 ** 32)];
      masks.forEach((batch, step) => {
        batch.forEach((mask, row) => {
          const place = { stream: 0, step, seedLow, seedHigh };
          const wanted = mask.map((_, j) => Number(kept(row * width + j, place, Math.fround(share))));
          expect(mask.map((value) => Number(value > 0))).toEqual(wanted);
        });
      });
      // two masks of a hundred values are the same in less than one of 10²³ cases
      expect(new Set(masks.flat().map(String)).size).toBe(rows * steps);
    });
  });
});

const images = fc.record({
  count: fc.integer({ min: 1, max: 6 }),
  height: fc.integer({ min: 1, max: 9 }),
  width: fc.integer({ min: 1, max: 9 }),
  channels: fc.integer({ min: 1, max: 4 }),
  step: fc.nat({ max: 2 ** 32 - 1 }),
  seed: fc.nat({ max: 2 ** 32 - 1 }),
});
type Images = typeof images extends fc.Arbitrary<infer T> ? T : never;

const pixels = ({ count, height, width, channels, seed }: Images) =>
  reals(generator(String(seed)), count * height * width * channels);

describe('augmentation', () => {
  it('by 0° and by 360° is the identity', () => {
    holds(fc.tuple(images, fc.constantFrom(0, 1, -1)), 100, ([drawn, turns]) => {
      const x = pixels(drawn);
      const maps = mapsOf({ p: turns, q: turns }, drawn.count, drawn.step, drawn.seed);
      expect(warped(x, maps, drawn.width, drawn.channels)).toEqual(x);
    });
  });

  it('that flips, and flips in the same way again, is the identity', () => {
    const axes = fc.constantFrom(Flag.FlipHorizontal, Flag.FlipVertical, Flag.FlipHorizontal | Flag.FlipVertical);
    let flipped = 0;
    holds(fc.tuple(images, axes), 100, ([drawn, flags]) => {
      const x = pixels(drawn);
      const maps = mapsOf({ flags }, drawn.count, drawn.step, drawn.seed);
      const once = warped(x, maps, drawn.width, drawn.channels);
      if (String(once) !== String(x)) flipped++;
      expect(warped(once, maps, drawn.width, drawn.channels)).toEqual(x);
    });
    expect(flipped, 'draws in which something is flipped').toBeGreaterThan(50);
  });

  it('is off wherever nothing is trained: at prediction, at evaluation and on validation rows', () => {
    const amount = (max: number) => fc.double({ min: 0, max, noNaN: true });
    const draws = fc.record({
      seed,
      height: fc.integer({ min: 2, max: 6 }),
      width: fc.integer({ min: 2, max: 6 }),
      standardize: fc.boolean(),
      options: fc.record({
        flipHorizontal: fc.boolean(),
        flipVertical: fc.boolean(),
        rotate: amount(180),
        stretch: amount(0.5),
        shift: amount(2),
        noise: amount(2),
      }),
    });
    holds(draws, 30, ({ height, width, options, ...rest }) => {
      const rows = 24;
      const next = generator(String(rest.seed));
      const x = reals(next, rows * height * width);
      const y = Int32Array.from({ length: rows }, (_, i) => i % 3);
      const layers = [dense(4, { activation: 'tanh' }), dense(3, { activation: 'softmax' })];
      const config = { input: [height, width] as const, layers, ...rest };
      const compile = (more: object) =>
        sequential({ ...config, ...more }, { runtime }).compile({ loss: 'crossEntropy', metrics: ['accuracy'] });
      const augmented = compile({ augment: augment(options) });
      const { metrics } = augmented.fitSync(x, y, { epochs: 1, batchSize: 8, validationData: [x, y] });
      const evaluated = augmented.evaluateSync(x, y);
      expect([metrics.val_loss?.[0], metrics.val_accuracy?.[0]]).toEqual([evaluated.loss, evaluated.accuracy]);
      // a model that has none, with the same parameters and the same means
      const plain = compile({});
      plain.fitSync(x, y, { epochs: 1, batchSize: 8 });
      plain.setParameters(augmented.parameters());
      expect(plain.evaluateSync(x, y)).toEqual(evaluated);
      expect(plain.predict(x)).toEqual(augmented.predict(x));
      for (const model of [augmented, plain]) model.dispose();
    });
  });
});

describe('bagging', () => {
  it('of one member with the full sample is the single model, bit for bit', () => {
    const { x, y } = clusters(60, { noise: 1.5 });
    const draws = fc.record({
      seed,
      bagSeed: seed,
      activation: fc.constantFrom(...ACTIVATION_NAMES),
      share: fc.constantFrom(1, 0.7),
      standardize: fc.boolean(),
      batchSize: fc.integer({ min: 2, max: 60 }),
      epochs: fc.integer({ min: 1, max: 3 }),
      validated: fc.boolean(),
    });
    holds(draws, 40, ({ seed, bagSeed, activation, share, standardize, validated, ...fit }) => {
      const hidden = [dense(6, { activation }), dropout({ keep: share }), dense(3, { activation: 'softmax' })];
      const architecture = sequential({ input: 4, seed, standardize, layers: hidden }, { runtime });
      const choices = { loss: 'crossEntropy', optimizer: adam({ learningRate: 0.02 }), metrics: ['accuracy'] } as const;
      const options = {
        ...fit,
        batchSize: Math.min(fit.batchSize, 40),
        ...(validated && { validationSplit: 0.25, earlyStopping: { patience: 1 } }),
      };
      const single = architecture.compile(choices);
      const ensemble = bagging(architecture, { members: 1, sampleFraction: 1, seed: bagSeed }).compile(choices);
      const history = single.fitSync(x, y, options);
      expect(ensemble.fitSync(x, y, options).members).toEqual([history]);
      expect(ensemble.predict(x)).toEqual(single.predict(x));
      for (const one of [single, ensemble]) one.dispose();
    });
  });
});
