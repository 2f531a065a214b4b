// The same training in every runtime there is, from the package as it is published: `npm run test:runtimes`; with names
// (`npm run test:runtimes -- Bun Firefox`) in those alone. Prints a table. Fails where a hash is not that of
// test/reproducible.json, and where a runtime that is there does not run. One that is not there is told as not run.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CHECKS } from './checks.mjs';
import { Missing } from './engines.mjs';
import { RUNTIMES } from './matrix.mjs';
import { makeProject, root } from './project.mjs';

const here = dirname(fileURLToPath(import.meta.url));
/** Whether the runtimes were installed since package.json last changed. */
function areInstalled() {
  const record = join(here, 'node_modules', '.package-lock.json');
  return existsSync(record) && statSync(record).mtimeMs >= statSync(join(here, 'package.json')).mtimeMs;
}

if (!areInstalled()) {
  console.error('test:runtimes: installing the runtimes first (some 830 MB) …');
  const options = ['--no-audit', '--no-fund', '--no-package-lock', '--silent'];
  // what cannot be installed is named below
  spawnSync('npm', ['install', ...options], { cwd: here, stdio: 'inherit' });
}

const { subject: expected } = JSON.parse(readFileSync(join(root, 'test', 'reproducible.json'), 'utf8'));
const chosen = process.argv.slice(2);
const wanted = (name) => chosen.length === 0 || chosen.some((word) => name.toLowerCase().includes(word.toLowerCase()));

const counts = { passed: 0, failed: 0, missing: 0 };
const notes = [];
const checks = [];

function tell(name, error) {
  const missing = error instanceof Missing;
  counts[missing ? 'missing' : 'failed']++;
  notes.push(`${name}: ${missing ? 'NOT RUN' : 'FAILED'}: ${error.stderr || error.stack || error}`.trim());
  if (missing) notes[notes.length - 1] = `${name}: NOT RUN: ${error.message}`;
  return missing ? 'not run' : 'failed';
}

/** The cells of a row, after a look at its hashes. */
function cellsOf(name, row) {
  const differ = ['parameters', 'predictions'].filter((part) => row[part] !== expected[part]);
  const place = [name, row.where, row.how === 'background' && 'background'].filter(Boolean).join(', ');
  if (differ.length > 0) {
    counts.failed++;
    for (const part of differ) notes.push(`${place}: FAILED: ${part} have ${row[part]}, expected is ${expected[part]}`);
  } else if (row.together !== row.threads) {
    counts.failed++;
    notes.push(`${place}: FAILED: of ${row.threads} threads only ${row.together} did something together`);
  } else counts.passed++;
  if (row.threads < row.asked) notes.push(`${place}: ${row.reason.replace(/^.*?; /, '')}`);
  const threads = row.threads < row.asked ? `${row.threads} of ${row.asked}` : String(row.threads);
  const hash = `${row.parameters.slice(0, 8)} ${row.predictions.slice(0, 8)}${differ.length > 0 ? ' differs' : ''}`;
  return [place, row.version, row.engine, row.kernel, threads, hash, `${Math.round(row.milliseconds)} ms`];
}

function print(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  const [head, ...body] = rows;
  console.log(
    [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body.map(line)].join('\n'),
  );
}

const start = performance.now();
// the library, and what its examples use beside it
const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const folder = makeProject(`hono@${devDependencies.hono}`);
const rows = [['runtime', 'version', 'engine', 'kernel', 'threads', 'parameters, predictions', 'time']];
try {
  for (const [name, run] of RUNTIMES.filter(([name]) => wanted(name))) {
    try {
      for (const row of await run(folder)) rows.push(cellsOf(name, row));
    } catch (error) {
      rows.push([name, '–', '–', '–', '–', tell(name, error), '–']);
    }
  }
  for (const [name, check] of CHECKS.filter(([name]) => wanted(name))) {
    try {
      const said = await check(folder);
      counts.passed++;
      checks.push(`${name}: passed: ${said}`);
    } catch (error) {
      tell(name, error);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
print(rows);
if (checks.length > 0) console.log(`\n${checks.join('\n')}`);
if (notes.length > 0) console.log(`\n${[...new Set(notes)].join('\n')}`);
if (counts.failed > 0)
  console.log('\nA hash in test/reproducible.json is changed together with a line in CHANGELOG.md.');
const seconds = ((performance.now() - start) / 1000).toFixed(0);
console.log(`\nruntimes: ${counts.passed} passed, ${counts.failed} failed, ${counts.missing} not run, in ${seconds} s`);
process.exitCode = counts.failed > 0 ? 1 : 0;
