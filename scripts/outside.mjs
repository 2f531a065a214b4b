// In the place of what a background worker is given rather than brings: compiled kernels.
export const precompiled = true;

export function binaryOf() {
  throw new Error('the kernels of a worker come with its first message');
}
