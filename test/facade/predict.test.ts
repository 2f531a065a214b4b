/** lanegrad/predict gives the bits of the whole library with `kernel: 'simd'`, and refuses as it does. */
import { describe, expect, it } from 'vitest';
import {
  type ActivationOption,
  activation,
  bagging,
  batchNorm,
  createRuntime,
  dense,
  dropout,
  elu,
  type Layer,
  layerNorm,
  leakyRelu,
  load as loadWhole,
  residual,
  type SequentialConfig,
  sequential,
} from '../../src/index.js';
import { ACTIVATION_NAMES } from '../../src/nn/activations.js';
import { FORWARDS } from '../../src/nn/forwards.js';
import { LAYERS } from '../../src/nn/layers.js';
import * as predict from '../../src/predict.js';
import { generator, reals } from '../oracle/operation.js';
import { bytesIn } from '../support/source.js';

const INPUTS = 13;
const OUTPUTS = 5;
const next = generator('predict');
const x = reals(next, 70 * INPUTS);
const runtime = createRuntime({ kernel: 'simd', threads: 1 });

/** A trained model of these layers, behind which there is an output layer. */
function trained(layers: readonly Layer[], more: Partial<SequentialConfig> = {}) {
  const all = [...layers, dense(OUTPUTS, { activation: 'softmax' })];
  const model = sequential({ input: INPUTS, seed: 4, layers: all, ...more }, { runtime }).compile({
    loss: 'crossEntropy',
  });
  model.fitSync(
    x,
    Uint8Array.from({ length: 70 }, (_, i) => (i * i) % OUTPUTS),
    { epochs: 2, batchSize: 16 },
  );
  return model;
}

const ACTIVATION_OPTIONS: readonly ActivationOption[] = [
  ...ACTIVATION_NAMES,
  leakyRelu({ slope: 0.3 }),
  elu({ alpha: 0.7 }),
];

const NETWORKS: Readonly<Record<string, readonly Layer[]>> = {
  'activations of their own': [dense(20), activation('gelu')],
  dropout: [dropout({ keep: 0.7 }), dense(20, { activation: 'relu' }), dropout({ keep: 0.5 })],
  'batchNorm, folded either way or not': [
    batchNorm(),
    dense(17, { activation: 'tanh' }),
    batchNorm(),
    activation('relu'),
    batchNorm(),
    dense(9),
    batchNorm(),
    activation('sigmoid'),
  ],
  layerNorm: [dense(33), layerNorm(), activation('relu'), layerNorm()],
  residual: [dense(16), residual([layerNorm(), dense(16, { activation: 'relu' }), residual([dense(16), batchNorm()])])],
  'wide and deep enough for several blocks of a product': [dense(300, { activation: 'relu' }), dense(270)],
};

describe('the bits of the whole library', () => {
  it.each(ACTIVATION_OPTIONS.map((option) => [typeof option === 'string' ? option : option.kind, option] as const))(
    'after %s',
    (_, option) => {
      const model = trained([dense(19, { activation: option })]);
      expect(predict.load(model.save()).predict(x)).toEqual(model.predict(x));
    },
  );

  it.each(Object.entries(NETWORKS))('with %s', (_, layers) => {
    const model = trained(layers);
    const loaded = predict.load(model.save());
    for (const rows of [1, 2, 3, 4, 5, 7, 70]) {
      const part = x.subarray(0, rows * INPUTS);
      expect(loaded.predict(part)).toEqual(model.predict(part));
    }
  });

  it('for uint8 and float32 rows of standardized inputs, more than fit into one go', () => {
    const model = trained([dense(8, { activation: 'relu' })], { standardize: true });
    const loaded = predict.load(model.save());
    const bytes = Uint8Array.from({ length: 700 * INPUTS }, () => Math.floor(256 * next()));
    const floats = reals(next, 700 * INPUTS);
    const scaled = { data: bytes, shape: [700, INPUTS], scale: 1 / 255 };
    for (const rows of [bytes, floats, scaled, bytes]) expect(loaded.predict(rows)).toEqual(model.predict(rows));
  });

  it('in target units', () => {
    const config = { input: INPUTS, layers: [dense(2)], standardizeTarget: true, seed: 1 };
    const model = sequential(config, { runtime }).compile({ loss: 'meanSquaredError' });
    model.fitSync(
      x,
      Float32Array.from({ length: 140 }, (_, i) => 1000 + 7 * (i % 11)),
      { epochs: 2 },
    );
    const loaded = predict.load(model.save({ optimizer: true }));
    expect(loaded.predict(x)).toEqual(model.predict(x));
    expect(() => loaded.predictClasses(x)).toThrow(/must tell classes apart/);
  });
});

describe('what was read', () => {
  const config = { input: INPUTS, layers: [dense(4), dense(2)], standardize: true, standardizeTarget: true, seed: 1 };
  const model = sequential(config, { runtime }).compile({ loss: 'meanSquaredError' });
  model.fitSync(
    x,
    Float32Array.from({ length: 140 }, (_, i) => 30 + (i % 7)),
    { epochs: 2 },
  );
  const good = model.save({ optimizer: true });
  const expected = model.predict(x);

  it.each([0, 1, 2, 3, 4])('is the same from byte %i of a buffer on, and no model keeps it', (offset) => {
    const buffer = new Uint8Array(good.length + 8);
    for (const bytes of [
      buffer.subarray(offset, offset + good.length),
      Buffer.from(buffer.buffer, offset, good.length),
    ]) {
      bytes.set(good);
      const models = [predict.load(bytes), loadWhole(bytes, { runtime })];
      bytes.fill(0xff);
      for (const loaded of models) expect(loaded.predict(x)).toEqual(expected);
      const [, whole] = models as [unknown, ReturnType<typeof loadWhole>];
      expect(whole.save({ optimizer: true })).toEqual(good);
    }
  });
});

describe('a predictor', () => {
  const classes = ['a', 'b', 'c', 'd', 'e'];
  const model = trained([dense(12, { activation: 'relu' })], { classes });
  const bytes = model.save();

  it('knows classes and labels, and writes into `out`', () => {
    const loaded = predict.load(bytes);
    expect(loaded.classes).toEqual(classes);
    expect(loaded.predictClasses(x)).toEqual(model.predictClasses(x));
    expect(loaded.predictLabels(x)).toEqual(model.predictLabels(x));
    const out = new Float32Array(70 * OUTPUTS);
    expect(loaded.predict(x, { out })).toBe(out);
    expect(out).toEqual(model.predict(x));
    expect(loaded.runtime).toMatchObject({ kernel: 'simd', reproducible: true, threads: 1 });
  });

  it('has memory of its own', () => {
    const [one, other] = [predict.load(bytes), predict.load(trained([dense(40), batchNorm()]).save())];
    const first = one.predict(x);
    other.predict(x);
    expect(one.predict(x)).toEqual(first);
    expect(first).toEqual(model.predict(x));
  });

  it('refuses as the whole library does', () => {
    const loaded = predict.load(bytes);
    for (const bad of [new Float32Array(5), Float32Array.of(...new Float32Array(12), Number.NaN), [[1]], 'x']) {
      const call = (one: { predict(rows: never): unknown }) => {
        try {
          one.predict(bad as never);
        } catch (error) {
          return (error as Error).message;
        }
        return undefined;
      };
      expect(call(loaded)).toBe(call(model));
      expect(call(loaded)).toBeDefined();
    }
  });

  it('is gone after dispose', () => {
    const loaded = predict.load(bytes);
    loaded.dispose();
    loaded.dispose();
    expect(() => loaded.predict(x)).toThrow(predict.DisposedError);
    expect(loaded.classes).toBeUndefined();
  });

  it('takes kernels that the user compiled, and no others', () => {
    const compiled = (name: string) => new WebAssembly.Module(Uint8Array.from(bytesIn(`dist/${name}.wasm`)));
    expect(predict.load(bytes, { module: compiled('predict') }).predict(x)).toEqual(model.predict(x));
    expect(() => predict.load(bytes, { module: compiled('simd') })).toThrow(
      'load: `module` must be kernels of this version, 0.1.0 (predict). Received: those of version 0.1.0 (simd). ' +
        'Help: compile lanegrad/predict.wasm of lanegrad 0.1.0.',
    );
    expect(() => createRuntime({ module: compiled('predict') })).toThrow(/\(simd or relaxed\).*0\.1\.0 \(predict\)/);
  });
});

describe('load', () => {
  const good = trained([dense(4)]).save();
  const messageOf = (load: (bytes: Uint8Array) => unknown, bytes: unknown): string => {
    try {
      load(bytes as Uint8Array);
    } catch (error) {
      return `${(error as Error).name}: ${(error as Error).message}`;
    }
    return 'nothing';
  };

  it.each([
    ['no bytes', 'text'],
    ['few bytes', new Uint8Array(3)],
    ['a truncated file', good.slice(0, good.length - 100)],
    ['a damaged file', good.map((byte, i) => (i === good.length - 9 ? byte ^ 1 : byte))],
  ])('says of %s what the whole library says', (_, bytes) => {
    expect(messageOf(predict.load, bytes)).toBe(messageOf(loadWhole, bytes));
    expect(messageOf(predict.load, bytes)).not.toBe('nothing');
  });

  it('sends ensembles elsewhere', () => {
    const single = sequential({ input: 2, layers: [dense(1)] });
    const ensemble = bagging(single, { members: 2 }).compile({ loss: 'meanSquaredError' });
    expect(() => predict.load(ensemble.save())).toThrow(/this is an ensemble of models/);
  });

  it('refuses unknown options', () => {
    expect(() => predict.load(good, { modul: 1 } as object)).toThrow(/did you mean `module`\?/);
  });
});

describe('what predicts', () => {
  it('knows every kind of layer', () => {
    expect(Object.keys(FORWARDS)).toEqual(Object.keys(LAYERS));
  });
});
