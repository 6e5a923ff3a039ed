import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsv } from '../../src/data/csv.ts';
import type { CsvOptions } from '../../src/data/csv.ts';

const read = (text: string, options: Partial<CsvOptions> = {}) =>
  readCsv(Readable.from([Buffer.from(text)]), {
    file: 'p.csv',
    columns: null,
    delimiters: [',', ';', '\t'],
    ...options,
  });

const table = async (text: string, columns: readonly string[] | null = null) => {
  const { value, diagnostics } = await read(text, { columns });
  expect(diagnostics).toEqual([]);
  return { shape: value!.shape, data: [...value!.data], missing: value!.missing && [...value!.missing] };
};

const mistake = async (text: string, columns: readonly string[] | null = null) => {
  const { value, diagnostics } = await read(text, { columns });
  expect(value).toBeNull();
  expect(diagnostics).toHaveLength(1);
  const { code, message, place } = diagnostics[0]!;
  return { code, message, place };
};

describe('csv', () => {
  it.each([
    ['1,2\n3,4\n', 'plain'],
    ['1,2\n3,4', 'no newline at the end'],
    ['1,2\r\n3,4\r\n', 'Windows line ends'],
    ['\uFEFF1,2\n3,4\n', 'a byte order mark'],
    ['a,b\n1,2\n3,4\n', 'a header'],
    ['"a","b"\n"1","2"\n3,4\n', 'quotes'],
    ['1;2\n3;4\n', 'semicolons'],
    ['1\t2\n3\t4\n', 'tabs'],
    ['1,2\n\n3,4\n\n', 'blank lines'],
    [' 1 , 2 \n+3,4e0\n', 'spaces, signs and exponents'],
  ])('reads %j (%s)', async (text) => {
    expect(await table(text)).toEqual({ shape: [2, 2], data: [1, 2, 3, 4], missing: null });
  });

  it('marks empty and NaN cells as missing', async () => {
    expect(await table('1,\nnan,4\n')).toEqual({ shape: [2, 2], data: [1, NaN, NaN, 4], missing: [0, 1, 1, 0] });
  });

  it('takes a blank line inside one column as missing, and blank lines at the end as nothing', async () => {
    expect(await table('1\n\n3\n\n\n')).toEqual({ shape: [3, 1], data: [1, NaN, 3], missing: [0, 1, 0] });
  });

  it('selects columns by name, by number, in the order asked for, past columns of words', async () => {
    const text = 'length,width,species\n1,2,setosa\n3,4,virginica\n';
    expect((await table(text, ['width', 'length'])).data).toEqual([2, 1, 4, 3]);
    expect((await table(text, ['2'])).data).toEqual([2, 4]);
    expect((await table('1,2,setosa\n3,4,virginica\n', ['1', '2'])).data).toEqual([1, 2, 3, 4]);
  });

  it('knows the line and column of each cell', async () => {
    const { value } = await read('a,b\n\n1,2\n\n\n3,4\n', { columns: ['b'] });
    expect(value!.source.locate(0)).toMatchObject({ line: 3, column: 2 });
    expect(value!.source.locate(1)).toMatchObject({ line: 6, column: 2 });
  });

  it('names the line and both counts of a ragged row', async () => {
    const { code, message, place } = await mistake('1,2\n3,4\n5,6,7\n');
    expect([code, place]).toEqual(['EBM603', { file: 'p.csv', line: 3 }]);
    expect(message).toMatch(/3 cells.*line 1 has 2/);
  });

  it('names the line, column and text of a cell that is no number', async () => {
    const { code, message, place } = await mistake('a,b\n1,2\n3,four\n');
    expect([code, place]).toEqual(['EBM604', { file: 'p.csv', line: 3, column: 2 }]);
    expect(message).toBe('"four" in column b is not a number');
  });

  it('does not swallow a first row of numbers with one typing error as a header', async () => {
    expect(await mistake('1,2x\n3,4\n')).toMatchObject({ code: 'EBM604', place: { line: 1, column: 2 } });
  });

  it.each(['0x1F', '1_000', '1,5'.replace(',', '.') + '.', '--1', '12abc'])(
    'does not read %j as a number',
    async (cell) => {
      expect((await mistake(`1\n${cell}\n`)).code).toBe('EBM604');
    },
  );

  it.each([
    ['', 'EBM602'],
    ['\n\n', 'EBM602'],
    ['a,b\n', 'EBM602'],
    ['"1,2\n3', 'EBM610'],
  ])('refuses %j with %s', async (text, code) => {
    expect((await mistake(text)).code).toBe(code);
  });

  it('names the columns there are when one is unknown', async () => {
    const { value, diagnostics } = await read('length,width\n1,2\n', { columns: ['widht'] });
    expect(value).toBeNull();
    expect(diagnostics[0]).toMatchObject({ code: 'EBM605' });
    expect(diagnostics[0]!.hints.join(' ')).toMatch(/did you mean width\?.*length, width/);
  });

  it('gives back what was written, however it is cut into chunks', async () => {
    const cell = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: NaN });
    const rows = fc
      .integer({ min: 2, max: 4 })
      .chain((width) =>
        fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 8 }),
      );
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 7 }), async (numbers, size) => {
        const bytes = Buffer.from(
          numbers.map((row) => row.map((x) => (Number.isNaN(x) ? '' : String(x))).join(',')).join('\r\n'),
        );
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.subarray(i * size, (i + 1) * size),
        );
        const { value } = await readCsv(Readable.from(chunks), { file: 'p.csv', columns: null, delimiters: [','] });
        // -0 is written as 0.
        expect([...value!.data].map((x) => x + 0)).toEqual(numbers.flat().map((x) => x + 0));
        expect(value!.shape).toEqual([numbers.length, numbers[0]!.length]);
      }),
      { numRuns: 60 },
    );
  });
});
