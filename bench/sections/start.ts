import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { measureImports } from '../imports.js';
import { KERNELS } from '../kernels.js';
import type { Row, Section } from '../section.js';
import { estimate } from '../statistics.js';

/** A program that imports the library, makes a net and predicts one row; it prints milliseconds since before the import. */
function program(kernel: string, reproducible: boolean): string {
  return `const start = performance.now();
const { createRuntime, dense, sequential } = await import('lanegrad');
const runtime = createRuntime({ kernel: '${kernel}', reproducible: ${reproducible}, threads: 1 });
const layers = [dense(128, { activation: 'relu' }), dense(10, { activation: 'softmax' })];
const model = sequential({ input: 784, layers, seed: 1 }, { runtime }).compile({ loss: 'crossEntropy' });
model.predict(new Float32Array(784));
console.log(performance.now() - start);
`;
}

/** Runs Node and returns its output. @throws Error with what it printed where it failed. */
function run(node: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(node, [...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr.trim().split('\n').at(-1)}`);
  return stdout;
}

/** From nothing to something, each time in a process of its own. */
export const start: Section = {
  title: 'Cold start',
  about:
    'milliseconds in a fresh process: from the import to the first prediction of a net 784-128-10 (turbo tests itself for at ' +
    'most 60 ms), new or saved, beside TensorFlow.js where `npm run bench:peers` has installed it, and from the start of the ' +
    'command, Node’s own included, to the saved model',
  async measure({ kernels, rounds, node }) {
    const folder = mkdtempSync(join(tmpdir(), 'lanegrad-bench-'));
    const samples = new Map<string, { what: string; who: string; times: number[] }>();
    const add = (what: string, who: string, milliseconds: number) => {
      const key = `${what} ${who}`;
      const known = samples.get(key) ?? { what, who, times: [] };
      known.times.push(milliseconds);
      samples.set(key, known);
    };
    try {
      // inside the package, so that its own name resolves
      for (const { name } of kernels) {
        const [kernel = 'simd', reproducible] = KERNELS[name as keyof typeof KERNELS] as readonly string[];
        writeFileSync(fileOf(name), program(kernel, reproducible !== undefined));
      }
      for (let round = 0; round < rounds; round++) {
        for (const { name } of kernels) add('import to first prediction', name, Number(run(node, [fileOf(name)])));
        const begin = performance.now();
        run(node, ['bin/lanegrad.cjs', 'train', '--quiet', '--force', '--epochs', '1', '--out', join(folder, 'out')]);
        add('`lanegrad train --epochs 1` to saved model', 'command', performance.now() - begin);
        const bare = performance.now();
        run(node, ['-e', '0']);
        add('Node alone, `node -e 0`', 'command', performance.now() - bare);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    const rows = [...samples.values()].map(({ what, who, times }): Row => {
      const { median, spread, samples: count } = estimate(times);
      return { what, who, value: median, unit: 'ms', spread, samples: count };
    });
    return [...rows, ...measureImports(node, rounds)];
  },
};

function fileOf(name: string): string {
  return resolve('build/bench', `start-${name.replaceAll(' ', '-')}.mjs`);
}
