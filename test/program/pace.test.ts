import { describe, expect, it } from 'vitest';
import { Pace } from '../../src/program/pace.js';

/** Runs steps that take so long alone and with several threads; returns the share of steps that each phase ran alone. */
function run(steps: number, cost: (step: number, alone: boolean) => number, pace = new Pace()): number[] {
  const phases: number[] = [];
  let alone = 0;
  for (let step = 0; step < steps; step++) {
    if (pace.alone) alone++;
    // several slices make a step
    for (let slice = 0; slice < 3; slice++) pace.add(cost(step, pace.alone) / 3);
    pace.next();
    if ((step + 1) % 1000 === 0) {
      phases.push(alone / 1000);
      alone = 0;
    }
  }
  return phases;
}

describe('the pace of a program', () => {
  it('takes several threads where they are faster, and looks at the other way now and then', () => {
    for (const share of run(5000, (_, alone) => (alone ? 10 : 6))) {
      expect(share).toBeGreaterThan(0);
      expect(share).toBeLessThan(0.03);
    }
  });

  it('takes one where that is faster', () => {
    for (const share of run(5000, (_, alone) => (alone ? 10 : 11))) {
      expect(share).toBeGreaterThan(0.97);
      expect(share).toBeLessThan(1);
    }
  });

  it('changes its mind when the machine does', () => {
    const busy = (step: number) => step >= 3000 && step < 6000;
    const shares = run(9000, (step, alone) => (alone ? 10 : busy(step) ? 30 : 6));
    expect(shares[2]).toBeLessThan(0.03);
    expect(shares[5]).toBeGreaterThan(0.97);
    expect(shares[8]).toBeLessThan(0.03);
  });

  it('does not judge by the first steps of a trial, which wake sleepers', () => {
    let since = 0;
    let last: boolean | undefined;
    const shares = run(3000, (_, alone) => {
      since = alone === last ? since + 1 : 0;
      last = alone;
      return since < 6 ? 1000 : alone ? 10 : 6;
    });
    expect(shares[2]).toBeLessThan(0.03);
  });
});
