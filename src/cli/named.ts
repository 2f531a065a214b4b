/** The one grammar of flags that name a thing with its settings: `NAME:key=value,key=value,switch`. */
import { ArgumentError, suggest } from '../errors.js';
import { fail } from './arguments.js';

/** What the keys of a name take. A switch stands alone: `nesterov`. */
export type Keys = Readonly<Record<string, 'number' | 'word' | 'switch'>>;

/** A thing with the settings that were given, by key. */
export interface Named<N extends string> {
  readonly name: N;
  readonly settings: Readonly<Record<string, number | string | boolean>>;
}

/** Every name with its keys, for help texts: `constant, inverse (k, per)`. */
export function namedHelp(known: Readonly<Record<string, Keys>>): string {
  return Object.entries(known)
    .map(([name, keys]) => {
      const list = Object.keys(keys).join(', ');
      return list === '' ? name : `${name} (${list})`;
    })
    .join(', ');
}

/**
 * Reads such a flag. Values of keys that take numbers may be anything here that is there: `usable` has them checked.
 * @throws ArgumentError for an unknown name or key, one that is given twice, and a value that is missing or too many.
 */
export function readNamed<N extends string>(
  verb: string,
  flag: string,
  text: string,
  known: Readonly<Record<N, Keys>>,
): Named<N> {
  const [, word = '', list] = /^([^:]*):?(.*)$/.exec(text) ?? [];
  const names = Object.keys(known) as N[];
  const name = names.find((candidate) => candidate === word);
  if (name === undefined) return fail(verb, `unknown \`--${flag} ${word}\`: ${suggest(word, names)}`);
  const keys: Keys = known[name];
  const settings: Record<string, number | string | boolean> = {};
  for (const pair of list ? list.split(',') : []) {
    const [, key = '', equals, value = ''] = /^([^=]*)(=?)(.*)$/.exec(pair) ?? [];
    const takes = Object.hasOwn(keys, key) ? keys[key] : undefined;
    if (takes === undefined)
      return fail(verb, `unknown key \`${key}\` of \`--${flag} ${name}\`: ${suggest(key, Object.keys(keys))}`);
    if (Object.hasOwn(settings, key)) return fail(verb, `\`--${flag} ${name}\` has the key \`${key}\` twice.`);
    if (takes === 'switch') {
      if (equals) return fail(verb, `\`${key}\` of \`--${flag} ${name}\` takes no value, and here it is \`${pair}\`.`);
      settings[key] = true;
      continue;
    }
    if (value.trim() === '') {
      const example = takes === 'number' ? `\`${key}=1e-3\`` : `\`${key}=…\``;
      return fail(verb, `\`--${flag} ${name}\` needs a value for \`${key}\`, as in ${example}.`);
    }
    settings[key] = takes === 'word' ? value : Number(value);
  }
  return { name, settings };
}

/** What `make` makes of a flag. @throws ArgumentError in the command's words where the library refuses the values. */
export function usable<T>(verb: string, flag: string, text: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    return fail(verb, `\`--${flag} ${text}\` cannot be used: ${error.message}`);
  }
}
