/** One discipline of the contest: everyone computes the same thing, is found to, and is then timed in turn. */
import { type Contestant, estimateOf, type Rounds, ratio, takeTurns } from './contestant.js';
import { isOurs, REFERENCE } from './entries.js';
import type { Spec } from './lines.js';
import { type Absence, type Row, rowOf } from './section.js';

/** What a discipline is. */
export interface Discipline {
  /** The line of the table. */
  readonly what: string;
  readonly spec: Spec;
  readonly unit: string;
  /** The figure from seconds per unit of work. */
  per(seconds: number): number;
  /** Its numbers may differ from the reference by so much of its largest. */
  readonly tolerance: number;
  readonly rounds: number;
  /** Seconds of a sample. */
  readonly seconds: number;
}

/** Figures, who could not take part in this one, and how many times as fast lanegrad was. */
export interface Outcome {
  readonly rows: Row[];
  readonly absent: readonly Absence[];
  readonly ratios: Row[];
}

/** The largest difference of two results, as a share of the largest number of the reference. */
function difference(check: readonly number[], reference: readonly number[]): number {
  if (check.length !== reference.length) return Number.POSITIVE_INFINITY;
  const most = Math.max(...reference.map(Math.abs));
  // NaN is not within any tolerance
  return Math.max(...check.map((value, i) => Math.abs(value - (reference[i] as number)))) / most;
}

/** Holds one. Contestants that refuse, fail, or compute something else are named with the reason. */
export async function contest(contestants: readonly Contestant[], discipline: Discipline): Promise<Outcome> {
  const { what, spec, unit, per, tolerance, rounds, seconds } = discipline;
  const absent: Absence[] = [];
  const differences = new Map<string, number>();
  const ready: Contestant[] = [];
  let reference: readonly number[] | undefined;
  for (const contestant of contestants) {
    const { name } = contestant;
    try {
      const { check } = await contestant.prepare(what, spec);
      if (name === REFERENCE) reference = check;
      if (check && reference) {
        const found = difference(check, reference);
        if (!(found <= tolerance)) throw new Error(`computes something else: it differs by ${found.toExponential(1)}`);
        differences.set(name, found);
      }
      ready.push(contestant);
    } catch (error) {
      absent.push({ name, what, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  const times = await takeTurns(ready, what, rounds, seconds);
  const rows = ready.map(({ name }): Row => {
    const row = rowOf(what, name, unit, estimateOf(times, name), per);
    const found = differences.get(name);
    return { ...row, facts: { ...(found === undefined ? { comparable: 'no' } : { difference: found }) } };
  });
  for (const contestant of ready) await contestant.ask({ ask: 'drop', job: what });
  return {
    rows,
    absent,
    ratios: ratiosOf(
      what,
      ready.filter(({ name }) => differences.has(name)),
      times,
    ),
  };
}

/** How many times as fast each of ours is as each other that computes the same, within rounds. */
function ratiosOf(what: string, ready: readonly Contestant[], times: Rounds): Row[] {
  const names = ready.map(({ name }) => name);
  return names.filter(isOurs).flatMap((ours) =>
    names
      .filter((name) => !isOurs(name))
      .map((peer) => {
        const { spread, samples } = estimateOf(times, peer);
        return { what, who: ours, value: ratio(times, ours, peer), unit: `× ${peer}`, spread, samples };
      }),
  );
}
