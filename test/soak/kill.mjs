/**
 * Trains in a process that is killed (SIGKILL) at random moments and started again, with nothing but its checkpoint file, and
 * compares the final bytes with those of one run: `node test/soak/kill.mjs [kills]` (default 200, some 60 s); a few of
 * them are in test/facade/process.test.ts. Needs a build.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { adam, batchNorm, createRuntime, dense, dropout, load, reduceOnPlateau, sequential } from 'lanegrad';
import { readModelBytes, writeFileAtomic } from 'lanegrad/node';

const [mode = '200', file = '', length = ''] = process.argv.slice(2);
const rows = 500;
const x = Float32Array.from({ length: rows * 8 }, (_, i) => ((i * 37) % 101) / 50 - 1);
const y = Uint8Array.from({ length: rows }, (_, i) => Number(x[8 * i] * x[8 * i + 1] > 0));

function fresh() {
  const layers = [
    dense(16, { activation: 'relu' }),
    batchNorm(),
    dropout({ rate: 0.2 }),
    dense(2, { activation: 'softmax' }),
  ];
  const runtime = createRuntime({ kernel: 'simd', threads: 1 });
  return sequential({ input: 8, seed: 1, standardize: true, layers }, { runtime }).compile({
    optimizer: adam({ learningRate: reduceOnPlateau(0.01, { factor: 0.9, patience: 3, monitor: 'loss' }) }),
    loss: 'crossEntropy',
  });
}

/** What is killed: goes on from the file, and writes it anew after every slice. */
async function train(epochs) {
  const model = existsSync(file) ? load(await readModelBytes(file)) : fresh();
  for (let done = false; !done; ) {
    // slices of other sizes than batches and epochs have
    done = model.fitSync(x, y, { epochs, maxSamples: 150, resume: true }).stopReason === 'completed';
    await writeFileAtomic(file, model.save({ optimizer: true }));
  }
}

/** One life of the process: killed after so many milliseconds, or left to its end. */
function life(folder, epochs, milliseconds) {
  const path = join(folder, 'checkpoint.safetensors');
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), 'train', path, String(epochs)], {
    stdio: 'inherit',
  });
  const timer = milliseconds === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), milliseconds);
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      resolve(signal ?? code);
    });
  });
}

/** A hash of the checkpoint, after a look whether it is whole. */
function whatIsThere(path) {
  const bytes = readFileSync(path);
  load(bytes).dispose();
  return createHash('sha256').update(bytes).digest('hex');
}

async function main(kills) {
  // long enough not to be done before the last kill
  const epochs = 15 * kills;
  const whole = fresh();
  whole.fitSync(x, y, { epochs });
  const expected = whole.save({ optimizer: true });
  const folder = mkdtempSync(join(tmpdir(), 'lanegrad-kill-'));
  const path = join(folder, 'checkpoint.safetensors');
  const positions = new Set();
  let killed = 0;
  try {
    while (killed < kills) {
      // from before it reads its file to well within its training
      const ended = await life(folder, epochs, 40 + 300 * Math.random());
      if (ended === 0) break;
      if (ended !== 'SIGKILL') throw new Error(`the process ended with ${ended}`);
      killed++;
      if (existsSync(path)) positions.add(whatIsThere(path));
    }
    const ended = await life(folder, epochs);
    if (ended !== 0) throw new Error(`the last process ended with ${ended}`);
    const same = Buffer.compare(readFileSync(path), expected) === 0;
    console.log(JSON.stringify({ kills: killed, checkpoints: positions.size, same }));
    if (!same) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (mode === 'train') await train(Number(length));
else await main(Number(mode));
