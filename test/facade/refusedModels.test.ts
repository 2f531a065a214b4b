import { describe, expect, it } from 'vitest';
import {
  adam,
  constant,
  createRuntime,
  dense,
  elu,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  huber,
  type Layer,
  l2,
  leakyRelu,
  normal,
  residual,
  sequential,
  sgd,
  uniform,
  zeros,
} from '../../src/index.js';
import { expectMessage, untyped } from './refusals.js';

const runtime = createRuntime();
const softmax = dense(3, { activation: 'softmax' });
const described = (config: object, options: unknown = { runtime }) =>
  sequential(untyped({ input: 4, layers: [softmax], ...config }), untyped(options));
const compiled = (options: object, config: object = {}) =>
  described(config).compile(untyped({ loss: 'crossEntropy', ...options }));
const ending = (activation: string, loss: string) => () =>
  compiled({ loss }, { layers: [dense(5), dense(3, untyped({ activation, name: 'out' }))] });
const positive = 'must be a positive integer';
const seed = '`seed` must be a whole number from 0 to 2^53 - 1';

type Rows = Readonly<Record<string, readonly [call: () => unknown, ...parts: string[]]>>;

const layers: Rows = {
  'negative units': [() => dense(-3), 'dense: `units` must be a positive integer. Received: -3.'],
  'units as a bigint': [() => dense(untyped(3n)), `\`units\` ${positive}`, 'Received: 3n.'],
  'a block that holds itself': [
    () => {
      const layers: Layer[] = [dense(4)];
      layers.push(residual(layers));
      return described({ layers });
    },
    'residual blocks must be at most 64 deep',
    'none may hold itself',
  ],
  'a fraction of a unit': [() => dense(2.5), `\`units\` ${positive}`, 'Received: 2.5.'],
  'no units': [() => dense(0), `\`units\` ${positive}`, 'Received: 0.'],
  'units as text': [() => dense(untyped('3')), `\`units\` ${positive}`, 'Received: "3".'],
  'units that are NaN': [() => dense(Number.NaN), `\`units\` ${positive}`, 'Received: NaN.'],
  'an unknown option': [() => dense(3, untyped({ activaton: 'relu' })), '`activaton` is not an', '`activation`?'],
  null: [() => dense(3, untyped(null)), 'dense: ', 'Received: null.'],
  'an unknown activation': [() => dense(3, { activation: untyped('rleu') }), '`activation` is not one', '`relu`?'],
  'an activation of every object': [() => dense(3, { activation: untyped('toString') }), '`activation` is not one'],
  'an initializer as text': [() => dense(3, { weightInitializer: untyped('he') }), 'such as heNormal()', '"he".'],
  'an initializer not called': [
    () => dense(3, { weightInitializer: untyped(heNormal) }),
    'such as heNormal()',
    'function.',
  ],
  'an unknown initializer': [
    () => dense(3, { biasInitializer: untyped({ kind: 'zero' }) }),
    '`biasInitializer`',
    '`zeros`?',
  ],
  'an initializer that lacks its numbers': [
    () => dense(3, { weightInitializer: untyped({ kind: 'normal', mean: 0 }) }),
    'dense, weightInitializer: `standardDeviation` must be a number',
  ],
  'a regularizer as a number': [
    () => dense(3, { weightRegularizer: untyped(0.1) }),
    'such as l2(1e-4)',
    'Received: 0.1.',
  ],
  'a regularizer that is infinite': [
    () => dense(3, { biasRegularizer: { kind: 'l2', strength: Number.POSITIVE_INFINITY } }),
    '`biasRegularizer`',
  ],
  'a name with other signs': [() => dense(3, { name: '_a.b' }), '`name` must be letters, digits, - or _', '"_a.b".'],
  'a negative penalty': [() => l2(-1), 'l2: `strength` must be a number from 0 to 1e18. Received: -1.'],
  'bounds in the wrong order': [() => uniform(1, 0), 'uniform: `low` must be less than `high`. Received: [1, 0].'],
  'a negative deviation': [() => normal(0, -1), 'normal: `standardDeviation` must be', 'Received: -1.'],
  // what float32 does not hold, the kernels would take for 0 or infinite
  'an alpha too large': [() => elu({ alpha: 1e39 }), 'elu: `alpha` must be a finite number above 0', '1e+39.'],
  'a slope too large': [
    () => leakyRelu({ slope: 1e39 }),
    'leakyRelu: `slope` must be a number from 0 to 1e18',
    '1e+39.',
  ],
  'a delta too small': [() => huber({ delta: 1e-60 }), 'huber: `delta` must be a finite number above 0', '1e-60.'],
  'plain data with a slope too large': [
    () => dense(3, { activation: { kind: 'leakyRelu', slope: 1e39 } }),
    'dense, activation: `slope` must be a number from 0 to 1e18',
  ],
  'a constant that is NaN': [
    () => constant(Number.NaN),
    'constant: `value` must be a number from -1e18 to 1e18. Received: NaN.',
  ],
};

const optimizers: Rows = {
  'a negative rate': [() => adam({ learningRate: -1 }), 'adam: `learningRate` must be', 'Received: -1.'],
  'a rate as text': [() => sgd({ learningRate: untyped('0.1') }), 'sgd: `learningRate` must be', 'Received: "0.1".'],
  'a decay of 1': [() => adam({ beta1: 1 }), '`beta1` must be a number from 0 to 0.999999', 'Received: 1.'],
  'an unknown option': [() => adam(untyped({ lr: 3 })), '`lr` is not an option', 'known are `learningRate`, `beta1`'],
  null: [() => adam(untyped(null)), 'adam: ', 'Received: null.'],
  'given as text': [
    () => compiled({ optimizer: 'adam' }),
    '`optimizer` must be an optimizer such as adam()',
    '"adam".',
  ],
  'not called': [() => compiled({ optimizer: adam }), 'such as adam()', 'Received: a function.'],
  unknown: [() => compiled({ optimizer: { kind: 'adm' } }), '`kind` is not one that exists', 'did you mean `adam`?'],
  'plain data with a rate that is NaN': [
    () => compiled({ optimizer: { kind: 'sgd', learningRate: Number.NaN } }),
    '`learningRate` must be',
    'Received: NaN.',
  ],
  'plain data with an unknown option': [
    () => compiled({ optimizer: { kind: 'sgd', learningRate: 0.1, momentm: 0.9 } }),
    '`momentm` is not an option',
  ],
};

const networks: Rows = {
  nothing: [() => sequential(untyped(null)), 'sequential: a description with `input` and `layers` is needed', 'null.'],
  'an unknown option': [() => described({ standardise: true }), '`standardise` is not an option', '`standardize`?'],
  'a negative seed': [() => described({ seed: -1 }), `sequential: ${seed}`, 'Received: -1.'],
  'a fraction as seed': [() => described({ seed: 1.5 }), seed, 'Received: 1.5.'],
  'a seed as text': [() => described({ seed: '1' }), seed, 'Received: "1".'],
  'a seed too large': [() => described({ seed: 2 ** 53 }), seed, '9007199254740992.'],
  'a hole among the layers': [
    () => described({ layers: Object.assign(new Array(2), { 1: softmax }) }),
    'sequential: layer 0 must be a layer such as dense(10)',
    'Received: undefined.',
  ],
  'two layers of one name': [
    () => described({ layers: [dense(3, { name: 'a' }), dense(3, { name: 'a' })] }),
    'layers must have different names',
    'Received: "a".',
    'Help: give one of them a `name`.',
  ],
  'a name that another layer has by default': [
    () => described({ layers: [dense(3, { name: 'dense1' }), dense(3)] }),
    'layers must have different names',
    '"dense1".',
  ],
  'no layers': [() => described({ layers: [] }), '`layers` must be an array of at least one layer', 'Received: [].'],
  'layers missing': [() => described({ layers: undefined }), '`layers` must be', 'undefined.', 'Help: end with dense'],
  'a layer that is null': [() => described({ layers: [null] }), 'layer 0 must be a layer such as dense(10)', 'null.'],
  'a layer not called': [() => described({ layers: [softmax, dense] }), 'layer 1 must be a layer', 'a function.'],
  'an unknown layer': [
    () => described({ layers: [{ kind: 'dence', units: 3 }] }),
    'sequential, layer 0: `kind`',
    '`dense`?',
  ],
  'a layer as plain data, units negative': [
    () => described({ layers: [softmax, { kind: 'dense', units: -1 }] }),
    `dense1: \`units\` ${positive}`,
    'Received: -1.',
  ],
  'a layer as plain data, with an unknown option': [
    () => described({ layers: [{ kind: 'dense', units: 3, activaton: 'relu' }] }),
    'dense0: `activaton` is not an option',
    'did you mean `activation`?',
  ],
  'no input': [() => described({ input: undefined }), '`input` must be a number of values or a shape', 'undefined.'],
  'an empty input': [() => described({ input: 0 }), '`input` must be made of positive integers', 'Received: 0.'],
  'a fraction in the input': [() => described({ input: [28, 2.5] }), 'positive integers', '[28, 2.5].'],
  'an input as text': [() => described({ input: '4' }), '`input` must be a number of values', 'Received: "4".'],
  'an input of four sizes': [
    () => described({ input: [1, 2, 3, 4] }),
    'a shape of two or three sizes',
    '[1, 2, 3, 4].',
  ],
  'standardize as text': [() => described({ standardize: 'yes' }), '`standardize` must be true or false', '"yes".'],
  'an unknown choice': [() => described({}, { runtme: 1 }), '`runtme` is not an option', '`runtime`?'],
  'a runtime that is none': [() => described({}, { runtime: {} }), '`runtime` must come from createRuntime', '{'],
  'choices that are null': [() => described({}, null), 'sequential: ', 'Received: null.'],
  'classes as text': [() => described({ classes: 'abc' }), '`classes` must be an array of names', 'Received: "abc".'],
  'classes as a number': [() => described({ classes: 3 }), '`classes` must be an array of names', 'Received: 3.'],
  'classes that are numbers': [
    () => described({ classes: [1, 2, 3] }),
    '`classes` must be an array of names',
    '[1, 2, 3].',
  ],
  'a class twice': [
    () => compiled({}, { classes: ['a', 'b', 'a'] }),
    '`classes` must be different names',
    '["a", "b", "a"].',
  ],
  'too few classes': [
    () => compiled({}, { classes: ['a', 'b'] }),
    'as the model tells apart (3)',
    'Received: ["a", "b"].',
  ],
};

const needsSoftmax = 'loss `crossEntropy` needs an output layer with activation `softmax`';
const needsSigmoid = 'loss `binaryCrossEntropy` needs an output layer with activation `sigmoid`';
const losses: Rows = {
  'no options': [() => described({}).compile(untyped(null)), 'compile: options with a `loss` are needed', 'null.'],
  'no loss': [() => compiled({ loss: undefined }), '`loss` is not one that exists', 'known are `crossEntropy`,'],
  'an unknown loss': [() => compiled({ loss: 'crossentropy' }), '`loss` is not one', 'did you mean `crossEntropy`?'],
  'an unknown option': [() => compiled({ optimiser: adam() }), 'compile: `optimiser` is not an option', '`optimizer`?'],
  'crossEntropy after linear': [
    ending('linear', 'crossEntropy'),
    needsSoftmax,
    'out with linear',
    "Help: end with dense(3, { activation: 'softmax' }), or use loss meanSquaredError.",
  ],
  'crossEntropy after sigmoid': [
    ending('sigmoid', 'crossEntropy'),
    needsSoftmax,
    'out with sigmoid',
    "end with dense(3, { activation: 'softmax' }), or use loss binaryCrossEntropy.",
  ],
  'crossEntropy after relu': [ending('relu', 'crossEntropy'), needsSoftmax, "dense(3, { activation: 'softmax' })."],
  'crossEntropy with one output': [
    () => compiled({}, { layers: [dense(1, { activation: 'softmax' })] }),
    'loss `crossEntropy` needs at least two outputs',
    "Help: for two classes, end with dense(1, { activation: 'sigmoid' }) and use loss binaryCrossEntropy.",
  ],
  'binaryCrossEntropy after softmax': [
    ending('softmax', 'binaryCrossEntropy'),
    needsSigmoid,
    'out with softmax',
    "end with dense(3, { activation: 'sigmoid' }), or use loss crossEntropy.",
  ],
  'binaryCrossEntropy after linear': [
    ending('linear', 'binaryCrossEntropy'),
    needsSigmoid,
    "dense(3, { activation: 'sigmoid' }), or use loss meanSquaredError.",
  ],
  'meanSquaredError after softmax': [
    ending('softmax', 'meanSquaredError'),
    'loss `meanSquaredError` does not fit a softmax output',
    'out with softmax',
    'Help: use loss crossEntropy, or another output activation.',
  ],
  'a metric of values for classes': [
    () => compiled({ metrics: ['rmse'] }),
    'metric `rmse` fits meanSquaredError',
    'crossEntropy',
  ],
  'a metric of classes for values': [
    () => compiled({ loss: 'meanSquaredError', metrics: ['accuracy'] }, { layers: [dense(1)] }),
    'metric `accuracy` fits crossEntropy and binaryCrossEntropy',
    'meanSquaredError',
  ],
  'an unknown metric': [() => compiled({ metrics: ['acuracy'] }), '"acuracy".', 'did you mean `accuracy`?'],
  'metrics as text': [() => compiled({ metrics: 'accuracy' }), '`metrics` must be an array of names', '"accuracy".'],
  'standardizeTarget for classes': [
    () => compiled({}, { standardizeTarget: true }),
    '`standardizeTarget` is for losses of target values',
    'crossEntropy',
  ],
  'classes for values': [
    () => compiled({ loss: 'meanSquaredError' }, { layers: [dense(2)], classes: ['a', 'b'] }),
    '`classes` do not fit loss `meanSquaredError`',
    '["a", "b"].',
  ],
};

const runtimes: Rows = {
  'an unknown option': [() => createRuntime(untyped({ memorylimit: 3 })), '`memorylimit` is not', '`memoryLimit`?'],
  'an unknown kernel': [
    () => createRuntime({ kernel: untyped('fast') }),
    '`kernel` is not one',
    '`simd`, `relaxed`, `turbo`.',
  ],
  'no threads': [
    () => createRuntime({ threads: 0 }),
    "`threads` must be 'auto' or a whole number from 1 to 30",
    'Received: 0.',
  ],
  'half a thread': [() => createRuntime({ threads: 1.5 }), '`threads` must be', 'Received: 1.5.'],
  'more threads than a word has bits': [() => createRuntime({ threads: 31 }), '`threads` must be', 'Received: 31.'],
  'threads in words': [() => createRuntime({ threads: untyped('two') }), '`threads` must be', '"two".'],
  'too little memory': [() => createRuntime({ memoryLimit: 5 }), '`memoryLimit` must be', 'at least 65536', '5.'],
  null: [() => createRuntime(untyped(null)), 'createRuntime: ', 'Received: null.'],
};

const groups: Readonly<Record<string, Rows>> = { layers, optimizers, networks, losses, runtimes };

describe.each(Object.entries(groups))('descriptions that cannot be used are refused: %s', (_, rows) => {
  it.each(Object.entries(rows))('%s', (_name, [call, ...parts]) => {
    const { used } = runtime;
    expectMessage(call, parts);
    expect(runtime.used).toBe(used);
  });
});

describe('descriptions that can be used', () => {
  it('every initializer', () => {
    for (const weightInitializer of [
      heNormal(),
      heUniform(),
      glorotNormal(),
      glorotUniform(),
      zeros(),
      normal(),
      uniform(),
      constant(2),
    ]) {
      const layer = dense(3, { activation: 'softmax', weightInitializer, biasInitializer: constant(0.01) });
      const model = compiled({}, { layers: [layer] });
      const { 'dense0.weight': weight, 'dense0.bias': bias } = model.parameters();
      expect(weight?.data.every(Number.isFinite)).toBe(true);
      expect(bias?.data).toEqual(new Float32Array(3).fill(0.01));
      model.dispose();
    }
  });
});
