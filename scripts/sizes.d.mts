export function filesOf(entry: string): string[];
export function gzipped(...files: string[]): number;
export const coreSize: () => number;
export const predictSize: () => number;
export const PARTS: Readonly<Record<string, () => number>>;
