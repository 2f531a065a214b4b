/** Some rows in the place of many. */
import { Domain, Random } from '../random.js';

/** Numbers of rows in ascending order: all of them, or `most` by the seed, each row as likely as any other. */
export function thinned(rows: number, most: number, seed: number): Uint32Array {
  const all = Uint32Array.from({ length: rows }, (_, row) => row);
  return rows <= most ? all : new Random(seed, Domain.thinning).shuffle(all).slice(0, most).sort();
}
