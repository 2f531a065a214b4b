/** What else must hold in a runtime: the examples run, and what cannot work says why. Each throws where it does not hold. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { wranglerBundle } from './bundlers.mjs';
import { DATE, programOf, runProcess, runWhole, withBrowser, withWorker } from './engines.mjs';
import { ISOLATED } from './matrix.mjs';
import { bundle, root } from './project.mjs';
import { servePages } from './server.mjs';

/** A copy of an example inside the project, which knows lanegrad and Hono by their names. */
function exampleIn(folder, name) {
  const copy = join(folder, 'examples', name);
  mkdirSync(copy, { recursive: true });
  cpSync(join(root, 'examples', name), copy, { recursive: true });
  return copy;
}

const lastLine = (text) => JSON.parse(text.trim().split('\n').at(-1));

async function deno(folder) {
  const copy = exampleIn(folder, 'deno');
  const { accuracy, runtime } = lastLine(
    await runProcess(programOf('deno', 'deno'), ['run', '--no-prompt', 'main.ts'], copy),
  );
  assert.ok(accuracy > 0.9, `accuracy ${accuracy}`);
  return `accuracy ${accuracy}, ${runtime}`;
}

async function bun(folder) {
  const copy = exampleIn(folder, 'bun');
  const { accuracy, kernel } = lastLine(await runProcess(programOf('bun', 'bin', 'bun.exe'), ['run', 'main.ts'], copy));
  assert.ok(accuracy > 0.9, `accuracy ${accuracy}`);
  return `accuracy ${accuracy}, kernel ${kernel}, saved and loaded`;
}

/** The example page, opened as a file. */
const page = (name) => async (folder) => {
  const copy = exampleIn(folder, 'browser');
  const file = join(copy, `${name}.html`);
  // the bundler is this repository's; the library is the one that was installed
  const { buildPage } = await import(pathToFileURL(join(root, 'examples', 'browser', 'build.mjs')).href);
  await buildPage(join(copy, 'page.ts'), file);
  return withBrowser(name, async (browser) => {
    const tab = await browser.newPage();
    await tab.goto(pathToFileURL(file).href);
    await tab.waitForFunction(() => document.body.dataset.done === 'true', { timeout: 60_000 });
    const told = await tab.evaluate(() => document.querySelector('output').value);
    assert.match(told, /^epoch 60: accuracy (0\.9|1\.0)/);
    return told;
  });
};

const REQUESTS = 20;

/** Two classes of points, inside and outside of a circle, without a random number. */
function rings(count) {
  const x = Array.from({ length: count }, (_, i) => [((i * 37) % 101) / 50 - 1, ((i * 53) % 89) / 44 - 1]);
  return { x, y: x.map(([a, b]) => (a * a + b * b < 0.5 ? 'in' : 'out')) };
}

/** What the example Worker trains, in Node. */
async function exampleModel(folder) {
  exampleIn(folder, 'cloudflare-worker');
  const { code } = await bundle(folder, 'examples/cloudflare-worker/model.ts');
  const module = join(folder, 'model.mjs');
  writeFileSync(module, code);
  return import(pathToFileURL(module).href);
}

/** Milliseconds until what a request left to be done behind it is done: translating code, writing to storage. */
const SETTLED = 30;

/**
 * The example Worker as wrangler would deploy it: 20 requests, a restart after ten of them, and the bytes of one run that
 * nothing interrupts. Tells what processor time they took; that no figure is asserted is deliberate.
 */
async function cloudflareWorker(folder) {
  const options = {
    ...(await wranglerBundle(exampleIn(folder, 'cloudflare-worker'))),
    durableObjects: { TRAINER: { className: 'Trainer', useSQLite: true } },
    durableObjectsPersist: join(folder, 'objects'),
  };
  const rows = rings(400);
  const send = (body) => ({ method: 'POST', body: JSON.stringify(body ?? {}) });
  const times = { start: [], first: [], train: [], predict: [] };
  let requests = 0;
  let stored;
  let labels;
  let stopReason;
  while (stopReason !== 'completed') {
    await withWorker(options, async (fetch, cpuTime) => {
      const timed = async (kind, ...request) => {
        const before = cpuTime();
        const response = await fetch(...request);
        await setTimeout(SETTLED);
        const after = cpuTime();
        if (before && after) times[kind].push({ main: after.main - before.main, all: after.all - before.all });
        return response;
      };
      if (cpuTime()) times.start.push(cpuTime());
      await timed('first', '/model');
      if (requests === 0) {
        assert.equal((await fetch('/train', send())).status, 409);
        await fetch('/rows', { ...send(rows), method: 'PUT' });
      }
      do {
        const response = await timed('train', '/train', send());
        assert.equal(response.status, 200, await response.clone().text());
        ({ stopReason } = await response.json());
        requests++;
      } while (stopReason !== 'completed' && requests % 10 !== 0);
      ({ labels } = await (await fetch('/predict', send({ x: rows.x }))).json());
      for (const x of rows.x.slice(0, 10)) await timed('predict', '/predict', send({ x: [x] }));
      stored = new Uint8Array(await (await fetch('/model')).arrayBuffer());
      const refused = await fetch('/predict', send({ x: [[1, 2, 3]] }));
      assert.equal(refused.status, 400);
      assert.match((await refused.json()).error, /must have 2 values/);
    });
    assert.ok(requests <= REQUESTS, 'the training does not end');
  }
  const { fresh, EPOCHS, BUDGET } = await exampleModel(folder);
  assert.equal(requests, REQUESTS);
  const model = fresh();
  model.fitSync(rows.x, rows.y, { epochs: EPOCHS });
  assert.deepEqual(stored, model.save({ optimizer: true }), 'the bytes are not those of one uninterrupted run');
  const right = labels.filter((label, i) => label === rows.y[i]).length / labels.length;
  assert.ok(right > 0.9, `only ${right} of the rows are told apart`);
  const learned = `restarted; ${100 * right} % right, the bytes of one run in Node`;
  return `${requests} requests of at most ${BUDGET} rows, ${learned}; ${told(times)}`;
}

/** Processor time of requests in words: medians and most. */
function told({ start, first, train, predict }) {
  if (train.length === 0) return 'this system does not tell the processor time of workerd';
  const facts = (times, part) => {
    const sorted = times.map((time) => time[part]).sort((a, b) => a - b);
    return `${sorted[(sorted.length - 1) >> 1].toFixed(1)} ms (at most ${sorted.at(-1).toFixed(1)})`;
  };
  return [
    `CPU time of a request: ${facts(train, 'main')} that trains, with workerd's other threads ${facts(train, 'all')}`,
    `${facts(predict, 'main')} that predicts a row`,
    `${facts(first, 'main')} that is the first of a process and gives back what is stored`,
    `${facts(start, 'main')} to start`,
  ].join('; ');
}

/** The short Worker, whose model is in a key-value store. */
async function shortWorker(folder) {
  const cwd = join(folder, 'examples', 'worker');
  mkdirSync(cwd, { recursive: true });
  cpSync(join(root, 'examples', 'worker.ts'), join(cwd, 'worker.ts'));
  const built = await wranglerBundle(cwd, 'worker.ts', '--name', 'worker', '--compatibility-date', DATE);
  const { fresh } = await exampleModel(folder);
  return withWorker({ ...built, kvNamespaces: ['KV'] }, async (fetch, _, worker) => {
    const send = (body) => fetch('/', { method: 'POST', body: JSON.stringify(body) });
    const { x, y } = rings(400);
    assert.equal((await send({ x })).status, 404);
    const store = await worker.getKVNamespace('KV');
    await store.put('model', fresh().save({ optimizer: true }));
    for (let request = 0; request < 20; request++)
      assert.deepEqual(await (await send({ x, y })).json(), { stopReason: 'completed' });
    const { labels } = await (await send({ x })).json();
    const right = labels.filter((label, i) => label === y[i]).length / labels.length;
    assert.ok(right > 0.9, `only ${right} of the rows are told apart`);
    assert.equal((await send({ x: [[1, 2, 3]] })).status, 400);
    return `20 requests, ${100 * right} % right`;
  });
}

/** What only predicts, as wrangler would deploy it, beside the whole library. */
async function predictor(folder) {
  const cwd = join(folder, 'predictor');
  mkdirSync(cwd);
  writeFileSync(
    join(cwd, 'worker.mjs'),
    `import { createRuntime, dense, sequential } from 'lanegrad';
     import { load } from 'lanegrad/predict';
     const x = Float32Array.from({ length: 60 }, (_, i) => ((i * 37) % 101) / 50 - 1);
     const y = Uint8Array.from({ length: 30 }, (_, i) => i % 3);
     const layers = [dense(16, { activation: 'tanh' }), dense(3, { activation: 'softmax' })];
     const runtime = createRuntime({ kernel: 'simd' });
     const model = sequential({ input: 2, layers }, { runtime }).compile({ loss: 'crossEntropy' });
     model.fitSync(x, y, { epochs: 3 });
     const expected = model.predict(x);
     const bytes = model.save();
     export default { fetch: () => Response.json([[...expected], [...load(bytes).predict(x)]]) };`,
  );
  const built = await wranglerBundle(cwd, 'worker.mjs', '--name', 'predictor', '--compatibility-date', DATE);
  return withWorker(built, async (fetch) => {
    const [expected, predictions] = await (await fetch('/')).json();
    assert.equal(predictions.length, 90);
    assert.deepEqual(predictions, expected);
    return 'trained while the Worker starts; the same bits as of the whole library';
  });
}

/** What a Worker from text answers. */
async function workerOf(folder, text, { date, conditions = ['workerd', 'worker'] } = {}) {
  writeFileSync(join(folder, 'bad.mjs'), text);
  const built = await bundle(folder, 'bad.mjs', { conditions });
  return withWorker({ ...built, date }, async (fetch) => (await fetch('/')).text());
}

/** More than a Worker has memory for. */
async function workerMemory(folder) {
  const said = await workerOf(
    folder,
    `import { createRuntime, dense, sequential } from 'lanegrad';
     const runtime = createRuntime({ kernel: 'simd' });
     export default { fetch() {
       try { sequential({ input: 4000, layers: [dense(4000), dense(1)] }, { runtime }).compile({ loss: 'meanSquaredError' }); }
       catch (error) { return new Response(error.name + ': ' + error.message); }
       return new Response('compiled');
     } };`,
  );
  assert.match(said, /^MemoryLimitError: .*needs an estimated \d+\.\d MiB, but the memory limit is 64\.0 MiB/);
  return said;
}

/** A date at which a Worker may not compile bytes, not even while it starts: with kernels as modules there is nothing to compile. */
async function oldDate(folder) {
  const text = `import { createRuntime } from 'lanegrad';
     let said = 'works';
     try { createRuntime({ kernel: 'simd' }); } catch (error) { said = error.name + ': ' + error.message; }
     export default { fetch: () => new Response(said) };`;
  assert.equal(await workerOf(folder, text, { date: '2024-01-01' }), 'works');
  // bundled by something that does not know the condition
  const said = await workerOf(folder, text, { date: '2024-01-01', conditions: ['worker'] });
  assert.match(
    said,
    /^UnsupportedError: WebAssembly may not be compiled here .*compiled kernels as `module` to createRuntime/,
  );
  return `works; without the condition 'workerd': ${said}`;
}

/** A page whose rules forbid WebAssembly, and one whose rules allow it. */
const contentSecurity = (name) => async (folder) => {
  const { code: script } = await bundle(folder, 'page.mjs', { conditions: ['browser'], format: 'iife' });
  const rule = (sources) => ({ headers: { 'content-security-policy': `script-src ${sources}` }, script });
  const server = await servePages({ '/forbidden': rule("'self'"), '/allowed': rule("'self' 'wasm-unsafe-eval'") });
  try {
    return await withBrowser(name, async (browser) => {
      const visit = async (path) => {
        const tab = await browser.newPage();
        await tab.goto(server.url + path);
        return tab.evaluate(async () => {
          try {
            await globalThis.runSubject(1);
            return 'works';
          } catch (error) {
            return `${error.name}: ${error.message}`;
          }
        });
      };
      assert.equal(await visit('/allowed'), 'works');
      const said = await visit('/forbidden');
      assert.match(said, /^UnsupportedError: WebAssembly may not be compiled here .*'wasm-unsafe-eval'.*script-src/);
      return said;
    });
  } finally {
    server.close();
  }
};

/**
 * Pages whose rules allow no script but files: with the script of workers as a file, threads and background fits work; without,
 * one says why not and the others go on alone. From `file://`, where no rules are, a background fit works too.
 */
const workers = (name) => async (folder) => {
  const { code: script } = await bundle(folder, 'page.mjs', { conditions: ['browser'], format: 'iife' });
  const worker = readFileSync(join(folder, 'node_modules/lanegrad/dist/worker.js'), 'utf8');
  const rules = { 'content-security-policy': "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'" };
  const headers = { ...ISOLATED, ...rules };
  const server = await servePages({ '/page': { headers, script }, '/worker': { headers, script: worker } });
  const file = join(folder, 'file.html');
  writeFileSync(
    file,
    `<!doctype html><meta charset="utf-8"><script>${script.replaceAll('</script', '<\\/script')}</script>`,
  );
  const { subject } = JSON.parse(readFileSync(join(root, 'test', 'reproducible.json'), 'utf8'));
  try {
    return await withBrowser(name, async (browser) => {
      const visit = async (url, ...asked) => {
        const tab = await browser.newPage();
        await tab.goto(url);
        const told = await tab.evaluate(
          async (...given) => {
            try {
              return await globalThis.runSubject(...given);
            } catch (error) {
              return { error: `${error.name}: ${error.message}` };
            }
          },
          ...asked,
        );
        await tab.close();
        return told;
      };
      const page = `${server.url}/page`;
      for (const [url, ...asked] of [
        [page, 2, 'sync', '/worker.js'],
        [page, 1, 'background', '/worker.js'],
        [page, 2, 'background', '/worker.js'],
        [pathToFileURL(file).href, 1, 'background'],
      ]) {
        const { error, parameters, threads } = await visit(url, ...asked);
        assert.equal(error ?? parameters, subject.parameters, `${url} ${asked}`);
        assert.equal(threads, asked[0]);
      }
      const alone = await visit(page, 2, 'sync');
      assert.equal(alone.error ?? alone.parameters, subject.parameters);
      assert.match(alone.reason, /one thread from now on: .*worker-src.*`workerUrl`/);
      const { error } = await visit(page, 1, 'background');
      assert.match(error, /^UnsupportedError: .*worker-src.*`workerUrl`/);
      return error;
    });
  } finally {
    server.close();
  }
};

/** What a background fit is for: no assertion, because machines differ, but figures for docs/runtimes.md. */
async function gaps(measure) {
  const tell = ({ longest, usual, total }) =>
    `${longest.toFixed(1)} ms, 95 % within ${usual.toFixed(1)} ms, of ${total.toFixed(0)}`;
  const slices = await measure(false);
  const background = await measure(true);
  return `longest time without the event loop: ${tell(background)}, in the background; ${tell(slices)}, without`;
}

const gapsInNode = (folder) =>
  gaps(async (background) => {
    const script = `import { longestGap } from './subject.mjs'; console.log(JSON.stringify(await longestGap(${background})));`;
    return JSON.parse(await runProcess(process.execPath, ['--input-type=module', '-e', script], folder));
  });

const gapsIn = (name) => async (folder) => {
  const { code: script } = await bundle(folder, 'page.mjs', { conditions: ['browser'], format: 'iife' });
  const server = await servePages({ '/page': { script } });
  try {
    return await withBrowser(name, async (browser) => {
      const tab = await browser.newPage();
      await tab.goto(`${server.url}/page`);
      return gaps((background) => tab.evaluate((asked) => globalThis.longestGap(asked), background));
    });
  } finally {
    server.close();
  }
};

/** Pages out of Vite, built and from its own server, which was told nothing: a background fit finds what it needs. */
const vite = (name) => async (folder) => {
  // the bundler is this repository's
  const { build, createServer } = await import(pathToFileURL(join(root, 'node_modules/vite/dist/node/index.js')).href);
  const { subject } = JSON.parse(readFileSync(join(root, 'test', 'reproducible.json'), 'utf8'));
  writeFileSync(
    join(folder, 'index.html'),
    '<!doctype html><title>page</title><script type="module" src="/page.mjs"></script>',
  );
  const options = { root: folder, logLevel: 'error', configFile: false };
  await build(options);
  const built = await servePages({}, join(folder, 'dist'));
  const development = await createServer({ ...options, server: { host: '127.0.0.1', port: 0 } });
  try {
    await development.listen();
    const { port } = development.httpServer.address();
    return await withBrowser(name, async (browser) => {
      for (const url of [built.url, `http://127.0.0.1:${port}`]) {
        const tab = await browser.newPage();
        await tab.goto(`${url}/index.html`);
        await tab.waitForFunction(() => globalThis.runSubject !== undefined);
        const { parameters } = await tab.evaluate(() => globalThis.runSubject(1, 'background'));
        assert.equal(parameters, subject.parameters);
      }
      return 'built and from its server, the same bits in the background';
    });
  } finally {
    built.close();
    await development.close();
  }
};

/** A Worker has no workers. */
async function workerBackground(folder) {
  const said = await workerOf(
    folder,
    `import { createRuntime, dense, sequential } from 'lanegrad';
     const runtime = createRuntime({ kernel: 'simd' });
     export default { async fetch() {
       const model = sequential({ input: 2, layers: [dense(1)] }, { runtime }).compile({ loss: 'meanSquaredError' });
       try { await model.fit([[1, 2], [3, 4]], [1, 2], { background: true }); }
       catch (error) { return new Response(error.name + ': ' + error.message); }
       return new Response('trained');
     } };`,
    DATE,
  );
  assert.match(said, /^UnsupportedError: fit: there are no workers here, .*fitSync.*maxSamples/);
  return said;
}

/** Two threads that find nothing to do for a second and go, and come back; then workers of background fits, which go too. */
const pauses = (program, before) => async (folder) => {
  writeFileSync(
    join(folder, 'pauses.mjs'),
    `import { createRuntime, dense, sequential } from 'lanegrad';
     import { digits } from 'lanegrad/data';
     const { x, y } = digits({ rows: 1000, seed: 1 });
     const layers = [dense(256, { activation: 'relu' }), dense(10, { activation: 'softmax' })];
     const runtime = createRuntime({ kernel: 'simd', threads: 2 });
     const model = sequential({ input: [16, 16], seed: 1, layers }, { runtime }).compile({ loss: 'crossEntropy' });
     for (let i = 0; i < 4; i++) {
       await model.fit(x, y, { epochs: 1 });
       await new Promise((resolve) => setTimeout(resolve, 1500));
     }
     await model.fit(x, y, { epochs: 1 });
     const { threads, reason } = model.runtime;
     for (let i = 0; i < 5; i++) await model.fit(x, y, { epochs: 1, background: true });
     console.log(JSON.stringify({ threads, reason }));`,
  );
  const { stdout, stderr } = await runWhole(program(), [...before, 'pauses.mjs'], folder);
  assert.equal(stderr, '');
  const { threads, reason } = lastLine(stdout);
  assert.equal(threads, 2, reason);
  assert.doesNotMatch(reason, /once:/);
  return reason;
};

/** Every check by its name. */
export const CHECKS = [
  ['examples/cloudflare-worker under workerd', cloudflareWorker],
  ['examples/worker.ts under workerd', shortWorker],
  ['examples/deno in Deno', deno],
  ['examples/bun in Bun', bun],
  ['examples/browser in Chromium, from file://', page('chromium')],
  ['examples/browser in Firefox, from file://', page('firefox')],
  ["Chromium, script-src 'self'", contentSecurity('chromium')],
  ["Firefox, script-src 'self'", contentSecurity('firefox')],
  ["Chromium, worker-src 'self'", workers('chromium')],
  ["Firefox, worker-src 'self'", workers('firefox')],
  ['Vite, in Chromium', vite('chromium')],
  ['Node, event loop', gapsInNode],
  ['Chromium, event loop', gapsIn('chromium')],
  ['Firefox, event loop', gapsIn('firefox')],
  ['workerd, in the background', workerBackground],
  ['Node, threads after a pause', pauses(() => process.execPath, [])],
  ['Bun, threads after a pause', pauses(() => programOf('bun', 'bin', 'bun.exe'), [])],
  ['Deno, threads after a pause', pauses(() => programOf('deno', 'deno'), ['run', '--no-prompt'])],
  ['wrangler, lanegrad/predict under workerd', predictor],
  ['workerd, more memory than there is', workerMemory],
  ['workerd, an old compatibility date', oldDate],
];
