/** Every lesson of the course, run with one seed. */
import { describe, expect, it } from 'vitest';
import { boundText } from '../../src/course/document.js';
import type { Lesson, Outcome } from '../../src/course/lesson.js';
import { LESSONS } from '../../src/course/lessons.js';
import { PICTURE_MARK } from '../../src/course/picture.js';

/** Checks every claim with a seed; `more` may look at what came out. */
export function claimsHold(seed: number, more?: (lesson: Lesson, outcome: Outcome) => void): void {
  describe.each(LESSONS)('$name', (lesson) => {
    it(`holds with seed ${seed}`, async () => {
      const outcome = await lesson.run(seed);
      expect(outcome.checks.length).toBeGreaterThan(0);
      for (const check of outcome.checks) {
        const { says, value, least, most } = check;
        const words = `${says}: ${value}, the claim is ${boundText(check)}`;
        // a check without bounds could not fail
        expect(least ?? most, words).toBeDefined();
        if (least !== undefined) expect(value, words).toBeGreaterThanOrEqual(least);
        if (most !== undefined) expect(value, words).toBeLessThanOrEqual(most);
      }
      expect(outcome.picture.startsWith(`${PICTURE_MARK}\n<svg `)).toBe(true);
      expect(outcome.picture).not.toMatch(/NaN|undefined/);
      more?.(lesson, outcome);
    });
  });
}
