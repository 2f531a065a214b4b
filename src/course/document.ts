/** The lessons as text: for docs/course.md, and for the terminal. */
import { figure } from '../report/format.js';
import { CODE } from './code.generated.js';
import { type Check, holds, type Lesson, type Outcome } from './lesson.js';

/** The seed of the runs that docs/course.md shows. */
export const DOCUMENT_SEED = 1;

/** The source of a lesson's run, with the imports it needs. */
export function codeOf({ name }: Lesson): string {
  return CODE[name] ?? '';
}

/** A figure with four digits, small ones too: the gradient of a sigmoid at 10 is 4.540e-5. */
export function figureText(value: number): string {
  const size = Math.abs(value);
  return size > 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(3) : figure(value);
}

/** What the claim says of a figure: `at most 1e-4`. */
export function boundText({ least, most }: Check): string {
  if (least !== undefined && least === most) return `exactly ${figure(least)}`;
  if (least !== undefined && most !== undefined) return `from ${figure(least)} to ${figure(most)}`;
  if (least !== undefined) return `at least ${figure(least)}`;
  return most === undefined ? '' : `at most ${figure(most)}`;
}

/** The section of a lesson in docs/course.md, in Markdown. */
export function sectionText(lesson: Lesson, { checks }: Outcome): string {
  const { name, title, formula, about } = lesson;
  const rows = checks.map((check) => `| ${check.says} | ${figureText(check.value)} | ${boundText(check)} |`);
  const missed = checks.filter((check) => !holds(check)).map(({ says }) => says);
  if (missed.length > 0) throw new Error(`${name}: the claim does not hold: ${missed.join('; ')}.`);
  return `## ${name}

**${title}**

\`\`\`
${formula}
\`\`\`

${about}

![${title}](course/${name}.svg)

| measured with seed ${DOCUMENT_SEED} | figure | the claim |
| --- | --- | --- |
${rows.join('\n')}

<details><summary>the code</summary>

\`\`\`ts
${codeOf(lesson)}\`\`\`

</details>
`;
}

/** docs/course.md as a whole. */
export function documentText(lessons: readonly Lesson[], outcomes: readonly Outcome[]): string {
  const list = lessons.map(({ name, title }) => `- [${name}](#${name}): ${title}`);
  return `# The course

The claims of a classic course on training deep networks, each with its formula, the code, and a picture of a real run.
\`lanegrad course\` lists them, \`lanegrad course NAME\` runs one. \`npm run course\` makes this page and its pictures
anew; \`npm test\` checks every claim with three seeds. The lessons use the kernels that give the same bits on every engine
and machine, so their figures come out alike everywhere. The bounds were set from runs with ten seeds
(\`npm run course -- --measure 10\`). In the code, \`./sets.js\` is \`src/course/sets.ts\`: small data sets made from a seed.

${list.join('\n')}

${lessons.map((lesson, i) => sectionText(lesson, outcomes[i] as Outcome)).join('\n')}`;
}
