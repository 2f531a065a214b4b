/** How each runtime is started. What is not there throws `Missing`, and is told by that reason. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { childCalled, cpuTimeOf } from './cputime.mjs';

const run = promisify(execFile);
/** Where the runtimes are installed. */
export const modules = join(dirname(fileURLToPath(import.meta.url)), 'node_modules');

/** A runtime that is not installed. */
export class Missing extends Error {}

/** A program of an installed package. */
export function programOf(...path) {
  const program = join(modules, ...path);
  if (!existsSync(program)) throw new Missing(`the package ${path[0]} is not installed here`);
  return program;
}

/** A package of this folder; a reason where it cannot be had. */
export async function packageHere(name) {
  try {
    return await import(name);
  } catch (error) {
    throw new Missing(`the package ${name} is not installed here (${error.code ?? error.message})`);
  }
}

/** Runs a program in a folder; what it writes. */
export async function runWhole(program, args, cwd, more = {}) {
  const env = { ...withoutLoaders(), ...more };
  return await run(program, args, { cwd, encoding: 'utf8', timeout: 120_000, env });
}

/** Its standard output alone: warnings of experimental features are no errors. */
export async function runProcess(program, args, cwd, more = {}) {
  const { stdout } = await runWhole(program, args, cwd, more);
  return stdout;
}

/** The rows of the table that process.mjs printed, one for each number of threads. */
export const rowsOf = (stdout, threads) =>
  stdout
    .trim()
    .split('\n')
    .map((line, i) => ({ asked: threads[i], ...JSON.parse(line) }));

/** The environment without options for Node, which other versions may not know; what Deno keeps stays beside the runtimes. */
function withoutLoaders() {
  const { NODE_OPTIONS: _, ...rest } = process.env;
  return { ...rest, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1', DENO_DIR: join(modules, '.cache', 'deno') };
}

/** The newest compatibility date that the workerd in use knows. */
export const DATE = '2026-04-01';

/**
 * A Worker under workerd, by miniflare; `use` is given a function that fetches from it, one that tells the processor time
 * workerd has had, and the miniflare.
 */
export async function withWorker({ code, wasm, date = DATE, ...options }, use) {
  const { Miniflare } = await packageHere('miniflare');
  const sources = [...wasm].map(([path, contents]) => ({ type: 'CompiledWasm', path, contents }));
  const worker = new Miniflare({
    modules: [{ type: 'ESModule', path: 'worker.js', contents: code }, ...sources],
    compatibilityDate: date,
    cf: false,
    ...options,
  });
  try {
    await worker.ready;
    const workerd = childCalled('workerd');
    const fetch = (path, init) => worker.dispatchFetch(`http://worker.local${path}`, init);
    return await use(fetch, () => workerd && cpuTimeOf(workerd), worker);
  } finally {
    await worker.dispose();
  }
}

/** The version of workerd that miniflare brings. */
export const workerdVersion = () => JSON.parse(readFileSync(programOf('workerd', 'package.json'), 'utf8')).version;

/** Programs of the browsers; an environment variable may name another. */
const BROWSERS = {
  chromium: { variable: 'CHROMIUM', programs: ['chromium', 'chromium-browser', 'google-chrome'] },
  firefox: { variable: 'FIREFOX', programs: ['firefox-esr', 'firefox'] },
};

function browserProgram(name) {
  const { variable, programs } = BROWSERS[name];
  const folders = (process.env.PATH ?? '').split(':');
  const named = process.env[variable];
  const all = named ? [named] : programs.flatMap((program) => folders.map((folder) => join(folder, program)));
  const found = all.find((path) => existsSync(path));
  if (!found) throw new Missing(`none of ${programs.join(', ')} is in PATH`);
  return found;
}

/** A browser without a window: Chromium by its own protocol, Firefox by WebDriver BiDi; `use` is given it. */
export async function withBrowser(name, use) {
  const { default: puppeteer } = await packageHere('puppeteer-core');
  const executablePath = browserProgram(name);
  const userDataDir = await mkdtemp(join(tmpdir(), `lanegrad-${name}-`));
  const flags = ['--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update'];
  const browser = await puppeteer.launch({
    browser: name === 'firefox' ? 'firefox' : 'chrome',
    executablePath,
    userDataDir,
    timeout: 60_000,
    args: name === 'firefox' ? [] : ['--no-sandbox', '--disable-sync', ...flags],
  });
  try {
    return await use(browser);
  } finally {
    await browser.close();
    await rm(userDataDir, { recursive: true, force: true });
  }
}
