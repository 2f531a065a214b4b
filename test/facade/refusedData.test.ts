import { describe, expect, it } from 'vitest';
import { createRuntime, dense, sequential } from '../../src/index.js';
import { data, expectMessage, expectRefused, type Refusal, untyped } from './refusals.js';
import { regressor, rowsOf } from './support.js';

const { x, y } = data;
const rows = rowsOf(x, 4);
/** x as rows, with another value at one place. */
const withValue = (row: number, column: number, value: unknown) =>
  untyped(rows.map((values, i) => (i === row ? values.map((v, j) => (j === column ? value : v)) : values)));
const withFirst = <T>(values: readonly T[], first: unknown) => untyped([first, ...values.slice(1)]);
const bytes = new Uint8Array(48).fill(255);
/** An array whose only element is the first. */
const sparse = (length: number, first: unknown) => Object.assign(new Array(length), { 0: first });
const finite = 'every value must be a finite number, but';

const inputs: Readonly<Record<string, Refusal>> = {
  'NaN in a flat array': [
    (m) =>
      m.fitSync(
        x.map((v, i) => (i === 6 ? Number.NaN : v)),
        y,
      ),
    `fitSync, x: ${finite} row 1, column 2 holds NaN.`,
    'Help: drop or fill such rows first',
  ],
  'Infinity in a flat array': [
    (m) =>
      m.fitSync(
        x.map((v, i) => (i === 47 ? Number.POSITIVE_INFINITY : v)),
        y,
      ),
    `${finite} row 11, column 3 holds Infinity.`,
  ],
  'NaN in rows': [(m) => m.fitSync(withValue(2, 1, Number.NaN), y), `${finite} row 2, column 1 holds NaN.`],
  'NaN with a shape': [
    (m) => m.fitSync({ data: x.map((v, i) => (i === 6 ? Number.NaN : v)), shape: [12, 2, 2] }, y),
    'row 1, column 2 holds NaN.',
  ],
  'a value beyond float32': [(m) => m.fitSync(withValue(2, 1, 1e39), y), 'row 2, column 1 holds 1e+39.'],
  'a string': [(m) => m.fitSync(withValue(2, 1, '3'), y), 'row 2, column 1 holds "3".'],
  null: [(m) => m.fitSync(withValue(2, 1, null), y), 'row 2, column 1 holds null.'],
  undefined: [(m) => m.fitSync(withValue(2, 1, undefined), y), 'row 2, column 1 holds undefined.'],
  'bytes whose scale leaves float32': [
    (m) => m.fitSync({ data: bytes, shape: [12, 4], scale: 1e38 }, y),
    '`scale`',
    'Received: 1e+38.',
  ],
  'ragged rows': [
    (m) => m.fitSync([...rows.slice(0, 5), [1, 2, 3], ...rows.slice(6)], y),
    "row 5 must have 4 values like the model's input",
    '3 values',
  ],
  'rows of another width': [
    (m) =>
      m.fitSync(
        rows.map((row) => [...row, 1]),
        y,
      ),
    'row 0 must have 4 values',
    '5 values',
  ],
  'a flat array that is no multiple of the width': [
    (m) => m.fitSync(x.subarray(1), y),
    "the length must be a multiple of the model's input width 4",
    'Received: Float32Array(47).',
  ],
  'a shape of another width': [
    (m) => m.fitSync({ data: x, shape: [8, 3, 2] }, y),
    "a row must have 4 values like the model's input",
    '6 values a row',
  ],
  'a shape of another size': [(m) => m.fitSync({ data: x, shape: [12, 2] }, y), 'must hold 24 values', '48 values'],
  'an empty shape': [(m) => m.fitSync({ data: x, shape: [] }, y), '`shape` must be an array of sizes', 'Received: [].'],
  'negative sizes': [(m) => m.fitSync({ data: x, shape: [-12, -4] }, y), '`shape` must be', 'Received: [-12, -4].'],
  'a scale for float32': [(m) => m.fitSync({ data: x, shape: [12, 4], scale: 2 }, y), 'is for uint8 data only', '2.'],
  'a scale that is no number': [
    (m) => m.fitSync({ data: bytes, shape: [12, 4], scale: Number.NaN }, y),
    '`scale` must be a finite number',
    'Received: NaN.',
  ],
  'an unknown option': [
    (m) => m.fitSync(untyped({ data: bytes, shape: [12, 4], sclae: 2 }), y),
    '`sclae` is not an option',
    'did you mean `scale`?',
  ],
  'a Float64Array': [
    (m) => m.fitSync(untyped(new Float64Array(48)), y),
    'inputs must be a Float32Array, a Uint8Array, an array of rows or { data, shape }',
    'Received: Float64Array(48).',
  ],
  'a Float64Array with a shape': [
    (m) => m.fitSync(untyped({ data: new Float64Array(48), shape: [12, 4] }), y),
    '`data` must be a Float32Array or a Uint8Array',
    'Float64Array(48).',
  ],
  'a flat plain array': [
    (m) => m.fitSync(untyped([1, 2, 3, 4]), y),
    'a plain array must be an array of rows',
    'Received: [1, 2, 3, 4].',
    'Help: write [[…], […]], or pass a Float32Array.',
  ],
  'a row that is null': [(m) => m.fitSync(withFirst(rows, null), y), 'row 0 must be an array of numbers', 'null.'],
  'a row that is a string': [(m) => m.fitSync(withFirst(rows, 'abcd'), y), 'row 0 must be an array', '"abcd".'],
  'an array with holes': [(m) => m.fitSync(sparse(12, rows[0]), y), 'row 1 must be an array', 'undefined.'],
  'a string instead of rows': [(m) => m.fitSync(untyped('abc'), y), 'inputs must be', 'Received: "abc".'],
  'null instead of rows': [(m) => m.fitSync(untyped(null), y), 'inputs must be', 'Received: null.'],
  nothing: [(m) => untyped(m).fitSync(), 'fitSync: inputs and targets are needed', 'undefined.'],
  'no rows, flat': [(m) => m.fitSync(new Float32Array(), []), 'at least one row is needed', 'Float32Array(0).'],
  'no rows, nested': [(m) => m.fitSync([], []), 'at least one row is needed', 'Received: [].'],
  'no rows, with a shape': [(m) => m.fitSync({ data: bytes.subarray(48), shape: [0, 4] }, []), 'at least one row'],
};

const label = 'the label of row 0 must be a class index from 0 to 2';
const labels: Readonly<Record<string, Refusal>> = {
  'too few': [(m) => m.fitSync(x, y.slice(1)), 'fitSync, y: there must be one target for each of the 12 rows', '11'],
  'too large': [(m) => m.fitSync(x, withFirst(y, 3)), label, 'Received: 3.'],
  'too large, as bytes': [(m) => m.fitSync(x, new Uint8Array(12).fill(9)), label, 'Received: 9.'],
  negative: [(m) => m.fitSync(x, withFirst(y, -1)), label, 'Received: -1.'],
  'with a fraction': [(m) => m.fitSync(x, withFirst(y, 0.5)), label, 'Received: 0.5.'],
  NaN: [(m) => m.fitSync(x, withFirst(y, Number.NaN)), label, 'Received: NaN.'],
  null: [(m) => m.fitSync(x, withFirst(y, null)), label, 'Received: null.'],
  'with holes': [(m) => m.fitSync(x, sparse(12, 1)), 'the label of row 1 must be', 'Received: undefined.'],
  'of more names than outputs': [
    (m) =>
      m.fitSync(
        x,
        y.map((_, i) => 'abcd'[i % 4] as string),
      ),
    'the model tells 3 classes apart, but the labels name 4',
    'Received: ["a", "b", "c", "d"].',
  ],
  'of fewer names than outputs': [
    (m) =>
      m.fitSync(
        x,
        y.map((_, i) => 'ab'[i % 2] as string),
      ),
    'the labels name only 2',
    'Received: ["a", "b"].',
    'Help: declare all of them with `classes` in sequential.',
  ],
  'of names and numbers': [(m) => m.fitSync(x, untyped(y.map((_, i) => ['a', 'b', 2][i % 3]))), 'fitSync, y: ', '2.'],
  'of numbers and names': [(m) => m.fitSync(x, withFirst(y, 0).with(1, 'a')), 'the label of row 1 must be', '"a".'],
  'names the model does not know': [
    (m) => m.evaluateSync(x, y.map(String)),
    'evaluateSync, y: names need',
    '`classes`',
  ],
  'one-hot rows of another width': [
    (m) =>
      m.fitSync(
        x,
        y.map(() => [1, 0]),
      ),
    "target row 0 must have 3 values like the model's output",
    '2 values',
  ],
  'rows that are ragged': [
    (m) =>
      m.fitSync(
        x,
        withFirst(
          y.map(() => [1, 0, 0]),
          [1],
        ),
      ),
    'target row 0 must have 3',
  ],
  'probabilities that do not sum to 1': [
    (m) =>
      m.fitSync(
        x,
        y.map(() => [0.5, 0.25, 0]),
      ),
    'target row 0 must sum to 1',
    'Received: 0.75.',
  ],
  'negative probabilities': [
    (m) =>
      m.fitSync(
        x,
        y.map(() => [1.5, -0.5, 0]),
      ),
    'none of them negative',
    '-0.5.',
  ],
  'rows of strings': [(m) => m.fitSync(x, untyped(y.map(() => ['1', '0', '0']))), 'row 0', 'holds "1".'],
  'rows with null': [(m) => m.fitSync(x, untyped(y.map(() => [1, null, 0]))), 'row 0, column 1 holds null.'],
  'rows with holes': [(m) => m.fitSync(x, sparse(12, [1, 0, 0])), 'target row 1'],
  'a string': [
    (m) => m.fitSync(x, untyped('abc')),
    'labels must be class indices, class names or one-hot rows',
    '"abc".',
  ],
  'a Float32Array': [(m) => m.fitSync(x, untyped(new Float32Array(12))), 'labels must be', 'Float32Array(12).'],
  missing: [(m) => untyped(m).fitSync(x), 'labels must be', 'Received: undefined.'],
};

const nanRow = x.map((v, i) => (i === 3 ? Number.NaN : v));
const elsewhere: Readonly<Record<string, Refusal>> = {
  'validation inputs': [
    (m) => m.fitSync(x, y, { validationData: [nanRow, y] }),
    `fitSync, validationData, x: ${finite} row 0, column 3 holds NaN.`,
  ],
  'validation labels': [
    (m) => m.fitSync(x, y, { validationData: [x, withFirst(y, 7)] }),
    `fitSync, validationData, y: ${label}`,
  ],
  trainOnBatch: [(m) => m.trainOnBatch(nanRow, y), 'trainOnBatch, x: ', 'row 0, column 3 holds NaN.'],
  evaluateSync: [(m) => m.evaluateSync(x, withFirst(y, 9)), `evaluateSync, y: ${label}`, 'Received: 9.'],
  gradients: [(m) => m.gradients(x.subarray(1), y), 'gradients, x: the length must be a multiple', '(47).'],
  diagnose: [(m) => m.diagnose(x, y.slice(1)), 'diagnose, y: there must be one target for each of the 12 rows'],
  profile: [(m) => m.profile(x, y.slice(1)), 'profile, y: there must be one target for each of the 12 rows'],
  predict: [(m) => m.predict(nanRow), `predict: ${finite} row 0, column 3 holds NaN.`],
  predictClasses: [(m) => m.predictClasses([]), 'predict: at least one row is needed'],
};

describe('inputs that cannot be used are refused, and nothing changes', () => {
  it.each(Object.entries(inputs))('%s', (_, refusal) => expectRefused(refusal));
});

describe('labels that cannot be used are refused, and nothing changes', () => {
  it.each(Object.entries(labels))('%s', (_, refusal) => expectRefused(refusal));

  it('names the model does not have, with a suggestion', () => {
    const layers = [dense(3, { activation: 'softmax' })];
    const model = sequential({ input: 4, layers, classes: ['ham', 'spam', 'eggs'] }).compile({ loss: 'crossEntropy' });
    const names = y.map((_, i) => (i === 5 ? 'spma' : 'ham'));
    const parts = ["the label of row 5 is not one of the model's classes", '"spma".', 'Help: did you mean `spam`?'];
    expectMessage(() => model.fitSync(x, names), ['fitSync, y: ', ...parts]);
    expectMessage(() => model.trainOnBatch(x, names), ['trainOnBatch, y: ', ...parts]);
  });

  it('of binary models', () => {
    const layers = [dense(1, { activation: 'sigmoid' })];
    const model = sequential({ input: 4, layers }).compile({ loss: 'binaryCrossEntropy' });
    const before = model.save();
    const zeros = y.map(() => 0);
    expectMessage(() => model.fitSync(x, withFirst(zeros, 2)), ['the label of row 0 must be 0 or 1', 'Received: 2.']);
    expectMessage(() => model.fitSync(x, withFirst(zeros, -1)), ['the label of row 0 must be 0 or 1']);
    expectMessage(() => model.fitSync(x, withFirst(zeros, Number.NaN)), ['row 0 holds NaN']);
    expectMessage(
      () =>
        model.fitSync(
          x,
          y.map((c) => 'abc'[c] as string),
        ),
      ['2 classes apart, but the labels name 3'],
    );
    expectMessage(() => model.fitSync(x, zeros.slice(1)), ['one target for each of the 12 rows', '11']);
    expect(model.save()).toEqual(before);
  });
});

describe('regression targets that cannot be used are refused, and nothing changes', () => {
  const inputs3 = x.subarray(0, 36);
  const zeros = Array.from({ length: 12 }, () => 0);
  const calls: Readonly<Record<string, [unknown, ...string[]]>> = {
    strings: [zeros.map(String), 'every target must be a finite number, but row 0 holds "0".'],
    NaN: [[...zeros.slice(1), Number.NaN], 'row 11 holds NaN.', 'Help: drop or fill such rows first'],
    'NaN in a Float32Array': [Float32Array.of(...zeros.slice(1), Number.NaN), 'row 11 holds NaN.'],
    'a value beyond float32': [withFirst(zeros, 1e39), 'row 0 holds 1e+39.'],
    null: [withFirst(zeros, null), 'row 0 holds null.'],
    'too few': [[1, 2], 'there must be one target for each of the 12 rows', '2 targets'],
    'rows of another width': [
      zeros.map(() => [1, 2]),
      "target row 0 must have 1 values like the model's output",
      '2 values',
    ],
    'rows of strings': [zeros.map(() => ['1']), 'row 0', 'holds "1".'],
    'rows of null': [zeros.map((_, i) => (i === 3 ? [null] : [1])), 'row 3, column 0 holds null.'],
    'rows with holes': [sparse(12, [1]), 'target row 1'],
    nothing: [undefined, 'targets must be a Float32Array, an array of numbers or an array of rows', 'undefined.'],
  };

  it.each(Object.entries(calls))('%s', (_, [targets, ...parts]) => {
    const model = regressor({ standardizeTarget: true });
    const before = model.save();
    expectMessage(() => model.fitSync(inputs3, untyped(targets)), ['fitSync, y: ', ...parts]);
    expect(model.save()).toEqual(before);
    model.fitSync(inputs3, zeros);
  });
});

describe('in every method, refused data changes nothing', () => {
  const runtime = createRuntime();
  it.each(Object.entries(elsewhere))('%s', (_, refusal) => expectRefused(refusal, runtime));

  it('fit, train and evaluate reject', async () => {
    const model = regressor();
    const targets = [1, 2];
    const nan = [
      [1, 2, 3],
      [1, Number.NaN, 3],
    ];
    const message = (where: string) => `${where}, x: ${finite} row 1, column 1 holds NaN.`;
    await expect(model.fit(nan, targets)).rejects.toThrow(message('fit'));
    await expect(model.train(nan, targets)[Symbol.asyncIterator]().next()).rejects.toThrow(message('train'));
    await expect(model.evaluate(nan, targets)).rejects.toThrow(message('evaluate'));
  });
});
