import { MESSAGE_BYTES, Sync } from '../../assembly/abi.js';
import { BEGIN_WORKER } from './hostthread.js';

/** What a worker is started with. */
export interface WorkerData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Byte offset of the team's sync block. */
  readonly sync: number;
  /** Which thread of the team it is, from 1. */
  readonly id: number;
}

/**
 * What a worker of a team does, as text: one job after another (`serve` in assembly/index.ts) until the team is dissolved,
 * a job fails, or there is nothing to do for a long time. What a thread that traps has to say goes into the sync block, where
 * the caller's thread finds it without an event loop.
 */
export const SERVE = `
const serveTeam = ({ module, memory, sync, id }) => {
  const words = new Int32Array(memory.buffer, sync);
  const { serve } = new WebAssembly.Instance(module, { env: { memory } }).exports;
  let seen = Atomics.load(words, ${Sync.Job});
  Atomics.or(words, ${Sync.Ready}, 1 << id);
  Atomics.notify(words, ${Sync.Ready});
  try {
    while (Atomics.load(words, ${Sync.Failed}) === 0) {
      const job = serve(sync, id, seen);
      if (job === seen) break;
      seen = job;
    }
  } catch (error) {
    if (Atomics.compareExchange(words, ${Sync.Failed}, 0, id) === 0) {
      const text = new TextEncoder().encode(String(error)).subarray(0, ${MESSAGE_BYTES});
      new Uint8Array(memory.buffer, sync + ${Sync.Message * 4}, ${MESSAGE_BYTES}).set(text);
      Atomics.store(words, ${Sync.MessageBytes}, text.length);
    }
  } finally {
    Atomics.and(words, ${Sync.Ready}, ~(1 << id));
    Atomics.or(words, ${Sync.Left}, 1 << id);
    for (const word of [${Sync.Left}, ${Sync.Job}, ${Sync.Joined}, ${Sync.Phase}]) Atomics.notify(words, word);
  }
};
`;

/**
 * The whole of a worker, as text, so that no bundler and no runtime has to find a file. The block around it keeps its names
 * apart from those that a runtime declares for such a text (Deno: `module`).
 */
export const WORKER_SOURCE = `{
${SERVE}
const begin = (data, port) => {
  serveTeam(data);
  port.close();
};
${BEGIN_WORKER}
}`;
