// Makes docs/course.md and its pictures: `npm run course`; only some lessons' pictures: `npm run course -- NAME …`.
// `npm run course -- --measure 10` prints the range of every figure over ten seeds instead: what the bounds are set from.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { boundText, DOCUMENT_SEED, documentText } from '../dist/src/course/document.js';
import { holds } from '../dist/src/course/lesson.js';
import { LESSONS } from '../dist/src/course/lessons.js';

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));

const { values, positionals } = parseArgs({ options: { measure: { type: 'string' } }, allowPositionals: true });
const unknown = positionals.find((name) => !LESSONS.some((lesson) => lesson.name === name));
if (unknown !== undefined) {
  console.error(`course: there is no lesson ${unknown}; there are ${LESSONS.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}
const chosen = LESSONS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));

async function measure(lesson, seeds) {
  const runs = [];
  const start = performance.now();
  for (let seed = 1; seed <= seeds; seed++) runs.push((await lesson.run(seed)).checks);
  const seconds = (performance.now() - start) / 1000 / seeds;
  console.log(`${lesson.name}   ${seconds.toFixed(2)} s per run`);
  runs[0].forEach((check, i) => {
    const found = runs.map((checks) => checks[i].value);
    const missed = runs.filter((checks) => !holds(checks[i])).length;
    const range = `${Math.min(...found).toPrecision(4)} … ${Math.max(...found).toPrecision(4)}`;
    console.log(`  ${check.says}: ${range}   (${boundText(check)}${missed > 0 ? `, MISSED ${missed} times` : ''})`);
  });
}

const folder = join('docs', 'course');
mkdirSync(folder, { recursive: true });
if (values.measure !== undefined) {
  for (const lesson of chosen) await measure(lesson, Number(values.measure));
} else {
  const outcomes = [];
  for (const lesson of chosen) {
    const outcome = await lesson.run(DOCUMENT_SEED);
    outcomes.push(outcome);
    writeFileSync(join(folder, `${lesson.name}.svg`), outcome.picture);
    console.log(`${lesson.name}: ${outcome.checks.every(holds) ? 'holds' : 'DOES NOT HOLD'}`);
  }
  if (chosen.length === LESSONS.length) {
    writeFileSync(join('docs', 'course.md'), documentText(LESSONS, outcomes));
    const known = new Set(LESSONS.map(({ name }) => `${name}.svg`));
    for (const name of readdirSync(folder)) if (!known.has(name)) rmSync(join(folder, name));
  }
}
