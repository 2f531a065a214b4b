/** Columns of a table that flags name. */
import type { Table } from '../../data/index.js';
import { suggest } from '../../errors.js';
import { fail } from '../arguments.js';

/** Names that targets often have, in lower case. */
const LIKELY = ['target', 'label', 'class', 'y', 'outcome', 'response', 'churned', 'churn', 'survived'];

/** More names than this are not listed. */
const MOST_LISTED = 30;

/** The column that is probably meant to be predicted: one with such a name, or else the last. */
function likelyTarget(names: readonly string[]): string {
  const found = LIKELY.map((word) => names.find((name) => name.toLowerCase() === word)).find(
    (name) => name !== undefined,
  );
  return found ?? (names.at(-1) as string);
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST_LISTED).map((name) => `\`${name}\``);
  return names.length > MOST_LISTED ? `${shown.join(', ')} and ${names.length - MOST_LISTED} more` : shown.join(', ');
}

/** A name for the command line. */
const quoted = (name: string): string => (/^[\w.-]+$/.test(name) ? name : JSON.stringify(name));

/** One name, where a column has it, or names between commas. @throws ArgumentError for a name that no column has. */
export function columnsOf(verb: string, flag: string, text: string, table: Table): readonly string[] {
  const names = table.has(text) ? [text] : text.split(',').map((name) => name.trim());
  for (const name of names) {
    if (!table.has(name)) {
      fail(verb, `\`--${flag} ${text}\`: the table has no column \`${name}\`; ${suggest(name, table.names)}`);
    }
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) fail(verb, `\`--${flag} ${text}\` names the column \`${twice}\` twice.`);
  return names;
}

/** The target columns. @throws ArgumentError where none is named: with the columns there are, and a guess. */
export function targetsIn(verb: string, text: string | undefined, table: Table): readonly string[] {
  if (text !== undefined) return columnsOf(verb, 'target', text, table);
  const guess = quoted(likelyTarget(table.names));
  return fail(
    verb,
    `\`--target\` is missing: which column is to be predicted? There are ${listed(table.names)}; did you mean \`--target ${guess}\`?`,
  );
}
