/** Rows without quotes, which have a way of their own, are the rows that papaparse makes of them. */
import fc from 'fast-check';
import { CsvReader, MISSING, parseCsv, type Table } from 'lanegrad/data';
import { describe, expect, it } from 'vitest';

/** A number that means that there is no value sends every row the slow way; this one is nowhere. */
const slow = [...MISSING, '-987654321e-99'];

const columnsOf = (table: Table) => table.names.map((name) => [name, table.column(name)] as const);

const FIELDS = [
  ...[
    '',
    ' ',
    '0',
    '-0',
    '+7',
    '12',
    '-3.25',
    '.5',
    '5.',
    '-.5',
    '.',
    '-',
    '+',
    '00',
    '007',
    '0.1',
    '0.30000000000000004',
  ],
  ...[
    '1e5',
    '1E-3',
    '123456789012345',
    '1234567890123456',
    '9007199254740993',
    '1.7976931348623157e308',
    '1e999',
    '1.2.3',
  ],
  ...[
    '0x1f',
    'NaN',
    'NA',
    'null',
    'Infinity',
    '1,5',
    ',5',
    '5,',
    '1,2,3',
    ' 4 ',
    '4 ',
    'žluť',
    'a b',
    '?',
    '--1',
    '1-',
    '2024-01-01',
  ],
];

const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map(String);
const decimal = fc
  .tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 9 }))
  .map(([n, d]) => (n / 10 ** d).toFixed(d));
const field = fc.oneof({ weight: 3, arbitrary: decimal }, number, fc.constantFrom(...FIELDS));

describe('rows without quotes', () => {
  it.each<[string, ',' | ';' | '\t']>([
    ['comma', ','],
    ['semicolon, with decimal commas', ';'],
    ['tab', '\t'],
  ])('are the same either way: %s', (_, delimiter) => {
    const rows = fc.integer({ min: 1, max: 4 }).chain((columns) =>
      fc.array(
        fc.oneof(
          { weight: 9, arbitrary: fc.array(field, { minLength: columns, maxLength: columns }) },
          fc.constant(null),
        ),
        {
          minLength: 2,
          maxLength: 12,
        },
      ),
    );
    fc.assert(
      fc.property(rows, fc.constantFrom('\n', '\r\n'), fc.boolean(), (lines, end, header) => {
        const text = lines
          .map((one) => one?.map((part) => (delimiter === ',' ? part.replaceAll(',', '') : part)).join(delimiter) ?? '')
          .join(end);
        const read = (missing?: string[]) => {
          try {
            return columnsOf(parseCsv(text, { delimiter, header, ...(missing && { missing }) }));
          } catch (error) {
            return String(error);
          }
        };
        expect(read()).toEqual(read(slow));
      }),
      { numRuns: 400 },
    );
  });

  it('may be cut anywhere, with quotes in some pieces', () => {
    const rows = Array.from(
      { length: 9000 },
      (_, i) => `${i / 8},${i % 900 === 7 ? `"q, ${i % 3}"` : `w${i % 50}`},${i % 5 ? i : ''}`,
    );
    const text = `a,b,c\n${rows.join('\n')}`;
    const whole = columnsOf(parseCsv(text, { missing: slow }));
    for (const size of [977, 20_011, 1 << 16]) {
      const reader = new CsvReader();
      for (let at = 0; at < text.length; at += size) reader.add(text.slice(at, at + size), false);
      reader.add('', true);
      expect(columnsOf(reader.take())).toEqual(whole);
    }
  });

  it('are rows also where all is spaces and tabs between fields', () => {
    expect(parseCsv('a\tb\n1\t2\n \t\n  \n3\t4\n', { delimiter: '\t' }).rows).toBe(3);
  });

  it('know texts again, long and short, many and few, in any script', () => {
    const word = (i: number) => `${'w'.repeat((i * 7) % 30)}${i % 3 ? 'ž' : ''}${(i * 2654435761) % 5003}`;
    const rows = Array.from({ length: 20_000 }, (_, i) => `${word(i % 37)},${word(i)},${i % 11 ? 'x' : ' NA '},${i}`);
    const text = `a,b,c,d\n${rows.join('\n')}`;
    expect(columnsOf(parseCsv(text))).toEqual(columnsOf(parseCsv(text, { missing: slow })));
  });

  it('have the line of their fault named', () => {
    const text = `a,b\n${'1,2\n'.repeat(40_000)}\n3\n4,5\n`;
    const message = 'parseCsv: line 40003 has 1 field, and there are 2 columns';
    expect(() => parseCsv(text)).toThrow(message);
    expect(() => parseCsv(text, { missing: slow })).toThrow(message);
  });

  it('take a number for none where that is asked for', () => {
    const table = parseCsv('a,b\n-999,x\n1,-999\n2,y\n', { missing: ['-999'] });
    expect(table.column('a')).toEqual({ type: 'number', values: Float64Array.of(Number.NaN, 1, 2) });
    expect(table.value(1, 'b')).toBe(null);
  });
});
