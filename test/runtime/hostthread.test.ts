/** How the script of a worker finds its host, and leaves it. */
import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { BEGIN_WORKER } from '../../src/runtime/hostthread.js';

/** Runs a worker that does its work and goes, in a host with these things; returns what it was given. */
function runIn(host: object): unknown {
  const given: { data?: unknown } = {};
  runInContext(
    `const begin = (data, port) => { given.data = data; port.post('done'); port.close(); };\n${BEGIN_WORKER}`,
    createContext({ ...host, given }),
  );
  return given.data;
}

const withThreads = (parentPort: object) => ({
  process: { getBuiltinModule: () => ({ parentPort, workerData: 'rows' }) },
});

describe('the script of a worker', () => {
  it('ends the port it was started with (Node, Bun)', () => {
    const said: string[] = [];
    const parentPort = { postMessage: (text: string) => said.push(text), close: () => said.push('closed') };
    expect(runIn(withThreads(parentPort))).toBe('rows');
    expect(said).toEqual(['done', 'closed']);
  });

  it('ends itself where that port cannot be closed (Deno)', () => {
    const said: string[] = [];
    const parentPort = { postMessage: (text: string) => said.push(text) };
    runIn({ ...withThreads(parentPort), close: () => said.push('gone') });
    expect(said).toEqual(['done', 'gone']);
  });
});
