import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { adam, dense, load, sequential } from 'lanegrad';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { readDigits } from '../examples/images.js';
import { app, listen } from '../examples/node-server/server.js';
import { answer, learn, serve } from '../examples/online.js';
import { ordersCsv, writeOrders } from '../examples/orders.js';
import { predictNumbers } from '../examples/regression.js';
import { tellSpiralsApart } from '../examples/spirals.js';
import { learnFromFile, writeRows } from '../examples/streaming.js';
import { learnTable } from '../examples/table.js';
import worker, { type Store } from '../examples/worker.js';
import { Domain, Random } from '../src/random.js';
import { start } from './cli/command.js';

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

  describe('table: orders as shops export them', () => {
    let folder: string;
    let path: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'lanegrad-orders-'));
      path = join(folder, 'orders.csv');
      await writeOrders(path);
    });
    afterAll(() => rm(folder, { recursive: true }));

    const notes = [
      /^order_id: left out, it names rows/,
      /^currency: left out, every row has "EUR"/,
      /^comment: left out, it is text/,
      /rows are exact copies of others/,
    ];
    const leak = /^closed_because: gives the target away.*`drop` it\.$/;
    const row = { ordered: '2024-05-05', country: 'DE', age: 30, newsletter: 'no' };

    it('are the same file for the same seed, with the mess that the example is about', () => {
      const text = ordersCsv();
      expect(ordersCsv({ seed: 1 })).toBe(text);
      expect(ordersCsv({ seed: 2 })).not.toBe(text);
      expect(text.charCodeAt(0)).toBe(0xfeff);
      for (const part of [
        '\r\n',
        '"Ring ""twice"";',
        '"staff; free"',
        ';NA;',
        ';n/a;',
        ';?;',
        ';-;',
        'premuim',
        'Basic',
      ])
        expect(text).toContain(part);
      const lines = text.split('\r\n');
      expect(new Set(lines).size).toBeLessThan(lines.length - 5);
    });

    it('the library says what is wrong with the columns, learns from the others, and answers for raw rows', async () => {
      const log = vi.spyOn(console, 'log').mockImplementation(() => {});
      const file = join(folder, 'model.safetensors');
      const kind = await learnTable(path, { target: 'churned', file });
      expect(kind.notes).toHaveLength(notes.length + 1);
      for (const note of [...notes, leak]) expect(kind.notes).toContainEqual(expect.stringMatching(note));
      expect(kind.accuracy).toBe(1); // too good to be true, as the note says

      const { accuracy, answer } = await learnTable(path, { target: 'churned', drop: ['closed_because'], file });
      expect(accuracy).toBeGreaterThan(0.85);
      expect(accuracy).toBeLessThan(1);
      expect(log.mock.calls.at(-1)?.[0]).toMatch(/^amount +number +\d+ +mean .*; a gap has the median/m);
      expect(answer({ ...row, plan: 'basic', visits: 0, amount: 150 })).toBe('yes');
      expect(answer({ ...row, plan: 'premium', visits: 25, amount: 10 })).toBe('no');
      expect(answer({ ...row, plan: 'gold', visits: 25, amount: null })).toBe('no');
    });

    it('the command says and learns the same', async () => {
      const out = join(folder, 'out');
      const words = ['train', path, '--target', 'churned', '--epochs', '30', '--json', '--out', out];
      const { code, stdout, stderr } = await start(folder, [...words, '--drop', 'closed_because', '--quiet']);
      expect({ code, stderr }).toMatchObject({ code: 0 });
      const said = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      for (const note of notes) expect(said[0].notes).toContainEqual(expect.stringMatching(note));
      const { accuracy } = said.at(-1).test;
      expect(accuracy).toBeGreaterThan(0.85);
      expect(accuracy).toBeLessThan(1);
    });

    it('iris, packed as it is', async () => {
      const iris = at('../../shared/data/tabular/iris.csv.gz');
      if (!existsSync(iris)) {
        console.warn(`skipped: there is no ${iris}`);
        return;
      }
      vi.spyOn(console, 'log').mockImplementation(() => {});
      const { accuracy, answer } = await learnTable(iris, { target: 'label', file: join(folder, 'iris.safetensors') });
      expect(accuracy).toBeGreaterThan(0.9);
      expect(answer({ sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: null })).toBe('0');
    });
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

    vi.spyOn(console, 'log').mockImplementation(() => {});
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

  it('node-server: starts as it says, compiled', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'lanegrad-server-'));
    const outfile = join(directory, 'server.mjs');
    await build({
      entryPoints: [at('../examples/node-server/server.ts')],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
    });
    const child = spawn(process.execPath, [outfile, '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [told] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
      const [, url] = /^listening on (http:\/\/localhost:\d+)\n$/.exec(String(told)) ?? [];
      const body = JSON.stringify({ x: Array.from({ length: 12 }, () => 1), label: 'spam' });
      const response = await fetch(`${url}/learn`, { method: 'POST', body });
      expect(await response.json()).toEqual({ loss: expect.any(Number) });
    } finally {
      child.kill();
      await rm(directory, { recursive: true });
    }
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
