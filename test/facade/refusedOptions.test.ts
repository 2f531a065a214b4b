import { describe, expect, it } from 'vitest';
import { load } from '../../src/index.js';
import { data, expectMessage, expectRefused, type Refusal, untyped } from './refusals.js';
import { regressor } from './support.js';

const { x, y } = data;
const split = { validationSplit: 0.25 };
const fitWith =
  (options: unknown) =>
  (model: Parameters<Refusal[0]>[0]): unknown =>
    model.fitSync(x, y, untyped(options));
const positive = 'must be a positive integer';

const options: Readonly<Record<string, Refusal>> = {
  'an unknown name': [fitWith({ epoch: 3 }), 'fitSync: `epoch` is not an option', 'Help: did you mean `epochs`?'],
  'a name in other letters': [fitWith({ batchsize: 3 }), '`batchsize` is not an option', 'did you mean `batchSize`?'],
  'a name like no other': [
    fitWith({ verbosity: 3 }),
    '`verbosity` is not an option',
    'known are `epochs`, `batchSize`,',
  ],
  null: [fitWith(null), 'fitSync: options must be an object', 'Received: null.'],
  'a number': [fitWith(5), 'fitSync: options must be an object', 'Received: 5.'],
  'no epochs': [fitWith({ epochs: 0 }), `\`epochs\` ${positive}`, 'Received: 0.'],
  'negative epochs': [fitWith({ epochs: -1 }), `\`epochs\` ${positive}`, 'Received: -1.'],
  'epochs as text': [fitWith({ epochs: '5' }), `\`epochs\` ${positive}`, 'Received: "5".'],
  'a fraction of a batch': [fitWith({ batchSize: 1.5 }), `\`batchSize\` ${positive}`, 'Received: 1.5.'],
  'a batch larger than the data': [
    fitWith({ batchSize: 13 }),
    '`batchSize` must not exceed the 12 training rows',
    'Received: 13.',
    'Help: use a batchSize of at most 12.',
  ],
  'a batch larger than what is left for training': [
    fitWith({ batchSize: 10, ...split }),
    '`batchSize` must not exceed the 9 training rows',
    'at most 9.',
  ],
  'shuffle as text': [fitWith({ shuffle: 'no' }), '`shuffle` must be true or false', 'Received: "no".'],
  'diagnostics as text': [fitWith({ diagnostics: 'yes' }), '`diagnostics` must be true or false', 'Received: "yes".'],
  'all rows held out': [fitWith({ validationSplit: 1 }), '`validationSplit` must be a share between 0 and 1', '1.'],
  'no rows held out': [fitWith({ validationSplit: 0 }), '`validationSplit` must be a share', 'Received: 0.'],
  'a split that is NaN': [fitWith({ validationSplit: Number.NaN }), '`validationSplit` must be', 'Received: NaN.'],
  'a tail misspelt': [fitWith({ validationSplit: { tial: 0.1 } }), '`tial` is not an option', 'did you mean `tail`?'],
  'a tail with more': [
    fitWith({ validationSplit: { tail: 0.1, shuffle: true } }),
    '`shuffle` is not an option',
    '`tail`',
  ],
  'a tail that is text': [
    fitWith({ validationSplit: { tail: '0.1' } }),
    '`validationSplit` must be a share',
    '{ tail }.',
  ],
  'one row to split': [
    (m) => m.fitSync(x.subarray(0, 4), [1], { validationSplit: 0.5 }),
    '`validationSplit` needs at least two rows',
    '1 row',
  ],
  'two sources of validation rows': [
    fitWith({ validationSplit: 0.5, validationData: [x, y] }),
    'validation rows come from `validationData` or `validationSplit`, not both',
    'both',
  ],
  'validation data of another form': [
    fitWith({ validationData: { x, y } }),
    '`validationData` must be [x, y]',
    '{ x, y }.',
  ],
  'validation data that is null': [fitWith({ validationData: null }), '`validationData` must be [x, y]', 'null.'],
  'early stopping with nothing to monitor': [
    fitWith({ earlyStopping: { patience: 3 } }),
    'early stopping on `val_loss` needs validation rows',
    'neither validationData nor validationSplit',
    "Help: add validationSplit: 0.1, or monitor: 'loss'.",
  ],
  'early stopping that is null': [fitWith({ ...split, earlyStopping: null }), 'earlyStopping', 'null.'],
  'early stopping that is a number': [fitWith({ ...split, earlyStopping: 5 }), 'earlyStopping', 'Received: 5.'],
  'early stopping without patience': [
    fitWith({ ...split, earlyStopping: {} }),
    `\`patience\` ${positive}`,
    'undefined.',
  ],
  'early stopping with an unknown name': [
    fitWith({ ...split, earlyStopping: { patience: 3, mindelta: 1 } }),
    'fitSync, earlyStopping: `mindelta` is not an option',
    'did you mean `minDelta`?',
  ],
  'an unknown key to monitor': [
    fitWith({ ...split, earlyStopping: { patience: 3, monitor: 'val_acuracy' } }),
    '`monitor` is not one that exists',
    '"val_acuracy".',
    'Help: did you mean `val_accuracy`?',
  ],
  'a metric to monitor that the model lacks': [
    fitWith({ ...split, earlyStopping: { patience: 3, monitor: 'rmse' } }),
    '`monitor` is not one that exists',
    'known are `val_loss`, `val_accuracy`, `loss`, `accuracy`.',
  ],
  'a negative minDelta': [
    fitWith({ ...split, earlyStopping: { patience: 3, minDelta: -1 } }),
    '`minDelta` must be',
    '-1.',
  ],
  'a negative time limit': [fitWith({ timeLimit: -1 }), '`timeLimit` must be a finite number of at least 0', '-1.'],
  'a time limit that is NaN': [fitWith({ timeLimit: Number.NaN }), '`timeLimit` must be', 'NaN.'],
  'no samples': [fitWith({ maxSamples: 0 }), `\`maxSamples\` ${positive}`, 'Received: 0.'],
  'a slice as text': [fitWith({ sliceMs: '10' }), '`sliceMs` must be', 'Received: "10".'],
  'a signal that cannot be asked': [
    fitWith({ signal: new EventTarget() }),
    '`signal` must be an AbortSignal',
    'EventTarget',
  ],
  'a signal that is none': [fitWith({ signal: {} }), '`signal` must be an AbortSignal', 'Received: {'],
  'a callback that is none': [fitWith({ onEpochEnd: 3 }), '`onEpochEnd` must be a function', 'Received: 3.'],
  'another callback that is none': [fitWith({ onProgress: 'x' }), '`onProgress` must be a function', 'Received: "x".'],
};

const one = new Float32Array(12).fill(1);
const weights: Readonly<Record<string, Refusal>> = {
  'too few': [
    fitWith({ sampleWeight: new Float32Array(3) }),
    '`sampleWeight` must be a Float32Array with one weight for each of the 12 rows',
    'Float32Array(3).',
  ],
  'a plain array': [fitWith({ sampleWeight: Array.from(one) }), '`sampleWeight` must be a Float32Array', '12 in all'],
  negative: [
    fitWith({ sampleWeight: one.with(4, -1) }),
    'the weight of row 4 must be a finite number of at least 0',
    '-1.',
  ],
  NaN: [fitWith({ sampleWeight: one.with(11, Number.NaN) }), 'the weight of row 11 must be', 'Received: NaN.'],
  infinite: [
    fitWith({ sampleWeight: one.with(0, Number.POSITIVE_INFINITY) }),
    'the weight of row 0 must be',
    'Infinity.',
  ],
  'all zero': [fitWith({ sampleWeight: new Float32Array(12) }), 'at least one training row must have a weight above 0'],
  'zero in all training rows': [
    fitWith({ sampleWeight: new Float32Array(12).fill(1, 9), validationSplit: { tail: 0.25 } }),
    'at least one training row must have a weight above 0',
  ],
  'zero in all validation rows': [
    fitWith({ sampleWeight: new Float32Array(12).fill(1, 0, 9), validationSplit: { tail: 0.25 } }),
    'at least one validation row must have a weight above 0',
  ],
  'by class, misspelt': [fitWith({ classWeight: 'balancd' }), "`classWeight` must be 'balanced' or", '"balancd".'],
  'by class, null': [fitWith({ classWeight: null }), "`classWeight` must be 'balanced' or", 'Received: null.'],
  'by class, a number': [fitWith({ classWeight: 5 }), "`classWeight` must be 'balanced' or", 'Received: 5.'],
  'of an unknown class': [
    fitWith({ classWeight: { ham: 3 } }),
    '`classWeight` must name classes of the model (0, 1, 2)',
    '"ham".',
  ],
  'of a class out of range': [fitWith({ classWeight: { 3: 3 } }), '`classWeight` must name classes', '"3".'],
  'of a class without a name': [fitWith({ classWeight: { '': 3 } }), '`classWeight` must name classes', '"".'],
  'of a class, negative': [fitWith({ classWeight: { 1: -3 } }), '`classWeight.1` must be a finite number', '-3.'],
  'of a class, a text': [fitWith({ classWeight: { 1: '3' } }), '`classWeight.1` must be a finite number', '"3".'],
  'of a class, null': [fitWith({ classWeight: { 1: null } }), '`classWeight.1` must be a finite number', 'null.'],
  'of a class, more than float32 holds': [
    fitWith({ classWeight: { 1: 1e39 } }),
    'the weight of row 1 must be a finite',
    'Infinity.',
  ],
  'of a class by a number written in another way': [
    fitWith({ classWeight: { '0x1': 3 } }),
    '`classWeight` must name classes of the model (0, 1, 2)',
    '"0x1".',
  ],
  'by class, a Map': [fitWith({ classWeight: new Map([[1, 3]]) }), "must be 'balanced' or weights by class", 'a Map.'],
  'in trainOnBatch': [
    (m) => m.trainOnBatch(x, y, { sampleWeight: new Float32Array(3) }),
    'trainOnBatch: `sampleWeight` must be a Float32Array with one weight for each of the 12 rows',
  ],
};

const eight = Array.from({ length: 8 }, (_, i) => i);
const bias = (value: unknown) => (m: Parameters<Refusal[0]>[0]) => m.setParameters(untyped({ 'dense0.bias': value }));
const methods: Readonly<Record<string, Refusal>> = {
  'predict: out of another size': [
    (m) => m.predict(x, { out: new Float32Array(3) }),
    'predict: `out` must be a Float32Array of 36 values',
    'Received: Float32Array(3).',
  ],
  'predict: out of another kind': [(m) => m.predict(x, { out: untyped([]) }), '`out` must be', 'Received: [].'],
  'predict: an unknown option': [(m) => m.predict(x, untyped({ into: 3 })), '`into` is not an option', '`out`'],
  'predict: null': [(m) => m.predict(x, untyped(null)), 'predict: ', 'Received: null.'],
  'predictLabels: no names': [
    (m) => m.predictLabels(x),
    'predictLabels: the model must know its class names',
    'Help: train with names as labels, or declare `classes` in sequential.',
  ],
  'program: an unknown name': [(m) => m.program(untyped('training')), '`name` is not one that exists', '`train`'],
  'program: a negative batch': [(m) => m.program('train', { batchSize: -1 }), `\`batchSize\` ${positive}`, '-1.'],
  'program: an unknown option': [(m) => m.program('train', untyped({ rows: 3 })), '`rows` is not an option'],
  'profile: no repetitions': [(m) => m.profile(x, y, { repetitions: 0 }), `profile: \`repetitions\` ${positive}`, '0.'],
  'profile: an unknown option': [
    (m) => m.profile(x, y, untyped({ repetition: 1 })),
    '`repetition` is not an option',
    'did you mean `repetitions`?',
  ],
  'trainOnBatch: an unknown option': [
    (m) => m.trainOnBatch(x, y, untyped({ sampleweight: one })),
    'trainOnBatch: `sampleweight` is not an option',
    'did you mean `sampleWeight`?',
  ],
  'diagnose: an unknown option': [
    (m) => m.diagnose(x, y, untyped({ sampleweight: one })),
    'diagnose: `sampleweight` is not an option',
    'did you mean `sampleWeight`?',
  ],
  'diagnose: too few weights': [
    (m) => m.diagnose(x, y, { sampleWeight: new Float32Array(3) }),
    'diagnose: `sampleWeight` must be a Float32Array with one weight for each of the 12 rows',
  ],
  'setParameters: an unknown name': [
    (m) => m.setParameters({ 'dense0.bias': { data: eight }, 'dense0.weigt': { data: [] } }),
    'setParameters: `name` is not one that exists',
    'did you mean `dense0.weight`?',
  ],
  'setParameters: too few': [
    bias({ data: [1] }),
    'dense0.bias must have shape [8], 8 values',
    'Received: shape [8], 1 values.',
  ],
  'setParameters: another shape': [
    bias({ data: eight, shape: [4, 2] }),
    'dense0.bias must have shape [8]',
    'shape [4,2], 8 values.',
  ],
  'setParameters: a shape of too few values': [
    bias({ data: [1], shape: [8] }),
    'dense0.bias must have shape [8], 8 values',
    'Received: shape [8], 1 values.',
  ],
  'setParameters: a shape that is none': [
    bias({ data: eight, shape: 9 }),
    'must have shape [8]',
    'shape [9], 8 values.',
  ],
  'setParameters: NaN': [bias({ data: eight.with(7, Number.NaN) }), 'value 7 of dense0.bias must be a finite', 'NaN.'],
  'setParameters: beyond float32': [bias({ data: eight.with(2, 1e39) }), 'value 2 of dense0.bias', '1e+39.'],
  'setParameters: strings': [bias({ data: eight.map(String) }), 'value 0 of dense0.bias', 'Received: "0".'],
  'setParameters: without data': [bias({}), 'dense0.bias must be { data, shape }', 'Received: {'],
  'setParameters: a plain array': [bias(eight), 'dense0.bias must be { data, shape }', 'Received: '],
  'setParameters: null': [bias(null), 'dense0.bias must be { data, shape }', 'Received: null.'],
  'setParameters: nothing': [
    (m) => m.setParameters(untyped(null)),
    'setParameters: arrays by name are needed',
    'null.',
  ],
  'setParameters: the good ones are not set when another one is bad': [
    (m) => m.setParameters({ 'dense0.bias': { data: eight }, 'dense1.bias': { data: [0, 0, Number.NaN] } }),
    'value 2 of dense1.bias must be a finite number',
  ],
  'save: an unknown option': [
    (m) => m.save(untyped({ optimiser: true })),
    '`optimiser` is not an option',
    '`optimizer`?',
  ],
  'save: another kind': [(m) => m.save(untyped({ optimizer: 'yes' })), '`optimizer` must be true or false', '"yes".'],
  'save: null': [(m) => m.save(untyped(null)), 'save: ', 'Received: null.'],
  'load: an unknown option': [(m) => load(m.save(), untyped({ runtim: 3 })), 'load: `runtim` is not an', '`runtime`?'],
  'load: a runtime that is none': [(m) => load(m.save(), { runtime: untyped({}) }), 'load: `runtime` must come from'],
  'load: text': [
    () => load(untyped('model')),
    'load: the bytes of a saved model are needed, as a Uint8Array',
    '"model".',
  ],
  'load: an ArrayBuffer': [() => load(untyped(new ArrayBuffer(9))), 'as a Uint8Array', 'ArrayBuffer.'],
};

describe('options of a fit that cannot be used are refused, and nothing changes', () => {
  it.each(Object.entries(options))('%s', (_, refusal) => expectRefused(refusal));
});

describe('weights that cannot be used are refused, and nothing changes', () => {
  it.each(Object.entries(weights))('%s', (_, refusal) => expectRefused(refusal));

  it('by class, where targets are values', () => {
    const parts = ['`classWeight` needs targets that are classes', 'meanSquaredError', 'Help: use `sampleWeight`.'];
    expectMessage(() => regressor().fitSync(x.subarray(0, 36), y, { classWeight: 'balanced' }), parts);
  });
});

describe('arguments of other methods that cannot be used are refused, and nothing changes', () => {
  it.each(Object.entries(methods))('%s', (_, refusal) => expectRefused(refusal));

  it('predictClasses of a model that does not tell classes apart', () => {
    const parts = ['predictClasses: the model must tell classes apart', 'meanSquaredError', 'Help: use predict.'];
    expectMessage(() => regressor().predictClasses(x.subarray(0, 36)), parts);
    expectMessage(() => regressor().predictLabels(x.subarray(0, 36)), ['class names']);
  });

  it('fit and train reject like fitSync', async () => {
    const model = regressor();
    const bad = { batchSize: 99 };
    const targets = Array.from({ length: 16 }, () => 0);
    await expect(model.fit(x, targets, bad)).rejects.toThrow(/^fit: `batchSize` must not exceed the 16 training rows/);
    const first = model.train(x, targets, bad)[Symbol.asyncIterator]().next();
    await expect(first).rejects.toThrow(/^train: `batchSize` must not exceed the 16 training rows/);
    model.fitSync(x, targets);
  });
});
