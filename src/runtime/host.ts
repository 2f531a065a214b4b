/**
 * What Node offers without an import, so that this folder loads anywhere: built-in modules by `process.getBuiltinModule`
 * (Node 20.16, 22.3 and later), which other engines have too where they are compatible.
 */

/** A thread of `node:worker_threads`, as far as it is used here. */
export interface HostWorker {
  on(event: 'message' | 'error', listener: (value: unknown) => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
  postMessage(message: unknown, transfer: readonly unknown[]): void;
  ref(): void;
  unref(): void;
  terminate(): Promise<number>;
}

/** The modules in use, with what is used of them. */
interface Builtins {
  readonly 'node:v8': { setFlagsFromString?(flag: string): void };
  readonly 'node:module': { isBuiltin?(name: string): boolean };
  readonly 'node:os': { availableParallelism?(): number };
  readonly 'node:worker_threads': {
    readonly Worker?: new (source: string, options: object) => HostWorker;
  };
}

interface Process {
  readonly versions?: { readonly v8?: string };
  getBuiltinModule?<Name extends keyof Builtins>(name: Name): Builtins[Name] | undefined;
}

const host = (globalThis as { process?: Process }).process;

/** A built-in module of Node; undefined elsewhere. */
export function builtin<Name extends keyof Builtins>(name: Name): Builtins[Name] | undefined {
  return host?.getBuiltinModule?.(name);
}

/** Whether there is such a built-in module, without loading it: node:worker_threads takes 3 ms. */
export function hasBuiltin(name: keyof Builtins): boolean {
  return builtin('node:module')?.isBuiltin?.(name) ?? false;
}

/** Major version of V8; 0 where the engine is another one. */
export function v8Version(): number {
  return Number.parseInt(host?.versions?.v8 ?? '0', 10);
}

/** Whether this is a Worker at the edge, whose memory is 128 MB with everything in it (Cloudflare's limits). */
export function isEdgeWorker(): boolean {
  const { navigator } = globalThis as { navigator?: { readonly userAgent?: string } };
  return navigator?.userAgent === 'Cloudflare-Workers';
}

/** Threads that this process can run at once: cores it may use. */
export function availableCores(): number {
  const { navigator } = globalThis as { navigator?: { readonly hardwareConcurrency?: number } };
  return builtin('node:os')?.availableParallelism?.() ?? navigator?.hardwareConcurrency ?? 1;
}
