/** Processor time of another process, as Linux tells it. */
import { readdirSync, readFileSync } from 'node:fs';

const read = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // ended meanwhile, or a system without /proc
  }
};

const entries = (folder) => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

/** The child of this process with that name; undefined where there is none, or the system does not tell. */
export const childCalled = (name) =>
  entries('/proc').find((id) => {
    // "id (name) state parent …"
    const [, called, parent] = /\((.*)\) \S (\d+)/.exec(read(`/proc/${id}/stat`)) ?? [];
    return called === name && Number(parent) === process.pid;
  });

/**
 * Milliseconds of processor time that a process has had: that of its main thread, and of all threads together. Nanoseconds are
 * what the scheduler counts in; the first number of `schedstat`.
 */
export function cpuTimeOf(id) {
  const of = (thread) => Number(read(`/proc/${id}/task/${thread}/schedstat`).split(' ')[0]) / 1e6;
  const threads = entries(`/proc/${id}/task`);
  return { main: of(id), all: threads.reduce((sum, thread) => sum + of(thread), 0) };
}
