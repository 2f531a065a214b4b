/** Dropout through the facade: which values stay, that it is off at prediction, that it is reproducible, what is refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Step } from '../../assembly/abi.js';
import { adam, dense, dropout, type Layer, load, sequential, sgd } from '../../src/index.js';
import { Domain, philox, seedWords } from '../../src/random.js';
import { compute } from '../support/tensors.js';
import { expectMessage, untyped } from './refusals.js';
import { clusters, hashOf, sha256 } from './support.js';

interface Draw {
  readonly seed?: number;
  readonly step?: number;
  readonly stream?: number;
}

/** Dropout of `rows` rows of ones: 1/keep where a value stays. */
function dropped(keep: number, rows: number, columns: number, { seed = 1, step = 0, stream = 0 }: Draw = {}) {
  const [low, high] = seedWords(seed);
  const data = new Float32Array(rows * columns).fill(1);
  const { y } = compute(
    { x: { rows, columns, data } },
    (b, { x }) => ({ y: b.within('dropout', stream, () => b.dropout(x, keep)) }),
    (program) => {
      program.step.setWord(Step.SeedLow, low);
      program.step.setWord(Step.SeedHigh, high);
      program.step.setWord(Step.Number, step);
      program.run(0, program.length);
    },
  );
  return y;
}

const share = (values: Float32Array, test: (value: number, i: number) => boolean): number =>
  values.reduce((count, value, i) => count + Number(test(value, i)), 0) / values.length;

/** A share of n independent draws is this far from its probability in 1 of 10⁷ cases. */
const interval = (probability: number, n: number): number => 5.33 * Math.sqrt((probability * (1 - probability)) / n);

const ROWS = 256;
const COLUMNS = 301;
const COUNT = ROWS * COLUMNS;

describe('a mask', () => {
  it.each([0.05, 0.5, 0.8, 0.999])('keeps the share it should, and the mean: keep %d', (keep) => {
    for (let seed = 0; seed < 10; seed++) {
      const y = dropped(keep, ROWS, COLUMNS, { seed });
      const stays = share(y, (value) => value !== 0);
      expect(Math.abs(stays - keep)).toBeLessThanOrEqual(interval(keep, COUNT));
      // values that stay are 1/keep, so that the mean stays 1: within the same interval, divided by keep
      const mean = y.reduce((sum, value) => sum + value, 0) / COUNT;
      expect(Math.abs(mean - 1)).toBeLessThanOrEqual(interval(keep, COUNT) / keep);
      expect(new Set(y)).toEqual(new Set([0, Math.fround(1 / Math.fround(keep))]));
    }
  });

  it('keeps the share it should in every row and every column', () => {
    const y = dropped(0.7, ROWS, COLUMNS);
    for (let i = 0; i < ROWS; i++) {
      const row = y.subarray(i * COLUMNS, (i + 1) * COLUMNS);
      expect(Math.abs(share(row, (value) => value !== 0) - 0.7)).toBeLessThanOrEqual(interval(0.7, COLUMNS));
    }
    for (let j = 0; j < COLUMNS; j++) {
      const column = Float32Array.from({ length: ROWS }, (_, i) => y[i * COLUMNS + j] as number);
      expect(Math.abs(share(column, (value) => value !== 0) - 0.7)).toBeLessThanOrEqual(interval(0.7, ROWS));
    }
  });

  it('is another one for another step, layer and seed, and independent of it', () => {
    const keep = 0.7;
    const first = dropped(keep, ROWS, COLUMNS);
    const others = [{ step: 1 }, { stream: 1 }, { seed: 2 }, { seed: 1 + 2 ** 32 }, { step: 1, stream: 1 }];
    // two independent masks agree where both keep or both drop
    const agreement = keep ** 2 + (1 - keep) ** 2;
    for (const draw of others) {
      const other = dropped(keep, ROWS, COLUMNS, draw);
      const agree = share(first, (value, i) => value === other[i]);
      expect(Math.abs(agree - agreement), JSON.stringify(draw)).toBeLessThanOrEqual(interval(agreement, COUNT));
    }
    // and so do the rows of one batch
    const rest = first.subarray(COLUMNS);
    const rows = share(rest, (value, i) => value === first[i]);
    expect(Math.abs(rows - agreement)).toBeLessThanOrEqual(interval(agreement, rest.length));
    expect(dropped(keep, ROWS, COLUMNS)).toEqual(first);
  });

  it('is a function of seed, step, layer and place alone, in a domain of its own', () => {
    const draws = fc.record({
      seed: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
      step: fc.nat({ max: 2 ** 32 - 1 }),
      stream: fc.nat({ max: 1000 }),
      keep: fc.double({ min: 0.01, max: 1, noNaN: true }),
      rows: fc.integer({ min: 1, max: 20 }),
      columns: fc.integer({ min: 1, max: 40 }),
    });
    const words = new Uint32Array(4);
    const check = ({ seed, step, stream, keep, rows, columns }: Required<Draw> & Record<string, number>) => {
      const y = dropped(keep as number, rows as number, columns as number, { seed, step, stream });
      const [low, high] = seedWords(seed);
      const wanted = y.map((_, i) => {
        philox(words, i >> 2, stream, step, Domain.dropout, low, high);
        const stays = (words[i & 3] as number) >>> 8 < Math.fround(keep as number) * 2 ** 24;
        return stays ? 1 / Math.fround(keep as number) : 0;
      });
      expect(y).toEqual(wanted);
    };
    fc.assert(fc.property(draws, check), { numRuns: 200, seed: 1 });
  });
});

const { x, y } = clusters(150);

function network(layers: readonly Layer[], seed = 3) {
  const all = [...layers, dense(3, { activation: 'softmax', name: 'end' })];
  return sequential({ input: 4, seed, layers: all }).compile({
    loss: 'crossEntropy',
    optimizer: adam({ learningRate: 0.01 }),
    metrics: ['accuracy'],
  });
}

const hidden = dense(16, { activation: 'tanh', name: 'hidden' });

describe('a model with dropout', () => {
  const layers = [dropout({ keep: 0.9 }), hidden, dropout({ rate: 0.5 })];

  it('predicts and evaluates as if there were none', () => {
    const plain = network([hidden]);
    const model = network(layers);
    model.fitSync(x, y, { epochs: 3 });
    plain.setParameters(model.parameters());
    expect(model.predict(x)).toEqual(plain.predict(x));
    expect(model.evaluateSync(x, y)).toEqual(plain.evaluateSync(x, y));
    expect(model.program('predict')).not.toContain('Dropout');
    expect(model.program('evaluate')).not.toContain('Dropout');
    expect(model.program('train')).toContain('Dropout');
  });

  it('learns other things than one without, and the same each time', () => {
    const learned = (model: ReturnType<typeof network>) => {
      model.fitSync(x, y, { epochs: 3 });
      return hashOf(model);
    };
    expect(learned(network(layers))).toBe(learned(network(layers)));
    expect(learned(network(layers))).not.toBe(learned(network([hidden])));
    expect(learned(network(layers, 3))).not.toBe(learned(network(layers, 4)));
  });

  it('goes on exactly where a checkpoint was made', () => {
    const whole = network(layers);
    whole.fitSync(x, y, { epochs: 10 });
    const first = network(layers);
    first.fitSync(x, y, { epochs: 5 });
    const second = load<'crossEntropy', 'accuracy'>(first.save({ optimizer: true }));
    second.fitSync(x, y, { epochs: 5 });
    expect(sha256(second.save({ optimizer: true }))).toBe(sha256(whole.save({ optimizer: true })));
  });

  it('has gradients that are the same until the next update', () => {
    const model = network(layers);
    const gradient = () => model.gradients(x, y)['hidden.weight']?.data;
    const before = gradient();
    expect(gradient()).toEqual(before);
    // the same parameters at the next step number: another mask
    const still = network(layers);
    const parameters = still.parameters();
    still.trainOnBatch(x, y);
    still.setParameters(parameters);
    expect(still.gradients(x, y)['hidden.weight']?.data).not.toEqual(before);
  });

  it('has masks of each layer’s own: two layers of one width do not drop the same', () => {
    // ones through two dropouts and an identity: what both keep is 4, and nothing else is left
    const width = 1000;
    const layers = [dropout({ keep: 0.5 }), dropout({ keep: 0.5 }), dense(1, { name: 'sum' })];
    const model = sequential({ input: width, layers }).compile({ loss: 'meanSquaredError', optimizer: sgd() });
    model.setParameters({ 'sum.weight': { data: new Float32Array(width) }, 'sum.bias': { data: [-0.5] } });
    // dJ/dw = 2 (0 − 0.5 − t) y, with t = −1: y itself
    const weight =
      model.gradients([Array.from({ length: width }, () => 1)], [-1])['sum.weight']?.data ?? new Float32Array();
    expect(new Set(weight)).toEqual(new Set([0, 4]));
    expect(Math.abs(share(weight, (value) => value > 0) - 0.25)).toBeLessThanOrEqual(interval(0.25, width));
  });

  it('has no operation where everything is kept', () => {
    const model = network([hidden, dropout({ keep: 1 }), dropout({ rate: 0 })]);
    expect(model.program('train')).not.toContain('Dropout');
    expect(model.summary()).toContain('dropout, keep 1');
  });

  it('is described by plain data', () => {
    expect(dropout({ rate: 0.25 })).toEqual({ kind: 'dropout', keep: 0.75 });
    expect(dropout({ keep: 0.8, name: 'thin' })).toEqual({ kind: 'dropout', keep: 0.8, name: 'thin' });
    const architecture = sequential({ input: 4, layers: [...layers, dense(1)] });
    expect(sequential(JSON.parse(JSON.stringify(architecture)))).toEqual(architecture);
  });
});

describe('dropout refuses', () => {
  it.each<[string, unknown, string[]]>([
    ['keep 0', { keep: 0 }, ['dropout: `keep` must be a probability above 0', 'Received: 0.']],
    ['keep above 1', { keep: 1.5 }, ['`keep` must be', 'Received: 1.5.', '1 − rate']],
    ['keep NaN', { keep: Number.NaN }, ['Received: NaN.']],
    ['keep as text', { keep: '0.5' }, ['`keep` must be']],
    ['rate 1', { rate: 1 }, ['`rate` must be a number from 0 up to', 'Received: 1.']],
    ['a negative rate', { rate: -0.1 }, ['`rate` must be']],
    ['both', { rate: 0.2, keep: 0.8 }, ['one of `keep` and `rate` is needed']],
    ['neither', {}, ['one of `keep` and `rate` is needed', 'dropout({ keep: 0.8 })']],
    ['nothing', undefined, ['options with `keep` or `rate` are needed']],
    ['a number', 0.5, ['options with `keep` or `rate` are needed']],
    ['another option', { keep: 0.5, kep: 1 }, ['`kep` is not an option', 'did you mean `keep`?']],
    ['a bad name', { keep: 0.5, name: '0' }, ['`name` must be letters']],
  ])('%s', (_, options, parts) => {
    expectMessage(() => dropout(untyped(options)), parts);
  });

  it('what sequential is given as data', () => {
    const layers = untyped([{ kind: 'dropout', keep: 2 }, dense(1)]);
    expectMessage(() => sequential({ input: 1, layers }), ['dropout0: `keep` must be', 'Received: 2.']);
  });

  it('to be the output of a classifier', () => {
    const layers = [dense(3, { activation: 'softmax' }), dropout({ keep: 0.5 })];
    const compile = () => sequential({ input: 4, layers }).compile({ loss: 'crossEntropy' });
    expectMessage(compile, ['needs an output layer with activation `softmax`']);
  });
});
