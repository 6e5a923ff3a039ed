// The search for a tuning and its memory: with a machine that is a formula, and in a folder of its own.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { rememberTuning, rememberedTuning } from '../../../src/backend/native/tuning/remembered.ts';
import { ratioOf, search } from '../../../src/backend/native/tuning/search.ts';
import { standardPrograms } from '../../../src/backend/native/tuning/standard-programs.ts';
import { tried, usualTuning, type Tuning } from '../../../src/kernel/tuning.ts';
import { verify } from '../../../src/tensor/verify.ts';

/** Milliseconds that grow with the distance of each choice from its best, in doublings. */
const machine = (best: Tuning) => async (tuning: Tuning) => {
  const away = (Object.keys(best) as (keyof Tuning)[]).map((name) => Math.abs(Math.log2(tuning[name] / best[name])));
  return { first: 10 * away.reduce((a, b) => a + b, 1), second: 3 + away[0]! };
};

describe('the search', () => {
  it('walks every choice to its best', async () => {
    const best = { blockBytes: 1_048_576, tileEntries: 1024, stripEntries: 64, reduceTerms: 32_768 };
    const found = await search(machine(best), usualTuning);
    expect(found.tuning).toEqual(best);
    const [start, end] = [await machine(best)(usualTuning), await machine(best)(best)];
    expect(found.ratio).toBeCloseTo(Math.sqrt((end.first / start.first) * (end.second / start.second)), 12);
  });

  it('stays where nothing is better, and takes few tries to see it', async () => {
    const found = await search(machine(usualTuning), usualTuning);
    expect(found.tuning).toEqual(usualTuning);
    expect(found.tries).toBe(1 + 2 * Object.keys(tried).length);
  });

  it('takes no step for what is noise', async () => {
    let call = 0;
    const found = await search(async () => ({ first: 100 - call++ / 10 }), usualTuning);
    expect(found.tuning).toEqual(usualTuning);
  });

  it('compares by the geometric mean', () => {
    expect(ratioOf({ a: 2, b: 8 }, { a: 1, b: 1 })).toBeCloseTo(4, 12);
  });
});

describe('the memory', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ebmc-tuning-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('keeps one tuning for each processor', async () => {
    const [one, other] = [
      { ...usualTuning, tileEntries: 1024 },
      { ...usualTuning, stripEntries: 64 },
    ];
    const path = await rememberTuning(folder, 'one', one);
    await rememberTuning(folder, 'other', other);
    expect(rememberedTuning(folder, 'one')).toEqual(one);
    expect(rememberedTuning(folder, 'other')).toEqual(other);
    expect(rememberedTuning(folder, 'a third')).toEqual(usualTuning);
    expect(Object.keys(JSON.parse(readFileSync(path, 'utf8')) as object)).toHaveLength(2);
  });

  it('is the usual tuning where it is broken or absent', async () => {
    expect(rememberedTuning(join(folder, 'nowhere'), 'one')).toEqual(usualTuning);
    const path = await rememberTuning(folder, 'one', { ...usualTuning, tileEntries: 1024 });
    for (const text of [
      '',
      '{',
      '[]',
      '7',
      readFileSync(path, 'utf8').replace('1024', '-1'),
      readFileSync(path, 'utf8').replace('1024', '"x"'),
    ]) {
      // prettier-ignore
      writeFileSync(path, text);
      expect(rememberedTuning(folder, 'one')).toEqual(usualTuning);
    }
  });
});

it('the standard programs are well formed, and each says what it is', () => {
  for (const { program, inputs, flops, bytes, what } of standardPrograms()) {
    expect(verify(program)).toEqual([]);
    expect(program.inputs.map((i) => i.name).toSorted()).toEqual(Object.keys(inputs).toSorted());
    expect(flops).toBeGreaterThan(0);
    expect(bytes).toBeGreaterThan(0);
    expect(what).not.toBe('');
  }
});
