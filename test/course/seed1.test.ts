import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DOCUMENT_SEED, sectionText } from '../../src/course/document.js';
import { LESSONS } from '../../src/course/lessons.js';
import { textOf } from '../support/source.js';
import { claimsHold } from './support.js';

const page = textOf('docs/course.md');

claimsHold(DOCUMENT_SEED, (lesson, outcome) => {
  // what the page shows is what a run gives today; `npm run course` makes it anew
  expect(page).toContain(sectionText(lesson, outcome));
  expect(existsSync(new URL(`../../docs/course/${lesson.name}.svg`, import.meta.url))).toBe(true);
});

describe('docs/course.md', () => {
  it('has the lessons in their order, and no others', () => {
    expect([...page.matchAll(/^## (.+)$/gm)].map(([, name]) => name)).toEqual(LESSONS.map(({ name }) => name));
  });
});
