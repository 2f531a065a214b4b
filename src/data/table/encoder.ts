/** What becomes of rows, column by column, in blocks. */
import { refuse, suggest, words } from '../../errors.js';
import { namesOf, numbersOf, truthOf } from './cells.js';
import { type Column, numberIn, pickColumn, type Row } from './column.js';
import { dateParts } from './dates.js';
import { type Features, type Field, type Scale, targetsOf, widthOf } from './features.js';
import { Table, tableFrom } from './table.js';

/** Rows as a model takes them. */
export interface Encoded {
  /** `[rows, features.width]`, row-major. */
  readonly x: Float32Array<ArrayBuffer>;
  /** How many rows there are. */
  readonly rows: number;
  /** By column: values that training rows did not have, and that therefore count as missing. */
  readonly unseen: Readonly<Record<string, number>>;
  /** What a person should know of these rows, in plain words. */
  readonly warnings: readonly string[];
}

/** A column that is input: where its inputs are, and what was strange about it. */
interface Place {
  readonly field: Field;
  /** Its first input in a row. */
  readonly at: number;
  /** Rows with a value that training rows did not have. */
  unseen: number;
  /** Rows without a value. */
  missing: number;
}

/** (value − mean) / deviation, 0 where there is none. */
function standard(value: number, { mean, deviation }: Scale): number {
  return !Number.isNaN(value) ? (value - mean) / deviation : 0;
}

/**
 * Writes what one column becomes into rows that are `width` wide and all 0.
 * @param kept which rows of a table these are, where not all
 */
function write(
  where: string,
  place: Place,
  column: Column,
  x: Float32Array,
  width: number,
  kept: Uint32Array | undefined,
): void {
  const { field, at } = place;
  const gap = field.missing > 0 ? widthOf(field) - 1 : -1;
  const without = (begin: number) => {
    if (gap >= 0) x[begin + gap] = 1;
  };
  /** One input; NaN is missing and has `filling`. */
  const numbers = (values: Float64Array, scale: Scale, filling: number) => {
    for (let i = 0, begin = at; i < values.length; i++, begin += width) {
      const value = values[i] as number;
      if (!Number.isNaN(value)) {
        x[begin] = standard(value, scale);
        continue;
      }
      place.missing++;
      x[begin] = standard(filling, scale);
      without(begin);
    }
  };
  /** Inputs by what writes those of each text; there is no such thing for what training rows did not have. */
  const texts = (writerOf: (text: string) => ((begin: number) => void) | undefined) => {
    const { codes, dictionary } = namesOf(column);
    const writers = dictionary.map(writerOf);
    for (let i = 0, begin = at; i < codes.length; i++, begin += width) {
      const code = codes[i] as number;
      const put = writers[code];
      if (put) {
        put(begin);
        continue;
      }
      if (code < 0) place.missing++;
      else place.unseen++;
      without(begin);
    }
  };
  switch (field.kind) {
    case 'number':
      numbers(numbersOf(where, column, field.name, kept), field, field.median);
      return;
    case 'boolean':
      if (column.type === 'number') numbers(column.values, field, Number.NaN);
      else {
        texts((text) => {
          // a number is taken as it is, as it would be in a column of numbers
          const truth = Number.isNaN(truthOf(text)) ? numberIn(text) : truthOf(text);
          if (Number.isNaN(truth)) return undefined;
          return (begin) => {
            x[begin] = standard(truth, field);
          };
        });
      }
      return;
    case 'category': {
      const { categories, other } = field;
      const places = new Map(categories.map((name, i) => [name, i]));
      texts((name) => {
        const input = places.get(name) ?? (other ? categories.length : undefined);
        if (input === undefined) return undefined;
        return (begin) => {
          x[begin + input] = 1;
        };
      });
      return;
    }
    case 'date':
      texts((text) => {
        const date = dateParts(text, field.order);
        const values = date && field.parts.map((scale) => standard(date[scale.part], scale));
        return values && ((begin) => x.set(values, begin));
      });
  }
}

/** Rows that are given as a table or as objects, as a table that has the columns of `names`. */
export function tableOfGiven(where: string, features: Features, given: unknown, names: readonly string[]): Table {
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

/** The numbers of so many rows. */
export function range(first: number, count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => first + i);
}

/** What is said of a column some of whose rows hold what training rows did not. */
export function unseenText(name: string, unseen: number, rows: number): string {
  return `${name}: ${unseen} of ${rows} rows hold what training rows did not, and count as missing.`;
}

/** What is said of a column with gaps where training rows had none. */
export function missingText(name: string, missing: number, rows: number): string {
  return `${name}: ${missing} of ${rows} rows have no value, and training rows all had one.`;
}

/** Makes numbers of rows, block by block, and counts what is strange about them. */
export class Encoder {
  readonly #features: Features;
  readonly #places: readonly Place[];
  #rows = 0;

  constructor(features: Features) {
    let end = 0;
    this.#features = features;
    this.#places = features.fields.map((field) => {
      const at = end;
      end += widthOf(field);
      return { field, at, unseen: 0, missing: 0 };
    });
  }

  /**
   * The inputs of rows of a table, `[rows, width]`.
   * @param kept the rows that are wanted, where not all; messages count all of them
   * @throws ArgumentError, see `encode`
   */
  encode(where: string, table: Table, kept?: Uint32Array): Float32Array<ArrayBuffer> {
    const { width } = this.#features;
    const rows = kept?.length ?? table.rows;
    if (rows === 0) refuse(where, 'at least one row is needed', words('0 rows'));
    const x = new Float32Array(rows * width);
    for (const place of this.#places) {
      table.lend(place.field.name, (whole) => {
        const column = kept ? pickColumn(whole, kept) : whole;
        // what texts mean is found out for those that these rows have
        const isLarge = column.type === 'text' && column.dictionary.length > rows;
        write(where, place, isLarge ? { type: 'text', ...namesOf(column, true) } : column, x, width, kept);
      });
    }
    // an input far from those of training may be beyond float32
    for (let i = 0; i < x.length; i++) {
      if (Number.isFinite(x[i])) continue;
      const row = Math.floor(i / width);
      const number = kept?.[row] ?? row;
      refuse(where, `row ${number} holds a number that is too large beside those of training`, table.row(number));
    }
    this.#rows += rows;
    return x;
  }

  /** The inputs of all rows, in blocks of at most so many. @throws ArgumentError, see `encode` */
  *blocks(where: string, given: Table | readonly Row[], most: number): Generator<Float32Array<ArrayBuffer>, void> {
    const { columns } = this.#features;
    for (const piece of given instanceof Table ? given.pieces(columns, most) : [given]) {
      const from = this.#rows > 0 ? `${where}, from row ${this.#rows} on` : where;
      const table = tableOfGiven(from, this.#features, piece, columns);
      let first = 0;
      do {
        const rows = Math.min(most, table.rows - first);
        yield this.encode(from, table, rows < table.rows ? range(first, rows) : undefined);
        first += rows;
      } while (first < table.rows);
    }
  }

  /** What was strange about all these rows. */
  told(): Omit<Encoded, 'x'> {
    const rows = this.#rows;
    const unseen = new Map<string, number>();
    const warnings: string[] = [];
    for (const { field, unseen: strange, missing } of this.#places) {
      const { name } = field;
      if (strange > 0) {
        unseen.set(name, strange);
        warnings.push(unseenText(name, strange, rows));
      }
      if (missing > 0 && field.missing === 0) {
        warnings.push(missingText(name, missing, rows));
      }
    }
    return { rows, unseen: Object.fromEntries(unseen), warnings };
  }
}
