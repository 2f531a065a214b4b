// In the place of what a background worker is given rather than brings: compiled kernels, and the loader of them.
export const precompiled = true;

export function binaryOf() {
  throw new Error('the kernels of a worker come with its first message');
}

export const instantiateSync = (module, imports) => new WebAssembly.Instance(module, imports);
