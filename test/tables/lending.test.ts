/** Memory that is used again: columns of tables on disk, pieces of files, codes of texts. None of this is seen in results. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { encodeExamples, fitFeatures, parseCsv, split, type Table, tableOf } from 'lanegrad/data';
import { openTable } from 'lanegrad/node';
import { afterAll, describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../src/cli/table/parts.js';
import { strangenessOf } from '../../src/cli/table/strange.js';
import type { Column } from '../../src/data/table/column.js';
import { textsOf } from '../../src/data/table/texts.js';
import { everyRow, rowsWhere } from '../../src/data/table/which.js';
import { LentTexts } from '../../src/node/tables/lent.js';
import { ColumnMemory } from '../../src/node/tables/memory.js';
import { textOf } from '../../src/node/tables/text.js';
import { TextCodes } from '../../src/node/tables/textcodes.js';

const folder = mkdtempSync(join(tmpdir(), 'lanegrad-lending-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Enough for several groups of rows: numbers with gaps, a different text in every row, few texts, dates, yes and no. */
function csv(rows: number): string {
  const lines = Array.from({ length: rows }, (_, i) =>
    [`order-${(i * 7919) % rows}`, i % 9 ? (i * 37) % 1000 : '', ['a', 'b', '', 'c'][i % 4], `2024-0${1 + (i % 9)}-15`]
      .concat([i % 3 ? 'yes' : 'no', ((i * 31) % 17) / 4, `x${'y'.repeat(300)}`])
      .join(','),
  );
  return ['order,amount,kind,since,left,score,filling', ...lines].join('\n');
}

function fileOf(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const valuesOf = (column: Column) => (column.type === 'number' ? column.values : column.codes);
/** A column with arrays of its own. */
const copyOf = (column: Column): Column =>
  column.type === 'number'
    ? { type: 'number', values: column.values.slice() }
    : { type: 'text', codes: column.codes.slice(), dictionary: [...column.dictionary] };

describe('a table on disk', () => {
  const text = csv(40_000);
  const path = fileOf('orders.csv', text);

  it('lends one column after another in the same memory, and two at a time in different ones', async () => {
    using table = await openTable(path);
    const buffers = new Set<ArrayBufferLike>();
    for (const name of table.names) table.lend(name, (column) => buffers.add(valuesOf(column).buffer));
    // one for codes, which numbers outgrow
    expect(buffers.size).toBeLessThanOrEqual(2);
    table.lend('amount', (one) =>
      table.lend('score', (other) => {
        expect(valuesOf(one).buffer).not.toBe(valuesOf(other).buffer);
        expect(copyOf(one)).toEqual(parseCsv(text).column('amount'));
        expect(copyOf(other)).toEqual(parseCsv(text).column('score'));
      }),
    );
  });

  it('lends the columns that it has, of all rows and of some, and gives others away for good', async () => {
    using table = await openTable(path);
    const memory = parseCsv(text);
    const some = rowsWhere(table.rows, (row) => row % 7 === 3);
    const mixed = some.slice().reverse();
    for (const name of table.names) {
      expect(table.lend(name, copyOf), name).toEqual(memory.column(name));
      expect(table.pick(some).lend(name, copyOf), name).toEqual(memory.pick(some).column(name));
      expect(table.pick(mixed).lend(name, copyOf), name).toEqual(memory.pick(mixed).column(name));
    }
    const given = table.column('amount');
    const before = copyOf(given);
    for (const name of table.names) table.lend(name, () => undefined);
    expect(given).toEqual(before);
    expect(() => table.lend('amonut', copyOf)).toThrow(/`amonut` is no column.*did you mean `amount`\?/);
  });

  it('reads texts when they are asked for, in pieces that make the dictionary', async () => {
    using table = await openTable(path);
    const { dictionary } = parseCsv(text).column('order') as Extract<Column, { type: 'text' }>;
    table.lend('order', (column) => {
      if (!(column instanceof LentTexts)) throw new Error('texts are texts');
      const pieces = [...textsOf(column)];
      expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(dictionary.length);
      expect(pieces.flat()).toEqual(dictionary);
      expect(column.at(39_999)).toBe(dictionary[39_999]);
      expect(column.at(40_000)).toBeUndefined();
      expect(column.dictionary).toEqual(dictionary);
    });
    // a column that is given away has its texts, whatever becomes of the file
    const column = table.column('order');
    table.close();
    expect(column.type === 'text' && column.dictionary[5]).toBe(dictionary[5]);
    expect(() => table.lend('order', copyOf)).toThrow(/this table was closed/);
  });

  it('has the fingerprint of the same table in memory, which is the one it always had', async () => {
    using table = await openTable(path);
    expect(fingerprintOf(table)).toBe(fingerprintOf(parseCsv(text)));
    const small = parseCsv('a,b\n1,x\n,"é ""q"""\n2.5,\n');
    expect(fingerprintOf(small)).toBe('433b5954c1ccef4013224d7d29cdacdf');
  });

  it('is fitted with no more than two columns in memory', async () => {
    using table = await openTable(path);
    const { train } = split(table, { test: 0.2, stratify: 'left', seed: 1 });
    const asked: string[] = [];
    const column = table.column;
    const prototype = Object.getPrototypeOf(train) as { column: typeof column };
    prototype.column = function (this: Table, name) {
      asked.push(name);
      return column.call(this, name);
    } as typeof column;
    try {
      fitFeatures(train, { target: 'left' });
    } finally {
      prototype.column = column;
    }
    expect([...new Set(asked)]).toEqual(['left']);
  });
});

describe('what is strange about rows is what `encodeExamples` says', () => {
  const training = tableOf(
    Array.from({ length: 60 }, (_, i) => ({
      size: i,
      gappy: i % 5 ? i : null,
      kind: ['a', 'b', 'c'][i % 3] as string,
      member: i % 2 ? 'yes' : 'no',
      since: `2024-01-${String(1 + (i % 28)).padStart(2, '0')}`,
      y: i % 2 ? 'on' : 'off',
    })),
  );
  const features = fitFeatures(training, { target: 'y', kinds: { kind: 'category', since: 'date' } });
  const cell = <T>(...values: T[]) => fc.constantFrom(...values);
  const row = fc.record({
    size: cell<number | null>(1, 2.5, null),
    gappy: cell<number | null>(3, null),
    kind: cell<string | number | null>('a', 'z', '', 7, null),
    member: cell<string | number | null>('yes', 'no', 'perhaps', 1, 0, 5, null),
    since: cell<string | number | null>('2024-02-03', 'soon', 3, null),
    y: cell('on', 'off'),
  });

  it('in any table', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 12 }), (rows) => {
        const { unseen, warnings } = encodeExamples(features, tableOf(rows));
        expect(strangenessOf('here', features, tableOf(rows))).toEqual({ unseen, warnings });
      }),
    );
  });

  it('and refuses what that refuses, by the row of the file', () => {
    const rows = Array.from({ length: 4 }, () => ({ ...training.row(0), size: 1 as number | string }));
    (rows[2] as { size: number | string }).size = 'large';
    const kept = Uint32Array.of(10, 20, 30, 40);
    expect(() => strangenessOf('here', features, tableOf(rows), kept)).toThrow(
      /here: row 30, column `size` must hold a number.*"large"/,
    );
    (rows[2] as { size: number | string }).size = 1e300;
    expect(() => encodeExamples(features, tableOf(rows))).toThrow(/row 2 holds a number that is too large/);
    expect(() => strangenessOf('here', features, tableOf(rows), kept)).toThrow(
      /row 30 holds a number that is too large beside those of training/,
    );
  });
});

describe('a file', () => {
  /** A file of these bytes that tells into what it was read, and gives at most so many at a time. */
  function handleOf(bytes: Uint8Array, most = Number.POSITIVE_INFINITY) {
    const buffers = new Set<ArrayBufferLike>();
    let reading = 0;
    const read = async (into: Uint8Array, offset: number, length: number, position: number) => {
      if (length > 2) buffers.add(into.buffer);
      reading++;
      await new Promise((resolve) => setImmediate(resolve));
      const some = bytes.subarray(position, position + Math.min(length, most));
      into.set(some, offset);
      reading--;
      return { bytesRead: some.length, buffer: into };
    };
    return { handle: { read } as unknown as FileHandle, buffers, busy: () => reading };
  }
  const text = Array.from({ length: 400_000 }, (_, i) => `${i},ž\n`).join('');
  const bytes = new TextEncoder().encode(text);

  it.each([Number.POSITIVE_INFINITY, 100_003])('is read into two buffers, by at most %s bytes', async (most) => {
    const { handle, buffers } = handleOf(bytes, most);
    let found = '';
    for await (const piece of textOf('a.csv', handle)) found += piece;
    expect(found === text).toBe(true);
    expect(bytes.length).toBeGreaterThan(3 << 20);
    expect(buffers.size).toBe(2);
  });

  it('is not closed while it is read, by whoever stops early', async () => {
    const { handle, busy } = handleOf(bytes);
    for await (const piece of textOf('a.csv', handle)) {
      expect(piece.length).toBeGreaterThan(0);
      expect(busy()).toBe(1);
      break;
    }
    expect(busy()).toBe(0);
  });
});

describe('small things', () => {
  it('codes of texts are those of a Map', () => {
    const short = fc.string({ unit: 'binary', maxLength: 3 });
    fc.assert(
      fc.property(
        fc.array(fc.oneof(short, fc.string({ unit: 'grapheme', maxLength: 400 })), { maxLength: 700 }),
        (texts) => {
          const codes = new TextCodes();
          const known = new Map<string, number>();
          for (const text of texts) {
            if (!known.has(text)) known.set(text, known.size);
            expect(codes.codeOf(text)).toBe(known.get(text));
          }
          expect(codes.size).toBe(known.size);
        },
      ),
    );
    const many = new TextCodes();
    for (let i = 0; i < 100_000; i++) many.codeOf(`o-${i}`);
    expect([many.size, many.codeOf('o-0'), many.codeOf('o-99999'), many.codeOf('\ud800')]).toEqual([
      100_000, 0, 99_999, 100_000,
    ]);
  });

  it('a scratch gives the same memory, or more', () => {
    const scratch = new ColumnMemory();
    const first = scratch.numbers(10);
    expect(scratch.codes(20).buffer).toBe(first.buffer);
    expect(scratch.bytes(3).length).toBe(3);
    expect(scratch.numbers(11).buffer).not.toBe(first.buffer);
  });

  it('rows are counted before they are listed', () => {
    expect([...everyRow(3)]).toEqual([0, 1, 2]);
    expect([...rowsWhere(6, (row) => row % 2 === 1)]).toEqual([1, 3, 5]);
  });
});
