/** `train --checkpoint`: a file from which the same command goes on where it was killed. */
import { readFile, rm } from 'node:fs/promises';
import { crc32 } from '../format/crc32.js';
import { exactText, parseExact } from '../format/exactjson.js';
import { decodeSafetensors, encodeSafetensors } from '../format/safetensors.js';
import type { RuntimeFacts } from '../index.js';
import { decodeModel } from '../model/checkpoint.js';
import type { Model } from '../model/model.js';
import type { LossName } from '../nn/losses.js';
import type { MetricName } from '../nn/metrics.js';
import { removeLeftovers, systemCode } from '../node/files.js';
import { writeFileAtomic } from '../node/index.js';
import { fail } from './arguments.js';
import { type DataSet, isStreamed, type Rows } from './dataset.js';
import { epochsOf, type RunHistory } from './ending.js';
import { packageVersion } from './invocation.js';
import { CHECKPOINT } from './models.js';
import { flagsOf, type TrainOptions } from './options.js';
import type { Output } from './output.js';
import type { Position } from './progress.js';

type Trained = Model<LossName, MetricName>;

/** Writing takes at most this share of the time that training has. */
const SHARE = 0.1;

/** What may differ between the runs of one training: where things go, and when it ends without being done. */
const FREE = ['out', 'time-limit'];

/** All that decides what comes out. */
interface Identity {
  readonly lanegrad: string;
  /** The flags with their values, as `repeatCommand` has them. */
  readonly flags: Readonly<Record<string, string>>;
  /** CRC-32 of all rows of all parts. */
  readonly data: number;
  /** The kernels, as far as they decide bits. */
  readonly kernel: string;
}

/** What the metadata holds beside the model. */
interface Entry {
  readonly identity: Identity;
  /** The epochs so far, where the model itself keeps none: without validation rows. */
  readonly history: Pick<RunHistory, 'metrics' | 'diagnostics'> | undefined;
}

function checksum({ train, validation, test }: DataSet): number {
  const bytes = ({ buffer, byteOffset, byteLength }: Rows['y']) => new Uint8Array(buffer, byteOffset, byteLength);
  // of a table that is not in memory, the test part stands for all
  const parts = [train, validation, test].filter((part) => part && !isStreamed(part)) as Rows[];
  return crc32(...parts.flatMap(({ x, y }) => [bytes(x.data), bytes(y)]));
}

function identityOf(options: TrainOptions, data: DataSet, batchSize: number, runtime: RuntimeFacts): Identity {
  const flags = flagsOf(options, batchSize).filter(([name]) => !FREE.includes(name));
  return {
    lanegrad: packageVersion(),
    flags: Object.fromEntries(flags.map(([name, value]) => [name, String(value)])),
    data: checksum(data),
    kernel: runtime.reproducible ? 'reproducible' : runtime.kernel,
  };
}

/** `with --seed 3`, or `without --seed`. */
function flagText(name: string, value: string | undefined): string {
  if (value === undefined) return `without \`--${name}\``;
  return value === 'true' ? `with \`--${name}\`` : `with \`--${name} ${value}\``;
}

/** What differs first, in words; undefined where nothing does. */
function difference(then: Identity, now: Identity): string | undefined {
  const names = new Set([...Object.keys(then.flags), ...Object.keys(now.flags)]);
  for (const name of names) {
    const [was, is] = [then.flags[name], now.flags[name]];
    if (was !== is) return `it was begun ${flagText(name, was)}, and this command is ${flagText(name, is)}`;
  }
  if (then.data !== now.data) return 'it was begun with other rows than there are now';
  if (then.kernel !== now.kernel)
    return `it was begun with the kernel ${then.kernel}, and here it would be ${now.kernel}`;
  if (then.lanegrad !== now.lanegrad) return `it was begun with version ${then.lanegrad}, and this is ${now.lanegrad}`;
  return undefined;
}

/** The epochs of two runs, one after the other. */
function joined(before: Entry['history'], after: RunHistory): RunHistory {
  if (!before) return after;
  const metrics = Object.fromEntries(
    Object.entries(before.metrics).map(([key, curve]) => [
      key,
      [...(curve ?? []), ...(after.metrics[key as 'loss'] ?? [])],
    ]),
  ) as unknown as RunHistory['metrics'];
  const diagnostics = before.diagnostics && [...before.diagnostics, ...(after.diagnostics ?? [])];
  // the first of the least, as a single run has it
  const losses = metrics.loss ?? [];
  const least = losses.reduce((best, loss, i) => (loss < (losses[best] as number) ? i : best), 0);
  const best = { epoch: least + 1, value: losses[least] as number };
  return { ...after, metrics, best, ...(diagnostics && { diagnostics }) };
}

/** The checkpoint of a training. */
export class Checkpoint {
  readonly path: string;
  /** A model to go on with, and how far it has come; undefined where training begins. */
  readonly found: { readonly model: Uint8Array; readonly epoch: number; readonly rows: number } | undefined;
  readonly #every: number;
  readonly #identity: Identity;
  readonly #before: Entry['history'];
  /** Epochs are judged by validation rows: the model then keeps its history itself. */
  readonly #judged: boolean;
  #writing: Promise<void> | undefined;
  #failed: { readonly error: unknown } | undefined;
  #epoch: number;
  #position: Position | undefined;
  /** When the last one was begun and done, and what it took off the training. */
  #last = { begun: performance.now(), done: performance.now(), took: 0 };

  private constructor(path: string, every: number, judged: boolean, identity: Identity, found: Uint8Array | undefined) {
    this.path = path;
    this.#every = every;
    this.#judged = judged;
    this.#identity = identity;
    const { training } = found ? decodeModel(found) : {};
    const { epochs = 0, position } = training ?? {};
    this.found = found && { model: found, epoch: epochs - (position ? 1 : 0), rows: position?.rows ?? 0 };
    this.#epoch = this.found ? this.found.epoch + 1 : 1;
    this.#before = found && entryOf(found)?.history;
  }

  /**
   * Looks for the checkpoint of this very training. With `--force` it begins anew. Takes away what a killed run had not
   * finished writing.
   * @throws ArgumentError where what is there belongs to other data or another command line.
   */
  static async open(
    options: TrainOptions & { readonly checkpoint: number },
    { model, report, checkpoint: path }: Output,
    data: DataSet,
    batchSize: number,
    runtime: RuntimeFacts,
  ): Promise<Checkpoint> {
    for (const file of [model, report, path]) await removeLeftovers(file);
    if (options.force) await rm(path, { force: true });
    const bytes = await read(path);
    const identity = identityOf(options, data, batchSize, runtime);
    const entry = bytes && entryOf(bytes);
    const what = entry && difference(entry.identity, identity);
    if (what !== undefined) {
      const help = 'Go on with the command it was begun with, or begin anew with `--force`, which removes it';
      fail('train', `${path} does not belong to this training: ${what}. ${help}.`);
    }
    return new Checkpoint(path, options.checkpoint, data.validation !== undefined, identity, bytes);
  }

  /** All epochs of this training, those of earlier runs too. */
  historyOf(model: Trained): RunHistory {
    const history = model.history as RunHistory;
    return this.#judged ? history : joined(this.#before, history);
  }

  /**
   * Is called between steps. Writes where an epoch has ended since the last time, or so much time has passed; not before the
   * last one is on the disk, and not so often that training would wait for it. The disk is written to while training goes on.
   * @throws what went wrong with the last one
   */
  move(model: Trained, position: Position): void {
    if (this.#failed) throw this.#failed.error;
    this.#position = position;
    const { begun, done, took } = this.#last;
    const now = performance.now();
    if (this.#writing || now - done < took / SHARE || !this.#isWhole(model, position)) return;
    if (position.epoch === this.#epoch && position.rows < position.totalRows && now - begun < this.#every) return;
    this.#epoch = position.rows < position.totalRows ? position.epoch : position.epoch + 1;
    this.#writing = this.#write(model);
  }

  /** Whether the figures of all epochs that are over are known, in the model or here. */
  #isWhole(model: Trained, { epoch, rows, totalRows }: Position): boolean {
    if (this.#judged || rows < totalRows) return true;
    return model.history !== undefined && epochsOf(this.historyOf(model)) >= epoch;
  }

  async #write(model: Trained): Promise<void> {
    const begun = performance.now();
    const history = this.#judged || !model.history ? this.#before : this.historyOf(model);
    const entry = { identity: this.#identity, ...(history && !this.#judged && { history: kept(history) }) };
    const { tensors, metadata } = decodeSafetensors(model.save({ optimizer: true }), 'train');
    const bytes = encodeSafetensors({ tensors, metadata: { ...metadata, [CHECKPOINT]: exactText(entry) } });
    const took = performance.now() - begun;
    try {
      await writeFileAtomic(this.path, bytes);
    } catch (error) {
      this.#failed = { error };
    }
    this.#last = { begun, done: performance.now(), took };
    this.#writing = undefined;
  }

  /** Writes a training that was stopped before it was done, for the next run. @throws where it cannot. */
  async leave(model: Trained): Promise<void> {
    await this.#writing;
    if (!this.#position || this.#isWhole(model, this.#position)) await this.#write(model);
    if (this.#failed) throw this.#failed.error;
  }

  /** Takes it away: the training is over. */
  async remove(): Promise<void> {
    await this.#writing;
    await rm(this.path, { force: true });
  }
}

function kept({ metrics, diagnostics }: NonNullable<Entry['history']>): Entry['history'] {
  return { metrics, ...(diagnostics && { diagnostics }) } as Entry['history'];
}

/** What is at the path; undefined for nothing. That it is a checkpoint of the command has been checked. */
async function read(path: string): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The record in a file; undefined where there is none. @throws FormatError */
function entryOf(bytes: Uint8Array): Entry | undefined {
  const text = decodeSafetensors(bytes, 'train').metadata[CHECKPOINT];
  return text === undefined ? undefined : (parseExact(text) as Entry);
}
