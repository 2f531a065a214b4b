/** `lanegrad/data`: synthetic data sets, data from bytes, and the form of data sets that are larger than memory. */
export { type CirclesOptions, circles } from './circles.js';
export type { Block, Dataset } from './dataset.js';
export { type DigitsOptions, digits } from './digits.js';
export { type Friedman, friedman } from './friedman.js';
export { type Idx, labelled, parseIdx } from './idx.js';
export type { Labelled } from './labelled.js';
export { moons } from './moons.js';
export type { Points, SyntheticOptions } from './points.js';
export { type Spirals, type SpiralsOptions, spirals } from './spirals.js';
export { xor } from './xor.js';
