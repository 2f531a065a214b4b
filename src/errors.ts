/** Base of every error that lanegrad throws on purpose: `catch (e) { if (e instanceof LanegradError) … }`. */
export class LanegradError extends Error {
  /** The name of its class: what tells errors apart where there are two copies of the library (`lanegrad/predict`). */
  override name = 'LanegradError';
}

/**
 * An argument, option or piece of data that cannot be used. Nothing has changed when it is thrown, but where only the work itself
 * can tell (rows of a data set, a rate that a function gives): the model then stands at a completed step.
 */
export class ArgumentError extends LanegradError {
  override name = 'ArgumentError';
}

/** A file or byte string that is truncated, damaged, or of another kind than expected. */
export class FormatError extends LanegradError {
  override name = 'FormatError';
}

/** A model or data set that needs more memory than the limit allows or the engine has. Nothing is reserved when it is thrown. */
export class MemoryLimitError extends LanegradError {
  override name = 'MemoryLimitError';
}

/** A second `fit`, `trainOnBatch`, `evaluate` … while one of the same model is under way. */
export class BusyError extends LanegradError {
  override name = 'BusyError';
}

/** A model or an ensemble that was used after `dispose`, or a table on disk after `close`. */
export class DisposedError extends LanegradError {
  override name = 'DisposedError';
}

/** The engine lacks something that lanegrad needs (WebAssembly SIMD, say). */
export class UnsupportedError extends LanegradError {
  override name = 'UnsupportedError';
}

/**
 * A thread of a runtime that failed in the middle of its work, or did not come to its end. The model stands at a completed
 * step, and the runtime goes on: with new threads, or with one where that happens again and again.
 */
export class ThreadError extends LanegradError {
  override name = 'ThreadError';
  /** The thread, the caller's being 0; undefined where one fell silent. */
  readonly thread: number | undefined;
  /** Made by lanegrad alone. */
  constructor(thread: number | undefined, message: string) {
    const what = thread === undefined ? 'a thread fell silent' : `thread ${thread} failed: ${message}`;
    super(
      `${what.replace(/\.$/, '')}. The model stands at a completed step, and may be used as before. ` +
        'Help: please report this if it happens again; `threads: 1` of createRuntime does without other threads.',
    );
    this.thread = thread;
  }
}

/**
 * Training that left the finite numbers, or whose loss exploded. The model stands at the step before, or where the loss
 * exploded at that step, all of whose numbers are finite; best weights of early stopping do not come back.
 */
export class DivergenceError extends LanegradError {
  override name = 'DivergenceError';
  /** Update at which it happened, from 1, counted over the model's life. */
  readonly step: number;
  /** Epoch of the fit, from 1 (with `resume`, of the model's life); 1 for `trainOnBatch`. */
  readonly epoch: number;
  /** Where the first bad value stood; undefined if it could not be found again. */
  readonly culprit:
    | {
        /** Name of the layer, such as `dense0`. */
        readonly layer: string;
        /** The operation that wrote the value, as in the listing of `model.program('train')`. */
        readonly operation: string;
        /** Its place in the operand, `[row, column]`, from 0. */
        readonly element: string;
      }
    | undefined;
  /** The history of the epochs before it, as `fit` would have given it; undefined for `trainOnBatch`. */
  readonly history: unknown;
  /** Made by lanegrad alone. */
  constructor(message: string, facts: Pick<DivergenceError, 'step' | 'epoch' | 'culprit' | 'history'>) {
    super(message);
    this.step = facts.step;
    this.epoch = facts.epoch;
    this.culprit = facts.culprit;
    this.history = facts.history;
  }
}

/** A fault of lanegrad's own, never of the caller's. The message starts with `internal:`. */
export class InternalError extends LanegradError {
  override name = 'InternalError';
  /** Made by lanegrad alone. */
  constructor(message: string) {
    super(`internal: ${message} Help: this is a bug in lanegrad, please report it with this message.`);
  }
}

/** Something received that is told in words ("3 values") instead of being shown as a value. */
class Words {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** For `refuse`: what was received, in words. */
export function words(text: string): Words {
  return new Words(text);
}

/** How a received value is shown in a message: short, on one line, whatever it is. */
export function show(value: unknown): string {
  if (value instanceof Words) return value.text;
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}…` : value);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return `${value}n`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${(value as Uint8Array).length})`;
  if (Array.isArray(value)) {
    const text = `[${value.slice(0, 4).map(show).join(', ')}${value.length > 4 ? `, … ${value.length} in all` : ''}]`;
    return text.length > 80 ? `an array of ${value.length}` : text;
  }
  if (value !== null && typeof value === 'object') {
    const name = value.constructor?.name;
    return name && name !== 'Object' ? `a ${name}` : `{ ${Object.keys(value).slice(0, 6).join(', ')} }`;
  }
  return String(value);
}

/** Throws an ArgumentError shaped as every message here: what must hold, what came instead, and how to mend it. */
export function refuse(where: string, rule: string, received: unknown, help?: string): never {
  throw new ArgumentError(`${where}: ${rule}. Received: ${show(received)}.${help ? ` Help: ${help}` : ''}`);
}

/** Edit distance (Levenshtein 1966), for `suggest`. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

/** `did you mean …?` for a word that is close to one of the known ones, else the list of those. */
export function suggest(word: string, known: readonly string[]): string {
  const ranked = known
    .map((name) => ({ name, d: distance(word.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.d - b.d);
  const best = ranked[0];
  if (best && best.d <= Math.max(2, word.length / 3) && 2 * best.d <= word.length)
    return `did you mean \`${best.name}\`?`;
  return known.length > 0 ? `known are ${known.map((name) => `\`${name}\``).join(', ')}.` : 'none is known here.';
}

/** Refuses anything but an object, and options that are not in `known`, with a suggestion. */
export function checkOptions(where: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) refuse(where, 'options must be an object', options);
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) refuse(where, `\`${key}\` is not an option`, key, suggest(key, known));
  }
}

/** Refuses anything but a member of `known`, with a suggestion. */
export function checkOneOf<T extends string>(
  where: string,
  name: string,
  value: unknown,
  known: readonly T[],
): asserts value is T {
  if (typeof value !== 'string' || !known.includes(value as T)) {
    refuse(where, `\`${name}\` is not one that exists`, value, suggest(String(value), known));
  }
}

/** Refuses anything but a positive whole number. */
export function checkPositiveInteger(where: string, name: string, value: unknown): asserts value is number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) {
    refuse(where, `\`${name}\` must be a positive integer`, value);
  }
}

/** Refuses anything but a number that is finite and above 0 as float32 too, which the kernels see. */
export function checkPositive(where: string, name: string, value: unknown): asserts value is number {
  if (typeof value !== 'number' || !Number.isFinite(Math.fround(value)) || Math.fround(value) <= 0) {
    refuse(where, `\`${name}\` must be a finite number above 0`, value);
  }
}

/** 1e18 rather than eighteen zeros. */
export function short(value: number): string {
  return Math.abs(value) >= 1e7 ? value.toExponential().replace('+', '') : String(value);
}

/** Refuses anything but a finite number within [least, most]. */
export function checkNumber(
  where: string,
  name: string,
  value: unknown,
  least = Number.NEGATIVE_INFINITY,
  most = Number.POSITIVE_INFINITY,
): asserts value is number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < least || value > most) {
    const range =
      least === Number.NEGATIVE_INFINITY && most === Number.POSITIVE_INFINITY
        ? 'a finite number'
        : most === Number.POSITIVE_INFINITY
          ? `a finite number of at least ${least}`
          : `a number from ${short(least)} to ${short(most)}`;
    refuse(where, `\`${name}\` must be ${range}`, value);
  }
}
