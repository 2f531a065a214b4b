/**
 * Asks an HTTP server at a steady rate, whether it has answered or not: `node requests.js PORT RATE SECONDS` prints Latencies as
 * JSON. A request counts from the moment when it was due, so that one that had to wait for its turn does not look faster.
 */
import { Agent, get } from 'node:http';

/** Milliseconds from when a request was due to its answer. */
export interface Latencies {
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
  readonly requests: number;
  /** Requests that failed. */
  readonly failed: number;
}

const [port = 0, rate = 200, seconds = 10] = process.argv.slice(2).map(Number);
const agent = new Agent({ keepAlive: true });
const latencies: number[] = [];
let failed = 0;

function ask(due: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      latencies.push(performance.now() - due);
      resolve();
    };
    const fail = () => {
      failed++;
      resolve();
    };
    get({ host: '127.0.0.1', port, agent }, (response) => response.resume().on('end', done).on('error', fail)).on(
      'error',
      fail,
    );
  });
}

const pause = (milliseconds: number) =>
  new Promise<void>((resolve) => {
    if (milliseconds > 2) setTimeout(resolve, milliseconds - 2);
    else setImmediate(resolve);
  });
// connections are opened before anything counts
await Promise.all(Array.from({ length: 8 }, () => ask(performance.now())));
latencies.length = 0;
const begin = performance.now();
const asked: Promise<void>[] = [];
for (let i = 0; i < rate * seconds; i++) {
  // a little off the beat, so that requests do not fall into step with what they measure
  const due = begin + ((i + ((i * 0.618_034) % 1)) * 1000) / rate;
  // timers are a millisecond coarse: the rest is waited for by turns of the event loop
  for (let wait = due - performance.now(); wait > 0; wait = due - performance.now()) await pause(wait);
  asked.push(ask(due));
}
await Promise.all(asked);
agent.destroy();
latencies.sort((a, b) => a - b);
const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))];
console.log(
  JSON.stringify({ p50: at(0.5), p99: at(0.99), most: latencies.at(-1), requests: latencies.length, failed }),
);
