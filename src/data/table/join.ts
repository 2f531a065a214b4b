import { type Column, ColumnBuilder } from './column.js';
import { Table } from './table.js';

/** Texts of a table are read already: none of them means that there is no value. */
const none = (): boolean => false;

/**
 * Puts tables below each other: the columns are those that one reading of all rows would have made. A column that a table
 * lacks is missing in its rows.
 */
export class TableJoiner {
  readonly #builders = new Map<string, ColumnBuilder>();
  #rows = 0;

  /** Adds the rows of a table. */
  add(table: Table): void {
    for (const name of table.names) {
      let builder = this.#builders.get(name);
      if (!builder) {
        builder = new ColumnBuilder(none);
        for (let i = 0; i < this.#rows; i++) builder.addNumber(Number.NaN);
        this.#builders.set(name, builder);
      }
      addColumn(builder, table.column(name));
    }
    for (const [name, builder] of this.#builders) {
      if (table.has(name)) continue;
      for (let i = 0; i < table.rows; i++) builder.addNumber(Number.NaN);
    }
    this.#rows += table.rows;
  }

  /** The table of everything that was added. */
  finish(): Table {
    return new Table(new Map(Array.from(this.#builders, ([name, one]) => [name, one.finish()])), this.#rows);
  }
}

function addColumn(builder: ColumnBuilder, column: Column): void {
  if (column.type === 'number') {
    for (let i = 0; i < column.values.length; i++) builder.addNumber(column.values[i] as number);
    return;
  }
  const { codes, dictionary } = column;
  for (let i = 0; i < codes.length; i++) {
    const text = dictionary[codes[i] as number];
    if (text === undefined) builder.addNumber(Number.NaN);
    else builder.addText(text);
  }
}

/** Some columns of a table. @param names that it has */
export function selectColumns(table: Table, names: readonly string[]): Table {
  return new Table(new Map(names.map((name) => [name, table.column(name)])), table.rows);
}
