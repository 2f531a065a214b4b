import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

/** Where and of what figures were taken: part of every result. */
export interface Host {
  readonly cpu: string;
  readonly cores: number;
  readonly memory: string;
  readonly system: string;
  /** Cores that other work kept busy when it began: a quiet machine says less than 0.2. */
  readonly load: number;
  /** The share of a core that the kernels got while they were timed: 1 on a quiet machine. */
  readonly share?: number;
  readonly node: string;
  readonly v8: string;
  readonly version: string;
  readonly commit: string;
  readonly date: string;
}

/** The commit, with `+` where the work tree differs from it in more than the documents that the benchmarks write. */
function commit(): string {
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
  try {
    const changed = git('status', '--porcelain', '--', '.', ':!docs', ':!README.md');
    return git('rev-parse', '--short', 'HEAD') + (changed === '' ? '' : '+');
  } catch {
    // a tarball has no history
    return 'unknown';
  }
}

/** Processors that do not say their model are named by family: it tells the generation. */
function cpuName(): string {
  const name = cpus()[0]?.model.trim() ?? 'unknown';
  try {
    const text = readFileSync('/proc/cpuinfo', 'utf8');
    const field = (key: string) => new RegExp(`^${key}\\s*: (.*)$`, 'm').exec(text)?.[1];
    return `${name} (family ${field('cpu family')}, model ${field('model')})`;
  } catch {
    return name;
  }
}

/**
 * Cores that are busy, measured for a second in which this process sleeps. The system's own mean over the last minute would
 * mostly tell of the benchmark before this one.
 */
function busyCores(): number {
  const seconds = () =>
    cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000;
  const [begin, before] = [performance.now(), seconds()];
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
  return ((seconds() - before) * 1000) / (performance.now() - begin);
}

/** This machine, the Node that runs the kernels, and the state of the code. */
export function describeHost(node: string): Host {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const print = 'JSON.stringify([process.version, process.versions.v8])';
  const [nodeVersion, v8] = JSON.parse(execFileSync(node, ['-p', print], { encoding: 'utf8' })) as [string, string];
  return {
    cpu: cpuName(),
    cores: cpus().length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${process.platform} ${process.arch}`,
    load: Math.round(busyCores() * 10) / 10,
    node: nodeVersion,
    v8,
    version,
    commit: commit(),
    date: new Date().toISOString().slice(0, 10),
  };
}
