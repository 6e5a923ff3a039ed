// The grammar for reading and the parser are the same grammar.
import { readFileSync } from 'node:fs';
import { Lexer } from 'chevrotain';
import { expect, test } from 'vitest';
import { EbmParser } from '../../grammar/parser.ts';
import { allTokens } from '../../grammar/tokens.ts';
import { parserProductions, readGrammar, tokenCategories, tokenPatterns } from './grammar-text.ts';

const written = readGrammar(readFileSync('grammar/ebm.ebnf', 'utf8'));

const sorted = <T>(map: ReadonlyMap<string, T>) => Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));

test('every rule of ebm.ebnf is a production of the parser, and there are no others', () => {
  expect(sorted(written.rules)).toEqual(sorted(parserProductions()));
});

test('every token of ebm.ebnf is a token of the lexer, and there are no others', () => {
  expect(sorted(written.tokens)).toEqual(sorted(tokenPatterns()));
  expect(sorted(written.categories)).toEqual(sorted(tokenCategories()));
});

test('chevrotain finds no ambiguity, left recursion or unreachable alternative', () => {
  expect(() => new EbmParser({ skipValidations: false })).not.toThrow();
});

test('chevrotain finds no unreachable token, empty match or unsupported pattern', () => {
  const lexer = new Lexer(allTokens, { positionTracking: 'full', ensureOptimizations: true });
  expect(lexer.lexerDefinitionErrors).toEqual([]);
});
