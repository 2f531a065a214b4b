/**
 * `lanegrad/data`: tables, synthetic data sets, data from bytes, and the form of data sets that are larger than memory.
 *
 * @module lanegrad/data
 */
export { type CirclesOptions, circles } from './circles.js';
export type { Block, Dataset } from './dataset.js';
export { type DigitsOptions, digits } from './digits.js';
export { type Fold, type KFoldOptions, kFold, type RowNames } from './folds.js';
export { type Friedman, friedman } from './friedman.js';
export { type Idx, labelled, parseIdx } from './idx.js';
export type { Labelled } from './labelled.js';
export { moons } from './moons.js';
export type { Points, SyntheticOptions } from './points.js';
export { type Spirals, type SpiralsOptions, spirals } from './spirals.js';
export { type Column, MISSING, type NumberColumn, type Row, type TextColumn, type Value } from './table/column.js';
export { type CsvOptions, CsvReader, parseCsv } from './table/csv.js';
export { describeFeatures } from './table/describe.js';
export { type Encoded, type EncodedExamples, encode, encodeExamples } from './table/encode.js';
export type {
  BooleanField,
  CategoryField,
  ColumnKind,
  DateField,
  DateOrder,
  DatePart,
  Features,
  Field,
  LeftOut,
  NumberField,
  Scale,
} from './table/features.js';
export { type FeatureOptions, FittedFeatures, fitFeatures } from './table/fit.js';
export { kindsOf } from './table/kinds.js';
export { parseJsonLines, tableOf } from './table/rows.js';
export { type Split, type SplitOptions, split } from './table/split.js';
export { Table } from './table/table.js';
export { xor } from './xor.js';
