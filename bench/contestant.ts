/** The side that asks: processes that are timed in turn, so that whatever slows the machine slows all of them alike. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Answer, Question, Spec } from './lines.js';
import { type Estimate, estimate, middle } from './statistics.js';

/** How to start one. */
export interface Entry {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Seconds that an answer may take, before the contestant counts as stuck. */
const PATIENCE = 300;

/** A running process. */
export class Contestant {
  readonly name: string;
  /** What it said of itself at the start. */
  facts: Readonly<Record<string, string | number>> = {};
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #errors = '';
  #wall = 0;
  #busy = 0;

  private constructor({ name, command, args, env }: Entry) {
    this.name = name;
    this.#process = spawn(command, [...args], { env: { ...process.env, ...env }, stdio: 'pipe' });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
    this.#process.stderr.on('data', (text: Buffer) => {
      this.#errors = (this.#errors + text.toString()).slice(-2000);
    });
    // writing to one that has died is answered by the end of its output
    this.#process.stdin.on('error', () => undefined);
    this.#process.on('error', (error) => {
      this.#errors += error.message;
    });
  }

  /** Starts one and waits for its hello. @throws Error with its own words where it cannot take part. */
  static async start(entry: Entry): Promise<Contestant> {
    const contestant = new Contestant(entry);
    contestant.facts = (await contestant.#answer()).facts ?? {};
    return contestant;
  }

  /** Asks, and waits for the answer. @throws Error with what it answered, or with the end of what it printed. */
  async ask(question: Question): Promise<Answer> {
    this.#process.stdin.write(`${JSON.stringify(question)}\n`);
    const answer = await this.#answer();
    this.#wall += answer.wall ?? 0;
    this.#busy += answer.busy ?? 0;
    return answer;
  }

  prepare(job: string, spec: Spec): Promise<Answer> {
    return this.ask({ ask: 'prepare', job, spec });
  }

  async time(job: string, seconds: number): Promise<number> {
    return (await this.ask({ ask: 'time', job, seconds })).seconds ?? Number.NaN;
  }

  /** The share of a core that it got while it was timed, at most 1: below, others were at work on this machine. */
  get share(): number {
    return Math.min(1, this.#busy / this.#wall);
  }

  /** Ends the process. */
  stop(): void {
    this.#process.stdin.end();
    this.#process.kill();
  }

  async #answer(): Promise<Answer> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.stop();
        reject(new Error(`no answer within ${PATIENCE} s`));
      }, PATIENCE * 1000);
    });
    try {
      const { value, done } = await Promise.race([this.#lines.next(), patience]);
      if (done) throw new Error(lastWords(this.#errors) || 'ended without a word');
      const answer = JSON.parse(value) as Answer;
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The line of what was printed that says most: the last that names an error, else the last. */
function lastWords(printed: string): string {
  const lines = printed.trim().split('\n');
  return (lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? '').trim();
}

/** Samples by contestant, round by round; a round that a slow contestant sat out is `undefined` there. */
export type Rounds = ReadonlyMap<string, readonly (number | undefined)[]>;

/** A contestant that has used so many seconds, and has three samples, sits the other rounds out. */
const BUDGET = 30;

/** What can be timed: a contestant, or one of several jobs of one. */
export type Timed = Pick<Contestant, 'name' | 'time'>;

/**
 * Times one job of every contestant in turn: A B C, A B C … The first round warms up and does not count.
 * @param seconds of each sample, at least one call
 */
export async function takeTurns(
  contestants: readonly Timed[],
  job: string,
  rounds: number,
  seconds: number,
): Promise<Rounds> {
  const samples = new Map<string, (number | undefined)[]>(contestants.map(({ name }) => [name, []]));
  const used = new Map<string, number>();
  for (let round = -1; round < rounds; round++) {
    for (const contestant of contestants) {
      const { name } = contestant;
      const spent = used.get(name) ?? 0;
      const start = performance.now();
      const sample = spent > BUDGET && round >= 3 ? undefined : await contestant.time(job, seconds);
      used.set(name, spent + (performance.now() - start) / 1000);
      if (round >= 0) samples.get(name)?.push(sample);
    }
  }
  return samples;
}

/** Median and spread of one contestant. */
export function estimateOf(rounds: Rounds, name: string): Estimate {
  return estimate((rounds.get(name) ?? []).filter((sample) => sample !== undefined));
}

/** How many times as fast `name` is as `other`: the median over rounds of the ratio within a round. */
export function ratio(rounds: Rounds, name: string, other: string): number {
  const mine = rounds.get(name) ?? [];
  const ratios = (rounds.get(other) ?? []).flatMap((theirs, i) => {
    const own = mine[i];
    return own === undefined || theirs === undefined ? [] : [theirs / own];
  });
  return middle(ratios);
}
