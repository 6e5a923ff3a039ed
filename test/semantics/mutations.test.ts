// The checker on damaged models: it never throws, gives a model or an error, and points inside the text.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { check } from '../../src/semantics/check.ts';
import { parse } from '../../src/syntax/parse.ts';

const folders = ['../models', '../corpus/good/semantics', '../corpus/bad/semantics'].map((f) =>
  join(import.meta.dirname, f),
);
const sources = folders.flatMap((f) => readdirSync(f).map((name) => readFileSync(join(f, name), 'utf8')));
const TOKEN = /[A-Za-z_][A-Za-z0-9_]*|\d+(\.\d+)?|\|\||\.\.|[<>=!]=|\|>|->|\S/g;
const words = sources.flatMap((s) => s.match(TOKEN) ?? []);

const edit = fc.record({
  at: fc.nat(),
  word: fc.constantFrom(...words),
  kind: fc.constantFrom('delete', 'replace', 'insert', 'double'),
});

const apply = (source: string, { at, word, kind }: { at: number; word: string; kind: string }): string => {
  const tokens = [...source.matchAll(TOKEN)];
  if (tokens.length === 0) return word;
  const token = tokens[at % tokens.length]!;
  const [start, end] = [token.index, token.index + token[0].length];
  const middle = { delete: '', replace: word, insert: `${word} ${token[0]}`, double: `${token[0]} ${token[0]}` }[kind]!;
  return source.slice(0, start) + middle + source.slice(end);
};

describe('damaged models', () => {
  it('are checked without a throw, with places inside the text', () => {
    fc.assert(
      fc.property(fc.constantFrom(...sources), fc.array(edit, { minLength: 1, maxLength: 3 }), (source, edits) => {
        const text = edits.reduce(apply, source);
        const { tree } = parse(text);
        const { model, diagnostics } = check(tree);
        expect(model !== null || diagnostics.some((d) => d.severity === 'error')).toBe(true);
        for (const { span, message, hints } of diagnostics) {
          expect(span).not.toBeNull();
          expect(span!.start >= 0 && span!.start <= span!.end && span!.end <= text.length).toBe(true);
          expect([message, ...hints].join(' ')).not.toMatch(/undefined|\[object|NaN/);
        }
      }),
      { numRuns: 600, seed: 11 },
    );
  });
});
