import { show } from '../../errors.js';
import type { LeftOut } from './features.js';
import type { Judgement } from './kinds.js';

/** The first of some names. */
export function list(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', ');
}

const key = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : show(name));

/** What a person is told of columns that could be something else; `first` is one of them. */
const DOUBTS: Readonly<Record<NonNullable<Judgement['doubt']>, (first: string) => string>> = {
  codes: (first) =>
    `few whole numbers, taken for numbers; if they are codes, give kinds: { ${key(first)}: 'category' }.`,
  order: () => 'day and month could be the other way round; taken for month/day/year.',
  numbers: () =>
    'mostly numbers, but not all; if the others mean that there is no value, name them with `missing` of parseCsv.',
  numbering: (first) => `numbers the rows; if it is no measurement, give drop: [${show(first)}].`,
};

/** Notes of doubts, one for all columns that share it. */
export function doubtNotes(judged: ReadonlyMap<string, Judgement>): string[] {
  return Object.entries(DOUBTS).flatMap(([doubt, say]) => {
    const names = [...judged].filter(([, one]) => one.doubt === doubt).map(([name]) => name);
    return names.length > 0 ? [`${list(names)}: ${say(names[0] as string)}`] : [];
  });
}

/** Notes of columns that were left out, one for all that share the reason; not of those that were to be. */
export function leftOutNotes(leftOut: readonly LeftOut[]): string[] {
  const reasons = new Set(leftOut.filter(({ kind }) => kind !== 'dropped').map(({ why }) => why));
  return Array.from(reasons, (why) => {
    return `${list(leftOut.filter((one) => one.why === why).map(({ name }) => name))}: left out, ${why}.`;
  });
}
