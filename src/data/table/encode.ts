import { refuse, suggest, words } from '../../errors.js';
import { log } from '../../math.js';
import { namesOf, numbersOf, refuseCell, truthOf } from './cells.js';
import { type Column, numberIn, numbersByCode, pickColumn, type Row } from './column.js';
import { dateParts } from './dates.js';
import { type Features, type Field, type Scale, targetsOf, widthOf } from './features.js';
import { Table, tableFrom } from './table.js';

/** Rows as a model takes them. */
export interface Encoded {
  /** `[rows, features.width]`, row-major. */
  readonly x: Float32Array<ArrayBuffer>;
  readonly rows: number;
  /** By column: values that training rows did not have, and that therefore count as missing. */
  readonly unseen: Readonly<Record<string, number>>;
  /** What a person should know of these rows, in plain words. */
  readonly warnings: readonly string[];
}

/** Rows with their targets; those without a target are left out. */
export interface EncodedExamples extends Encoded {
  /** Class indices, or target values `[rows, targets]` in their own units (their logarithms with `log`). */
  readonly y: Int32Array | Float32Array;
  /** The rows that are there, where some are left out. */
  readonly kept: Uint32Array | undefined;
}

/** (value − mean) / deviation, 0 where there is none. */
function standard(value: number, { mean, deviation }: Scale): number {
  return !Number.isNaN(value) ? (value - mean) / deviation : 0;
}

/** What one column becomes: its inputs from `at` on in rows that are `width` wide. */
class FieldWriter {
  /** Values that training rows did not have. */
  unseen = 0;
  /** Rows without a value. */
  missing = 0;
  readonly #x: Float32Array;
  readonly #width: number;
  readonly #where: string;
  readonly #kept: Uint32Array | undefined;

  constructor(where: string, x: Float32Array, width: number, kept: Uint32Array | undefined) {
    this.#where = where;
    this.#kept = kept;
    this.#x = x;
    this.#width = width;
  }

  write(field: Field, column: Column, at: number): void {
    const gap = field.missing > 0 ? at + widthOf(field) - 1 : -1;
    switch (field.kind) {
      case 'number': {
        const { median } = field;
        this.#numbers(numbersOf(this.#where, column, field.name, this.#kept), field, median, at, gap);
        return;
      }
      case 'boolean': {
        const values = column.type === 'number' ? column.values : this.#truths(column);
        this.#numbers(values, field, Number.NaN, at, gap);
        this.missing -= this.unseen;
        return;
      }
      case 'category': {
        const { categories, other } = field;
        const places = new Map(categories.map((name, i) => [name, i]));
        const { codes, dictionary } = namesOf(column);
        const strange = other ? categories.length : -2;
        this.#codes(
          codes,
          dictionary.map((name) => places.get(name) ?? strange),
          gap,
          (row, place) => {
            this.#x[row + at + place] = 1;
          },
        );
        return;
      }
      case 'date': {
        const { codes, dictionary } = namesOf(column);
        const dates = dictionary.map((text) => dateParts(text, field.order));
        const values = dates.map((date) => field.parts.map((scale) => (date ? standard(date[scale.part], scale) : 0)));
        this.#codes(
          codes,
          dates.map((date, code) => (date ? code : -2)),
          gap,
          (row, code) => {
            this.#x.set(values[code] as number[], row + at);
          },
        );
      }
    }
  }

  /** One input; NaN is missing and has `filling`. */
  #numbers(values: Float64Array, scale: Scale, filling: number, at: number, gap: number): void {
    const x = this.#x;
    for (let i = 0, row = 0; i < values.length; i++, row += this.#width) {
      const value = values[i] as number;
      if (!Number.isNaN(value)) {
        x[row + at] = standard(value, scale);
        continue;
      }
      this.missing++;
      x[row + at] = standard(filling, scale);
      if (gap >= 0) x[row + gap] = 1;
    }
  }

  #truths({ codes, dictionary }: { readonly codes: Int32Array; readonly dictionary: readonly string[] }): Float64Array {
    // a number is taken as it is, as it would be in a column of numbers
    const truths = dictionary.map((text) => (Number.isNaN(truthOf(text)) ? numberIn(text) : truthOf(text)));
    const values = numbersByCode(codes, truths);
    for (let i = 0; i < values.length; i++) {
      if (Number.isNaN(values[i]) && (codes[i] as number) >= 0) this.unseen++;
    }
    return values;
  }

  /** Inputs by what each code stands for: a place, or −2 for what training rows did not have. */
  #codes(codes: Int32Array, places: readonly number[], gap: number, set: (row: number, place: number) => void): void {
    for (let i = 0, row = 0; i < codes.length; i++, row += this.#width) {
      const place = places[codes[i] as number] ?? -1;
      if (place >= 0) {
        set(row, place);
        continue;
      }
      if (place === -2) this.unseen++;
      else this.missing++;
      if (gap >= 0) this.#x[row + gap] = 1;
    }
  }
}

/** Rows that are given as a table or as objects, as a table that has the columns of `names`. */
function tableOfGiven(where: string, features: Features, given: unknown, names: readonly string[]): Table {
  if (given instanceof Table) {
    for (const name of names) {
      if (!given.has(name)) refuseColumn(where, features, name, given.names);
    }
    return given;
  }
  if (!Array.isArray(given)) {
    refuse(where, 'rows must be a Table or an array of objects such as { age: 31, city: "Prague" }', given);
  }
  const rows = given as readonly Row[];
  if (rows.length > 0 && typeof rows[0] === 'object' && rows[0] !== null) {
    // what no row has is a mistake; what some rows lack is missing
    const absent = names.find((name) => !rows.some((row) => Object.hasOwn(row ?? {}, name)));
    if (absent !== undefined) refuseColumn(where, features, absent, Object.keys(rows[0]));
  }
  return tableFrom(where, rows, names);
}

function refuseColumn(where: string, features: Features, name: string, there: readonly string[]): never {
  const what = targetsOf(features).includes(name) ? 'target' : 'input';
  refuse(where, `the ${what} column \`${name}\` is needed`, words(`columns ${there.join(', ')}`), suggest(name, there));
}

/**
 * Turns rows into numbers: a pure function of the features and these rows, so that a large table may come in pieces.
 * @param given a table, or rows as objects; further columns are ignored
 * @returns x `[rows, features.width]`, with what was strange about the rows
 * @throws ArgumentError for no rows, an input column that is absent (from all rows), and text in a column of numbers (by row
 * and column).
 */
export function encode(features: Features, given: Table | readonly Row[], where = 'encode'): Encoded {
  return encodeTable(where, features, tableOfGiven(where, features, given, features.columns));
}

/** @param kept the rows of the table that are wanted, where not all; messages count all of them */
function encodeTable(where: string, features: Features, table: Table, kept?: Uint32Array): Encoded {
  const { width, fields } = features;
  const rows = kept?.length ?? table.rows;
  if (rows === 0) refuse(where, 'at least one row is needed', words('0 rows'));
  const x = new Float32Array(rows * width);
  const unseen: [name: string, rows: number][] = [];
  const warnings: string[] = [];
  let at = 0;
  for (const field of fields) {
    const { name } = field;
    const writer = new FieldWriter(where, x, width, kept);
    table.lend(name, (column) => writer.write(field, kept ? pickColumn(column, kept) : column, at));
    if (writer.unseen > 0) {
      unseen.push([name, writer.unseen]);
      warnings.push(`${name}: ${writer.unseen} of ${rows} rows hold what training rows did not, and count as missing.`);
    }
    if (writer.missing > 0 && field.missing === 0) {
      warnings.push(`${name}: ${writer.missing} of ${rows} rows have no value, and training rows all had one.`);
    }
    at += widthOf(field);
  }
  // an input far from those of training may be beyond float32
  for (let i = 0; i < x.length; i++) {
    if (!Number.isFinite(x[i])) {
      const place = Math.floor(i / width);
      const row = kept?.[place] ?? place;
      refuse(where, `row ${row} holds a number that is too large beside those of training`, table.row(row));
    }
  }
  return { x, rows, unseen: Object.fromEntries(unseen), warnings };
}

/**
 * Values of a target column, or log(1 + value) of each; NaN is missing.
 * @param kept which rows of a table these are, where not all
 * @throws ArgumentError for what is no number, or has no logarithm.
 */
export function targetValues(
  where: string,
  column: Column,
  name: string,
  logarithm: boolean,
  kept?: Uint32Array,
): Float64Array {
  const values = numbersOf(where, column, name, kept);
  if (!logarithm) return values;
  return values.map((value, row) => {
    if (value <= -1) {
      const help = '`log` learns log(1 + value); leave it out.';
      refuseCell(where, kept?.[row] ?? row, name, 'a number above −1', value, help);
    }
    return log(1 + value);
  });
}

/** Class indices of a target column; −1 is missing. @throws ArgumentError for a class that training rows did not have. */
export function classesIn(where: string, classes: readonly string[], column: Column, name: string): Int32Array {
  const { codes, dictionary } = namesOf(column);
  const places = new Map(classes.map((label, i) => [label, i]));
  const indices = dictionary.map((label) => places.get(label) ?? -2);
  const found = new Int32Array(codes.length);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row] as number;
    const index = indices[code] ?? -1;
    if (index === -2) {
      const help = `${suggest(dictionary[code] as string, classes)} Training rows had no other; fit features on rows of all classes.`;
      refuseCell(where, row, name, 'a class that training rows had', dictionary[code], help);
    }
    found[row] = index;
  }
  return found;
}

/**
 * Turns rows with their targets into numbers; rows without a target are left out.
 * @throws ArgumentError as `encode`; for a target column that is absent or empty, a class that is unknown, a target that is
 * no number.
 */
export function encodeExamples(features: Features, given: Table | readonly Row[], where = 'encode'): EncodedExamples {
  const targets = targetsOf(features);
  const table = tableOfGiven(where, features, given, [...features.columns, ...targets]);
  const { classes } = features;
  const read = targets.map((name) => {
    const column = table.column(name);
    return classes ? classesIn(where, classes, column, name) : targetValues(where, column, name, features.log);
  });
  const isThere = (row: number) => read.every((values) => (values[row] as number) >= (classes ? 0 : -Infinity));
  const all = Uint32Array.from({ length: table.rows }, (_, row) => row);
  const rows = all.filter(isThere);
  if (rows.length === 0) refuse(where, 'at least one row with a target is needed', words(`${table.rows} rows without`));
  const kept = rows.length < table.rows ? rows : undefined;
  const encoded = encodeTable(where, features, table, kept);
  const y = classes ? new Int32Array(rows.length) : new Float32Array(rows.length * targets.length);
  read.forEach((values, j) => {
    for (let i = 0; i < rows.length; i++) y[i * read.length + j] = values[rows[i] as number] as number;
  });
  const without = table.rows - rows.length;
  const warnings = kept
    ? [...encoded.warnings, `${without} of ${table.rows} rows have no target, and are left out.`]
    : encoded.warnings;
  return { ...encoded, warnings, y, kept };
}
