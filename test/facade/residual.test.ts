/** Residual blocks through the facade: names, widths, nesting, saving, and what they are for. */
import { describe, expect, it } from 'vitest';
import { spirals } from '../../src/data/spirals.js';
import {
  activation,
  adam,
  batchNorm,
  dense,
  dropout,
  type Layer,
  layerNorm,
  load,
  residual,
  sequential,
} from '../../src/index.js';
import { untyped } from './refusals.js';
import { clusters } from './support.js';

const output = dense(3, { activation: 'softmax' });
const { x, y } = clusters(60);

function network(layers: readonly Layer[]) {
  return sequential({ input: 4, seed: 3, layers }).compile({ loss: 'crossEntropy', optimizer: adam() });
}

describe('a residual block', () => {
  const nested = [
    dense(6),
    residual([
      layerNorm(),
      dense(9, { activation: 'relu' }),
      residual([dense(9), batchNorm()], { name: 'inside' }),
      dense(6),
    ]),
    output,
  ];

  it('names its parameters after itself', () => {
    expect(Object.keys(network(nested).parameters())).toEqual([
      ...['dense0.weight', 'dense0.bias'],
      ...['residual1.layerNorm0.gamma', 'residual1.layerNorm0.beta'],
      ...['residual1.dense1.weight', 'residual1.dense1.bias'],
      ...['residual1.inside.dense0.weight', 'residual1.inside.dense0.bias'],
      ...['gamma', 'beta', 'mean', 'variance'].map((name) => `residual1.inside.batchNorm1.${name}`),
      ...['residual1.dense3.weight', 'residual1.dense3.bias'],
      ...['dense2.weight', 'dense2.bias'],
    ]);
  });

  it('shows in the summary and the listing with all that is in it', () => {
    const model = network(nested);
    const summary = model.summary();
    for (const text of ['residual1 ', 'residual block of 4 layers', 'residual1.inside.batchNorm1 ']) {
      expect(summary).toContain(text);
    }
    // 30 + 12 + 63 + 90 + 18 + 60 + 21
    expect(summary).toContain('\n294 parameters');
    const listing = model.program('train');
    expect(listing).toMatch(/ residual1\.inside\.dense0 +PackB /);
    expect(listing.split('\n').filter((line) => / Add /.test(line)).length).toBe(4);
  });

  it('is saved, loaded and described by plain data', () => {
    const model = network(nested);
    model.fitSync(x, y, { epochs: 2 });
    const copy = load<'crossEntropy'>(model.save({ optimizer: true }));
    expect(copy.predict(x)).toEqual(model.predict(x));
    model.fitSync(x, y, { epochs: 2 });
    copy.fitSync(x, y, { epochs: 2 });
    expect(copy.parameters()).toEqual(model.parameters());
    const architecture = sequential({ input: 4, layers: nested });
    expect(sequential(JSON.parse(JSON.stringify(architecture)))).toEqual(architecture);
  });

  it('is x + f(x): where f is 0, x goes through', () => {
    const plain = network([dense(6, { name: 'first' }), dense(3, { activation: 'softmax', name: 'last' })]);
    const layers = [
      dense(6, { name: 'first' }),
      residual([dense(6), dropout({ keep: 0.5 })], { name: 'block' }),
      dense(3, { activation: 'softmax', name: 'last' }),
    ];
    const model = network(layers);
    model.setParameters({ ...plain.parameters(), 'block.dense0.weight': { data: new Float32Array(36) } });
    expect(model.predict(x)).toEqual(plain.predict(x));
  });

  it('has a copy of its layers: changing what it was made from changes nothing', () => {
    const inner: Layer[] = [dense(4)];
    const architecture = sequential({ input: 4, layers: [residual(inner), output] });
    inner.push(dense(7));
    expect(architecture.layers).toEqual([{ kind: 'residual', layers: [dense(4)] }, output]);
  });

  it.each<[string, () => unknown, string[]]>([
    [
      'another width at its end',
      () => network([dense(6), residual([dense(5)]), output]),
      ['residual1: a residual block must end as wide as it begins', '6 values in, 5 out', 'dense(6)', 'dense(5)'],
    ],
    [
      'another width inside another block',
      () => network([residual([dense(6), residual([dense(5)]), dense(4)]), output]),
      ['residual0.residual1: a residual block must end', '6 values in, 5 out'],
    ],
    ['no layers', () => residual([]), ['residual: `layers` must be an array of at least one layer']],
    ['a layer instead of layers', () => residual(untyped(dense(4))), ['`layers` must be an array']],
    ['something else in it', () => network([residual(untyped([4])), output]), ['residual0: layer 0 must be a layer']],
    [
      'an unknown kind in it',
      () => network([residual(untyped([{ kind: 'dens' }])), output]),
      ['residual0, layer 0', 'did you mean `dense`?'],
    ],
    [
      'bad units in it',
      () => network([residual(untyped([{ kind: 'dense', units: -1 }])), output]),
      ['residual0.dense0: `units`'],
    ],
    ['unknown options', () => residual([dense(4)], untyped({ nam: 'a' })), ['did you mean `name`?']],
    ['a name with a dot', () => residual([dense(4)], { name: 'a.b' }), ['`name` must be letters']],
    [
      'two layers of one name in it',
      () => network([residual([dense(4, { name: 'a' }), dense(4, { name: 'a' })]), output]),
      ['layers must have different names', 'residual0.a'],
    ],
    [
      'to be the output of a classifier',
      () => network([dense(3), residual([dense(3, { activation: 'softmax' })])]),
      ['output layer with activation'],
    ],
  ])('refuses %s', (_, call, parts) => {
    let message = '';
    try {
      call();
    } catch (error) {
      message = (error as Error).message;
    }
    for (const part of parts) expect(message).toContain(part);
  });
});

/**
 * 50 dense layers of 16 units on two spirals, 30 epochs. Over the seeds 1, 2 and 3: without blocks 50 % (sigmoid), 50 % to
 * 74 % (relu); with blocks and a normalization at least 99.8 %.
 */
describe('50 layers', () => {
  const data = spirals({ rows: 600, seed: 1 });
  const width = 16;
  const end = dense(2, { activation: 'softmax' });

  const accuracy = (layers: readonly Layer[]): number => {
    const model = sequential({ input: 2, seed: 2, standardize: true, layers }).compile({
      loss: 'crossEntropy',
      metrics: ['accuracy'],
      optimizer: adam({ learningRate: 2e-3 }),
    });
    model.fitSync(data.x, data.y, { epochs: 30, batchSize: 60 });
    return model.evaluateSync(data.x, data.y).accuracy;
  };

  it.each([
    ['layerNorm', layerNorm],
    ['batchNorm', batchNorm],
  ] as const)('learn with residual blocks and %s', (_, norm) => {
    const half = () => [norm(), activation('relu'), dense(width)];
    const blocks = Array.from({ length: 24 }, () => residual([...half(), ...half()]));
    expect(accuracy([dense(width), ...blocks, norm(), end])).toBeGreaterThan(0.98);
  });

  it.each(['relu', 'sigmoid'] as const)('do not without: %s', (name) => {
    const layers = Array.from({ length: 49 }, () => dense(width, { activation: name }));
    expect(accuracy([...layers, end])).toBeLessThan(0.8);
  });
});
