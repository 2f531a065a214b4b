/**
 * One record in a memory of its own: placed with guard bytes around every operand, run in any shares, and looked over
 * afterwards. Knows operations only through the operation table (src/program/ops.ts).
 *
 *     … scratch of each thread …   [ program | step block | guard | operand | guard | operand | guard ] ← end of memory
 */
import { Flag, Header, Op, RECORD_BYTES, SCRATCH_BYTES, STEP_BYTES, Step, Word } from '../../assembly/abi.js';
import { operation } from '../../src/program/ops.js';
import { type Stretch, verify } from '../../src/program/verify.js';
import type { Arithmetic } from '../../src/runtime/binary.js';
import { instantiateKernels, type Kernels, kernelModule } from '../../src/runtime/wasm.js';
import type { OperationCase, Outcome, RecordFields, StepFields, Values } from '../oracle/operation.js';

/** Most threads whose shares can be tried. */
export const MOST_THREADS = 7;
/** Bytes of pattern on either side of an operand. */
const GUARD = 256;
/** What a kernel may read past the end of an operand (assembly/simd.ts). */
const READ_PAST_END = 15;
/** Pages of 64 KiB of a memory with room for every case: 4 MiB. */
const PAGES = 64;
/** Pages of a memory of 3 GiB, at whose end a byte offset is beyond 2³¹. */
export const MANY_PAGES = 49152;
/** Scratch of one thread, with a guard behind it. */
const SCRATCH_STRIDE = Math.ceil((SCRATCH_BYTES + GUARD) / 64) * 64;
const SCRATCH_START = 1024;

/** Two fillings for guards, results and scratch: a signalling NaN as float32, and a finite number. */
export const PATTERNS = [0x7fa5a5a5, 0x4b3c2d1e] as const;

/** The sizes that say how much a record of this operation touches; other words of the record are no sizes. */
export function sizesOf(op: Op, { m = 0, n = 0, k = 0, kind = 0, flags = 0 }: RecordFields): ('m' | 'n' | 'k')[] {
  const sizes = { m, n, k, kind, dense: (flags & Flag.DenseTargets) !== 0 };
  const elements = (changed: typeof sizes) =>
    operation(op)
      .operands.map((operand) => operand.elements(changed))
      .join();
  return (['m', 'n', 'k'] as const).filter((name) => {
    return elements({ ...sizes, [name]: sizes[name] + 1000 }) !== elements(sizes);
  });
}

/** How a record is laid out and encoded. */
export interface Arrangement {
  /** What guards and results hold before the run. */
  readonly pattern?: number;
  /** The written operand of the operation's `inPlace` pair takes the place of the read one. */
  readonly inPlace?: boolean;
  /** This operand (or bound array) ends where only the bytes that kernels may read past an end are left in memory. */
  readonly last?: string;
  /** This size follows the batch: it is taken from the step block, and the record is made for larger batches. */
  readonly follows?: 'm' | 'n' | 'k';
}

interface Piece {
  readonly name: string;
  /** What it holds before the run; undefined where only the pattern stands. */
  readonly content: Uint8Array | undefined;
  readonly bytes: number;
  readonly written: boolean;
  offset: number;
}

const FOLLOW_FLAGS = { m: Flag.RowsM, n: Flag.RowsN, k: Flag.RowsK } as const;

function bytesOf(values: Values): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** The offset in the step block, and the bytes, of every field that is given. */
function fieldsOf(fields: StepFields | undefined): { name: keyof typeof Step; offset: number; content: Uint8Array }[] {
  const list = (values: Partial<Record<keyof typeof Step, number>> | undefined, store: (value: number) => Values) =>
    Object.entries(values ?? {}).map(([key, value]) => {
      const name = key as keyof typeof Step;
      return { name, offset: Step[name] * 4, content: bytesOf(store(value)) };
    });
  return [
    ...list(fields?.words, (value) => Int32Array.of(value)),
    ...list(fields?.floats, (value) => Float32Array.of(value)),
    ...list(fields?.doubles, (value) => Float64Array.of(value)),
  ];
}

/** The memory that records are tried in, and the kernels over it. */
export class RecordMemory {
  readonly kernels: Kernels;
  readonly bytes: Uint8Array<ArrayBuffer>;

  /** Records are placed at the end of as many pages. */
  constructor(arithmetic: Arithmetic, pages = PAGES) {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.kernels = instantiateKernels(kernelModule(arithmetic), memory);
    this.bytes = new Uint8Array(memory.buffer);
  }

  /** Fills every thread's scratch, and the guards behind, with a pattern. */
  fillScratch(pattern: number): void {
    new Int32Array(this.bytes.buffer, SCRATCH_START, (SCRATCH_STRIDE * MOST_THREADS) / 4).fill(pattern);
  }

  /** The threads that wrote behind their scratch. */
  scratchOverruns(pattern: number): number[] {
    return Array.from({ length: MOST_THREADS }, (_, thread) => thread).filter((thread) => {
      const guard = SCRATCH_START + thread * SCRATCH_STRIDE + SCRATCH_BYTES;
      return new Int32Array(this.bytes.buffer, guard, GUARD / 4).some((word) => word !== pattern);
    });
  }
}

/** A case of an operation, placed in memory. */
export class PlacedRecord {
  readonly #memory: RecordMemory;
  /** The memory from #base on as it is before the run. */
  readonly #image: Uint8Array;
  readonly #base: number;
  readonly #program: number;
  readonly #pieces: readonly Piece[];
  /** Where the step block's written fields stand. */
  readonly #stepFields: readonly { name: string; offset: number; content: Uint8Array }[];

  constructor(memory: RecordMemory, op: Op, one: OperationCase, outcome: Outcome, arrangement: Arrangement = {}) {
    const { pattern = PATTERNS[0], inPlace = false, last } = arrangement;
    const row = operation(op);
    this.#memory = memory;
    const operands = row.operands.map((operand): Piece | undefined => {
      const { name, access, double } = operand;
      const input = one.inputs[name];
      const result = outcome.operands[name];
      if ((access !== 'write') === (input === undefined) && !operand.optional) {
        throw new Error(`${Op[op]} ${one.label}: operand ${name} (${access}) needs ${input ? 'no ' : ''}input.`);
      }
      if (input === undefined && result === undefined) {
        if (!operand.optional) throw new Error(`${Op[op]} ${one.label}: operand ${name} is missing.`);
        return undefined;
      }
      if ((access !== 'read') !== (result !== undefined)) {
        throw new Error(`${Op[op]} ${one.label}: operand ${name} (${access}) needs ${result ? 'no ' : ''}result.`);
      }
      const length = result instanceof Int32Array ? result.length : (result?.values.length ?? 0);
      const content = input && bytesOf(input);
      return {
        name,
        content,
        bytes: content?.length ?? length * (double ? 8 : 4),
        written: access !== 'read',
        offset: 0,
      };
    });
    const shared = inPlace ? row.inPlace : undefined;
    const bound = Object.entries(one.bound ?? {}).map(([name, values]): Piece => {
      const content = bytesOf(values);
      return { name, content, bytes: content.length, written: false, offset: 0 };
    });
    const pieces = [...operands.filter((_, j) => j !== shared?.[0]), ...bound].filter((piece) => piece !== undefined);
    pieces.sort((a, b) => Number(a.name === last) - Number(b.name === last));

    this.#base = this.#place(pieces, last);
    this.#program = this.#base;
    if (shared) {
      const [written, read] = shared.map((j) => operands[j]) as [Piece, Piece];
      written.offset = read.offset;
    }
    this.#pieces = [...new Set([...pieces, ...operands.filter((piece) => piece !== undefined)])];
    this.#image = new Uint8Array(memory.bytes.length - this.#base);
    // a memory's size is a multiple of 64 and so is the base
    new Int32Array(this.#image.buffer).fill(pattern);
    this.#stepFields = fieldsOf(outcome.step);
    this.#write(this.#encode(op, one, operands, bound, arrangement));
    for (const { content, offset } of pieces) if (content) this.#image.set(content, offset - this.#base);
  }

  /** Gives every piece its offset, the last one at the very end; returns where the program begins. */
  #place(pieces: Piece[], last: string | undefined): number {
    const end = this.#memory.bytes.length;
    const line = (bytes: number) => Math.ceil(bytes / 64) * 64;
    const size = pieces.reduce((sum, { bytes }) => sum + line(bytes) + 2 * GUARD, 4 * RECORD_BYTES + STEP_BYTES);
    const base = end - line(size);
    let offset = base + line(2 * RECORD_BYTES + STEP_BYTES);
    for (const piece of pieces) {
      offset += GUARD;
      const tight = Math.floor((end - READ_PAST_END - piece.bytes) / 4) * 4;
      piece.offset = piece.name === last ? tight : offset;
      offset += line(piece.bytes);
    }
    return base;
  }

  /** Header, record and step block as words, verified. */
  #encode(
    op: Op,
    { record, step, inputs }: OperationCase,
    operands: readonly (Piece | undefined)[],
    bound: readonly Piece[],
    { follows }: Arrangement,
  ): Uint32Array {
    const stepOffset = this.#program + 2 * RECORD_BYTES;
    const words = new Uint32Array((2 * RECORD_BYTES + STEP_BYTES) / 4);
    const floats = new Float32Array(words.buffer);
    words[Header.Count] = 1;
    words[Header.Step] = stepOffset;
    words[Header.Scratch] = SCRATCH_START;
    words[Header.ScratchStride] = SCRATCH_STRIDE;
    const { kind = 0, flags = 0, m = 0, n = 0, k = 0, p = 0, q = 0, r = 0, s, t, u } = record;
    words.set([op, flags, kind], 16);
    operands.forEach((piece, j) => {
      words[16 + Word.A + j] = piece?.offset ?? 0;
    });
    words.set([m, n, k], 16 + Word.M);
    floats.set([p, q, r], 16 + Word.P);
    if (s !== undefined) floats[16 + Word.F] = s;
    if (t !== undefined) floats[16 + Word.G] = t;
    if (u !== undefined) floats[16 + Word.E] = u;
    const bytes = new Uint8Array(words.buffer, 2 * RECORD_BYTES);
    for (const { offset, content } of fieldsOf(step)) bytes.set(content, offset);
    for (const { name, offset } of bound) words[32 + Step[name as keyof typeof Step]] = offset;
    const stretches = operands
      .filter((piece) => piece !== undefined)
      .map(({ name, offset, bytes: size }): Stretch => {
        return { label: name, start: offset, end: offset + size, initialised: inputs[name] !== undefined };
      });
    // the operation table must know each operand's size to the byte, or the verifier and the guards look elsewhere
    verify(words.subarray(0, 32), stretches);
    const sizes = { m, n, k, kind, dense: (flags & Flag.DenseTargets) !== 0 };
    operation(op).operands.forEach(({ name, elements, double }, j) => {
      const piece = operands[j];
      const known = elements(sizes) * (double ? 8 : 4);
      if (piece && known !== piece.bytes) {
        throw new Error(`${Op[op]}: the operation table says ${name} has ${known} bytes, the oracle ${piece.bytes}.`);
      }
    });
    if (follows) {
      const word = 16 + { m: Word.M, n: Word.N, k: Word.K }[follows];
      words[32 + Step.Rows] = words[word] as number;
      words[word] = 2 * (words[word] as number) + 1;
      words[16 + Word.Flags] = flags | FOLLOW_FLAGS[follows];
    }
    return words;
  }

  #write(words: Uint32Array): void {
    this.#image.set(new Uint8Array(words.buffer, words.byteOffset, words.byteLength), 0);
  }

  /** Everything as it was before the run. */
  restore(): void {
    this.#memory.bytes.set(this.#image, this.#base);
  }

  /** Runs the record as one thread out of several. */
  run(thread = 0, threads = 1): void {
    this.#memory.kernels.run(this.#program, 0, 1, thread, threads);
  }

  /** [start, end) of what the record writes, relative to the base. */
  #written(): { name: string; start: number; end: number }[] {
    const step = this.#program + 2 * RECORD_BYTES - this.#base;
    return [
      ...this.#pieces
        .filter(({ written }) => written)
        .map(({ name, offset, bytes }) => ({ name, start: offset - this.#base, end: offset - this.#base + bytes })),
      ...this.#stepFields.map(({ name, offset, content }) => {
        return { name, start: step + offset, end: step + offset + content.length };
      }),
    ];
  }

  /** Copies of what the record has written: operands and fields of the step block, by name. */
  results(): Map<string, Uint8Array> {
    return new Map(
      this.#written().map(({ name, start, end }) => {
        return [name, this.#memory.bytes.slice(this.#base + start, this.#base + end)];
      }),
    );
  }

  /** The same as before the run. */
  initial(): Map<string, Uint8Array> {
    return new Map(this.#written().map(({ name, start, end }) => [name, this.#image.slice(start, end)]));
  }

  /** Where a byte has changed that is no result, in words; undefined if everything else is as it was. */
  damage(): string | undefined {
    const now = this.#memory.bytes.slice(this.#base);
    for (const { start, end } of this.#written()) now.set(this.#image.subarray(start, end), start);
    if (Buffer.compare(now, this.#image) === 0) return undefined;
    const at = this.#base + now.findIndex((byte, i) => byte !== this.#image[i]);
    const nearest = [...this.#pieces].sort((a, b) => distance(a, at) - distance(b, at))[0];
    if (!nearest) return `byte ${at}`;
    const { name, offset, bytes } = nearest;
    if (at < offset) return `${offset - at} bytes before ${name}`;
    return at < offset + bytes ? `byte ${at - offset} of ${name}` : `byte ${at - offset - bytes} behind ${name}`;
  }
}

function distance({ offset, bytes }: Piece, at: number): number {
  return Math.max(offset - at, at - (offset + bytes - 1), 0);
}
