import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { KERNELS } from '../kernels.js';
import { NETS, netText } from '../nets.js';
import type { Latencies } from '../requests.js';
import type { Row, Section } from '../section.js';
import type { Spell } from '../server.js';

/** Requests per second, and for how long. */
const RATE = 200;
const SECONDS = 10;
/** A training begins so long after the first requests, so that its beginning counts, and ends so long behind the last. */
const AROUND = 1;

/** A server's process, and what it says. */
interface Server {
  readonly process: ChildProcessWithoutNullStreams;
  readonly port: string;
  train(seconds: number): Promise<Spell>;
}

/** How often turbo may fail its self-test, which compares speeds (bench/kernels.ts). */
const TRIES = 4;

async function serve(node: string, args: readonly string[]): Promise<Server> {
  for (let tries = 1; ; tries++) {
    const child = spawn(node, ['build/bench/server.js', ...args], { stdio: 'pipe' });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { value: port, done } = await lines.next();
    if (done) {
      if (tries < TRIES) continue;
      throw new Error(`the server with ${args.join(' ')} did not start`);
    }
    return {
      process: child,
      port,
      async train(seconds) {
        child.stdin.write(`${1000 * seconds}\n`);
        return JSON.parse((await lines.next()).value) as Spell;
      },
    };
  }
}

async function request(node: string, port: string): Promise<Latencies> {
  const args = ['build/bench/requests.js', port, String(RATE), String(SECONDS)];
  return JSON.parse((await promisify(execFile)(node, args)).stdout) as Latencies;
}

const later = (seconds: number) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

/** A server and a training that share one thread: how long requests wait, and what the training loses. */
export const server: Section = {
  title: 'A server that trains',
  about:
    `\`node:http\` with an empty handler in the process that trains XL ${netText(NETS.XL)} by \`fit\`: milliseconds from when a ` +
    `request was due to its answer, ${RATE} requests a second from another process for ${SECONDS} s, and samples per second ` +
    'with these requests and without',
  how: 'one run each',
  async measure({ kernels, node }) {
    const rows: Row[] = [];
    for (const { name } of kernels) {
      const one = await serve(node, KERNELS[name as keyof typeof KERNELS]);
      try {
        const alone = await one.train(SECONDS / 2);
        const idle = await request(node, one.port);
        const asked = request(node, one.port);
        await later(AROUND);
        const [spell, busy] = await Promise.all([one.train(SECONDS), asked]);
        const figure = (what: string, value: number, unit: string, facts = {}): Row => ({
          what,
          who: name,
          value,
          unit,
          spread: 0,
          samples: 1,
          facts,
        });
        if (busy.failed + idle.failed > 0) throw new Error(`server: ${busy.failed + idle.failed} requests failed`);
        rows.push(
          figure('median', busy.p50, 'ms', { idle: idle.p50 }),
          figure('99th percentile', busy.p99, 'ms', { idle: idle.p99 }),
          figure('longest', busy.most, 'ms', { idle: idle.most }),
          figure('event loop, longest without a turn', spell.longest, 'ms'),
          figure('longest work between two turns', spell.work, 'ms'),
          figure('training with requests', spell.samplesPerSecond, 'samples/s', {
            share: spell.samplesPerSecond / alone.samplesPerSecond,
          }),
          figure('training without', alone.samplesPerSecond, 'samples/s'),
          figure('of a core that it got', 100 * Math.min(spell.core, alone.core), '%'),
        );
      } finally {
        one.process.kill();
      }
    }
    return rows;
  },
  notes: ({ facts }) => {
    if (facts?.idle !== undefined) return `${Number(facts.idle).toFixed(1)} where nothing trains`;
    return facts?.share === undefined ? '' : `${Math.round(100 * Number(facts.share))} %`;
  },
};
