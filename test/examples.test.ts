import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { adam, dense, load, sequential } from 'lanegrad';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readDigits } from '../examples/images.js';
import { app, listen } from '../examples/node-server/server.js';
import { answer, learn, serve } from '../examples/online.js';
import { predictNumbers } from '../examples/regression.js';
import { tellSpiralsApart } from '../examples/spirals.js';
import { learnFromFile, writeRows } from '../examples/streaming.js';
import worker, { type Store } from '../examples/worker.js';
import { Domain, Random } from '../src/random.js';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

afterEach(() => {
  vi.restoreAllMocks();
});

describe('examples', () => {
  it('are at most 50 lines each, and import the library by its name', () => {
    const files = readdirSync(at('../examples')).filter((name) => name.endsWith('.ts'));
    expect(files.length).toBeGreaterThanOrEqual(5);
    for (const name of files) {
      const text = readFileSync(at(`../examples/${name}`), 'utf8');
      expect(text.trimEnd().split('\n').length, name).toBeLessThanOrEqual(50);
      expect(text, name).not.toMatch(/from '\.\.?\//);
    }
  });

  it('spirals: new points are told apart', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    expect(await tellSpiralsApart()).toBeGreaterThan(0.97);
    expect(log.mock.calls.at(-1)?.[0]).toMatch(/^(earlyStopping|completed): validation loss 0\.\d+ in epoch \d+$/);
  });

  it('images: one epoch of MNIST', async () => {
    const folder = at('../../shared/data/mnist');
    if (!existsSync(folder)) {
      console.warn(`skipped: MNIST is not in ${folder}`);
      return;
    }
    vi.spyOn(console, 'log').mockImplementation(() => {});
    const directory = await mkdtemp(join(tmpdir(), 'lanegrad-images-'));
    try {
      expect(await readDigits(folder, { epochs: 1, file: join(directory, 'model.safetensors') })).toBeGreaterThan(0.93);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('streaming: a file of rows, block by block', async () => {
    vi.spyOn(console, 'log').mockImplementation(() => {});
    const directory = await mkdtemp(join(tmpdir(), 'lanegrad-rows-'));
    try {
      const path = join(directory, 'rows.f32');
      await writeRows(path, 20_000);
      expect(await learnFromFile(path)).toBeGreaterThan(0.95);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('regression: a number in its own units', async () => {
    const random = new Random(1, Domain.spirals);
    const x = Array.from({ length: 600 }, () => Array.from({ length: 8 }, () => 100 + 20 * random.normal()));
    const price = ([area = 0, rooms = 0, age = 0]: number[]) =>
      200_000 + 1500 * area + 40 * (rooms - 100) ** 2 - 900 * age;
    const outcome = await predictNumbers(x, x.map(price));
    expect(['earlyStopping', 'completed']).toContain(outcome.stopReason);
    expect(outcome.r2).toBeGreaterThan(0.9);
    expect(outcome.bestEpoch).toBeGreaterThan(10);
    const middle = new Array<number>(8).fill(100);
    expect(Math.abs(outcome.predict(middle) / price(middle) - 1)).toBeLessThan(0.1);
  });

  /** Mail as twelve numbers: spam has more of the first half. */
  function mails(count: number) {
    const random = new Random(3, Domain.spirals);
    return Array.from({ length: count }, (_, i) => {
      const label = i % 2 ? 'spam' : 'ham';
      const x = Array.from({ length: 12 }, (_value, j) => 0.5 * random.normal() + Number(j < 6 === (label === 'spam')));
      return { x, label };
    });
  }

  it('online: what one request teaches, another one is told', async () => {
    const [first, ...rest] = mails(400);
    const before = learn(first?.x ?? [], 'ham');
    for (const { x, label } of rest) learn(x, label);
    expect(learn(first?.x ?? [], 'ham')).toBeLessThan(before);

    const server = serve(0);
    try {
      await once(server, 'listening');
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const post = async (path: string, body: unknown) => {
        const response = await fetch(url + path, { method: 'POST', body: JSON.stringify(body) });
        const answered = (await response.json()) as { label?: string; loss?: number; error?: string };
        return { status: response.status, ...answered };
      };
      const spam = Array.from({ length: 12 }, (_, j) => Number(j < 6));
      expect(await post('/answer', { x: spam })).toEqual({ status: 200, label: 'spam' });
      expect(await post('/answer', { x: spam.map((v) => 1 - v) })).toEqual({ status: 200, label: 'ham' });
      expect(await post('/learn', { x: spam, label: 'spam' })).toEqual({ status: 200, loss: expect.any(Number) });
      const { status, error } = await post('/learn', { x: spam, label: 'spma' });
      expect(status).toBe(400);
      expect(error).toMatch(/did you mean `spam`\?/);
      expect((await post('/answer', { x: [1] })).status).toBe(400);
      expect((await post('/', {})).status).toBe(404);
      expect(answer(spam)).toBe('spam');
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  it('node-server: learns from its requests, and refuses in one sentence', async () => {
    const ask = async (path: string, body: unknown) => {
      const response = await app.request(path, { method: 'POST', body: JSON.stringify(body) });
      return {
        status: response.status,
        ...((await response.json()) as { loss?: number; label?: string; error?: string }),
      };
    };
    const losses: number[] = [];
    for (const { x, label } of mails(400)) losses.push((await ask('/learn', { x, label })).loss as number);
    const mean = (part: number[]) => part.reduce((sum, loss) => sum + loss, 0) / part.length;
    expect(mean(losses.slice(-100))).toBeLessThan(0.5 * mean(losses.slice(0, 100)));
    const spam = Array.from({ length: 12 }, (_, j) => Number(j < 6));
    const bytes = new Uint8Array(await (await app.request('/model')).arrayBuffer());
    expect(load(bytes).predictLabels([spam])).toEqual(['spam']);

    const server = listen(0);
    try {
      if (!server.listening) await once(server, 'listening');
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/answer`;
      const response = await fetch(url, { method: 'POST', body: JSON.stringify({ x: spam }) });
      expect(await response.json()).toEqual({ label: 'spam' });
    } finally {
      server.close();
    }
    expect(await ask('/learn', { x: spam, label: 'spma' })).toMatchObject({
      status: 400,
      error: expect.stringMatching(/did you mean `spam`\?/),
    });
    expect((await ask('/answer', { x: [1] })).status).toBe(400);
    expect(new Uint8Array(await (await app.request('/model')).arrayBuffer())).toEqual(bytes);
  });

  it('worker: answers, learns, and goes on from what it stored', async () => {
    const stored = new Map<string, Uint8Array>();
    const KV: Store = {
      get: async (key) => stored.get(key)?.slice().buffer as ArrayBuffer | null,
      put: async (key, value) => void stored.set(key, value.slice()),
    };
    const ask = async (body: unknown) => {
      const request = new Request('https://example.org/', { method: 'POST', body: JSON.stringify(body) });
      return worker.fetch(request, { KV });
    };
    const rows = mails(64);
    const x = rows.map((row) => row.x);
    const y = rows.map((row) => row.label);
    expect((await ask({ x })).status).toBe(404);

    const layers = [dense(16, { activation: 'relu' }), dense(2, { activation: 'softmax' })];
    const model = sequential({ input: 12, layers, classes: ['ham', 'spam'] }).compile({
      optimizer: adam({ learningRate: 0.01 }),
      loss: 'crossEntropy',
    });
    stored.set('model', model.save({ optimizer: true }));
    for (let request = 0; request < 30; request++) {
      expect(await (await ask({ x, y })).json()).toEqual({ stopReason: 'completed' });
    }
    const { labels } = (await (await ask({ x })).json()) as { labels: string[] };
    expect(labels.filter((label, i) => label === y[i]).length).toBeGreaterThan(55);

    // thirty requests are thirty epochs of one model
    model.fitSync(x, y, { epochs: 30 });
    expect(stored.get('model')).toEqual(model.save({ optimizer: true }));
    expect(load(stored.get('model') as Uint8Array).predictLabels(x)).toEqual(labels);

    const refused = await ask({ x: [[1, 2]] });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toEqual({ error: expect.stringContaining('must have 12 values') });
    // the bound on rows: 63 times 64 rows are more than 2000
    const many = Array.from({ length: 63 }, () => rows).flat();
    const answered = await ask({ x: many.map((row) => row.x), y: many.map((row) => row.label) });
    expect(await answered.json()).toEqual({ stopReason: 'sampleLimit' });
  });
});
