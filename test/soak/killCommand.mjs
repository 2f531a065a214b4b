/**
 * Kills `lanegrad train --checkpoint` (SIGKILL) at random moments, starts the same command again until it is done, and compares
 * the model file's bytes, the result and the curves of the report with those of a run without a checkpoint that nothing
 * interrupts: `node test/soak/killCommand.mjs [kills] [seed]` (default 200 kills, some five minutes); a few of them are in
 * test/cli/checkpoint.test.ts. Needs a build.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [kills = 200, seed = 1] = process.argv.slice(2).map(Number);
const program = fileURLToPath(new URL('../../bin/lanegrad.cjs', import.meta.url));

/** Runs that use all there is: what draws, what waits, what is watched. One after the other, over and over. */
const COMMANDS = [
  'digits --hidden 32 --batch-norm before --dropout 0.2 --augment shift:1 --schedule plateau:patience=2 --epochs 60 --patience 40',
  'spirals --optimizer sgd:momentum=0.9,nesterov --learning-rate 0.05 --epochs 1000 --patience 100',
  'digits --hidden 24 --validation 0 --diagnostics --optimizer rmsprop --schedule cosine --epochs 60',
  'digits --hidden 48,24 --activation tanh --optimizer adamw --schedule one-cycle --diagnostics --epochs 60 --class-weight balanced --reproducible',
].map((text) => ['train', ...text.split(' '), '--json']);

/** Numbers from 0 to 1 that a seed decides (mulberry32, Tommy Ettinger 2017). */
function numbers(state) {
  let a = state;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * One life of the command: left to its end, or killed. `moment` says when: so many milliseconds after its start, after its first
 * epoch, or after a file of that name is begun in its folder.
 */
function life(folder, args, moment) {
  const child = spawn(process.execPath, [program, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = () => child.kill('SIGKILL');
  const timers = [];
  const after = (milliseconds) => timers.push(setTimeout(kill, milliseconds));
  let watcher;
  if (moment?.from === 'start') after(moment.later);
  if (moment?.file) {
    watcher = watch(
      folder,
      { recursive: true },
      (_, name) => name?.includes(`.${moment.file}.`) && after(moment.later),
    );
  }
  const [stdout, stderr] = [[], []];
  const begun = performance.now();
  let first;
  child.stdout.on('data', (chunk) => {
    stdout.push(chunk);
    if (first !== undefined || !chunk.includes('"event":"epoch"')) return;
    first = performance.now() - begun;
    if (moment?.from === 'epoch') after(moment.later);
  });
  child.stderr.on('data', (chunk) => stderr.push(chunk));
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      for (const timer of timers) clearTimeout(timer);
      watcher?.close();
      const text = (chunks) => Buffer.concat(chunks).toString();
      const times = { startUp: first, training: performance.now() - begun - first };
      resolve({ ended: signal ?? code, stdout: text(stdout), stderr: text(stderr), times });
    });
  });
}

/** What a run came to: the bytes of its model, its result, and the drawings of its report. */
function outcome(folder, stdout) {
  const { test, stopReason, epochs, keptEpoch } = JSON.parse(stdout.trimEnd().split('\n').at(-1));
  const drawings = readFileSync(join(folder, 'lanegrad-out', 'report.html'), 'utf8').match(/<svg[\s\S]*?<\/svg>/g);
  const hash = (data) => createHash('sha256').update(data).digest('hex');
  const model = hash(readFileSync(join(folder, 'lanegrad-out', 'model.safetensors')));
  return JSON.stringify({ model, result: { test, stopReason, epochs, keptEpoch }, drawings: hash(drawings.join()) });
}

async function completed(folder, args) {
  const { ended, stdout, stderr, times } = await life(folder, args);
  if (ended !== 0) throw new Error(`the command ended with ${ended}: ${stderr}`);
  return { whole: outcome(folder, stdout), times };
}

/** While it starts, while it trains, or while a file is being written: a checkpoint, or one that the run ends with. */
function draw(random, { startUp, training }) {
  const kind = random();
  const share = random();
  if (kind < 0.25) return { from: 'start', later: 1.3 * startUp * share };
  if (kind < 0.7) return { from: 'epoch', later: 0.4 * training * share };
  if (kind < 0.9) return { file: 'checkpoint.safetensors', later: 100 * share };
  return { file: kind < 0.95 ? 'model.safetensors' : 'report.html', later: 15 * share };
}

const random = numbers(seed);
const facts = { kills: 0, atStart: 0, resumed: 0, whileWriting: 0, afterModel: 0, runs: 0, same: 0 };
const expected = new Map();
const root = mkdtempSync(join(tmpdir(), 'lanegrad-kill-command-'));
try {
  for (let run = 0; facts.kills < kills; run++) {
    const args = COMMANDS[run % COMMANDS.length];
    if (!expected.has(args)) expected.set(args, await completed(mkdtempSync(join(root, 'whole-')), args));
    const folder = mkdtempSync(join(root, 'killed-'));
    const out = join(folder, 'lanegrad-out');
    const files = () => (existsSync(out) ? readdirSync(out) : []);
    const { whole, times } = expected.get(args);
    let found;
    while (found === undefined) {
      const moment = facts.kills < kills ? draw(random, times) : undefined;
      const { ended, stdout, stderr } = await life(folder, [...args, '--checkpoint'], moment);
      facts.resumed += Number(stdout.includes('"event":"resumed"'));
      if (ended === 'SIGKILL') {
        facts.kills++;
        facts.atStart += Number(!stdout.includes('"event":"epoch"'));
        facts.whileWriting += Number(files().some((name) => name.endsWith('.tmp')));
        facts.afterModel += Number(files().includes('model.safetensors'));
      } else if (ended === 0) found = outcome(folder, stdout);
      else throw new Error(`the command ended with ${ended}: ${stderr}`);
    }
    facts.runs++;
    const left = files().sort().join();
    const tidy = left === 'model.safetensors,report.html';
    facts.same += Number(tidy && found === whole);
    if (!tidy || found !== whole) {
      console.error(`${args.join(' ')}\n  files: ${left}\n  expected: ${whole}\n  found: ${found}`);
      process.exitCode = 1;
    }
  }
  console.log(JSON.stringify(facts));
} finally {
  rmSync(root, { recursive: true });
}
