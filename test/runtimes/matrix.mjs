/** The runtimes: how the subject runs in each of them, as rows of the table. */
import assert from 'node:assert/strict';
import { BUNDLERS } from './bundlers.mjs';
import { Missing, programOf, rowsOf, runProcess, withBrowser, withWorker, workerdVersion } from './engines.mjs';
import { bundle } from './project.mjs';
import { servePages } from './server.mjs';

const THREADS = [1, 2, 3, 4];
/** The same with one thread and with two, in the background. */
const BACKGROUND = [1, 2];
/** Headers that isolate a page from others: without them it has no shared memory. */
export const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

/** A process for each of these: how its program is found, and its arguments before the script. */
const processes = {
  'Node 20': { program: () => process.execPath, only: 20 },
  'Node 22': { program: () => programOf('node22', 'bin', 'node') },
  'Node 24': { program: () => programOf('node24', 'bin', 'node') },
  'Node 26': { program: () => programOf('node26', 'bin', 'node') },
  Bun: { program: () => programOf('bun', 'bin', 'bun.exe') },
  'Deno, no permissions': { program: () => programOf('deno', 'deno'), before: ['run', '--no-prompt'] },
};

async function inProcess({ program, before = [], only }, folder) {
  const current = Number.parseInt(process.versions.node, 10);
  if (only && current !== only) throw new Missing(`npm was started with Node ${current}, not with Node ${only}`);
  const runs = [...THREADS.map(String), ...BACKGROUND.map((threads) => `${threads}:background`)];
  const lines = await runProcess(program(), [...before, 'process.mjs', ...runs], folder);
  return rowsOf(lines, [...THREADS, ...BACKGROUND]);
}

async function inWorker(folder) {
  const built = await bundle(folder, 'edge.mjs', { conditions: ['workerd', 'worker'] });
  return withWorker(built, askWorker);
}

/** The rows of a Worker that runs the subject. */
async function askWorker(fetch) {
  const rows = [];
  for (const threads of [1, 2]) {
    const response = await fetch(`/?threads=${threads}`);
    if (!response.ok) throw new Error(await response.text());
    rows.push({ asked: threads, version: workerdVersion(), engine: 'V8', ...(await response.json()) });
  }
  return rows;
}

async function inBrowser(name, folder) {
  const { code } = await bundle(folder, 'page.mjs', { conditions: ['browser'], format: 'iife' });
  const server = await servePages({ '/page': { script: code }, '/isolated': { headers: ISOLATED, script: code } });
  try {
    return await withBrowser(name, async (browser) => {
      const version = (await browser.version()).replace(/^.*\//, '');
      const engine = name === 'firefox' ? 'SpiderMonkey' : 'V8';
      const rows = [];
      const visits = [
        ['/page', 1],
        ['/page', 2],
        ['/page', 1, 'background'],
        ...THREADS.map((threads) => ['/isolated', threads]),
        ...BACKGROUND.map((threads) => ['/isolated', threads, 'background']),
      ];
      for (const [path, threads, how = 'sync'] of visits) {
        const page = await browser.newPage();
        await page.goto(server.url + path);
        const outcome = await page.evaluate((...asked) => globalThis.runSubject(...asked), threads, how);
        const where = path === '/isolated' ? 'isolated page' : 'page';
        // a page that may not share memory says which headers it lacks
        if (path === '/page' && threads > 1) assert.match(outcome.reason, /this page is not cross-origin isolated/);
        rows.push({ asked: threads, where, version, engine, ...outcome });
        await page.close();
      }
      return rows;
    });
  } finally {
    server.close();
  }
}

/** Every runtime by its name: a function of the project's folder that gives its rows. */
export const RUNTIMES = [
  ...Object.entries(processes).map(([name, how]) => [name, (folder) => inProcess(how, folder)]),
  ['workerd', inWorker],
  ['Chromium', (folder) => inBrowser('chromium', folder)],
  ['Firefox', (folder) => inBrowser('firefox', folder)],
  ...BUNDLERS.map(([name, run]) => [name, (folder) => run(folder, askWorker)]),
];
