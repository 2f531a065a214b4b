/** `lanegrad/data`: synthetic data sets, and data from bytes. */
export { type DigitsOptions, digits } from './digits.js';
export { type Idx, labelled, parseIdx } from './idx.js';
export type { Labelled } from './labelled.js';
export { type Spirals, type SpiralsOptions, spirals } from './spirals.js';
