/** `--optimizer`, `--activation`, `--weight-initializer`, `--bias-initializer`: a name with settings, as the library has them. */
import {
  type ActivationOption,
  constant,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  lecunNormal,
  lecunUniform,
  normal,
  type Optimizer,
  orthogonal,
  type Rate,
  uniform,
  zeros,
} from '../index.js';
import { ACTIVATION_NAMES, type ActivationName, activationRow, checkActivation } from '../nn/activations.js';
import { checkInitializer } from '../nn/initializers.js';
import { OPTIMIZER_NAMES, optimizerOf } from '../nn/optimizers.js';
import { type Keys, namedHelp, readNamed, usable } from './named.js';

/** The options that an optimizer has defaults for, which are all it has; the rate is a flag of its own. */
function optimizerKeys(kind: Optimizer['kind']): Keys {
  const { kind: _, learningRate: __, ...defaults } = optimizerOf(kind, {});
  return Object.fromEntries(
    Object.entries(defaults).map(([key, value]) => [key, typeof value === 'boolean' ? 'switch' : 'number'] as const),
  );
}

const OPTIMIZERS = Object.fromEntries(OPTIMIZER_NAMES.map((kind) => [kind, optimizerKeys(kind)])) as Record<
  Optimizer['kind'],
  Keys
>;

/** Every optimizer with its keys, for the help text. */
export const OPTIMIZER_HELP = namedHelp(OPTIMIZERS);

/** An optimizer that waits for its learning rate. */
export interface ChosenOptimizer {
  readonly kind: Optimizer['kind'];
  make(learningRate: Rate): Optimizer;
}

/** Reads `--optimizer`. @throws ArgumentError for an unknown name or key and a value that cannot be used. */
export function readOptimizer(verb: string, text: string): ChosenOptimizer {
  const { name: kind, settings } = readNamed(verb, 'optimizer', text, OPTIMIZERS);
  usable(verb, 'optimizer', text, () => optimizerOf(kind, settings));
  return { kind, make: (learningRate) => optimizerOf(kind, { ...settings, learningRate }) };
}

const ACTIVATIONS = Object.fromEntries(
  ACTIVATION_NAMES.map((name) => {
    const { parameter } = activationRow(name);
    return [name, parameter ? { [parameter.name]: 'number' } : {}];
  }),
) as Record<ActivationName, Keys>;

/** Every activation with its key, for the help text. */
export const ACTIVATION_HELP = namedHelp(ACTIVATIONS);

/** Reads `--activation`. @throws ArgumentError for an unknown name or key and a value that cannot be used. */
export function readActivation(verb: string, text: string): ActivationOption {
  const { name, settings } = readNamed(verb, 'activation', text, ACTIVATIONS);
  if (Object.keys(settings).length === 0) return name;
  return usable(verb, 'activation', text, () => {
    const option = { kind: name, ...settings } as ActivationOption;
    checkActivation('hidden layers', option);
    return option;
  });
}

interface InitializerFlag {
  readonly keys: Keys;
  make(settings: never): Initializer;
}

/** Settings of `uniform` and `normal` in the command. */
type Bounds = { readonly low?: number; readonly high?: number };
type Moments = { readonly mean?: number; readonly standardDeviation?: number };

const INITIALIZERS: Readonly<Record<Initializer['kind'], InitializerFlag>> = {
  heNormal: { keys: {}, make: heNormal },
  heUniform: { keys: {}, make: heUniform },
  glorotNormal: { keys: {}, make: glorotNormal },
  glorotUniform: { keys: {}, make: glorotUniform },
  lecunNormal: { keys: {}, make: lecunNormal },
  lecunUniform: { keys: {}, make: lecunUniform },
  zeros: { keys: {}, make: zeros },
  uniform: { keys: { low: 'number', high: 'number' }, make: ({ low, high }: Bounds) => uniform(low, high) },
  normal: {
    keys: { mean: 'number', standardDeviation: 'number' },
    make: ({ mean, standardDeviation }: Moments) => normal(mean, standardDeviation),
  },
  constant: { keys: { value: 'number' }, make: ({ value }: { readonly value: number }) => constant(value) },
  orthogonal: { keys: { gain: 'number' }, make: orthogonal },
};

const INITIALIZER_KEYS = Object.fromEntries(
  Object.entries(INITIALIZERS).map(([name, { keys }]) => [name, keys]),
) as Record<Initializer['kind'], Keys>;

/** Every initializer with its keys, for the help text. */
export const INITIALIZER_HELP = namedHelp(INITIALIZER_KEYS);

/**
 * Reads `--weight-initializer` or `--bias-initializer`.
 * @throws ArgumentError for an unknown name or key and a value that cannot be used.
 */
export function readInitializer(
  verb: string,
  flag: 'weight-initializer' | 'bias-initializer',
  text: string,
): Initializer {
  const { name, settings } = readNamed(verb, flag, text, INITIALIZER_KEYS);
  return usable(verb, flag, text, () => {
    const initializer = INITIALIZERS[name].make(settings as never);
    checkInitializer('dense', flag, initializer, flag === 'bias-initializer' ? 'vector' : 'matrix');
    return initializer;
  });
}
