/**
 * The errors of the SIMD functions, measured by scripts/ulp.mjs over every 5003rd float32 (all of them take minutes), and
 * the table of docs/numerics.md against that measurement.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { textOf } from './support/source.js';

interface Measured {
  readonly arguments: number;
  readonly limit: number;
  readonly error: number;
}

/** A prime, so that all exponents and mantissas get their turn. */
const STRIDE = 5003;

const script = fileURLToPath(new URL('../scripts/ulp.mjs', import.meta.url));
const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--stride', String(STRIDE), '--json'], {
  encoding: 'utf8',
});

const measured = (): [string, Measured][] => Object.entries(JSON.parse(stdout) as Record<string, Measured>);

/** Largest error and limit of each function in the table of docs/numerics.md, under the names of assembly/math.ts. */
function documented(): Map<string, readonly [error: number, limit: number]> {
  const rows = textOf('docs/numerics.md').matchAll(
    /^\| ([\w ]+?)(?: 2πu)? \| [^|]+ \| ([\d.]+) \| [^|]+ \| ([\d.]+) \|$/gm,
  );
  return new Map(
    [...rows].map(([line, name, error, limit]) => [
      line.includes('2πu |') ? `${name}TwoPi` : (name as string),
      [Number(error), Number(limit)] as const,
    ]),
  );
}

describe('the SIMD functions', () => {
  it('stay below their limits', () => {
    expect(status, stderr).toBe(0);
    for (const [name, { arguments: count, error, limit }] of measured()) {
      expect(count, name).toBeGreaterThan(2 ** 30 / STRIDE / 10);
      expect(error, name).toBeLessThanOrEqual(limit);
    }
  });

  it('are documented with the largest errors of all arguments, which those of some do not exceed', () => {
    const table = documented();
    expect([...table.keys()]).toEqual(measured().map(([name]) => name));
    for (const [name, { error, limit }] of measured()) {
      const [largest, promised] = table.get(name) as readonly [number, number];
      expect(promised, name).toBe(limit);
      expect(largest, name).toBeLessThanOrEqual(promised);
      // the table is rounded to two digits
      expect(error, name).toBeLessThanOrEqual(largest + 0.005);
    }
  });
});
