/** Tables out of files, whatever they are written in. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { columnFromArray, int32, list, tableFromColumns, tableToIPC } from '@uwdata/flechette';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { parseCsv, parseJsonLines, type Table, tableOf } from 'lanegrad/data';
import { readCsv, readTable, type TableFileOptions } from 'lanegrad/node';
import { afterAll, describe, expect, it } from 'vitest';
import { dateParts } from '../../src/data/table/dates.js';
import { dayText, instantText } from '../../src/data/table/instant.js';

const folder = mkdtempSync(join(tmpdir(), 'lanegrad-tables-'));
mkdirSync(join(folder, 'f.csv'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a file, and gives its path. */
function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const rowsOf = (table: Table) => Array.from({ length: table.rows }, (_, row) => table.row(row));
const golden = (name: string) => fileURLToPath(new URL(`../golden/tables/${name}`, import.meta.url));

const CSV = 'size,place,since,paid\n1.5,Brno,2024-01-31,true\n,"Ústí, North",2024-02-01,\n3,Brno,,false\n';
const ROWS = [
  { size: 1.5, place: 'Brno', since: '2024-01-31', paid: true },
  { size: null, place: 'Ústí, North', since: '2024-02-01' },
  { size: 3, place: 'Brno', since: null, paid: false },
];
const LINES = ROWS.map((row) => JSON.stringify(row)).join('\n');

describe('texts', () => {
  const expected = rowsOf(parseCsv(CSV));

  it.each<[string, string | Uint8Array, TableFileOptions?]>([
    ['a.csv', CSV],
    ['bom.csv', `\ufeff${CSV.replaceAll('\n', '\r\n')}`],
    ['a.csv.gz', gzipSync(CSV)],
    ['packed.csv', gzipSync(CSV)],
    ['two.csv.gz', Buffer.concat([gzipSync(CSV.slice(0, 50)), gzipSync(CSV.slice(50))])],
    ['a.tsv', CSV.replaceAll(',', '\t').replace('Ústí\t North', 'Ústí, North')],
    ['a.TXT', CSV],
    ['a.jsonl', LINES],
    ['a.ndjson.gz', gzipSync(`${LINES}\r\n\r\n`)],
    ['a.json', JSON.stringify(ROWS)],
    ['nothing', CSV, { format: 'csv' }],
  ])('%s', async (name, content, options) => {
    const table = await readTable(file(name, content), options);
    expect(rowsOf(table)).toEqual(expected);
    expect(table.column('size').type).toBe('number');
    expect(table.column('paid')).toEqual(parseCsv(CSV).column('paid'));
  });

  it('takes the options of parseCsv, and only some columns in their order', async () => {
    const path = file('b.csv', 'a;b;c\n1,5;x;2\n-1;y;3\n');
    const table = await readTable(path, { delimiter: ';', missing: ['-1'], columns: ['c', 'a'] });
    expect(table.names).toEqual(['c', 'a']);
    expect(rowsOf(table)).toEqual([
      { c: 2, a: 1.5 },
      { c: 3, a: null },
    ]);
    expect(rowsOf(await readCsv(file('odd.name', CSV)))).toEqual(expected);
  });

  it('joins lines of JSON across pieces: columns that come late, numbers that turn out to be text', async () => {
    const rows = Array.from({ length: 90_000 }, (_, i) => ({
      a: i < 60_000 ? i / 4 : `t${i % 7}`,
      filling: 'x'.repeat(60),
      ...(i > 80_000 && { late: i }),
    }));
    const text = rows.map((row) => JSON.stringify(row)).join('\n');
    const table = await readTable(file('long.jsonl', text));
    const whole = parseJsonLines(text);
    expect(table.names).toEqual(whole.names);
    for (const name of table.names) expect(table.column(name)).toEqual(whole.column(name));
  });
});

describe('Parquet and Arrow', () => {
  const packed = ['none', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4'].map((name) => `${name}.parquet`);
  const arrow = ['uncompressed.feather', 'lz4.feather', 'zstd.feather', 'stream.arrow'];

  it.each([...packed, ...arrow])('%s of pyarrow', async (name) => {
    const table = await readTable(golden(name));
    expect(table.rows).toBe(10);
    expect(table.row(0)).toEqual({
      number: 1.5,
      single: 0,
      whole: 1,
      large: '1152921504606846976',
      unsigned: 0,
      text: 'a',
      dictionary: 'x',
      truth: 'true',
      day: '2024-01-01',
      instant: '2024-03-31T10:15:30.500',
      nano: '1970-01-01T00:00:00',
      second: '1970-01-01T00:00:00',
      decimal: 1.25,
      nothing: null,
    });
    expect(table.row(8)).toMatchObject({ number: 9, text: 'ü', day: '2024-01-09', second: '1970-01-01T00:00:08' });
    expect(table.row(2)).toMatchObject({ number: 3, whole: null, text: null, truth: null, dictionary: 'x' });
    expect(table.row(9)).toMatchObject({ number: null, day: null, instant: null });
    expect(table.column('whole').type).toBe('number');
  });

  it('reads what others write, with some columns alone', async () => {
    const columnData = [
      { name: 'a', data: [1, 2, 3], type: 'DOUBLE' as const },
      { name: 'b', data: ['x', null, 'z'] },
      { name: 'c', data: [new Date('2024-03-31T10:00:00Z'), null, new Date(0)] },
    ];
    const parquet = file('w.parquet', new Uint8Array(parquetWriteBuffer({ columnData })));
    const expected = rowsOf(
      tableOf([
        { c: '2024-03-31T10:00:00', a: 1 },
        { c: null, a: 2 },
        { c: '1970-01-01T00:00:00', a: 3 },
      ]),
    );
    expect(rowsOf(await readTable(parquet, { columns: ['c', 'a'] }))).toEqual(expected);
    const table = tableFromColumns({
      a: columnFromArray([1, 2, 3]),
      tags: columnFromArray([[1], [2], [3]], list(int32())),
    });
    const path = file('lists.arrow', tableToIPC(table, { format: 'file' }) as Uint8Array);
    expect(rowsOf(await readTable(path, { columns: ['a'] }))).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
    await expect(readTable(path)).rejects.toThrow('the column `tags` holds lists, structures or bytes');
    await expect(readTable(path, { columns: ['b'] })).rejects.toThrow('`columns` must name columns of the file');
  });
});

describe('dates as texts', () => {
  it('are those of the calendar, and are read back as they were', () => {
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(1000, 0, 1), max: Date.UTC(9999, 11, 31) }), (time) => {
        const text = instantText(time);
        expect(text).toBe(new Date(time).toISOString().replace(/(\.000)?Z$/, ''));
        expect(dayText(Math.floor(time / 86_400_000))).toBe(text.slice(0, 10));
        expect(dateParts(text, 'ymd')?.day).toBeCloseTo(Math.floor(time / 1000) / 86_400, 9);
      }),
    );
  });
});

describe('what is refused', () => {
  const whole = gzipSync(CSV);

  it.each<[string, () => string, TableFileOptions, string]>([
    ['a file that is not there', () => join(folder, 'none.csv'), {}, 'readTable: `path` must exist'],
    ['a folder', () => join(folder, 'f.csv'), {}, 'not a directory'],
    ['an ending that says nothing', () => file('a.xlsx', 'x'), {}, '`path` must have an ending'],
    [
      'an unknown option',
      () => file('c.csv', CSV),
      { deliminator: ';' } as TableFileOptions,
      'did you mean `delimiter`?',
    ],
    ['an option of CSV for another', () => file('c.jsonl', LINES), { header: false }, '`header` is for CSV'],
    ['an empty file', () => file('e.csv', ''), {}, 'the file is empty'],
    ['gzip that is cut', () => file('cut.csv.gz', whole.subarray(0, -12)), {}, 'must be whole gzip data'],
    [
      'gzip that is damaged',
      () =>
        file(
          'bad.csv.gz',
          whole.map((b, i) => (i === 40 ? b ^ 255 : b)),
        ),
      {},
      'whole gzip data',
    ],
    ['no gzip', () => file('no.csv.gz', CSV), {}, 'must be gzip, as its name says'],
    ['bytes that are no text', () => file('zeros.csv', new Uint8Array(100)), {}, 'these bytes are no text'],
    ['a text that is not UTF-8', () => file('latin.csv', Buffer.from('a,b\nÚ,1\n', 'latin1')), {}, 'not UTF-8'],
    ['another format', () => file('x.parquet', CSV), {}, 'must begin as parquet does, with PAR1'],
    ['Parquet under Arrow', () => file('x.arrow', 'PAR1 and more'), {}, "its `format` is 'parquet'"],
    ['Parquet that is cut', () => file('cut.parquet', 'PAR1 and so on and on'), {}, 'must be whole Parquet'],
    ['Arrow that is cut', () => file('cut.arrow', 'ARROW1 and so on and on'), {}, 'must be whole Arrow'],
    ['a line of JSON that is none', () => file('l.jsonl', `${LINES}\n[1]`), {}, 'line 4 is no JSON object'],
    ['JSON that is no array', () => file('o.json', '{}'), {}, 'must hold an array of objects'],
    ['a row that is cut', () => file('row.csv', 'a,b\n1\n'), {}, 'row.csv: line 2 has 1 field'],
    ['a column that no line has', () => file('m.jsonl', LINES), { columns: ['size', 'sizes'] }, 'did you mean `size`?'],
    ['a column that is not there', () => file('d.csv', CSV), { columns: ['sizes'] }, 'did you mean `size`?'],
  ])('%s', async (_, path, options, message) => {
    await expect(readTable(path(), options)).rejects.toThrow(message);
  });

  it('a file that changes while it is read', async () => {
    const path = file('grows.csv', `a,b\n${'1,2\n'.repeat(500_000)}`);
    const writing = setInterval(() => appendFileSync(path, '3,4\n'), 1);
    try {
      await expect(readTable(path)).rejects.toThrow(
        'grows.csv: the file must stay as it is while it is read. Received:',
      );
    } finally {
      clearInterval(writing);
    }
  });
});
