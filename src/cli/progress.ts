/** Progress of a training on stderr: one line that changes on a terminal, one line per epoch elsewhere. */
import { duration, figure, percent, thousands } from '../report/format.js';
import type { Score } from './answer.js';
import { type Style, styleOf } from './terminal.js';

/** What an epoch logs, as far as it is shown. */
export interface Logs {
  /** Of an ensemble, counted from 0. */
  readonly member?: number;
  readonly epoch: number;
  readonly loss: number;
  readonly val_loss?: number;
  readonly accuracy?: number;
  readonly val_accuracy?: number;
  readonly r2?: number;
  readonly val_r2?: number;
}

/** How a score is shown in a line that has little room. */
const SHOWN: Readonly<Record<Score, { readonly label: string; write(value: number): string }>> = {
  accuracy: { label: 'acc', write: (value) => percent(value, 2).padStart(6) },
  r2: { label: 'R²', write: (value) => value.toFixed(4).padStart(6) },
};

/** How far a fit has come; as the library's own Progress. */
export interface Position {
  /** Of an ensemble, counted from 0. */
  readonly member?: number;
  readonly epoch: number;
  readonly epochs: number;
  readonly rows: number;
  readonly totalRows: number;
}

/** Milliseconds between two changes of the line. */
const REFRESH_MS = 80;
const BAR = 16;
/** Values in the small curve of the loss. */
const SPARKS = 12;
const BLOCKS = '▁▂▃▄▅▆▇█';

/** The last values as a curve of blocks. */
export function sparkline(values: readonly number[]): string {
  const shown = values.slice(-SPARKS);
  const [least, most] = [Math.min(...shown), Math.max(...shown)];
  const height = (value: number) => (most > least ? Math.round((7 * (value - least)) / (most - least)) : 0);
  return shown.map((value) => BLOCKS[height(value)]).join('');
}

/** Shows how a training goes. */
export class Progress {
  readonly #stream = process.stderr;
  readonly #style: Style = styleOf(process.stderr);
  readonly #quiet: boolean;
  readonly #live: boolean;
  readonly #epochs: number;
  readonly #epochRows: number;
  /** Models to be trained one after the other; undefined for a single one. */
  readonly #members: number | undefined;
  readonly #score: Score;
  readonly #start = performance.now();
  readonly #losses: number[] = [];
  #logs: Logs | undefined;
  #rows = 0;
  /** Rows that an earlier run has done. */
  #rowsDone = 0;
  /** The model at work, from 0, and the rows of those before it. */
  #member = 0;
  #rowsBefore = 0;
  /** When the line changed last. */
  #shown = Number.NEGATIVE_INFINITY;

  constructor(options: {
    readonly quiet: boolean;
    readonly epochs: number;
    readonly epochRows: number;
    readonly members?: number | undefined;
    readonly score: Score;
  }) {
    this.#quiet = options.quiet;
    this.#live = Boolean(this.#stream.isTTY) && !options.quiet;
    this.#epochs = options.epochs;
    this.#epochRows = options.epochRows;
    this.#members = options.members;
    this.#score = options.score;
  }

  /** Takes into account what an earlier run has done. */
  goOn(epochs: number, rows: number): void {
    this.#rowsDone = epochs * this.#epochRows + rows;
    this.#rows = this.#rowsDone;
  }

  /** Seconds since the beginning. */
  get seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }

  /** Training rows per second so far, validation included in the time. */
  get rowsPerSecond(): number {
    return (this.#rows - this.#rowsDone) / Math.max(this.seconds, 1e-9);
  }

  /** Between two steps. */
  move({ member, epoch, rows }: Position): void {
    this.#begin(member);
    this.#rows = this.#rowsBefore + (epoch - 1) * this.#epochRows + rows;
    if (this.#live) this.#redraw(epoch, rows / this.#epochRows);
  }

  /** At the end of an epoch. */
  epoch(logs: Logs): void {
    this.#begin(logs.member);
    this.#logs = logs;
    this.#losses.push(logs.val_loss ?? logs.loss);
    this.#rows = this.#rowsBefore + logs.epoch * this.#epochRows;
    if (this.#live) this.#redraw(logs.epoch, 1);
    else if (!this.#quiet) this.#stream.write(`  ${this.#count(logs.epoch)}  ${this.#figures()}\n`);
  }

  /** The next model has its own curve; what the ones before it left out need not be waited for. */
  #begin(member = 0): void {
    if (member === this.#member) return;
    this.#member = member;
    this.#rowsBefore = this.#rows;
    this.#losses.length = 0;
  }

  /** A sentence of its own, whatever is shown. */
  say(text: string): void {
    this.clear();
    this.#stream.write(`  ${text}\n`);
  }

  /** Takes the changing line away. */
  clear(): void {
    if (this.#live) this.#stream.write('\r\x1b[2K');
  }

  #count(epoch: number): string {
    const of = (n: number, all: number) => `${String(n).padStart(String(all).length)}/${all}`;
    const member = this.#members === undefined ? '' : `member ${of(this.#member + 1, this.#members)}  `;
    return `${member}epoch ${of(epoch, this.#epochs)}`;
  }

  #figures(): string {
    const parts: string[] = [];
    if (this.#logs) {
      const { loss, val_loss: heldLoss } = this.#logs;
      parts.push(`loss ${figure(loss).padEnd(8)}`);
      if (heldLoss !== undefined) parts.push(`val ${figure(heldLoss).padEnd(8)}`);
      const { label, write } = SHOWN[this.#score];
      const held = this.#logs[`val_${this.#score}`];
      parts.push(
        `${held === undefined ? label : `val ${label}`} ${write(held ?? this.#logs[this.#score] ?? Number.NaN)}`,
      );
    }
    const speed = this.rowsPerSecond;
    const all = this.#rowsBefore + ((this.#members ?? 1) - this.#member) * this.#epochs * this.#epochRows;
    const left = (all - this.#rows) / speed;
    parts.push(`${thousands(speed)} rows/s`, `ETA ${Number.isFinite(left) ? duration(left) : '–'}`);
    return parts.join('  ');
  }

  #redraw(epoch: number, share: number): void {
    const now = performance.now();
    if (now - this.#shown < REFRESH_MS) return;
    this.#shown = now;
    const done = Math.round(((this.#member + (epoch - 1 + share) / this.#epochs) / (this.#members ?? 1)) * BAR);
    const bar = this.#style.cyan('━'.repeat(done)) + this.#style.dim('━'.repeat(BAR - done));
    // a line that is longer than the terminal is wide would be two, of which only the second is taken away again
    let room = (this.#stream.columns ?? 80) - 1;
    const cut = (text: string): string => {
      const shown = text.slice(0, Math.max(0, room));
      room -= text.length;
      return shown;
    };
    const count = cut(`  ${this.#count(epoch)}  `);
    const drawn = room > BAR + 2;
    if (drawn) room -= BAR + 2;
    const figures = cut(`${this.#figures()}  ${sparkline(this.#losses)}`);
    this.#stream.write(`\r\x1b[2K${count}${drawn ? `${bar}  ` : ''}${figures}`);
  }
}
