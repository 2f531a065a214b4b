/** `lanegrad/data`: synthetic data sets, data from bytes, and the form of data sets that are larger than memory. */
export type { Block, Dataset } from './dataset.js';
export { type DigitsOptions, digits } from './digits.js';
export { type Idx, labelled, parseIdx } from './idx.js';
export type { Labelled } from './labelled.js';
export { type Spirals, type SpiralsOptions, spirals } from './spirals.js';
