/** Diagnoses: what they say against the definitions, when they warn, and that looking changes nothing. */
import { describe, expect, it } from 'vitest';
import {
  type ActivationOption,
  activation,
  adam,
  augment,
  bagging,
  batchNorm,
  createRuntime,
  type Diagnosis,
  dense,
  dropout,
  type FitOptions,
  type Layer,
  l1,
  layerNorm,
  leakyRelu,
  load,
  normal,
  reduceOnPlateau,
  residual,
  sequential,
  sgd,
  zeros,
} from '../../src/index.js';
import { drawRows } from '../../src/model/diagnose.js';
import { type OracleBatch, type OracleLayer, objective } from '../oracle/network.js';
import { UNIT } from '../oracle/operation.js';
import { classifier, clusters, curve, rowsOf, sha256, valuesOf } from './support.js';

const { x, y } = clusters(60);
const output = dense(3, { activation: 'softmax' });

function network(layers: readonly Layer[], { input = 4, seed = 3, learningRate = 0.01 } = {}) {
  const optimizer = adam({ learningRate });
  return sequential({ input, seed, layers }).compile({ loss: 'crossEntropy', optimizer });
}

/** The diagnosis of one layer, which must exist. */
function layerOf({ layers }: Diagnosis, name: string) {
  const found = layers.find((layer) => layer.name === name);
  if (!found) throw new Error(`there is no ${name} among ${layers.map((layer) => layer.name).join(', ')}`);
  return found;
}

const euclidean = (values: Iterable<number>) => Math.sqrt([...values].reduce((sum, value) => sum + value * value, 0));
const byHeart = /learn them by heart/;

describe('gradient norms', () => {
  it('are those of J in float64, by differences of it for every parameter', () => {
    const layers = [dense(5, { activation: 'tanh' }), dense(4, { activation: 'elu' }), output];
    const model = network(layers);
    const parameters = Object.fromEntries(
      Object.entries(model.parameters()).map(([name, { data }]) => [name, Float64Array.from(data)]),
    );
    const none = { l1: 0, l2: 0 };
    const oracle = (['Tanh', 'Elu', 'Softmax'] as const).map((name, i): OracleLayer => {
      const [weight, bias] = ['weight', 'bias'].map((part) => parameters[`dense${i}.${part}`] as Float64Array);
      return { activation: name, weight: weight ?? [], bias: bias ?? [], weightPenalty: none, biasPenalty: none };
    });
    const t = y.map((label) => [0, 1, 2].map((c) => Number(c === label)));
    const batch: OracleBatch = { x: rowsOf(x, 4), t, w: y.map(() => 1) };
    const J = () => objective(oracle, { kind: 'CrossEntropy', contains: 'Softmax' }, batch);
    const h = 1e-5;
    const diagnosis = model.diagnose(x, y);
    for (const layer of diagnosis.layers) {
      const slopes = ['weight', 'bias'].flatMap((part) => {
        const values = parameters[`${layer.name}.${part}`] as Float64Array;
        return Array.from(values, (value, i) => {
          values[i] = value + h;
          const above = J();
          values[i] = value - h;
          const below = J();
          values[i] = value;
          return (above - below) / (2 * h);
        });
      });
      const wanted = euclidean(slopes);
      // some hundred roundings of a sum over 60 rows, and 1e-8 of the differences for each slope
      const allowed = 128 * UNIT * wanted + 1e-8 * Math.sqrt(slopes.length);
      expect(Math.abs((layer.gradientNorm as number) - wanted), layer.name).toBeLessThan(allowed);
    }
  });

  it('are those before clipping, by value and by norm; the update is the clipped one', () => {
    const layers = [dense(6, { activation: 'relu' }), output];
    const compile = (clip: object) =>
      sequential({ input: 4, seed: 3, layers }).compile({
        loss: 'crossEntropy',
        optimizer: sgd({ learningRate: 0.1 }),
        ...clip,
      });
    const [plain, byValue, byNorm] = [{}, { clipValue: 1e-3 }, { clipNorm: 0.01 }].map((clip) =>
      compile(clip).diagnose(x, y),
    ) as [Diagnosis, Diagnosis, Diagnosis];
    const norms = ({ layers: all }: Diagnosis) => all.map(({ gradientNorm }) => gradientNorm);
    expect(norms(byValue)).toEqual(norms(plain));
    expect(norms(byNorm)).toEqual(norms(plain));
    for (const clipped of [byValue, byNorm]) {
      clipped.layers.forEach(({ updateRatio }, i) => {
        expect(updateRatio).toBeLessThan((plain.layers[i]?.updateRatio as number) / 10);
        expect(updateRatio).toBeGreaterThan(0);
      });
    }
    // ‖Δθ‖ = ε c over all
    const sizes = Object.entries(compile({}).parameters());
    const moved = byNorm.layers.map(({ name, updateRatio }) => {
      const own = sizes.flatMap(([key, { data }]) => (key.startsWith(`${name}.`) ? [...data] : []));
      return (updateRatio as number) * euclidean(own);
    });
    expect(euclidean(moved)).toBeCloseTo(1e-3, 7);
  });

  it('are there for frozen layers too, which no update changes', () => {
    const hidden = { activation: 'tanh', trainable: false } as const;
    const model = network([
      dense(6, hidden),
      layerNorm({ trainable: false }),
      dense(5, { activation: 'tanh' }),
      output,
    ]);
    const gradients = model.gradients(x, y);
    const diagnosis = model.diagnose(x, y);
    for (const [name, parts] of [
      ['dense0', ['weight', 'bias']],
      ['layerNorm1', ['gamma', 'beta']],
    ] as const) {
      const { gradientNorm, updateRatio } = layerOf(diagnosis, name);
      expect(updateRatio).toBe(0);
      expect(gradientNorm).toBe(euclidean(parts.flatMap((part) => [...valuesOf(gradients, `${name}.${part}`)])));
      expect(gradientNorm).toBeGreaterThan(0);
    }
    expect(layerOf(diagnosis, 'dense2').updateRatio).toBeGreaterThan(0);
  });

  it('contain penalties, but not a proximal one, which acts after the update', () => {
    const norm = (regularizer?: ReturnType<typeof l1>) => {
      const layers = [dense(3, { activation: 'softmax', ...(regularizer && { weightRegularizer: regularizer }) })];
      return network(layers).diagnose(x, y).layers[0];
    };
    const [plain, penalized, proximal] = [norm(), norm(l1(0.5)), norm(l1(0.5, { proximal: true }))];
    expect(penalized?.gradientNorm).not.toBe(plain?.gradientNorm);
    expect(proximal?.gradientNorm).toBe(plain?.gradientNorm);
    expect(proximal?.updateRatio).not.toBe(plain?.updateRatio);
  });

  it('weigh rows by sampleWeight', () => {
    const sampleWeight = Float32Array.from(y, (_, i) => (i < 30 ? 1 : 0));
    const half = classifier().diagnose(x.subarray(0, 120), y.slice(0, 30));
    const weighted = classifier().diagnose(x, y, { sampleWeight });
    half.layers.forEach(({ gradientNorm }, i) => {
      expect(weighted.layers[i]?.gradientNorm).toBeCloseTo(gradientNorm as number, 6);
    });
    expect(weighted.rows).toBe(60);
  });
});

describe('what a layer without parameters, or with zeros alone, has of them', () => {
  it('is undefined', () => {
    const blank = { weightInitializer: zeros() };
    const diagnosis = network([dense(4, { ...blank, activation: 'tanh' }), activation('tanh'), output]).diagnose(x, y);
    expect(layerOf(diagnosis, 'activation1')).toMatchObject({ gradientNorm: undefined, updateRatio: undefined });
    expect(layerOf(diagnosis, 'dense0').updateRatio).toBeUndefined();
    expect(layerOf(diagnosis, 'dense0').gradientNorm).toBeGreaterThanOrEqual(0);
  });
});

describe('activations', () => {
  it('are those of the whole layer, also where the loss computes the last one itself', () => {
    const binary = sequential({ input: 4, layers: [dense(2, { activation: 'sigmoid' })] }).compile({
      loss: 'binaryCrossEntropy',
    });
    const answers = rowsOf(
      Float32Array.from({ length: 120 }, (_, i) => i % 2),
      2,
    );
    for (const [found, predicted] of [
      [classifier().diagnose(x, y).layers[1], classifier().predict(x)],
      [binary.diagnose(x, answers).layers[0], binary.predict(x)],
    ] as const) {
      const mean = predicted.reduce((sum, value) => sum + value, 0) / predicted.length;
      const variance = predicted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / predicted.length;
      expect(found?.activation.mean).toBeCloseTo(mean, 7);
      expect(found?.activation.variance).toBeCloseTo(variance, 7);
    }
  });

  /** A layer of four units whose outputs over the 60 rows are f(z), z being chosen by unit. */
  function chosen(activation: ActivationOption, z: readonly number[]) {
    const model = network([dense(z.length, { activation }), output]);
    model.setParameters({
      'dense0.weight': { data: Array.from({ length: 4 * z.length }, () => 0) },
      'dense0.bias': { data: [...z] },
    });
    return layerOf(model.diagnose(x, y), 'dense0');
  }

  it.each<[ActivationOption, readonly number[], number | undefined, number | undefined]>([
    // σ(±5.98) and tanh(±2.993) have 1 % of the steepest slope
    ['sigmoid', [0, 5.9, 6.1, -6.1], 0.5, undefined],
    ['tanh', [0, 2.9, 3.1, -3.1], 0.5, undefined],
    // e^z = 0.01 at −4.605; ln 0.99/0.01 = −4.595
    ['elu', [1, -4.5, -4.7, -9], 0.5, undefined],
    [{ kind: 'elu', alpha: 2 }, [1, -4.5, -5.2, -5.4], 0.5, undefined],
    ['softplus', [1, -4.5, -4.7, -9], 0.5, undefined],
    ['relu', [1, 0, -1, 2], undefined, 0.5],
    ['leakyRelu', [1, 0, -1, 2], undefined, undefined],
    [leakyRelu({ slope: 0 }), [1, 0, -1, -2], undefined, 0.75],
    ['gelu', [0, -9, 9, 1], undefined, undefined],
    ['silu', [0, -9, 9, 1], undefined, undefined],
    ['softmax', [0, -90, 90, 1], undefined, undefined],
    ['linear', [0, -9, 9, 1], undefined, undefined],
  ])('%j of %j is saturated by %s, dead by %s', (name, z, saturation, deadUnits) => {
    expect(chosen(name, z)).toMatchObject({ saturation, deadUnits });
  });

  it('call a unit dead that is 0 on every row, and no other', () => {
    const model = network([dense(4, { activation: 'relu' }), output]);
    const weight = [1, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0];
    model.setParameters({ 'dense0.weight': { data: weight }, 'dense0.bias': { data: [0, 0, -1, 100] } });
    expect(layerOf(model.diagnose(x, y), 'dense0').deadUnits).toBe(0.25);
  });
});

/** Everything that draws random numbers, keeps statistics or states, or counts. */
function everything() {
  const layers = [
    dense(12, { weightRegularizer: l1(1e-3, { proximal: true }) }),
    batchNorm(),
    activation('relu'),
    dropout({ keep: 0.8 }),
    residual([layerNorm(), dense(12, { activation: 'tanh' }), dropout({ keep: 0.9 })]),
    output,
  ];
  const config = { input: [2, 2], standardize: true, seed: 5, layers } as const;
  return sequential({ ...config, augment: augment({ rotate: 10, noise: 0.1 }) }).compile({
    loss: 'crossEntropy',
    optimizer: adam({ learningRate: reduceOnPlateau(0.01, { patience: 1 }) }),
    metrics: ['accuracy'],
    clipNorm: 0.5,
  });
}

type Options = FitOptions<readonly [Float32Array, number[]], 'accuracy'>;

describe('looking', () => {
  const options: Options = { epochs: 4, batchSize: 16, validationSplit: 0.2, earlyStopping: { patience: 2 } };

  it('gives the same every time, as plain data, and leaves the model as it was', () => {
    const model = everything();
    model.fitSync(x, y, options);
    const before = sha256(model.save({ optimizer: true }));
    const diagnosis = model.diagnose(x, y);
    expect(sha256(model.save({ optimizer: true }))).toBe(before);
    expect(model.diagnose(x, y)).toEqual(diagnosis);
    expect(JSON.parse(JSON.stringify(diagnosis))).toEqual(diagnosis);
    const twin = load<'crossEntropy', 'accuracy'>(model.save({ optimizer: true }));
    model.fitSync(x, y, options);
    twin.fitSync(x, y, options);
    expect(sha256(model.save({ optimizer: true }))).toBe(sha256(twin.save({ optimizer: true })));
  });

  it('changes no bit of a fit, a checkpoint or its curves', async () => {
    const plain = everything();
    const curves = plain.fitSync(x, y, options);
    expect(curves).not.toHaveProperty('diagnostics');
    const looked = everything();
    const { diagnostics, ...rest } = looked.fitSync(x, y, { ...options, diagnostics: true });
    expect(rest).toEqual(curves);
    expect(sha256(looked.save({ optimizer: true }))).toBe(sha256(plain.save({ optimizer: true })));
    expect(diagnostics).toHaveLength(curves.metrics.loss.length);
    const slowly = everything();
    expect((await slowly.fit(x, y, { ...options, diagnostics: true, sliceMs: 0 })).diagnostics).toEqual(diagnostics);
    expect(sha256(slowly.save({ optimizer: true }))).toBe(sha256(plain.save({ optimizer: true })));
  });

  it('is in the history as soon as an epoch is over, in train too', async () => {
    const model = classifier();
    const seen: (number | undefined)[] = [];
    for await (const _ of model.train(x, y, { epochs: 3, diagnostics: true })) {
      seen.push(model.history?.diagnostics?.length);
    }
    expect(seen).toEqual([1, 2, 3]);
  });

  it('asks a schedule for nothing that the fit would not, and remembers nothing', () => {
    const asked: number[] = [];
    const learningRate = (t: number) => {
      asked.push(t);
      return t < 6 ? 0.01 / (t + 1) : Number.NaN;
    };
    const model = sequential({ input: 4, layers: [output] }).compile({
      loss: 'crossEntropy',
      optimizer: sgd({ learningRate }),
    });
    model.fitSync(x, y, { epochs: 3, batchSize: 30, diagnostics: true });
    expect(asked).toEqual([0, 1, 2, 3, 4, 5]);
    const saved = sha256(model.save());
    // of the next update, as trainOnBatch would
    expect(() => model.diagnose(x, y)).toThrow(/^learningRate: the schedule must give a number .* at step 7 /);
    expect(sha256(model.save())).toBe(saved);
  });

  it('does not show the update to whoever looks in between', async () => {
    const wide = clusters(256, { width: 128, noise: 3 });
    const make = (runtime = createRuntime()) =>
      sequential({ input: 128, layers: [dense(256, { activation: 'relu' }), output] }, { runtime }).compile({
        loss: 'crossEntropy',
      });
    const whole = [1, 2, 3].map((epochs) => {
      const model = make();
      model.fitSync(wide.x, wide.y, { epochs, batchSize: 256 });
      return sha256(model.save({ optimizer: true }));
    });
    const model = make();
    const seen = new Set([sha256(model.save({ optimizer: true }))]);
    const begun = [...seen];
    await model.fit(wide.x, wide.y, {
      epochs: 3,
      batchSize: 256,
      diagnostics: true,
      sliceMs: 0,
      onProgress: () => void seen.add(sha256(model.save({ optimizer: true }))),
    });
    expect([...seen]).toEqual([...begun, ...whole.slice(0, seen.size - 1)]);
    expect(seen.size).toBeGreaterThan(2);
  });
});

describe('the rows that fit looks at', () => {
  it('are all training rows up to 256, and as many as the layers need', () => {
    const rowsLooked = (rows: number, options: Options = {}) => {
      const data = clusters(rows);
      const { diagnostics } = everything().fitSync(data.x, data.y, { ...options, diagnostics: true });
      return diagnostics?.map((diagnosis) => diagnosis.rows);
    };
    expect(rowsLooked(60)).toEqual([60]);
    expect(rowsLooked(60, { validationSplit: 0.5 })).toEqual([30]);
    expect(rowsLooked(2)).toEqual([2]);
    expect(rowsLooked(700)).toEqual([256]);
  });

  it('are drawn from all of them, the same each time and without repetition', () => {
    const rows = Uint32Array.from({ length: 1000 }, (_, i) => 3 * i);
    const drawn = drawRows(256, rows, 7);
    expect(drawRows(256, rows, 7)).toEqual(drawn);
    expect(drawRows(256, rows, 8)).not.toEqual(drawn);
    expect(new Set(drawn).size).toBe(256);
    expect(drawn.every((row) => rows.includes(row))).toBe(true);
    for (const quarter of [0, 1, 2, 3]) {
      const inside = drawn.filter((row) => Math.floor(row / 750) === quarter).length;
      // 64 expected, deviation √(256 · ¼ · ¾ · 744/999) = 6
      expect(Math.abs(inside - 64)).toBeLessThan(24);
    }
    expect(drawRows(1000, rows, 7)).toEqual(rows);
  });

  it('are what diagnose says of them, for the model that the epoch left', () => {
    const model = network([dense(6, { activation: 'relu' }), output]);
    const { diagnostics } = model.fitSync(x, y, { epochs: 2, batchSize: 30, diagnostics: true });
    const now = model.diagnose(x, y);
    expect(diagnostics?.[1]?.layers).toEqual(now.layers);
    expect(diagnostics?.[0]?.layers).not.toEqual(now.layers);
  });
});

describe('members of an ensemble', () => {
  it('each have diagnoses of their own, and are no others for it', () => {
    const make = () =>
      bagging(sequential({ input: 4, seed: 3, layers: [dense(6, { activation: 'relu' }), output] }), {
        members: 3,
        sampleFraction: 0.5,
      }).compile({ loss: 'crossEntropy' });
    const [plain, looked] = [make(), make()];
    plain.fitSync(x, y, { epochs: 2 });
    const { members } = looked.fitSync(x, y, { epochs: 2, diagnostics: true });
    expect(sha256(looked.save({ optimizer: true }))).toBe(sha256(plain.save({ optimizer: true })));
    expect(members.map(({ diagnostics }) => diagnostics?.map(({ rows }) => rows))).toEqual(Array(3).fill([30, 30]));
    expect(members[0]?.diagnostics).not.toEqual(members[1]?.diagnostics);
  });
});

describe('warnings', () => {
  const warningsOf = (layers: readonly Layer[], options = {}) => network(layers, options).diagnose(x, y).warnings;
  const stack = (count: number, make: () => Layer | readonly Layer[]) =>
    [...Array.from({ length: count }, make).flat(), output] as readonly Layer[];
  const many = clusters(4000, { noise: 1 });

  it.each<[string, readonly Layer[]]>([
    ['3 layers of relu', stack(2, () => dense(16, { activation: 'relu' }))],
    ['10 layers of relu', stack(9, () => dense(16, { activation: 'relu' }))],
    ['3 layers of tanh', stack(2, () => dense(16, { activation: 'tanh' }))],
    ['10 layers of tanh', stack(9, () => dense(16, { activation: 'tanh' }))],
    ['10 layers of elu', stack(9, () => dense(16, { activation: 'elu' }))],
    ['3 layers of sigmoid', stack(2, () => dense(16, { activation: 'sigmoid' }))],
    ['batch norm before relu', stack(9, () => [dense(16), batchNorm(), activation('relu')])],
    ['batch norm after relu', stack(9, () => [dense(16, { activation: 'relu' }), batchNorm()])],
    ['sigmoid with batch norm', stack(9, () => [dense(16), batchNorm(), activation('sigmoid')])],
    [
      '50 layers in residual blocks',
      [dense(8), ...stack(24, () => residual([batchNorm(), dense(8, { activation: 'relu' }), dense(8)]))],
    ],
  ])('are none for a healthy network at its beginning: %s', (_, layers) => {
    for (const seed of [1, 2, 3]) {
      const model = network(layers, { seed, learningRate: 0.001 });
      expect(model.diagnose(many.x, many.y).warnings).toEqual([]);
    }
  });

  it('tell vanishing gradients by layers and size', () => {
    const layers = stack(9, () => dense(16, { activation: 'sigmoid' }));
    const pattern =
      /^layers dense0 to dense\d receive gradients down to \d+e-\d of those of dense9: vanishing; try relu with he .*batchNorm/;
    expect(warningsOf(layers)).toContainEqual(expect.stringMatching(pattern));
    const { layers: found, warnings } = network(layers).diagnose(x, y);
    const norms = found.map(({ gradientNorm }) => gradientNorm as number);
    const end = norms.findIndex((norm) => !(norm < 1e-3 * (norms.at(-1) as number)));
    expect(warnings[0]).toContain(`layers dense0 to dense${end - 1} receive`);
    expect(warnings[0]).toContain(`${(Math.min(...norms) / (norms.at(-1) as number)).toExponential(0)} of`);
    const small = dense(8, { activation: 'tanh', weightInitializer: normal(0, 1e-5) });
    const blocked = dense(8, { activation: 'relu', weightInitializer: zeros() });
    const single = network([dense(8), small, output]).diagnose(
      x,
      y.map(() => 0),
    );
    expect(single.warnings[0]).toMatch(/^layer dense0 receives gradients down to/);
    expect(warningsOf([dense(8), blocked, output])[0]).toMatch(/^layers dense0 to dense1 receive no gradient/);
  });

  it('leave frozen layers out of it', () => {
    const frozen = stack(8, () => dense(16, { activation: 'sigmoid', trainable: false }));
    expect(warningsOf(frozen).join()).not.toContain('vanishing');
  });

  it('tell exploding gradients: by layers, by size, and where they are not finite', () => {
    const last = dense(3, { activation: 'softmax', weightInitializer: normal(0, 1e4) });
    const growing = [dense(8, { weightInitializer: normal(0, 1e-2) }), dense(8), last];
    expect(warningsOf(growing)).toContainEqual(
      expect.stringMatching(
        /^layers dense0 to dense1 receive gradients up to \d+e\d times those of dense2: exploding; try clipNorm/,
      ),
    );
    const far = curve(60, { size: 1e6 });
    const linear = () => sequential({ input: 3, layers: [dense(1)] }).compile({ loss: 'meanSquaredError' });
    const ofSize = expect.stringMatching(/^the gradient has norm \d+e\d: exploding; .*standardized inputs and targets/);
    expect(linear().diagnose(far.x, far.y).warnings).toContainEqual(ofSize);
    const near = curve(60);
    expect(linear().diagnose(near.x, near.y).warnings).toEqual([]);

    const model = network([dense(4), output]);
    model.setParameters({ 'dense0.weight': { data: Array(16).fill(1e38) } });
    const before = sha256(model.save({ optimizer: true }));
    const { layers, warnings } = model.diagnose(x, y);
    expect(warnings).toContainEqual(expect.stringMatching(/^the gradient of layer dense0 is not finite: exploding/));
    expect(layers[0]?.gradientNorm).toBeNaN();
    expect(layers.map(({ updateRatio }) => updateRatio)).toEqual([0, 0]);
    expect(sha256(model.save({ optimizer: true }))).toBe(before);
  });

  it('tell dead relu units, and no fewer of them than chance would make', () => {
    const biased = (dead: number) => {
      const model = network([dense(16, { activation: 'relu' }), output]);
      const data = Array.from({ length: 16 }, (_, i) => (i < dead ? -100 : 1));
      model.setParameters({ 'dense0.bias': { data } });
      return model.diagnose(x, y).warnings;
    };
    expect(biased(15)).toContainEqual(
      expect.stringMatching(
        /^relu units are 0 on every row, 94 % of dense0: dead; try leakyRelu or elu, .*constant\(0\.01\)/,
      ),
    );
    expect(biased(12).join()).not.toContain('dead');
    // a whole layer is dead however narrow it is
    const narrow = network([dense(2, { activation: 'relu' }), output]);
    narrow.setParameters({ 'dense0.bias': { data: [-100, -100] } });
    expect(narrow.diagnose(x, y).warnings.join()).toContain('100 % of dense0');
  });

  it('tell saturation of hidden layers, not of an output that is certain', () => {
    const steep = { weightInitializer: normal(0, 20) };
    const pattern =
      /^activations are where they have next to no slope, \d+ % of dense0: saturated; try smaller initial weights/;
    const saturated = expect.stringMatching(pattern);
    for (const name of ['sigmoid', 'tanh'] as const) {
      expect(warningsOf([dense(16, { activation: name, ...steep }), output])).toContainEqual(saturated);
      expect(warningsOf([dense(16, { activation: name }), output])).not.toContainEqual(saturated);
    }
    const certain = sequential({ input: 4, layers: [dense(2, { activation: 'sigmoid', ...steep })] }).compile({
      loss: 'binaryCrossEntropy',
    });
    const diagnosis = certain.diagnose(x, rowsOf(new Float32Array(120), 2));
    expect(diagnosis.layers[0]?.saturation).toBeGreaterThan(0.5);
    expect(diagnosis.warnings.join()).not.toContain('saturated');
  });

  it('tell updates that are large next to the weights', () => {
    const layers = [dense(16, { activation: 'relu' }), output];
    const large = expect.stringMatching(
      /^one update changes the weights by more than a tenth, dense0 by \d+ %, dense1 by \d+ %: try a smaller learning rate \(it is 0\.3\)/,
    );
    expect(warningsOf(layers, { learningRate: 0.3 })).toContainEqual(large);
    expect(warningsOf(layers, { learningRate: 0.001 }).join()).not.toContain('learning rate (it is');
  });

  it('tell more parameters than rows: of the rows given, or of the training rows of a fit', () => {
    // 4 · 3 + 3
    const linear = () => network([output]);
    expect(linear().diagnose(x.subarray(0, 56), y.slice(0, 14)).warnings).toContainEqual(
      expect.stringMatching(
        /^there are 15 parameters and 14 rows here: if it trains on no more, .* regularization \(l2/,
      ),
    );
    expect(linear().diagnose(x.subarray(0, 60), y.slice(0, 15)).warnings.join()).not.toMatch(byHeart);
    const fitted = (rows: number, layers: readonly Layer[]) => {
      const data = clusters(rows);
      const { diagnostics } = network(layers).fitSync(data.x, data.y, { validationSplit: 0.5, diagnostics: true });
      return diagnostics?.[0]?.warnings ?? [];
    };
    expect(fitted(28, [output])).toContainEqual(
      expect.stringMatching(/^there are 15 parameters for 14 training rows: /),
    );
    expect(fitted(30, [output]).join()).not.toMatch(byHeart);
    // 303 parameters, 256 rows looked at, 400 to train on
    const wider = [
      dense(43, { activation: 'relu' }),
      dense(2, { activation: 'relu' }),
      dense(3, { activation: 'softmax' }),
    ];
    expect(fitted(800, wider).join()).not.toMatch(byHeart);
  });

  it('are one sentence each', () => {
    const layers = stack(9, () => dense(16, { activation: 'sigmoid' }));
    const warnings = warningsOf(layers, { learningRate: 0.5 });
    expect(warnings.length).toBeGreaterThanOrEqual(3);
    for (const warning of warnings) expect(warning).toMatch(/^[a-z][^\n]*[^.]\.$/);
  });
});
