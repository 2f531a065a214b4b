/** Reads what stands on the command line. citty splits it; here it is checked, in one sentence per mistake. */
import { parseArgs } from 'node:util';
import type { ArgsDef } from 'citty';
import { ArgumentError, suggest } from '../errors.js';

/** Arguments and flags by name, as citty reads them. */
export type Arguments = Readonly<Record<string, unknown>>;

/** One command of the program. */
export interface Verb {
  /** What follows the name in the usage line: `MODEL DATA`. */
  readonly usage: string;
  /** What it does, in one sentence. */
  readonly about: string;
  /** Its arguments and flags, in the groups of the help text. */
  readonly groups: Readonly<Record<string, ArgsDef>>;
  /** Command lines to try, as the help text shows them. */
  readonly examples?: readonly string[];
  run(args: Arguments): void | Promise<void>;
}

/** Ends the command with exit code 2 and one sentence. */
export function fail(verb: string, sentence: string): never {
  throw new ArgumentError(`lanegrad ${verb}: ${sentence}`);
}

/** The flag that was probably meant; where none is near, the help, as all of them would be too many to list. */
function likeFlag(rawName: string, known: readonly string[], verb: string): string {
  const names = known.map((name) => `--${name}`);
  const near = suggest(rawName, names);
  return near.startsWith('did') ? near : `see \`lanegrad ${verb} --help\`.`;
}

/** Refuses flags, values and arguments that the command does not have; citty would let them pass. */
export function checkArguments(verb: string, definitions: ArgsDef, raw: readonly string[]): void {
  const entries = Object.entries(definitions);
  const flags = entries.filter(([, { type }]) => type !== 'positional');
  const positionals = entries.filter(([, { type }]) => type === 'positional');
  const options = Object.fromEntries(
    flags.map(([name, { type }]) => [name, { type: type === 'boolean' ? ('boolean' as const) : ('string' as const) }]),
  );
  const { tokens } = parseArgs({ args: [...raw], options, strict: false, allowPositionals: true, tokens: true });
  let given = 0;
  for (const token of tokens) {
    if (token.kind === 'positional') {
      given++;
      if (given > positionals.length) fail(verb, `unexpected argument ${JSON.stringify(token.value)}.`);
    }
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    const type = rawName.startsWith('--') ? options[name]?.type : undefined;
    if (!type) fail(verb, `unknown flag \`${rawName}\`: ${likeFlag(rawName, Object.keys(options), verb)}`);
    if (type === 'boolean' && value !== undefined) fail(verb, `\`--${name}\` takes no value.`);
    if (type === 'string' && (value === undefined || value === '' || value.startsWith('--'))) {
      fail(verb, `\`--${name}\` needs a value.`);
    }
  }
  const missing = positionals.slice(given).find(([, { required }]) => required !== false);
  if (missing) fail(verb, `${missing[0].toUpperCase()} is missing; see \`lanegrad ${verb} --help\`.`);
}

/** Flags as values: each reader gives undefined for a flag that is not there, and ends the command for a bad one. */
export class Values {
  readonly #verb: string;
  readonly #args: Arguments;

  constructor(verb: string, args: Arguments) {
    this.#verb = verb;
    this.#args = args;
  }

  /** Whether a flag without a value is there. */
  has(name: string): boolean {
    return this.#args[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.#args[name];
    return typeof value === 'string' ? value : undefined;
  }

  #refuse(name: string, rule: string): never {
    return fail(this.#verb, `\`--${name}\` must be ${rule}, not ${JSON.stringify(this.text(name))}.`);
  }

  /** @param words what else the flag may be, for the message */
  whole(name: string, least: number, words = ''): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least) this.#refuse(name, `${words}a whole number of at least ${least}`);
    if (!Number.isSafeInteger(value)) this.#refuse(name, 'a whole number below 2^53');
    return value;
  }

  /** A finite number of at least 0. */
  amount(name: string): number | undefined {
    const value = this.#number(name);
    if (value !== undefined && !(value >= 0 && Number.isFinite(value))) this.#refuse(name, 'a number of at least 0');
    return value;
  }

  /** A finite number above 0. */
  positive(name: string): number | undefined {
    const value = this.#number(name);
    if (value !== undefined && !(value > 0 && Number.isFinite(value))) this.#refuse(name, 'a number above 0');
    return value;
  }

  /** A part of the whole: below 1, and above 0 unless `none` is allowed. */
  share(name: string, none: boolean): number | undefined {
    const value = this.#number(name);
    if (value === undefined) return undefined;
    if (!(value < 1 && (none ? value >= 0 : value > 0))) {
      this.#refuse(name, none ? 'a share from 0 to below 1, such as 0.15' : 'a share between 0 and 1, such as 0.15');
    }
    return value;
  }

  #number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    return text.trim() === '' ? Number.NaN : Number(text);
  }

  /** `64,32`, or `none` for an empty list. */
  widths(name: string): readonly number[] | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (text === 'none') return [];
    const widths = text.split(',').map((part) => (/^\d+$/.test(part) ? Number(part) : 0));
    if (!widths.every((width) => width >= 1 && Number.isSafeInteger(width))) {
      this.#refuse(name, 'widths such as `64,32`, or `none`');
    }
    return widths;
  }

  /** `500ms`, `60s`, `2m`, `1.5h` in milliseconds. */
  milliseconds(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
    if (amount === undefined || unit === undefined || Number(amount) === 0) {
      this.#refuse(name, 'a time with its unit, such as `60s` or `2m`');
    }
    return Number(amount) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit as 'ms' | 's' | 'm' | 'h'];
  }

  oneOf<T extends string>(name: string, known: readonly T[]): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const found = known.find((candidate) => candidate === text);
    if (found === undefined) fail(this.#verb, `unknown \`--${name} ${text}\`: ${suggest(text, known)}`);
    return found;
  }
}
