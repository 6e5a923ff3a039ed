// Whatever the text, the parser returns: a tree, and diagnostics whose spans lie inside the text.
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { format } from '../../src/syntax/format.ts';
import { tokenize } from '../../grammar/tokens.ts';
import { sourceMap } from '../../src/diagnostics/source-map.ts';
import { parse } from '../../src/syntax/parse.ts';

const folder = 'test/models';
const models = readdirSync(folder).map((file) => readFileSync(`${folder}/${file}`, 'utf8'));

const countMissing = (tree: unknown): number => {
  if (typeof tree !== 'object' || tree === null) return 0;
  const own = 'kind' in tree && tree.kind === 'missing' ? 1 : 0;
  return own + Object.values(tree).reduce<number>((sum, child) => sum + countMissing(child), 0);
};

const holdsFor = (source: string): void => {
  const { tree, diagnostics } = parse(source);
  for (const { span, related, message } of diagnostics) {
    for (const place of [span!, ...related.map((r) => r.span)]) {
      expect(place.start).toBeGreaterThanOrEqual(0);
      expect(place.end).toBeGreaterThanOrEqual(place.start);
      expect(place.end).toBeLessThanOrEqual(source.length);
    }
    expect(message).not.toContain('undefined');
  }
  // What was lost was reported, and what was not reported was not lost.
  if (diagnostics.length === 0) expect(countMissing(tree)).toBe(0);
  const formatted = format(source);
  expect(formatted.text === null).toBe(diagnostics.length > 0);
  if (formatted.text !== null) expect(format(formatted.text).text).toBe(formatted.text);
};

const piece = fc.oneof(
  fc.constantFrom(
    ...'()[]{}|=~:,.\'@^*/+-<>!&"#;\n\r\t ∞β²‖λ≤−',
    '||',
    '||_1',
    '|>',
    '..',
    '->',
    '==',
    '//',
    'if',
    'sum',
    'in',
  ),
  fc.constantFrom('model', 'size', 'target', 'plate', 'factor', 'let', 'train', 'where', 'of', 'by', 'x', '1', '1e9'),
  fc.string({ unit: 'binary', maxLength: 4 }),
);

const edit = fc.record({ at: fc.nat(), length: fc.nat({ max: 12 }), insert: fc.array(piece, { maxLength: 3 }) });

test('models with pieces cut out and put in', () => {
  const mutated = fc
    .tuple(fc.constantFrom(...models), fc.array(edit, { minLength: 1, maxLength: 4 }))
    .map(([model, edits]) =>
      edits.reduce((text, { at, length, insert }) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + insert.join(' ') + text.slice(place + length);
      }, model),
    );
  fc.assert(fc.property(mutated, holdsFor), { numRuns: 600 });
});

test('models cut short', () => {
  const cut = fc.tuple(fc.constantFrom(...models), fc.nat()).map(([model, at]) => model.slice(0, at % model.length));
  fc.assert(fc.property(cut, holdsFor), { numRuns: 200 });
});

test('words and signs in any order', () => {
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 60 }).map((p) => p.join(' ')),
      holdsFor,
    ),
    { numRuns: 300 },
  );
});

test('any text, and any bytes', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), holdsFor), { numRuns: 200 });
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => holdsFor(new TextDecoder().decode(bytes))),
    { numRuns: 200 },
  );
});

test('a missing word or sign is one error, in the line where it is missing', () => {
  let [wrong, right] = [0, 0];
  for (const model of models) {
    const map = sourceMap(model);
    for (const { startOffset, image } of tokenize(model).tokens) {
      const end = startOffset + image.length;
      const { diagnostics } = parse(model.slice(0, startOffset) + ' '.repeat(image.length) + model.slice(end));
      if (diagnostics.length === 0) continue;
      const line = map.position(startOffset).line;
      // A closing brace alone in its line is missed at the end of the line before.
      const last = image === '}' && map.lineText(line).trim() === '}' ? line - 1 : line;
      const good = diagnostics.length === 1 && map.position(diagnostics[0]!.span!.start).line === last;
      if (good) right += 1;
      else wrong += 1;
    }
  }
  expect(right).toBeGreaterThan(7000);
  expect(wrong / (wrong + right)).toBeLessThan(0.005);
});

describe('nesting without end', () => {
  const many = 20_000;
  test.each([
    ['parentheses', `factor f = ${'('.repeat(many)}1${')'.repeat(many)}`],
    ['brackets', `factor f = ${'['.repeat(many)}1`],
    ['norms', `factor f = ${'||'.repeat(many)}1`],
    ['calls', `factor f = ${'f('.repeat(many)}`],
    ['minus signs', `factor f = ${'-'.repeat(many)}1`],
    ['not', `factor f = ${'not '.repeat(many)}1`],
    ['powers', `factor f = ${'2^'.repeat(many)}1`],
    ['conditions', `factor f = ${'if a then '.repeat(many)}`],
    ['else if', `factor f = ${'if a then 1 else '.repeat(many)}2`],
    ['reductions', `factor f = ${'sum[i in 3] '.repeat(many)}1`],
    ['plates', 'plate n in N {'.repeat(many)],
    ['a long sum', `factor f = 1${' + 1'.repeat(many)}`],
    ['transposes', `factor f = A${"'".repeat(many)}`],
    ['a long pipe', `factor f = a${' |> f'.repeat(many)}`],
  ])('%s', (_, source) => {
    const { diagnostics, tree } = parse(`${source}\nfactor g = 1\n`);
    expect(diagnostics.map((d) => d.code)).toContain('EBM114');
    expect(() => JSON.stringify(tree)).not.toThrow();
  });

  test('a long array is no nesting', () => {
    const { diagnostics } = parse(`const a = [${'1, '.repeat(many)}2]`);
    expect(diagnostics).toEqual([]);
  });
});
