import { ALIGNMENT, Flag, Header, RECORD_BYTES, STEP_BYTES, Word } from '../../assembly/abi.js';
import { InternalError } from '../errors.js';
import type { Instruction } from './builder.js';
import type { Sizes } from './operation.js';
import { resolve, type Space, type Tensor, tensorBytes } from './tensor.js';

/** Where the slabs stand, in bytes; `transient` is where the planned tensors of this program begin. */
export type Bases = Readonly<Record<Space, number>>;

/**
 * A program with places but without addresses.
 *
 *     region ─▶ [ header | records | step block | transient tensors … ]
 */
export interface Plan {
  /** The operations in order: first `prologue` that depend on parameters alone, then those of a step. */
  readonly instructions: readonly Instruction[];
  readonly prologue: number;
  /** The largest batch. */
  readonly rows: number;
  /** Bytes of header and records, where the step block begins. */
  readonly stepOffset: number;
  /** Byte offset of every transient tensor from the start of the region. */
  readonly places: ReadonlyMap<Tensor, number>;
  /** Bytes of the whole region. */
  readonly bytes: number;
}

/** The tensor whose bytes these are: itself, or the one it is a piece of. */
function root(tensor: Tensor): Tensor {
  return tensor.part?.of ?? tensor;
}

/** The tensors that an instruction writes (and updates). */
export function written(instruction: Instruction): Tensor[] {
  return touched(instruction, (access) => access !== 'read');
}

/** The tensors that an instruction reads (and updates). */
export function readBy(instruction: Instruction): Tensor[] {
  return touched(instruction, (access) => access !== 'write');
}

function touched(instruction: Instruction, wanted: (access: 'read' | 'write' | 'update') => boolean): Tensor[] {
  const { operands } = instruction.row;
  return instruction.operands.filter((tensor, i): tensor is Tensor => {
    const row = operands[i];
    return tensor !== undefined && row !== undefined && wanted(row.access);
  });
}

/** Without the operations whose results nobody reads: the first layer's dx, say, and the packing for it. */
function dropDead(instructions: readonly Instruction[], outputs: readonly Tensor[]): Instruction[] {
  const needed = new Set<Tensor>(outputs);
  const kept: Instruction[] = [];
  for (const instruction of [...instructions].reverse()) {
    const results = written(instruction);
    const lasting = results.some((tensor) => tensor.space !== 'transient' || needed.has(root(tensor)));
    // sums that carry over from step to step are read from outside
    const carries = instruction.row.operands.some(({ access }) => access === 'update');
    if (!lasting && !carries && results.length > 0) continue;
    for (const tensor of readBy(instruction)) needed.add(root(tensor));
    kept.push(instruction);
  }
  return kept.reverse();
}

/** Moves what depends on parameters and constants alone (packed weights, penalties) to the front, in order. */
function hoist(instructions: readonly Instruction[]): { instructions: Instruction[]; prologue: number } {
  const fixed = new Set<Tensor>();
  const front: Instruction[] = [];
  const rest: Instruction[] = [];
  for (const instruction of instructions) {
    const results = written(instruction);
    const invariant =
      instruction.row.step === undefined &&
      instruction.m !== 'rows' &&
      results.every((tensor) => tensor.space === 'transient') &&
      readBy(instruction).every((t) => t.space === 'parameters' || t.space === 'constants' || fixed.has(root(t)));
    if (invariant) for (const tensor of results) fixed.add(root(tensor));
    (invariant ? front : rest).push(instruction);
  }
  return { instructions: [...front, ...rest], prologue: front.length };
}

interface Interval {
  readonly tensor: Tensor;
  readonly bytes: number;
  first: number;
  last: number;
}

/** A tensor that has its place: bytes from `offset` to before `end`, from its first to its last use. */
interface Place {
  readonly first: number;
  readonly last: number;
  readonly offset: number;
  readonly end: number;
}

/** First and last use of every transient tensor. What the prologue writes lives throughout. */
function lifetimes(instructions: readonly Instruction[], prologue: number, rows: number, outputs: readonly Tensor[]) {
  const intervals = new Map<Tensor, Interval>();
  instructions.forEach((instruction, i) => {
    instruction.operands.forEach((operand, j) => {
      if (operand?.space !== 'transient') return;
      const tensor = root(operand);
      const known = intervals.get(tensor);
      // what is updated carries over from step to step
      const carried = instruction.row.operands[j]?.access === 'update';
      if (known) known.last = Math.max(known.last, i);
      else {
        const bytes = Math.ceil(tensorBytes(tensor, rows) / ALIGNMENT) * ALIGNMENT;
        intervals.set(tensor, {
          tensor,
          bytes,
          first: carried ? 0 : i,
          last: carried ? instructions.length : i,
        });
      }
    });
  });
  for (const interval of intervals.values()) {
    if (interval.first < prologue) interval.last = instructions.length;
  }
  for (const tensor of outputs) {
    const interval = intervals.get(tensor);
    if (interval) interval.last = instructions.length;
  }
  return intervals;
}

/** Lets an elementwise result take the place of its operand where that operand is not read again. */
function shareInPlace(instructions: readonly Instruction[], intervals: Map<Tensor, Interval>): Map<Tensor, Tensor> {
  const owner = new Map<Tensor, Tensor>();
  instructions.forEach((instruction, i) => {
    const pair = instruction.row.inPlace;
    const result = pair && instruction.operands[pair[0]];
    const source = pair && instruction.operands[pair[1]];
    if (!result || !source) return;
    const holder = owner.get(source) ?? source;
    const held = intervals.get(holder);
    const taken = intervals.get(result);
    // x + x: what is read twice is still read while the result is written
    const places = instruction.operands.map((tensor) => tensor && (owner.get(tensor) ?? tensor));
    if (places.filter((place) => place === holder).length > 1) return;
    if (!held || !taken || held.last !== i || held.bytes !== taken.bytes || taken.first !== i) return;
    held.last = taken.last;
    intervals.delete(result);
    owner.set(result, holder);
  });
  return owner;
}

/**
 * Orders and places a program: drops what nobody reads, moves what depends on parameters alone to the front (when
 * `hoistInvariant`), and packs transient tensors by their lifetimes, largest first, each at the lowest place that is
 * free while it lives.
 */
export function plan(
  source: readonly Instruction[],
  rows: number,
  outputs: readonly Tensor[],
  hoistInvariant: boolean,
): Plan {
  const live = dropDead(source, outputs);
  const { instructions, prologue } = hoistInvariant ? hoist(live) : { instructions: live, prologue: 0 };
  const intervals = lifetimes(instructions, prologue, rows, outputs);
  const owner = shareInPlace(instructions, intervals);

  const stepOffset = (instructions.length + 1) * RECORD_BYTES;
  const start = stepOffset + STEP_BYTES;
  const places = new Map<Tensor, number>();
  // in the order of their offsets, so that the first gap ends the search
  const placed: Place[] = [];
  for (const interval of [...intervals.values()].sort((a, b) => b.bytes - a.bytes || a.first - b.first)) {
    const { tensor, bytes, first, last } = interval;
    let offset = start;
    let at = 0;
    for (; at < placed.length; at++) {
      const rival = placed[at] as Place;
      if (rival.first > last || first > rival.last) continue;
      if (offset + bytes <= rival.offset) break;
      offset = Math.max(offset, rival.end);
    }
    while (at > 0 && (placed[at - 1] as Place).offset > offset) at--;
    placed.splice(at, 0, { first, last, offset, end: offset + bytes });
    places.set(tensor, offset);
  }
  for (const [tensor, holder] of owner) places.set(tensor, places.get(holder) as number);
  const bytes = placed.reduce((most, { end }) => Math.max(most, end), start);
  return { instructions, prologue, rows, stepOffset, places, bytes };
}

/**
 * The same with a place of its own for each tensor, for programs in which nothing is dead: for lanegrad/predict, where code takes
 * more room than the few rows of its batches.
 */
export function planSimply(source: readonly Instruction[], rows: number): Plan {
  const { instructions, prologue } = hoist(source);
  const stepOffset = (instructions.length + 1) * RECORD_BYTES;
  const places = new Map<Tensor, number>();
  let bytes = stepOffset + STEP_BYTES;
  for (const tensor of instructions.flatMap(written)) {
    places.set(tensor, bytes);
    bytes += Math.ceil(tensorBytes(tensor, rows) / ALIGNMENT) * ALIGNMENT;
  }
  return { instructions, prologue, rows, stepOffset, places, bytes };
}

/** The sizes of an instruction in a batch of `rows`. */
export function sizesOf(instruction: Instruction, rows: number): Sizes {
  return {
    m: resolve(instruction.m, rows),
    n: resolve(instruction.n, rows),
    k: resolve(instruction.k, rows),
    kind: instruction.kind,
    dense: (instruction.flags & Flag.DenseTargets) !== 0,
  };
}

/** The records of a plan as words, for memory at `base`; barriers are set by `setBarriers` (verify.ts). */
export function encode(planned: Plan, bases: Bases, base: number, scratch: number, stride: number): Uint32Array {
  const words = new Uint32Array((planned.instructions.length + 1) * 16);
  const floats = new Float32Array(words.buffer);
  words[Header.Count] = planned.instructions.length;
  words[Header.Step] = base + planned.stepOffset;
  words[Header.Scratch] = scratch;
  words[Header.ScratchStride] = stride;
  planned.instructions.forEach((instruction, i) => {
    const at = (i + 1) * 16;
    words[at + Word.Op] = instruction.op;
    words[at + Word.Kind] = instruction.kind;
    instruction.operands.forEach((tensor, j) => {
      words[at + Word.A + j] = tensor ? addressOf(tensor, planned, bases) : 0;
    });
    let flags = instruction.flags;
    if (instruction.m === 'rows') flags |= Flag.RowsM;
    if (instruction.n === 'rows') flags |= Flag.RowsN;
    if (instruction.k === 'rows') flags |= Flag.RowsK;
    words[at + Word.Flags] = flags;
    words[at + Word.M] = resolve(instruction.m, planned.rows);
    words[at + Word.N] = resolve(instruction.n, planned.rows);
    words[at + Word.K] = resolve(instruction.k, planned.rows);
    floats[at + Word.P] = instruction.p;
    floats[at + Word.Q] = instruction.q;
    floats[at + Word.R] = instruction.r;
    if (instruction.s !== undefined) floats[at + Word.F] = instruction.s;
    if (instruction.t !== undefined) floats[at + Word.G] = instruction.t;
    if (instruction.u !== undefined) floats[at + Word.E] = instruction.u;
  });
  return words;
}

/** Absolute address of a tensor. */
export function addressOf(tensor: Tensor, planned: Plan, bases: Bases): number {
  if (tensor.part) return addressOf(tensor.part.of, planned, bases) + tensor.part.offset;
  const offset = tensor.space === 'transient' ? planned.places.get(tensor) : tensor.offset;
  if (offset === undefined) throw new InternalError(`tensor ${tensor.name} has no place.`);
  return bases[tensor.space] + offset;
}
