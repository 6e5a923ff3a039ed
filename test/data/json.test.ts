import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstShortArray, readJson, tableOf } from '../../src/data/json.ts';
import { flatten, nest } from '../../src/data/nest.ts';
import type { Nested } from '../../src/data/nest.ts';

const nested = fc
  .array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 })
  .chain((shape) =>
    shape.reduceRight<fc.Arbitrary<Nested>>(
      (inner, length) => fc.array(inner, { minLength: length, maxLength: length }),
      fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })) as fc.Arbitrary<Nested>,
    ),
  );

describe('json', () => {
  it('reads nested arrays', () => {
    const { value } = readJson(' [[1, -2.5e1],\n [null, 4]] ', 'a.json');
    expect(value!.shape).toEqual([2, 2]);
    expect([...value!.data]).toEqual([1, -25, NaN, 4]);
    expect([...value!.missing!]).toEqual([0, 0, 1, 0]);
    expect(value!.source.locate(3).words).toBe('entry [1][1]');
  });

  it('reads a number alone, NaN, true and false', () => {
    expect(readJson('7', 'a.json').value).toMatchObject({ shape: [] });
    expect([...readJson('[NaN, true, false]', 'a.json').value!.data]).toEqual([NaN, 1, 0]);
  });

  it('agrees with JSON.parse on every nested array', () => {
    fc.assert(
      fc.property(nested, fc.nat(3), (value, indent) => {
        const table = readJson(JSON.stringify(value, null, indent), 'a.json').value!;
        const parsed = flatten(JSON.parse(JSON.stringify(value)) as Nested);
        expect(table.shape).toEqual(parsed.shape);
        expect([...table.data]).toEqual([...parsed.data]);
        expect(tableOf(value, 'v').value!.shape).toEqual(table.shape);
        expect(nest(flatten(value))).toEqual(value);
      }),
    );
  });

  it.each([
    ['[1, 2', 1, 6, 'the end of the file'],
    ['[[1, 2],\n [3, x]]', 2, 6, '"x"'],
    ['[1,,2]', 1, 4, '","'],
    ['[1,]', 1, 4, '"]"'],
    ['[1] 2', 1, 5, '"2"'],
    ['{"a": 1}', 1, 1, '"{'],
    ['[[1, 2], 3]', 1, 10, 'a number stands'],
    ['[1, [2]]', 1, 5, 'an array stands'],
    [']', 1, 1, '"]"'],
    ['[01]', 1, 3, '"1"'],
  ])('places the mistake in %j', (text, line, column, found) => {
    const { value, diagnostics } = readJson(text, 'a.json');
    expect(value).toBeNull();
    expect(diagnostics[0]).toMatchObject({ code: 'EBM607', place: { file: 'a.json', line, column } });
    expect(diagnostics[0]!.message).toContain(found);
  });

  it('accepts nothing that JSON.parse refuses, apart from NaN', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[[\],0-9.e -]{1,12}$/), (text) => {
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        if (!valid) expect(readJson(text, 'a.json').value).toBeNull();
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['', '  \n', '[]', '[[], []]'])('says that %j is empty', (text) => {
    expect(readJson(text, 'a.json').diagnostics[0]!.code).toBe('EBM602');
  });

  it('pads arrays of unequal length and says which is short', () => {
    const table = readJson('[[1, 2, 3], [4], []]', 'a.json').value!;
    expect(table.shape).toEqual([3, 3]);
    expect([...table.padding!]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1]);
    expect([...table.data]).toEqual([1, 2, 3, 4, 0, 0, 0, 0, 0]);
    expect(firstShortArray(table)).toMatchObject({ where: 'entry [1]', length: 1, first: 3 });
  });
});
