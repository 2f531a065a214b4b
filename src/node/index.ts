/**
 * `lanegrad/node`: what needs a file system.
 *
 * @module lanegrad/node
 */
export { readModelBytes, saveFile, writeFileAtomic } from './files.js';
export { readIdx } from './idx.js';
export {
  openRows,
  type RowsOptions,
  type RowTargets,
  type TargetArray,
  type TargetFile,
  type TargetsOf,
} from './rows.js';
export { readCsv, readTable, type TableFileOptions, type TableFormat } from './tables/read.js';
export { type OpenTableOptions, openTable, StoredTable } from './tables/stored.js';
