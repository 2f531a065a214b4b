import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../../src/format/safetensors.js';
import { createRuntime, FormatError, load } from '../../src/index.js';
import * as predict from '../../src/predict.js';
import { classifier, clusters } from './support.js';

const { x, y } = clusters(30);
const names = y.map((label) => ['ham', 'spam', 'eggs'][label] as string);
const model = classifier({ standardize: true });
model.fitSync(x, names);
const bytes = model.save({ optimizer: true });
const runtime = createRuntime();

/** Loading must fail as a FormatError, in one line, and leave nothing behind. */
function expectRefused(damaged: Uint8Array, message = /^load: .+ Help: .+\.$/): void {
  const { used } = runtime;
  expect(() => load(damaged, { runtime })).toThrow(FormatError);
  expect(() => load(damaged, { runtime })).toThrow(message);
  expect(runtime.used).toBe(used);
}

describe('load refuses', () => {
  it('a file with any one bit flipped', () => {
    const bit = fc.nat({ max: bytes.length * 8 - 1 });
    const flipped = (at: number) => {
      const damaged = bytes.slice();
      damaged[at >> 3] = (damaged[at >> 3] as number) ^ (1 << (at & 7));
      return damaged;
    };
    fc.assert(
      fc.property(bit, (at) => expectRefused(flipped(at))),
      { numRuns: 1000 },
    );
    // the header is where a flipped bit can do most: there, every single one
    const { used } = runtime;
    const header = 8 + new DataView(bytes.buffer).getUint32(0, true);
    for (let at = 0; at < header * 8; at++)
      expect(() => load(flipped(at), { runtime }), `bit ${at}`).toThrow(FormatError);
    expect(runtime.used).toBe(used);
  });

  it('a file that was cut off anywhere, or has bytes too many', () => {
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), (length) => expectRefused(bytes.slice(0, length))),
      { numRuns: 200 },
    );
    expectRefused(Uint8Array.of(...bytes, 0));
    expectRefused(Uint8Array.of(0, ...bytes));
  });

  it('any other bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (random) => expectRefused(random)),
      { numRuns: 300 },
    );
  });

  const text = (value: string) => new TextEncoder().encode(value);
  const length = (value: string) => Uint8Array.of(value.length, 0, 0, 0, 0, 0, 0, 0, ...text(value));
  const foreign: Readonly<Record<string, [Uint8Array, RegExp]>> = {
    nothing: [new Uint8Array(), /a model has at least 10 bytes, this has 0\./],
    'a PNG': [Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13), /not a safetensors file/],
    JSON: [text('{"layers": [{"kind": "dense", "units": 3}]}'), /not a safetensors file/],
    'an HTML page': [text('<!doctype html><html></html>'), /not a safetensors file/],
    'a safetensors header that is not JSON': [length('{"a":'), /its header is not JSON/],
    'the safetensors of another program': [
      Uint8Array.of(...length('{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'), 0, 0, 0, 0),
      /a safetensors file, but not a lanegrad model/,
    ],
  };

  it.each(Object.entries(foreign))('%s', (_, [data, message]) => expectRefused(data, message));

  const { tensors, metadata } = decodeSafetensors(bytes, 'test');
  const compile = JSON.parse(metadata.compile as string);
  const architecture = JSON.parse(metadata.architecture as string);
  /** A file whose checksum is right, with other metadata. */
  const withMetadata = (changes: Record<string, string | undefined>) => {
    const changed = Object.fromEntries(
      Object.entries({ ...metadata, ...changes }).filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    return encodeSafetensors({ tensors, metadata: changed });
  };
  const bias = tensors.get('dense0.bias');
  const withTensor = (name: string, change: { shape: number[]; data: Float32Array } | undefined) => {
    const changed = new Map(tensors);
    if (change) changed.set(name, change);
    else changed.delete(name);
    return encodeSafetensors({ tensors: changed, metadata });
  };
  const json = JSON.stringify;
  const inconsistent: Readonly<Record<string, Uint8Array>> = {
    'a later format': withMetadata({ format: 'lanegrad/2' }),
    'no format': withMetadata({ format: undefined }),
    'no architecture': withMetadata({ architecture: undefined }),
    'an architecture that is not JSON': withMetadata({ architecture: '{' }),
    'an architecture that is null': withMetadata({ architecture: 'null' }),
    'an architecture that is a list': withMetadata({ architecture: '[]' }),
    'layers that are not a list': withMetadata({ architecture: json({ ...architecture, layers: 3 }) }),
    'an unknown layer': withMetadata({ architecture: json({ ...architecture, layers: [{ kind: 'lstm', units: 3 }] }) }),
    'other widths': withMetadata({ architecture: json({ ...architecture, input: 5 }) }),
    'an unknown option': withMetadata({ architecture: json({ ...architecture, magic: true }) }),
    'no compile options': withMetadata({ compile: undefined }),
    'compile options that are null': withMetadata({ compile: 'null' }),
    'an unknown loss': withMetadata({ compile: json({ ...compile, loss: 'hinge' }) }),
    'an unknown optimizer': withMetadata({ compile: json({ ...compile, optimizer: { kind: 'lion' } }) }),
    'an optimizer that lacks its rates': withMetadata({ compile: json({ ...compile, optimizer: { kind: 'adam' } }) }),
    'an optimizer with a rate that is not a number': withMetadata({
      compile: json({ ...compile, optimizer: { ...compile.optimizer, learningRate: 'x' } }),
    }),
    'an unknown metric': withMetadata({ compile: json({ ...compile, metrics: ['bleu'] }) }),
    'metrics that are no list': withMetadata({ compile: json({ ...compile, metrics: 'accuracy' }) }),
    'too few classes': withMetadata({ classes: json(['a', 'b']) }),
    'classes that are numbers': withMetadata({ classes: json([1, 2, 3]) }),
    'classes that are not JSON': withMetadata({ classes: 'a' }),
    'counters that are missing': withMetadata({ training: '{}' }),
    'counters that are null': withMetadata({ training: 'null' }),
    'counters that are negative': withMetadata({ training: json({ updates: -1, epochs: 1, powers: [0.9, 0.999] }) }),
    'too few counters': withMetadata({ training: json({ updates: 1, epochs: 1, powers: [0.9] }) }),
    'counters that are not numbers': withMetadata({ training: json({ updates: 1, epochs: 1, powers: ['a', null] }) }),
    'a missing parameter': withTensor('dense0.bias', undefined),
    'a parameter of another shape': withTensor('dense0.bias', { shape: [2, 4], data: bias?.data as Float32Array }),
    'a parameter that is not finite': withTensor('dense0.bias', {
      shape: [8],
      data: new Float32Array(8).fill(Number.NaN),
    }),
    'a parameter that nobody asked for': withTensor('dense7.bias', { shape: [1], data: new Float32Array(1) }),
    'a missing optimizer state': withTensor('_state1.dense0.bias', undefined),
    'a standardization that lacks its scales': withTensor('_inputs.scale', undefined),
    'a standardization of another width': withTensor('_inputs.mean', { shape: [3], data: new Float32Array(3) }),
    'a standardization that is not finite': withTensor('_inputs.scale', {
      shape: [4],
      data: new Float32Array(4).fill(Number.POSITIVE_INFINITY),
    }),
  };

  it.each(Object.entries(inconsistent))('a whole file with %s', (_, data) => expectRefused(data));

  it.each([null, 0, 'swish', '__proto__', { kind: 'constructor' }, { kind: null }])(
    'an activation that is %j, in lanegrad/predict too, before it predicts',
    (activation) => {
      const [first, ...rest] = architecture.layers;
      for (const layers of [
        [{ ...first, activation }, ...rest],
        [{ kind: 'activation', activation }, first, ...rest],
      ]) {
        const data = withMetadata({ architecture: json({ ...architecture, layers }) });
        expectRefused(data);
        expect(() => predict.load(data)).toThrow(predict.FormatError);
      }
    },
  );

  it('a later format by its name, in lanegrad/predict too', () => {
    const later = withMetadata({ format: 'lanegrad/2', architecture: json({ magic: true }) });
    const message =
      'load: this model has the format lanegrad/2, and this version of lanegrad reads lanegrad/1. ' +
      'Help: load it with the version that wrote it.';
    expect(() => load(later, { runtime })).toThrow(message);
    expect(() => predict.load(later)).toThrow(message);
  });

  it('and takes the same file undamaged', () => {
    const { used } = runtime;
    const copy = load(withMetadata({}), { runtime });
    expect(copy.save({ optimizer: true })).toEqual(bytes);
    copy.dispose();
    expect(runtime.used).toBe(used);
  });
});
