/** `--schedule NAME:key=value,key=value`: how the learning rate changes. */
import {
  cosineDecay,
  exponentialDecay,
  inverseTimeDecay,
  oneCycle,
  type Rate,
  reduceOnPlateau,
  stepDecay,
} from '../index.js';
import { type Keys, namedHelp, readNamed, usable } from './named.js';

interface ScheduleFlag {
  readonly keys: Keys;
  make(learningRate: number, settings: never): Rate;
  /** It needs `steps`, and the run's own number is the default. */
  readonly spansTheRun?: true;
}

/** The command's k is the library's rate. */
interface Decay {
  readonly k: number;
  readonly per?: 'step' | 'epoch';
}

const DECAY: Keys = { k: 'number', per: 'word' };

const SCHEDULES = {
  constant: { keys: {}, make: (learningRate) => learningRate },
  step: { keys: { drop: 'number', every: 'number', per: 'word' }, make: stepDecay },
  exponential: { keys: DECAY, make: (rate, { k, ...rest }: Decay) => exponentialDecay(rate, { rate: k, ...rest }) },
  inverse: { keys: DECAY, make: (rate, { k, ...rest }: Decay) => inverseTimeDecay(rate, { rate: k, ...rest }) },
  cosine: {
    keys: { steps: 'number', warmup: 'number', minimum: 'number', per: 'word' },
    make: cosineDecay,
    spansTheRun: true,
  },
  'one-cycle': {
    keys: { steps: 'number', rise: 'number', initial: 'number', minimum: 'number', per: 'word' },
    make: oneCycle,
    spansTheRun: true,
  },
  plateau: {
    keys: { factor: 'number', patience: 'number', monitor: 'word', minimum: 'number' },
    make: reduceOnPlateau,
  },
} as const satisfies Readonly<Record<string, ScheduleFlag>>;

type Name = keyof typeof SCHEDULES;

const KEYS = Object.fromEntries(Object.entries(SCHEDULES).map(([name, { keys }]) => [name, keys])) as Record<
  Name,
  Keys
>;

/** Every schedule with its keys, for the help text. */
export const SCHEDULE_HELP = namedHelp(KEYS);

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
  const { name, settings } = readNamed(verb, 'schedule', text, KEYS);
  const { make, spansTheRun }: ScheduleFlag = SCHEDULES[name];
  const rate = (learningRate: number, { updates, epochs }: RunLength): Rate => {
    const steps = spansTheRun && { steps: settings.per === 'epoch' ? epochs : updates };
    return usable(verb, 'schedule', text, () => make(learningRate, { ...steps, ...settings } as never));
  };
  // values are checked before any data is read; only `steps` can be too short later
  rate(1, { updates: Number.MAX_SAFE_INTEGER, epochs: Number.MAX_SAFE_INTEGER });
  return rate;
}
