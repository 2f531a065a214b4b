import { ALIGNMENT } from '../../assembly/abi.js';
import { InternalError } from '../errors.js';

/** A piece of a runtime's memory, in bytes. `offset` and `bytes` are multiples of the alignment (64). */
export interface Region {
  readonly label: string;
  readonly offset: number;
  readonly bytes: number;
}

/** Rounds a byte count up to whole cache lines. */
export function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/**
 * Hands out regions of an address range: first fit over a free list that is kept sorted and merged. It deals in numbers
 * only; the memory itself belongs to the Runtime.
 */
export class Arena {
  readonly #used = new Map<number, Region>();
  /** Holes below `#end`, sorted by offset, never adjacent. */
  #free: { offset: number; bytes: number }[] = [];
  #end: number;

  constructor(start: number) {
    this.#end = align(start);
  }

  /** First byte that was never handed out: memory must reach up to here. */
  get end(): number {
    return this.#end;
  }

  /** Reserves `bytes` (rounded up to cache lines; at least one). */
  allocate(bytes: number, label: string): Region {
    const size = Math.max(align(bytes), ALIGNMENT);
    const hole = this.#free.findIndex((free) => free.bytes >= size);
    let offset: number;
    if (hole >= 0) {
      const free = this.#free[hole] as { offset: number; bytes: number };
      offset = free.offset;
      free.offset += size;
      free.bytes -= size;
      if (free.bytes === 0) this.#free.splice(hole, 1);
    } else {
      offset = this.#end;
      this.#end += size;
    }
    const region = { label, offset, bytes: size };
    this.#used.set(offset, region);
    return region;
  }

  /** Gives a region back. */
  free(region: Region): void {
    if (this.#used.get(region.offset) !== region) throw new InternalError(`region ${region.label} was freed twice.`);
    this.#used.delete(region.offset);
    this.#free.push({ offset: region.offset, bytes: region.bytes });
    this.#free.sort((a, b) => a.offset - b.offset);
    const merged: { offset: number; bytes: number }[] = [];
    for (const hole of this.#free) {
      const last = merged.at(-1);
      if (last && last.offset + last.bytes === hole.offset) last.bytes += hole.bytes;
      else merged.push(hole);
    }
    const last = merged.at(-1);
    if (last && last.offset + last.bytes === this.#end) {
      this.#end = last.offset;
      merged.pop();
    }
    this.#free = merged;
  }

  /** How many regions are in use. */
  get count(): number {
    return this.#used.size;
  }

  /** The regions in use, by offset. */
  regions(): Region[] {
    return [...this.#used.values()].sort((a, b) => a.offset - b.offset);
  }
}
