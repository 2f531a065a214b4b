/** Background fits of a page whose `workerUrl` is not the script of this version. */
import { dense, sequential } from 'lanegrad';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';

const url = 'https://example.org/w.js';
/** What the script says once it is there, if anything; an error where it cannot be had. */
let says: unknown;
const { getBuiltinModule } = process;

class Fetched {
  onmessage: ((event: { readonly data: unknown }) => void) | undefined;
  onerror: ((event: { readonly message?: string }) => void) | undefined;
  constructor() {
    setTimeout(() => {
      if (says instanceof Error) this.onerror?.({});
      else if (says !== undefined) this.onmessage?.({ data: says });
    }, 10);
  }
  postMessage(): void {}
  terminate(): void {}
}

// loaded while time goes by
beforeAll(() => import('../../src/model/background/fit.js'));
beforeEach(() => {
  says = undefined;
  vi.stubGlobal('Worker', Fetched);
  process.getBuiltinModule = (() => undefined) as typeof getBuiltinModule;
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  process.getBuiltinModule = getBuiltinModule;
});

const small = () => sequential({ input: 1, layers: [dense(1)] }).compile({ loss: 'meanSquaredError' });
const x = [[1], [2]];
const y = [1, 2];

it.each([
  [
    { kind: 'begun', version: '0.0.9' },
    /from https:\/\/example\.org\/w\.js for a background fit \(it is of version 0\.0\.9: serve a copy of lanegrad\/worker\.js of version/,
  ],
  ['hello', /w\.js for a background fit \(it is another script: serve a copy/],
  [null, /w\.js for a background fit \(it is another script: serve a copy/],
  [{ kind: 'end' }, /w\.js for a background fit \(it is another script: serve a copy/],
  [undefined, /w\.js for a background fit \(it says nothing: serve a copy/],
  [new Error('not fetched'), /w\.js for a background fit \(a Web Worker did not start: .*`workerUrl`/],
])('one that says %j is refused, and the model is as it was', async (greeting, message) => {
  vi.useFakeTimers();
  says = greeting;
  const model = small();
  const before = model.save({ optimizer: true });
  const fit = expect(model.fit(x, y, { background: true, workerUrl: url })).rejects.toThrow(message);
  await vi.advanceTimersByTimeAsync(100_000);
  await fit;
  expect(model.save({ optimizer: true })).toEqual(before);
  expect(model.fitSync(x, y, { epochs: 1 }).stopReason).toBe('completed');
});

it('an abort does not wait for a script that may never begin', async () => {
  const model = small();
  const before = model.save({ optimizer: true });
  const controller = new AbortController();
  setTimeout(() => controller.abort('enough'), 30);
  const fit = model.fit(x, y, { background: true, workerUrl: url, signal: controller.signal });
  await expect(fit).rejects.toBe('enough');
  expect(model.save({ optimizer: true })).toEqual(before);
});
