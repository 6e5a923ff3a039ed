// Text to tree to text: the models, and random trees.
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { format } from '../../src/syntax/format.ts';
import { parse } from '../../src/syntax/parse.ts';
import { print } from '../../src/syntax/print.ts';
import { files, withoutParentheses, withoutSpans } from './trees.ts';

const folder = 'test/models';
const models = readdirSync(folder).map((file) => [file, readFileSync(`${folder}/${file}`, 'utf8')] as const);

const onOneLine = (source: string): string => source.replace(/\/\/.*/g, '').replace(/\s+/g, ' ');
const treeOf = (source: string): unknown => withoutSpans(parse(source).tree);

describe.each(models)('%s', (_, source) => {
  test('parses', () => {
    expect(parse(source).diagnostics).toEqual([]);
    expect(parse(source).tree.statements[0]?.kind).toBe('model');
  });

  test('is the same tree on one line, where newlines carry no meaning', () => {
    expect(parse(onOneLine(source)).diagnostics).toEqual([]);
    expect(treeOf(onOneLine(source))).toEqual(treeOf(source));
  });

  test.each([
    ['as written', source],
    ['on one line', onOneLine(source)],
    ['with Windows line ends', source.replaceAll('\n', '\r\n')],
  ])('formats %s: the same tree, the same comments, and no change the second time', (_name, text) => {
    const formatted = format(text).text!;
    expect(treeOf(formatted)).toEqual(treeOf(text));
    expect(parse(formatted).comments.map((c) => c.text)).toEqual(parse(text).comments.map((c) => c.text.trimEnd()));
    expect(format(formatted).text).toBe(formatted);
    expect(formatted.split('\n').filter((line) => line.length > 100 && !line.includes('//'))).toEqual([]);
  });

  test('every span holds the text of its name or number', () => {
    const visit = (node: unknown): void => {
      if (typeof node !== 'object' || node === null) return;
      const { text, span } = node as { readonly text?: string; readonly span?: { start: number; end: number } };
      if (text !== undefined && span !== undefined) expect(source.slice(span.start, span.end)).toBe(text);
      Object.values(node).forEach(visit);
    };
    visit(parse(source).tree);
  });
});

test('there are 69 models', () => {
  expect(models).toHaveLength(69);
});

test('random trees survive being printed and parsed', () => {
  fc.assert(
    fc.property(files, (tree) => {
      const text = print(tree);
      const { tree: again, diagnostics } = parse(text);
      expect(diagnostics).toEqual([]);
      expect(withoutParentheses(withoutSpans({ ...again }))).toEqual(withoutParentheses(withoutSpans(tree)));
      expect(format(text).text).toBe(text);
    }),
    { numRuns: 300 },
  );
});
