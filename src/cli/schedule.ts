/** `--schedule NAME:key=value,key=value`: how the learning rate changes. */
import { suggest } from '../errors.js';
import {
  cosineDecay,
  exponentialDecay,
  inverseTimeDecay,
  oneCycle,
  type Rate,
  reduceOnPlateau,
  stepDecay,
} from '../index.js';
import { fail } from './arguments.js';

/** The settings of a schedule under the library's names. */
type Settings = Readonly<Record<string, number | string>>;

interface ScheduleFlag {
  /** What each key is called in the library; those of `words` are no numbers. */
  readonly keys: Readonly<Record<string, string>>;
  make(learningRate: number, settings: never): Rate;
  /** It needs `steps`, and the run's own number is the default. */
  readonly spansTheRun?: true;
}

const DECAY = { k: 'rate', per: 'per' };

const SCHEDULES: Readonly<Record<string, ScheduleFlag>> = {
  constant: { keys: {}, make: (learningRate) => learningRate },
  step: { keys: { drop: 'drop', every: 'every', per: 'per' }, make: stepDecay },
  exponential: { keys: DECAY, make: exponentialDecay },
  inverse: { keys: DECAY, make: inverseTimeDecay },
  cosine: {
    keys: { steps: 'steps', warmup: 'warmup', minimum: 'minimum', per: 'per' },
    make: cosineDecay,
    spansTheRun: true,
  },
  'one-cycle': {
    keys: { steps: 'steps', rise: 'rise', initial: 'initial', minimum: 'minimum', per: 'per' },
    make: oneCycle,
    spansTheRun: true,
  },
  plateau: {
    keys: { factor: 'factor', patience: 'patience', monitor: 'monitor', minimum: 'minimum' },
    make: reduceOnPlateau,
  },
};

/** Settings whose values are words. */
const WORDS = ['per', 'monitor'];

/** Every schedule with its keys, for the help text. */
export const SCHEDULE_HELP = Object.entries(SCHEDULES)
  .map(([name, { keys }]) => [name, Object.keys(keys).join(', ')].filter(Boolean).join(': '))
  .join('; ');

/** How many updates and epochs a run will have. */
export interface RunLength {
  readonly updates: number;
  readonly epochs: number;
}

/**
 * Reads the flag; what comes out gives the rate once the length of the run is known.
 * @throws ArgumentError for an unknown name or key, and for a value that cannot be used, in one sentence.
 */
export function readSchedule(verb: string, text: string): (learningRate: number, run: RunLength) => Rate {
  const [, name = '', list] = /^([^:]*):?(.*)$/.exec(text) ?? [];
  const schedule = Object.hasOwn(SCHEDULES, name) ? SCHEDULES[name] : undefined;
  if (!schedule) return fail(verb, `unknown \`--schedule ${name}\`: ${suggest(name, Object.keys(SCHEDULES))}`);
  const { keys, make, spansTheRun } = schedule;
  const settings: Record<string, number | string> = {};
  for (const pair of list ? list.split(',') : []) {
    const [, key = '', value = ''] = /^([^=]*)=?(.*)$/.exec(pair) ?? [];
    const known = Object.hasOwn(keys, key) ? keys[key] : undefined;
    if (known === undefined)
      return fail(verb, `unknown key \`${key}\` of \`--schedule ${name}\`: ${suggest(key, Object.keys(keys))}`);
    if (value === '') return fail(verb, `\`--schedule ${name}\` needs a value for \`${key}\`, as in \`${key}=1e-3\`.`);
    settings[known] = WORDS.includes(known) ? value : Number(value);
  }
  const rate = (learningRate: number, { updates, epochs }: RunLength): Rate => {
    const steps = spansTheRun && { steps: settings.per === 'epoch' ? epochs : updates };
    const all: Settings = { ...steps, ...settings };
    try {
      return make(learningRate, all as never);
    } catch (error) {
      return fail(verb, `\`--schedule ${text}\` cannot be used: ${(error as Error).message}`);
    }
  };
  // values are checked before any data is read; only `steps` can be too short later
  rate(1, { updates: Number.MAX_SAFE_INTEGER, epochs: Number.MAX_SAFE_INTEGER });
  return rate;
}
