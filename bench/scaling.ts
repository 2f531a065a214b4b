/**
 * Training by threads, in a process of its own: `node scaling.js ROUNDS KERNEL [NET …]` prints rows as JSON. A NET is its batch
 * and its sizes, as in 64-784-128-10; without one, the nets of the benchmarks. Short turns A B C A B C …,
 * so that all numbers of threads meet the machine in the same moods; each epoch is a few steps and is timed by itself.
 */
import { availableParallelism } from 'node:os';
import { adam, createRuntime, dense, sequential } from 'lanegrad';
import { NETS, type Net, netText, productFlops } from './nets.js';
import type { Row } from './section.js';
import { estimate } from './statistics.js';

/** A step of a small net is too short to time: so many floating-point operations are timed together. */
const TOGETHER = 5e7;

/** Milliseconds that one configuration trains before the next one does, and of its beginning that do not count. */
const TURN = 150;
const WARM = 30;

const [rounds = '5', kernel = 'relaxed', ...given] = process.argv.slice(2);
const counts = [...Array.from({ length: Math.min(8, availableParallelism()) }, (_, i) => i + 1), 'auto' as const];

const nets = given.map((text): Net => {
  const [batch = 1, ...sizes] = text.split('-').map(Number);
  return { name: '', sizes, batch, rows: 0, checkSteps: 0 };
});

const rows = (nets.length > 0 ? nets : Object.values(NETS)).flatMap((net: Net): Row[] => {
  const [input = 1, ...widths] = net.sizes;
  const count = net.batch * Math.max(1, Math.ceil(TOGETHER / productFlops(net)));
  const x = Float32Array.from(
    { length: count * input },
    (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 8) / 2 ** 24 - 0.5,
  );
  const y = Uint8Array.from({ length: count }, (_, i) => i % 10);
  const layers = widths.map((units, i) => dense(units, { activation: i === widths.length - 1 ? 'softmax' : 'relu' }));
  const contestants = counts.map((threads) => {
    const runtime = createRuntime({ kernel: kernel as 'relaxed' | 'turbo', threads });
    const model = sequential({ input, layers, seed: 1 }, { runtime }).compile({
      loss: 'crossEntropy',
      optimizer: adam(),
    });
    return { threads, model, rates: [] as number[], ratios: [] as number[] };
  });
  for (let round = 0; round < Number(rounds); round++) {
    let single = Number.NaN;
    for (const { threads, model, rates, ratios } of contestants) {
      const times: number[] = [];
      const begin = performance.now();
      let last = begin;
      const onEpochEnd = (): 'stop' | undefined => {
        const now = performance.now();
        if (last - begin > WARM) times.push((now - last) / 1000);
        last = now;
        // a step of a large net may take longer than a turn: one is timed all the same
        return now - begin > TURN && times.length > 0 ? 'stop' : undefined;
      };
      model.fitSync(x, y, { epochs: 1e9, batchSize: net.batch, shuffle: false, onEpochEnd });
      const rate = count / estimate(times).median;
      if (threads === 1) single = rate;
      rates.push(rate);
      ratios.push(rate / single);
    }
  }
  return contestants.map(({ threads, rates, ratios }) => {
    const { median, spread, samples } = estimate(rates);
    const who =
      threads === 'auto' ? `${kernel}, auto` : `${kernel}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
    return {
      what: `${net.name} ${netText(net)}`.trim(),
      who,
      value: median,
      unit: 'samples/s',
      spread,
      samples,
      facts: { 'times one thread': Number(estimate(ratios).median.toPrecision(3)) },
    };
  });
});
console.log(JSON.stringify(rows));
