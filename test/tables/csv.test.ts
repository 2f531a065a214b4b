/** Text to a table: every dialect, every fault by its line, and whatever a CSV can hold. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encode,
  FittedFeatures,
  fitFeatures,
  parseCsv,
  parseJsonLines,
  type Row,
  type Table,
  tableOf,
} from '../../src/data/index.js';
import { CsvReader } from '../../src/data/table/csv.js';
import { ArgumentError, FormatError } from '../../src/index.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const rowsOf = (table: Table) => Array.from({ length: table.rows }, (_, row) => table.row(row));

/** Prints rows as RFC 4180 says. */
function print(names: readonly string[], rows: readonly Row[], { delimiter = ',', end = '\n' } = {}): string {
  const cell = (value: unknown) => {
    const text = value === null || value === undefined ? '' : String(value);
    return /["\r\n;,\t|]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [names, ...rows.map((row) => names.map((name) => row[name]))];
  return lines.map((line) => line.map(cell).join(delimiter) + end).join('');
}

describe('parseCsv', () => {
  it.each<[what: string, text: string | Uint8Array, rows: Row[]]>([
    [
      'numbers and texts',
      'a,b\n1,x\n2.5,y\n',
      [
        { a: 1, b: 'x' },
        { a: 2.5, b: 'y' },
      ],
    ],
    ['no line end at the end', 'a,b\n1,x', [{ a: 1, b: 'x' }]],
    ['\\r\\n', 'a,b\r\n1,x\r\n', [{ a: 1, b: 'x' }]],
    ['\\r alone', 'a,b\r1,x\r', [{ a: 1, b: 'x' }]],
    [
      'line ends that differ',
      'a,b\r\n1,x\n2,y\r\n',
      [
        { a: 1, b: 'x' },
        { a: 2, b: 'y' },
      ],
    ],
    ['a byte order mark', bytes('\ufeffa,b\n1,x\n'), [{ a: 1, b: 'x' }]],
    ['a byte order mark in a text', '\ufeffa,b\n1,x\n', [{ a: 1, b: 'x' }]],
    [
      'semicolons, and decimal commas with them',
      'a;b\n1,5;x\n-2,25;y\n',
      [
        { a: 1.5, b: 'x' },
        { a: -2.25, b: 'y' },
      ],
    ],
    ['tabs', 'a\tb\n1\tx, y\n', [{ a: 1, b: 'x, y' }]],
    [
      'bars',
      'a|b\n1|x\n2|y\n',
      [
        { a: 1, b: 'x' },
        { a: 2, b: 'y' },
      ],
    ],
    ['one column', 'a\n1\n2\n', [{ a: 1 }, { a: 2 }]],
    ['quotes, and line ends and quotes within them', 'a,b\n"1","x, ""y""\r\nz"\n', [{ a: 1, b: 'x, "y"\nz' }]],
    ['a quote that ends the text', 'a,b\n1,"x"', [{ a: 1, b: 'x' }]],
    ['a quote within a text', 'a,b\n1,5" nail\n', [{ a: 1, b: '5" nail' }]],
    ['spaces around fields', 'a , b\n 1 , x y \n', [{ a: 1, b: 'x y' }]],
    [
      'empty lines',
      '\na,b\n\n1,x\n  \n2,y\n\n\n',
      [
        { a: 1, b: 'x' },
        { a: 2, b: 'y' },
      ],
    ],
    [
      'gaps, however they are written',
      'a,b\n,x\nNA,\n?,N/A\n-,NULL\nnan,null\n3,y\n',
      [
        { a: null, b: 'x' },
        { a: null, b: null },
        { a: null, b: null },
        { a: null, b: null },
        { a: null, b: null },
        { a: 3, b: 'y' },
      ],
    ],
    ['codes that are no numbers', 'zip\n01234\n90210\n', [{ zip: '01234' }, { zip: '90210' }]],
    ['long codes exactly', 'card\n4929123412341234567\n1\n', [{ card: '4929123412341234567' }, { card: '1' }]],
    [
      'numbers of every form',
      'a\n-1\n+2\n.5\n1e3\n1E-2\n0\n-0.0\n',
      [-1, 2, 0.5, 1000, 0.01, 0, -0].map((a) => ({ a })),
    ],
    ['numbers among texts as one category', 'a\n1\n1.0\nx\n', [{ a: '1' }, { a: '1' }, { a: 'x' }]],
    ['what is no number', 'a\n0x10\n1_000\nInfinity\n', [{ a: '0x10' }, { a: '1_000' }, { a: 'Infinity' }]],
    ['columns without a name', ',b,\n1,x,2\n', [{ column0: 1, b: 'x', column2: 2 }]],
    ['names of Object', 'constructor,__proto__\n1,2\n', [JSON.parse('{"constructor":1,"__proto__":2}')]],
    ['other letters', bytes('größe,市\n1,東京\n'), [{ größe: 1, 市: '東京' }]],
  ])('reads %s', (_, text, rows) => {
    const table = parseCsv(text);
    expect(rowsOf(table)).toEqual(rows);
    expect(table.names).toEqual(Object.keys(rows[0] as Row));
  });

  it('takes a delimiter, names of its own, and other texts for gaps', () => {
    const options = { delimiter: ',', decimal: '.', header: false, missing: ['none', 'NA'] } as const;
    expect(rowsOf(parseCsv('1;2,None\n3;4,x\nna,?\n', options))).toEqual([
      { column0: '1;2', column1: null },
      { column0: '3;4', column1: 'x' },
      { column0: null, column1: '?' },
    ]);
    expect(rowsOf(parseCsv('a,b\n"1,5",2\n', { decimal: ',' }))).toEqual([{ a: 1.5, b: 2 }]);
  });

  it.each<[what: string, text: string | Uint8Array, message: string]>([
    [
      'a field too few',
      'a,b,c\n1,2,3\n4,5\n',
      'parseCsv: line 3 has 2 fields, and there are 3 columns (delimiter ",").',
    ],
    ['a field too many', 'a,b\n1,2\n\n3,4,5\n', 'line 4 has 3 fields'],
    ['a field too few, behind lines within quotes', 'a,b\n1,"x\ny\nz"\n2\n', 'line 5 has 1 field,'],
    ['an unclosed quote', 'a,b\n1,x\n2,"y\n3,z\n', 'a field on line 3 begins with a quote that is never closed'],
    ['a closing quote that closes nothing', 'a,b\n1,"x"y\n2,z\n', 'a field on line 2 goes on behind its closing quote'],
    ['one line without an end', `a,b\n${'x'.repeat((1 << 24) + 2)}`, 'line 2 does not end within 16777216 characters'],
    ['two columns of one name', 'a,b, a\n1,2,3\n', 'two columns have the name "a", number 1 and 3'],
    ['an empty text', '', 'the text is empty'],
    ['empty bytes', new Uint8Array(0), 'the text is empty'],
    ['nothing but empty lines', '\n\n  \n', 'the text is empty'],
    ['a header alone', 'a,b\n', 'there are names of columns, and no row below them'],
    ['a compressed file', Uint8Array.of(0x1f, 0x8b, 8, 0), 'these bytes are gzip'],
    ['binary junk', Uint8Array.of(80, 65, 82, 49, 0, 0, 1, 2), 'these bytes are no text'],
    ['bytes that are not UTF-8', Uint8Array.of(97, 10, 0xff, 0xfe, 10), 'the text is not UTF-8'],
    ['UTF-8 that was cut off', bytes('a\né\n').subarray(0, 3), 'the text is not UTF-8'],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseCsv(text)).toThrow(FormatError);
    expect(() => parseCsv(text)).toThrow(message);
    expect(() => parseCsv(text)).toThrow(/^parseCsv: [^\n]+ Help: [^\n]+\.$/);
  });

  it.each<[options: object, message: string]>([
    [{ delimeter: ';' }, '`delimeter` is not an option. Received: "delimeter". Help: did you mean `delimiter`?'],
    [{ delimiter: '::' }, '`delimiter` is not one that exists'],
    [{ decimal: ':' }, '`decimal` is not one that exists'],
    [{ header: 1 }, '`header` must be true or false'],
    [{ missing: 'x' }, '`missing` must be an array of texts'],
  ])('refuses the options %j', (options, message) => {
    expect(() => parseCsv('a\n1\n', options)).toThrow(ArgumentError);
    expect(() => parseCsv('a\n1\n', options)).toThrow(message);
  });

  const text = fc.string({ unit: fc.constantFrom(...'ab ;,|\t"\n-é0.1'), maxLength: 6 });
  const value = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), text, fc.constant(null));
  const someRows = fc.integer({ min: 2, max: 4 }).chain((width) => {
    const names = Array.from({ length: width }, (_, i) => `c${i}`);
    const row = fc
      .tuple(...names.map(() => value))
      .map((values) => Object.fromEntries(names.map((n, i) => [n, values[i] as string | number | null])));
    return fc.record({ names: fc.constant(names), rows: fc.array(row, { minLength: 1, maxLength: 30 }) });
  });

  it('reads back what was printed, whatever it was', () => {
    const dialect = fc.record({
      delimiter: fc.constantFrom(',', ';', '\t', '|'),
      end: fc.constantFrom('\n', '\r\n', '\r'),
    });
    fc.assert(
      fc.property(someRows, dialect, ({ names, rows }, { delimiter, end }) => {
        const parsed = parseCsv(print(names, rows, { delimiter, end }), { delimiter: delimiter as ',', decimal: '.' });
        // a table of objects is the table of the CSV that has them
        expect(rowsOf(parsed)).toEqual(rowsOf(tableOf(rows)));
        expect(parsed.names).toEqual(names);
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  it('takes pieces of text, and nothing else', () => {
    for (const piece of [undefined, null, 5, new Uint8Array(3)]) {
      expect(() => new CsvReader().add(piece as unknown as string, false)).toThrow(ArgumentError);
    }
  });

  it('reads the same in pieces, wherever they are cut', () => {
    const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 8 });
    fc.assert(
      fc.property(someRows, cuts, ({ names, rows }, at) => {
        const printed = print(names, rows, { end: '\r\n' });
        const places = [0, ...at.filter((n) => n < printed.length).sort((a, b) => a - b), printed.length];
        const reader = new CsvReader({ delimiter: ',' });
        const tables = places.slice(1).map((end, i) => {
          reader.add(printed.slice(places[i], end), false);
          return reader.take();
        });
        reader.add('', true);
        tables.push(reader.take());
        const whole = tables.flatMap((table) => rowsOf(table)).map((row) => names.map((name) => row[name]));
        // a piece may hold numbers alone where others hold texts too
        const wanted = rowsOf(parseCsv(printed, { delimiter: ',' })).map((row) => names.map((name) => row[name]));
        expect(whole.map((row) => row.map(String))).toEqual(wanted.map((row) => row.map(String)));
      }),
      { numRuns: 300, seed: 2 },
    );
  });

  it('gives a table or a FormatError for any bytes and any text', () => {
    const letters = fc.string({ unit: fc.constantFrom(...'ab1,;"\n\r\t |.-'), maxLength: 40 });
    const anything = fc.oneof(fc.uint8Array({ maxLength: 60 }), letters, fc.string({ unit: 'binary', maxLength: 30 }));
    fc.assert(
      fc.property(anything, (given) => {
        try {
          expect(parseCsv(given).rows).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
          expect((error as Error).message).toMatch(/^parseCsv: [^\n]+ Help: [^\n]+\.$/);
        }
      }),
      { numRuns: 3000, seed: 3 },
    );
  });

  it('reads fields across the pieces that bytes are read in', () => {
    const long = 'é'.repeat(700_000);
    const table = parseCsv(bytes(`a,b\n1,"${long}\n"\n2,y\n`));
    expect(table.rows).toBe(2);
    expect(table.value(0, 'b')).toHaveLength(long.length);
  });
});

describe('parseJsonLines', () => {
  it('reads an object on each line', () => {
    const table = parseJsonLines('\ufeff{"a":1,"b":"x"}\n\n{"b":"y","c":true}\r\n');
    expect(rowsOf(table)).toEqual([
      { a: 1, b: 'x', c: null },
      { a: null, b: 'y', c: 'true' },
    ]);
  });

  it.each([
    ['[1,2]\n', 'line 1 is no JSON object'],
    ['{"a":1}\n{"a":\n', 'line 2 is no JSON object'],
    ['{"a":1}\n{"a":{"b":2}}\n', 'line 2, column `a` holds { b }'],
    ['\n', 'there are no lines'],
  ])('refuses %j', (text, message) => {
    expect(() => parseJsonLines(text)).toThrow(FormatError);
    expect(() => parseJsonLines(text)).toThrow(message);
  });
});

describe('tableOf', () => {
  it('takes every type of value, and rows that lack some', () => {
    const when = new Date(Date.UTC(2024, 2, 31, 10, 15));
    const table = tableOf([
      { a: 1, b: true, c: when, d: 'x' },
      { a: Number.NaN, b: false, c: null, d: undefined },
      { a: '2' },
    ]);
    expect(rowsOf(table)).toEqual([
      { a: 1, b: 'true', c: '2024-03-31T10:15:00.000Z', d: 'x' },
      { a: null, b: 'false', c: null, d: null },
      { a: 2, b: null, c: null, d: null },
    ]);
  });

  it.each<[rows: unknown, message: string]>([
    [[], 'tableOf: an array of at least one row is needed'],
    [{ a: 1 }, 'tableOf: an array of at least one row is needed'],
    [[{ a: 1 }, [1]], 'tableOf: row 1 must be an object'],
    [[{ a: 1 }, null], 'tableOf: row 1 must be an object'],
    [
      [{ a: 1 }, { a: { b: 1 } }],
      'tableOf: row 1, column `a` must hold a finite number, a text, true, false, a Date or null. Received: { b }.',
    ],
    [
      [{ a: Number.POSITIVE_INFINITY }],
      'row 0, column `a` must hold a finite number, a text, true, false, a Date or null. Received: Infinity. Help: rows count from 0.',
    ],
  ])('refuses %j', (rows, message) => {
    expect(() => tableOf(rows as Row[])).toThrow(ArgumentError);
    expect(() => tableOf(rows as Row[])).toThrow(message);
  });
});

it('pieces of a table become the numbers of the whole', () => {
  const names = ['n', 'c', 'b', 'd'];
  const rows = Array.from({ length: 200 }, (_, i) => ({
    n: i % 7 === 0 ? null : i / 3,
    // the first half has numbers alone
    c: i < 100 ? i % 3 : ['a', '1', '2'][i % 3],
    b: i < 50 ? (i % 2 ? 'yes' : 'no') : null,
    d: `2024-0${(i % 9) + 1}-11`,
    y: (i * 7) % 11,
  }));
  const features = new FittedFeatures(fitFeatures(tableOf(rows), { target: 'y', task: 'regression' }));
  expect(features.columns).toEqual(names);
  const whole = encode(features, tableOf(rows)).x;
  const pieces = [0, 1, 60, 100, 150, 200].slice(1).map((end, i) => rows.slice([0, 1, 60, 100, 150][i], end));
  expect(Float32Array.from(pieces.flatMap((piece) => [...encode(features, tableOf(piece)).x]))).toEqual(whole);
});
