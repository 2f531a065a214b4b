import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createRuntime, load } from '../../src/index.js';
import { classifier, clusters, sha256 } from './support.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('models that are dropped without dispose', () => {
  it('are collected: a process makes 200 of them and holds no more memory than for a few', () => {
    if (!existsSync(`${root}/dist/src/index.js`)) {
      console.warn('skipped: the soak script needs the built package in dist/; run `npm run build`');
      return;
    }
    const script = fileURLToPath(new URL('../soak/models.mjs', import.meta.url));
    const output = execFileSync(process.execPath, ['--expose-gc', script, '200'], { cwd: root, encoding: 'utf8' });
    const { models, megabytesMore } = JSON.parse(output.trim().split('\n').at(-1) ?? '');
    expect(models).toBe(200);
    // 200 models are some 500 MB; what stays is garbage of the JavaScript heap
    expect(megabytesMore).toBeLessThan(100);
  });
});

describe('a process that is killed while it trains', () => {
  it('goes on from its checkpoint, and ends with the bytes of one run', () => {
    if (!existsSync(`${root}/dist/src/index.js`)) {
      console.warn('skipped: the script needs the built package in dist/; run `npm run build`');
      return;
    }
    const script = fileURLToPath(new URL('../soak/kill.mjs', import.meta.url));
    const output = execFileSync(process.execPath, [script, '8'], { cwd: root, encoding: 'utf8' });
    expect(JSON.parse(output)).toMatchObject({ same: true });
  });
});

describe('memory beyond 2 GiB', () => {
  it('is addressed without a sign: a model above it gives the same bits as one below', () => {
    const { x, y } = clusters(60);
    const bytes = classifier({ standardize: true }).save();
    const below = load<'crossEntropy', 'accuracy'>(bytes);
    const runtime = createRuntime({ memoryLimit: 4e9 });
    try {
      runtime.reserve(2.2 * 2 ** 30, 'what comes first');
    } catch (error) {
      console.warn(`skipped: this machine refuses 2.2 GiB of memory (${error})`);
      return;
    }
    const above = load<'crossEntropy', 'accuracy'>(bytes, { runtime });
    expect(runtime.map()).toMatch(/^[89a-f][0-9a-f]{7}–.*parameters$/m);
    const options = { epochs: 3, batchSize: 7, validationSplit: 0.2, earlyStopping: { patience: 1 } };
    const uint8 = Uint8Array.from(x, (value) => 100 + 20 * value);
    for (const model of [below, above]) {
      model.fitSync(x, y, { ...options, classWeight: 'balanced' });
      model.fitSync({ data: uint8, shape: [60, 4], scale: 1 / 64 }, y, options);
      model.trainOnBatch(x, y);
    }
    expect(sha256(above.save({ optimizer: true }))).toBe(sha256(below.save({ optimizer: true })));
    expect(above.predict(x)).toEqual(below.predict(x));
    expect(above.predict(uint8)).toEqual(below.predict(uint8));
    expect(above.predict(x.subarray(0, 4))).toEqual(below.predict(x.subarray(0, 4)));
    expect(above.evaluateSync(x, y)).toEqual(below.evaluateSync(x, y));
    expect(above.gradients(x, y)).toEqual(below.gradients(x, y));
    above.dispose();
  });
});
