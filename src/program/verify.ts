import { ALIGNMENT, Flag, Header, type Op, STEP_BYTES, Step, Word } from '../../assembly/abi.js';
import { InternalError } from '../errors.js';
import { operation, operationName } from './ops.js';

/** A stretch of memory that a program may touch. */
export interface Stretch {
  readonly label: string;
  readonly start: number;
  readonly end: number;
  /** Holds values before the program's first record (parameters, constants …); false for its transient tensors. */
  readonly initialised: boolean;
}

/** What one record touches through one operand. */
interface Touch {
  readonly operand: string;
  readonly start: number;
  readonly end: number;
  readonly reads: boolean;
  readonly writes: boolean;
  readonly width: 4 | 8;
}

const WORDS = 16;

/** Records in an encoded program. */
function count(words: Uint32Array): number {
  return words[Header.Count] as number;
}

/** Every stretch that record `index` reads or writes, the step block included. */
function touches(words: Uint32Array, index: number): Touch[] {
  const at = (index + 1) * WORDS;
  const at32 = (offset: number) => words[at + offset] as number;
  const row = operation(at32(Word.Op));
  const sizes = {
    m: at32(Word.M),
    n: at32(Word.N),
    k: at32(Word.K),
    kind: at32(Word.Kind),
    dense: (at32(Word.Flags) & Flag.DenseTargets) !== 0,
  };
  const found: Touch[] = [];
  row.operands.forEach((operand, j) => {
    const start = at32(Word.A + j);
    if (start === 0 && operand.optional) return;
    found.push({
      operand: operand.name,
      start,
      end: start + operand.elements(sizes) * (operand.double ? 8 : 4),
      reads: operand.access !== 'write',
      writes: operand.access !== 'read',
      width: operand.double ? 8 : 4,
    });
  });
  const step = words[Header.Step] as number;
  if (row.step) {
    // what kernels write begins at Status; what they only read stands before it
    const start = step + Step.Status * 4;
    found.push({ operand: 'step', start, end: step + STEP_BYTES, reads: true, writes: row.step === 'write', width: 8 });
  }
  return found;
}

function conflict(a: readonly Touch[], b: readonly Touch[]): boolean {
  return a.some((x) => b.some((y) => (x.writes || y.writes) && x.start < y.end && y.start < x.end));
}

/**
 * Sets Flag.Barrier on every record after which all threads must have finished before the next may start: where a later
 * record touches what an earlier one since the last barrier wrote, or writes what it read.
 */
export function setBarriers(words: Uint32Array): void {
  let open: Touch[] = [];
  for (let i = 0; i < count(words); i++) {
    const mine = touches(words, i);
    if (conflict(open, mine)) {
      const flags = i * WORDS + Word.Flags;
      words[flags] = (words[flags] as number) | Flag.Barrier;
      open = [];
    }
    open.push(...mine);
  }
}

/**
 * Checks an encoded program before it ever runs: known operations, operands aligned and inside the memory it may touch,
 * nothing read before it was written, no hazard between two barriers.
 * @throws InternalError naming the record and the operand.
 */
export function verify(words: Uint32Array, memory: readonly Stretch[]): void {
  const step = words[Header.Step] as number;
  const allowed = [...memory, { label: 'step', start: step, end: step + STEP_BYTES, initialised: true }];
  const written: { start: number; end: number }[] = [];
  let open: Touch[] = [];
  for (let i = 0; i < count(words); i++) {
    const op = words[(i + 1) * WORDS + Word.Op] as number;
    if (operationName(op) === undefined) throw new InternalError(`record ${i} has no operation ${op}.`);
    const name = `record ${i} (${operationName(op)})`;
    const mine = touches(words, i);
    for (const { operand, start, end, reads, writes, width } of mine) {
      const home = allowed.find((stretch) => start >= stretch.start && end <= stretch.end);
      if (!home) throw new InternalError(`${name}: ${operand} [${start}, ${end}) is outside of the program's memory.`);
      if (start % width !== 0) throw new InternalError(`${name}: ${operand} at ${start} is not aligned.`);
      if (reads && !writes && !home.initialised && !covered(written, start, end)) {
        throw new InternalError(`${name}: ${operand} is read before it is written.`);
      }
    }
    checkOverlaps(name, op, mine);
    if (conflict(open, mine)) throw new InternalError(`${name}: needs a barrier before it.`);
    // tensors begin on cache lines and their padding is zero, so a line counts as written with its tensor
    for (const { start, end, writes } of mine)
      if (writes) merge(written, start, Math.ceil(end / ALIGNMENT) * ALIGNMENT);
    const barrier = ((words[(i + 1) * WORDS + Word.Flags] as number) & Flag.Barrier) !== 0;
    open = barrier ? [] : [...open, ...mine];
  }
}

/** Refuses a record that writes over another operand of its own, unless the operation may do that in place. */
function checkOverlaps(name: string, op: Op, mine: readonly Touch[]): void {
  const { operands, inPlace = [] } = operation(op);
  const pair = inPlace.map((j) => operands[j]?.name);
  mine.forEach((x, j) => {
    for (const y of mine.slice(j + 1)) {
      const allowed = pair.includes(x.operand) && pair.includes(y.operand) && x.start === y.start;
      if (conflict([x], [y]) && !allowed) {
        const [writer, other] = x.writes ? [x, y] : [y, x];
        throw new InternalError(`${name}: ${writer.operand} lies over ${other.operand}.`);
      }
    }
  });
}

function covered(written: readonly { start: number; end: number }[], start: number, end: number): boolean {
  return written.some((range) => range.start <= start && end <= range.end);
}

/** Adds [start, end) to a list of disjoint ranges. */
function merge(written: { start: number; end: number }[], start: number, end: number): void {
  let low = start;
  let high = end;
  for (let i = written.length - 1; i >= 0; i--) {
    const range = written[i] as { start: number; end: number };
    if (range.start <= high && low <= range.end) {
      low = Math.min(low, range.start);
      high = Math.max(high, range.end);
      written.splice(i, 1);
    }
  }
  written.push({ start: low, end: high });
}
