import { checkOptions, refuse } from '../errors.js';
import { Architecture } from './architecture.js';
import type { RuntimeChoice, SequentialConfig } from './config.js';
import { TableArchitecture, type TableConfig } from './tablearchitecture.js';

/**
 * Describes a network: layers one after another. Plain data; nothing is allocated before `compile`. With the features of a
 * table as its input, the model takes rows of that table as they are.
 *
 * @example
 * const model = sequential({
 *   input: [28, 28],
 *   standardize: true,
 *   layers: [dense(128, { activation: 'relu' }), dense(10, { activation: 'softmax' })],
 * }).compile({ loss: 'crossEntropy', metrics: ['accuracy'] });
 *
 * @param options.runtime a runtime that the models share; default: each has one of its own
 * @throws ArgumentError for unknown options, layers that cannot be used or do not fit each other, a bad input shape, seed,
 * augmentation or runtime, and features that are none.
 */
export function sequential(config: TableConfig, options?: RuntimeChoice): TableArchitecture;
export function sequential(config: SequentialConfig, options?: RuntimeChoice): Architecture;
export function sequential(
  config: SequentialConfig | TableConfig,
  options: RuntimeChoice = {},
): Architecture | TableArchitecture {
  if (typeof config !== 'object' || config === null) {
    refuse('sequential', 'a description with `input` and `layers` is needed', config);
  }
  checkOptions('sequential', options, ['runtime']);
  const { input } = config;
  return typeof input === 'object' && input !== null && !Array.isArray(input)
    ? new TableArchitecture(config as TableConfig, options.runtime)
    : new Architecture(config as SequentialConfig, options.runtime);
}
