import type { Row } from '../../data/table/column.js';
import { checkCells, namesIn, rowOf } from '../../data/table/rows.js';
import { type Table, tableFrom } from '../../data/table/table.js';
import { FormatError } from '../../errors.js';

/** Characters of lines that become one table. */
const GROUP = 4 << 20;

/** Tables of JSON lines: an object on each line; empty lines are skipped. @throws (rejects) FormatError as parseJsonLines. */
export async function* jsonLinesTables(path: string, text: AsyncIterable<string>): AsyncGenerator<Table> {
  let [rest, line, size, any] = ['', 0, 0, false];
  let rows: Row[] = [];
  const add = (one: string): void => {
    line++;
    if (one.trim() !== '') rows.push(rowOf(path, one, line));
  };
  const take = (): Table => {
    const table = tableFrom(path, rows, namesIn(path, rows));
    rows = [];
    size = 0;
    any = true;
    return table;
  };
  for await (const piece of text) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const one of lines) add(one);
    size += piece.length;
    if (size >= GROUP && rows.length > 0) yield take();
  }
  add(rest);
  if (rows.length > 0) yield take();
  if (!any) throw new FormatError(`${path}: there are no lines. Help: write an object on each line.`);
}

/** The table of a JSON file that holds an array of objects. @throws (rejects) FormatError for any other. */
export async function* jsonTables(path: string, text: AsyncIterable<string>): AsyncGenerator<Table> {
  let whole = '';
  for await (const piece of text) whole += piece;
  let given: unknown;
  try {
    given = JSON.parse(whole);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FormatError(
      `${path}: the file must hold JSON. Received: ${reason}. Help: JSON lines have the ending .jsonl.`,
    );
  }
  if (!Array.isArray(given) || given.length === 0) {
    throw new FormatError(`${path}: the file must hold an array of objects, [{ … }, { … }], one at least.`);
  }
  const names = namesIn(path, given);
  given.forEach((row: Row, i) => {
    checkCells(path, row, `row ${i}`);
  });
  yield tableFrom(path, given, names);
}
