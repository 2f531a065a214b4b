/** Files that hold tables: in memory, on disk where they are large, and some rows at a time. */
import { stat } from 'node:fs/promises';
import type { Table } from '../../data/index.js';
import { openTable, readTable as readWhole } from '../../node/index.js';
import { tablesOf } from '../../node/tables/read.js';
import { ownWords } from './words.js';

/** What the names of tables end with, but for `.gz`. */
const ENDINGS = /\.(csv|tsv|jsonl|ndjson|json|parquet|pq|arrow|arrows|feather)(\.gz)?$/i;

/** Names of tables, for help texts. */
export const TABLE_NAMES = '.csv, .tsv, .jsonl, .json, each perhaps with .gz; .parquet, .arrow, .feather';

/** Larger files are read into a temporary file, from which rows come block by block: bytes of text, and of what is packed. */
const LARGE = { text: 64 << 20, packed: 12 << 20 } as const;

/** Whether a path has the name of a table. */
export function isTableName(path: string): boolean {
  return ENDINGS.test(path);
}

/** Whether a file is rather not read into memory as a whole. */
async function isLarge(path: string): Promise<boolean> {
  const { size } = await stat(path);
  return size > (/\.(csv|tsv|jsonl|ndjson|json)$/i.test(path) ? LARGE.text : LARGE.packed);
}

/**
 * All rows of a table's file.
 * @throws ArgumentError for a path that cannot be read; FormatError for a file that holds no table, or changes while it is read.
 */
export async function readTable(path: string): Promise<Table> {
  return await ownWords(path, async () => ((await isLarge(path)) ? openTable(path) : readWhole(path)));
}

/** The rows of a table's file, some at a time. @throws as `readTable` */
export async function* readPieces(path: string): AsyncGenerator<Table> {
  const pieces = tablesOf('predict', path, {}, false);
  try {
    for (;;) {
      const { value, done } = await ownWords(path, () => pieces.next());
      if (done) return;
      yield value;
    }
  } finally {
    // whoever wants no more rows leaves no open file behind
    await pieces.return(undefined);
  }
}
