import Papa from 'papaparse';
import { checkOneOf, checkOptions, FormatError, refuse, show } from '../../errors.js';
import { ColumnBuilder, isMissing, numberIn } from './column.js';
import { addPlainRows, COMMA_NUMBER, CodeUnits, type PlainColumn } from './plain.js';
import { Table } from './table.js';

/** Options of `parseCsv`. */
export interface CsvOptions {
  /** What stands between two fields. Default: whichever of comma, semicolon, tab and | makes the first rows equally long. */
  readonly delimiter?: ',' | ';' | '\t' | '|';
  /**
   * What stands before the fraction of a number. With `','`, `1,5` and `1.5` are both a number. Default: `','` where the
   * delimiter is a semicolon, else `'.'`.
   */
  readonly decimal?: '.' | ',';
  /** Whether the first row has the names of the columns; without, they are `column0`, `column1` … Default true. */
  readonly header?: boolean;
  /** Texts that mean that there is no value, in either case; the empty one always does. Default `MISSING`. */
  readonly missing?: readonly string[];
}

const DELIMITERS = [',', ';', '\t', '|'] as const;

/** Bytes, and characters, that are read at a time. */
const PIECE = 1 << 20;

/** Characters that the delimiter is recognized in, at most. */
const SAMPLE = 1 << 14;

/** Characters of a row, at most: more are an unclosed quote, or no table. */
const LONGEST_ROW = 1 << 24;

/** @throws FormatError for bytes that no text has: of compressed files, of Parquet, of images. */
export function checkBytes(where: string, bytes: Uint8Array): void {
  const [a, b] = bytes;
  if (a === 0x1f && b === 0x8b) {
    throw new FormatError(
      `${where}: these bytes are gzip. Help: decompress them first; readCsv of lanegrad/node does.`,
    );
  }
  if (bytes.subarray(0, 4096).includes(0)) {
    throw new FormatError(
      `${where}: these bytes are no text: there are zeros among them. Help: save the table as CSV in UTF-8.`,
    );
  }
}

/** Text of bytes, piece by piece. @throws FormatError where they are not UTF-8. */
function* decoded(where: string, given: string | Uint8Array): Generator<string> {
  if (typeof given === 'string') {
    const start = given.charCodeAt(0) === 0xfeff ? 1 : 0;
    for (let at = start; at < given.length; at += PIECE) yield given.slice(at, at + PIECE);
    return;
  }
  checkBytes(where, given);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for (let at = 0; at < given.length; at += PIECE) {
    const last = at + PIECE >= given.length;
    try {
      yield decoder.decode(given.subarray(at, at + PIECE), { stream: !last });
    } catch {
      throw new FormatError(`${where}: the text is not UTF-8, near byte ${at}. Help: save the table as CSV in UTF-8.`);
    }
  }
}

function linesIn(text: string, end = text.length): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}

/** The delimiter that cuts the first rows into equally many fields, two at least; or that cuts the first one into the most. */
function recognize(sample: string, cut: boolean): string {
  const [best] = DELIMITERS.map((delimiter) => {
    const parser = new Papa.Parser({ delimiter, newline: '\n', quoteChar: '"', preview: 10 });
    const { data }: Papa.ParseResult<string[]> = parser.parse(sample, 0, cut);
    const [first = 1, ...others] = data
      .map((row) => row.length)
      .filter((length, i) => length > 1 || data[i]?.[0] !== '');
    return { delimiter, fields: first, same: first > 1 && others.every((length) => length === first) };
  }).sort((a, b) => Number(b.same) - Number(a.same) || b.fields - a.fields);
  return best && best.fields > 1 ? best.delimiter : ',';
}

/**
 * Reads the text of a CSV piece by piece, into a table for each piece: what `parseCsv` does with one piece after another,
 * and files that are larger than memory.
 */
export class CsvReader {
  readonly #where: string;
  readonly #options: CsvOptions;
  readonly #isMissing: (text: string) => boolean;
  /** Whether numbers can be read as such: not where one of them means that there is no value. */
  readonly #plain: boolean;
  #names: string[] | undefined;
  #delimiter: string | undefined;
  #comma = false;
  /** What is left of the last piece: the beginning of a row. */
  #rest = '';
  /** Lines that were read. */
  #lines = 0;
  /** Rows that were read, and those of them that are not taken yet. */
  #total = 0;
  #columns: PlainColumn[] | undefined;
  readonly #units = new CodeUnits();
  #rows = 0;
  /** Rows that were taken last: the next ones are about as many. */
  #taken = 0;

  /**
   * @param options as `parseCsv` takes them
   * @param where what messages begin with, default `'parseCsv'`
   * @throws ArgumentError for options that are none.
   */
  constructor(options: CsvOptions = {}, where = 'parseCsv') {
    checkOptions(where, options, ['delimiter', 'decimal', 'header', 'missing']);
    const { delimiter, decimal, header = true, missing } = options;
    if (delimiter !== undefined) checkOneOf(where, 'delimiter', delimiter, DELIMITERS);
    if (decimal !== undefined) checkOneOf(where, 'decimal', decimal, ['.', ',']);
    if (typeof header !== 'boolean') refuse(where, '`header` must be true or false', header);
    if (missing !== undefined && !(Array.isArray(missing) && missing.every((text) => typeof text === 'string'))) {
      refuse(where, '`missing` must be an array of texts', missing);
    }
    const texts = missing && new Set(missing.map((text) => text.trim().toLowerCase()));
    this.#isMissing = texts ? (text) => text === '' || texts.has(text.toLowerCase()) : isMissing;
    this.#plain = !missing?.some((text) => !Number.isNaN(numberIn(text.trim())));
    this.#where = where;
    this.#options = options;
  }

  /** Names of the columns, once the first row was read. */
  get names(): readonly string[] | undefined {
    return this.#names;
  }

  /**
   * Adds a piece of the text, cut anywhere; `last` for the last one.
   * @throws FormatError for an unclosed quote, a row with too few or too many fields (by line), two columns of one name, a text
   * without rows.
   */
  add(piece: string, last: boolean): void {
    if (typeof piece !== 'string') refuse('CsvReader.add', 'a piece of text is needed', piece);
    // the row that the last piece began has its end here: with it alone, the rest of this piece need not be copied
    const cut = this.#rest !== '' && this.#delimiter && !this.#rest.includes('"') ? piece.indexOf('\n') + 1 : 0;
    if (cut > 0) this.#add(piece.slice(0, cut), false);
    this.#add(cut > 0 ? piece.slice(cut) : piece, last);
  }

  #add(piece: string, last: boolean): void {
    let text = this.#rest + piece;
    // a line ends in \r\n, \n or \r; whether a \r at the end is half of a \r\n only the next piece tells
    const held = !last && text.endsWith('\r') ? '\r' : '';
    if (text.includes('\r')) text = text.slice(0, text.length - held.length).replace(/\r\n?/g, '\n');
    if (!last && !this.#delimiter && text.length < SAMPLE) {
      this.#rest = text + held;
      return;
    }
    const delimiter = this.#recognized(text);
    if (this.#plain && !text.includes('"')) {
      const used = this.#addPlain(text, last, delimiter);
      this.#lines += linesIn(text, used);
      text = text.slice(used);
    }
    const parser = new Papa.Parser({ delimiter, newline: '\n', quoteChar: '"' });
    const { data, errors, meta }: Papa.ParseResult<string[]> = parser.parse(text, 0, !last);
    // what ends the text may go on in the next piece
    const quote = errors.find((error) => error.type === 'Quotes' && (last || (error.row as number) < data.length));
    if (quote) this.#refuseQuote(quote.code, text, quote.index as number);
    const used = last ? text.length : meta.cursor;
    if (text.length - used > LONGEST_ROW) this.#refuseEndless(text, used);
    this.#addRows(data);
    this.#lines += linesIn(text, used);
    this.#rest = text.slice(used) + held;
    if (last && !this.#names)
      throw new FormatError(`${this.#where}: the text is empty. Help: the first row has the names.`);
    if (last && this.#total === 0) {
      throw new FormatError(
        `${this.#where}: there are names of columns, and no row below them. Help: add rows of values.`,
      );
    }
  }

  /** The rows that were read since the last call, as a table; without columns before the first row was read. */
  take(): Table {
    const names = this.#names ?? [];
    const columns = this.#started(names);
    const table = new Table(
      new Map(names.map((name, i) => [name, (columns[i] as PlainColumn).builder.finish()])),
      this.#rows,
    );
    this.#columns = undefined;
    this.#taken = this.#rows;
    this.#rows = 0;
    return table;
  }

  /** What rows are added to, until they are taken. */
  #started(names: readonly string[]): PlainColumn[] {
    const room = this.#taken + (this.#taken >> 3);
    this.#columns ??= names.map(() => ({ builder: new ColumnBuilder(this.#isMissing, room) }));
    return this.#columns;
  }

  /** Adds rows that have no quotes, as far as they are as they should be. @returns where the first one is that was not added */
  #addPlain(text: string, last: boolean, delimiter: string): number {
    let from = 0;
    for (let end = 0; !this.#names && end >= 0; ) {
      end = text.indexOf('\n', from);
      if (end < 0) return from;
      this.#addRows([text.slice(from, end).split(delimiter)]);
      from = end + 1;
    }
    const columns = this.#started(this.#names ?? []);
    const end = last ? text.length : text.lastIndexOf('\n') + 1;
    const units = this.#units.of(text);
    const { rows, at } = addPlainRows(text, units, from, end, delimiter.charCodeAt(0), this.#comma, columns);
    this.#rows += rows;
    this.#total += rows;
    return at;
  }

  #recognized(text: string): string {
    if (this.#delimiter) return this.#delimiter;
    const { delimiter, decimal } = this.#options;
    const found = delimiter ?? recognize(text.slice(0, SAMPLE), text.length > SAMPLE);
    this.#delimiter = found;
    this.#comma = (decimal ?? (found === ';' ? ',' : '.')) === ',';
    return found;
  }

  #addRows(rows: readonly string[][]): void {
    const comma = this.#comma;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as string[];
      // an empty line is no row
      if (row.length === 1 && (row[0] as string).trim() === '') continue;
      if (!this.#names) {
        this.#names = this.#named(row);
        if (this.#options.header !== false) continue;
      }
      if (row.length !== this.#names.length) this.#refuseLength(rows, i);
      const columns = this.#started(this.#names);
      for (let j = 0; j < row.length; j++) {
        const text = row[j] as string;
        (columns[j] as PlainColumn).builder.addText(comma && COMMA_NUMBER.test(text) ? text.replace(',', '.') : text);
      }
      this.#rows++;
      this.#total++;
    }
  }

  #named(row: readonly string[]): string[] {
    const given = this.#options.header !== false;
    const names = row.map((name, i) => (given && name.trim()) || `column${i}`);
    const twice = names.findIndex((name, i) => names.indexOf(name) !== i);
    if (twice < 0) return names;
    const name = names[twice] as string;
    throw new FormatError(
      `${this.#where}: two columns have the name ${show(name)}, number ${names.indexOf(name) + 1} and ${twice + 1}. ` +
        'Help: give each column a name of its own.',
    );
  }

  #refuseLength(rows: readonly string[][], i: number): never {
    const names = this.#names as string[];
    const before = rows.slice(0, i).reduce((sum, row) => sum + 1 + row.reduce((n, text) => n + linesIn(text), 0), 0);
    const fields = (rows[i] as string[]).length;
    throw new FormatError(
      `${this.#where}: line ${this.#lines + before + 1} has ${fields} ${fields === 1 ? 'field' : 'fields'}, and there are ` +
        `${names.length} columns (delimiter ${show(this.#delimiter)}). Help: put fields that hold the delimiter into quotes, or name the \`delimiter\`.`,
    );
  }

  /** A row that is longer than any: its quote is not closed, or there are no lines. */
  #refuseEndless(text: string, at: number): never {
    if (text.includes('"', at)) this.#refuseQuote('MissingQuotes', text, at);
    throw new FormatError(
      `${this.#where}: line ${this.#lines + linesIn(text, at) + 1} does not end within ${LONGEST_ROW} characters. ` +
        'Help: write each row on a line of its own.',
    );
  }

  #refuseQuote(code: string, text: string, at: number): never {
    const line = this.#lines + linesIn(text, at) + 1;
    const what =
      code === 'InvalidQuotes' ? 'goes on behind its closing quote' : 'begins with a quote that is never closed';
    throw new FormatError(
      `${this.#where}: a field on line ${line} ${what}. Help: write a quote within quotes twice, as in "a ""word""".`,
    );
  }
}

/**
 * A table out of the text of a CSV (RFC 4180), in memory: a row of names, then a row for each line. Quotes, a byte order mark,
 * any line ends; comma, semicolon, tab or | between fields. A column whose every value is a number is one of numbers; any
 * other holds texts. Empty lines are skipped, spaces around fields too.
 * @param text the text, or its bytes in UTF-8
 * @throws FormatError for bytes that are no such text, an unclosed quote, a row with too few or too many fields (by line), two
 * columns of one name, no rows; ArgumentError for options that are none, and for what is neither a text nor bytes.
 */
export function parseCsv(text: string | Uint8Array, options: CsvOptions = {}): Table {
  const where = 'parseCsv';
  if (typeof text !== 'string' && !(text instanceof Uint8Array)) {
    refuse(where, 'the text of a CSV is needed, or its bytes as a Uint8Array', text);
  }
  const reader = new CsvReader(options, where);
  for (const piece of decoded(where, text)) reader.add(piece, false);
  reader.add('', true);
  return reader.take();
}
