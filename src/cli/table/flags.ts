/** The flags of `train` that say what is in a table. */
import type { ArgsDef } from 'citty';
import type { Field } from '../../data/index.js';
import { suggest } from '../../errors.js';
import { fail, type Values } from '../arguments.js';

/** What the flags say of a table; names are checked once the table is read. */
export interface TableFlags {
  /** As given: several names, or one that has a comma in it. */
  readonly target: string | undefined;
  readonly task: 'classification' | 'regression' | undefined;
  /** As given. */
  readonly drop: string | undefined;
  readonly kinds: Readonly<Record<string, Field['kind']>>;
  readonly log: boolean;
  readonly time: string | undefined;
  readonly group: string | undefined;
  /** How many more models are trained to be judged alone; undefined: none. */
  readonly folds: number | undefined;
}

const KINDS: readonly Field['kind'][] = ['number', 'category', 'boolean', 'date'];

/** The flags with their help texts. */
export const TABLE_FLAGS = {
  target: {
    type: 'string',
    valueHint: 'NAME',
    description: 'of a table: the column to be predicted, or several columns of numbers, such as `low,high`',
  },
  task: {
    type: 'string',
    valueHint: 'TASK',
    description: 'of a table: `classification` or `regression`; by default what the values of the target suggest',
  },
  drop: { type: 'string', valueHint: 'NAME,…', description: 'of a table: columns that are not to be inputs' },
  kind: {
    type: 'string',
    valueHint: 'NAME=KIND,…',
    description: `of a table: what columns are where it is not what they seem, such as \`zip=category\`; ${KINDS.join(', ')}`,
  },
  log: { type: 'boolean', description: 'of a table: learns log(1 + target), for numbers that span magnitudes' },
  time: {
    type: 'string',
    valueHint: 'NAME',
    description: 'of a table: the latest rows by this column are the test, those before them the validation',
  },
  group: {
    type: 'string',
    valueHint: 'NAME',
    description: 'of a table: rows that share a value, such as a customer, are in one part; the column is no input',
  },
  folds: {
    type: 'string',
    valueHint: 'N',
    description:
      'of a table: first trains N models, each judged on another share of the rows, for the mean and spread of their scores; ' +
      'the model that is saved is trained as without it',
  },
} as const satisfies ArgsDef;

/** `NAME=KIND,…` */
function kindsOf(verb: string, text: string): Record<string, Field['kind']> {
  const kinds: Record<string, Field['kind']> = {};
  for (const pair of text.split(',')) {
    const [, name, word = ''] = /^(.+)=([^=]*)$/.exec(pair) ?? [];
    if (name === undefined) {
      return fail(
        verb,
        `\`--kind\` must be columns with their kinds, such as \`zip=category\`, not ${JSON.stringify(text)}.`,
      );
    }
    const kind = KINDS.find((known) => known === word);
    if (!kind) return fail(verb, `unknown kind \`${word}\` in \`--kind ${text}\`: ${suggest(word, KINDS)}`);
    kinds[name] = kind;
  }
  return kinds;
}

/** The kinds as the flag has them; undefined for none. */
export function kindsText({ kinds }: TableFlags): string | undefined {
  const pairs = Object.entries(kinds).map(([name, kind]) => `${name}=${kind}`);
  return pairs.length > 0 ? pairs.join(',') : undefined;
}

/** Reads the flags. @throws ArgumentError for a value that cannot be used, in one sentence. */
export function tableFlags(verb: string, values: Values): TableFlags {
  const [time, group, kind] = [values.text('time'), values.text('group'), values.text('kind')];
  if (time !== undefined && group !== undefined) {
    fail(verb, '`--time` and `--group` part the rows in two ways: give one of them.');
  }
  const folds = values.whole('folds', 2);
  if (folds !== undefined && time !== undefined) {
    fail(verb, '`--folds` deals rows out at random, and `--time` parts them by time: leave one of them out.');
  }
  for (const other of ['bagging', 'checkpoint']) {
    if (folds !== undefined && (values.has(other) || values.text(other) !== undefined)) {
      fail(verb, `\`--folds\` is for single models in one go: leave out \`--${other}\`.`);
    }
  }
  const task = values.oneOf('task', ['classification', 'regression']);
  if (task === 'classification' && values.has('log')) {
    fail(verb, '`--log` is for targets of numbers, and `--task` is classification.');
  }
  return {
    target: values.text('target'),
    task,
    drop: values.text('drop'),
    kinds: kind === undefined ? {} : kindsOf(verb, kind),
    log: values.has('log'),
    time,
    group,
    folds,
  };
}

/** The first of these flags that was given: they make no sense where there is no table. */
export function givenTableFlag(values: Values): string | undefined {
  return Object.keys(TABLE_FLAGS).find((name) => values.has(name) || values.text(name) !== undefined);
}
