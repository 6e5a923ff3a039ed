// Every message: its entry is whole, and the example of a syntax message has that very error.
import { describe, expect, test } from 'vitest';
import { explainCode } from '../../src/diagnostics/explain-code.ts';
import { messages } from '../../src/diagnostics/messages.ts';
import { backendMessages } from '../../src/diagnostics/messages/backends.ts';
import { dataMessages } from '../../src/diagnostics/messages/data.ts';
import { graphMessages } from '../../src/diagnostics/messages/graph.ts';
import { learningMessages } from '../../src/diagnostics/messages/learning.ts';
import { lossMessages } from '../../src/diagnostics/messages/losses.ts';
import { namesMessages } from '../../src/diagnostics/messages/names.ts';
import { planningMessages } from '../../src/diagnostics/messages/planning.ts';
import { shapesMessages } from '../../src/diagnostics/messages/shapes.ts';
import { syntaxMessages } from '../../src/diagnostics/messages/syntax.ts';
import { parse } from '../../src/syntax/parse.ts';

const families = [
  ['1', syntaxMessages],
  ['2', namesMessages],
  ['3', shapesMessages],
  ['4', graphMessages],
  ['5', planningMessages],
  ['5', backendMessages],
  ['5', lossMessages],
  ['6', dataMessages],
  ['6', learningMessages],
] as const;

test.each(families)('codes EBM%sxx are in their own table', (digit, table) => {
  expect(Object.keys(table).filter((code) => !new RegExp(`^EBM${digit}\\d\\d$`).test(code))).toEqual([]);
});

test('no code is in two tables', () => {
  expect(families.flatMap(([, table]) => Object.keys(table)).sort()).toEqual(Object.keys(messages).sort());
});

describe.each(Object.entries(messages))('%s', (code, entry) => {
  test('has a title for lists and an explanation in sentences', () => {
    expect(entry.title).not.toMatch(/^[A-Z]\w* .*\.$/);
    expect(entry.explanation).toMatch(/\.$/);
    expect(explainCode(code)).toContain(entry.title);
    expect(explainCode(code.toLowerCase())).toBe(explainCode(code));
  });
});

test.each(Object.entries(syntaxMessages))('the example of %s has that error first', (code, { example }) => {
  const codes = parse(example).diagnostics.map((d) => d.code);
  expect(code === 'EBM119' ? codes.at(-1) : codes[0]).toBe(code);
});

test('there is nothing to say about an unknown code', () => {
  expect(explainCode('EBM999')).toBeNull();
  expect(explainCode('constructor')).toBeNull();
});
