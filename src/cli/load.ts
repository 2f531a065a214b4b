/** The data that flags name, in their parts. */
import { madeData } from './data.js';
import type { DataSet } from './dataset.js';
import type { TrainFlags } from './options.js';
import { loadTable } from './table/load.js';

/** Reads or makes the data. @throws ArgumentError, FormatError where that cannot be done, in one sentence. */
export async function loadData({ kind, data, table, test, validation, seed, bagging }: TrainFlags): Promise<DataSet> {
  const split = { test, validation, seed };
  if (kind === 'table') return loadTable(data, table, split, bagging !== undefined);
  return madeData(kind, data, split);
}
