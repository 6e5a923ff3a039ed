// The corpus of small programs. The bad ones have every diagnostic written at its place, the good ones have none, and between
// them they show every message that a program can bring about.
import { describe, expect, it } from 'vitest';
import { messages } from '../../src/diagnostics/messages.ts';
import { format } from '../../src/compile.ts';
import { disagreements, readAnnotations } from './annotations.ts';
import { diagnose, programs } from './programs.ts';

const bad = programs('bad');
const good = programs('good');

/** What no program of a few lines brings about, and why. EBM6xx are of data: their examples are carried out elsewhere. */
const cannotBeShown: Readonly<Record<string, string>> = {
  EBM119: 'it takes a hundred errors: test/diagnostics/examples.test.ts has them',
  EBM515: 'it takes a machine that lacks a device: test/backend',
  EBM516: 'it takes a device that fails: test/backend',
  EBM517: 'it takes a compiler that fails: test/backend/native',
  EBM518: 'it takes a machine without a C compiler: test/backend/native',
  EBM519: 'it takes a cache folder that cannot be written: test/backend/native',
};

describe('wrong programs', () => {
  it('are many', () => expect(bad.length).toBeGreaterThanOrEqual(80));

  it.each(bad.map((program) => [program.path, program] as const))('%s', async (_, program) => {
    expect(readAnnotations(program.source)).not.toHaveLength(0);
    const found = await diagnose(program);
    expect(disagreements(program.source, found)).toEqual([]);
    for (const { message } of found) expect(message).not.toMatch(/undefined|\[object|NaN/);
  });

  it('show every message that a program can bring about', () => {
    const shown = new Set(bad.flatMap(({ source }) => readAnnotations(source).map(({ code }) => code)));
    const codes = Object.keys(messages).filter((code) => code < 'EBM600');
    expect(codes.filter((code) => !shown.has(code))).toEqual(Object.keys(cannotBeShown));
  });
});

describe('right programs', () => {
  it('are many', () => expect(good.length).toBeGreaterThanOrEqual(60));

  it.each(good.map((program) => [program.path, program] as const))('%s', async (_, program) => {
    expect(await diagnose(program)).toEqual([]);
    // Formatting settles at once, and a formatted program says the same.
    const { value: formatted } = format(program.source, program.path);
    expect(format(formatted!, program.path).value).toBe(formatted);
    expect(await diagnose({ ...program, source: formatted! })).toEqual([]);
  });
});
