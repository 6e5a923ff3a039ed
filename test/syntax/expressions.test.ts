// What binds to what, told by writing the parentheses out.
import { describe, expect, test } from 'vitest';
import type * as Ast from '../../src/syntax/ast.ts';
import { parse } from '../../src/syntax/parse.ts';
import { withoutParentheses, withoutSpans } from './trees.ts';

const valueOf = (expression: string): Ast.Expression => {
  const { tree, diagnostics } = parse(`factor f = ${expression}`);
  expect(diagnostics).toEqual([]);
  const [statement] = tree.statements;
  if (statement?.kind !== 'term') throw new Error('a factor was parsed as something else');
  return statement.value;
};

const meaning = (expression: string): unknown => withoutParentheses(withoutSpans(valueOf(expression)));

describe('the same with parentheses', () => {
  test.each([
    ["-x'^2", "-((x')^2)"],
    ['-x^2', '-(x^2)'],
    ['2^-x', '2^(-x)'],
    ['2^3^4', '2^(3^4)'],
    ['2^-3^4', '2^(-(3^4))'],
    ['a - b - c', '(a - b) - c'],
    ['a / b * c @ d', '((a / b) * c) @ d'],
    ['a + b * c', 'a + (b * c)'],
    ['-a * b', '(-a) * b'],
    ['a * -b', 'a * (-b)'],
    ["a @ b'", "a @ (b')"],
    ["W @ W' @ y", "(W @ (W')) @ y"],
    ["A[i]'", "(A[i])'"],
    ["A'[i]", "(A')[i]"],
    ['a == b + 1', 'a == (b + 1)'],
    ['not a == b', 'not (a == b)'],
    ['not a and b', '(not a) and b'],
    ['a and b or c and d', '(a and b) or (c and d)'],
    ['a or b |> f', '(a or b) |> f'],
    ['a |> f |> g(2)', '(a |> f) |> g(2)'],
    ['if a then b else c |> f', 'if a then b else (c |> f)'],
    ['if a then b else if c then d else e', 'if a then b else (if c then d else e)'],
    ['sum[k in K] a[k] * b[k] + c', '(sum[k in K] (a[k] * b[k])) + c'],
    ['sum[k in K] a - b', '(sum[k in K] a) - b'],
    ['2 * sum[k in K] a * b', '2 * (sum[k in K] (a * b))'],
    ['-sum[k in K] a', '-(sum[k in K] a)'],
    ['sum[k in K] sum[j in J] a * b', 'sum[k in K] (sum[j in J] (a * b))'],
    ['sum[k in K] -a * b', 'sum[k in K] ((-a) * b)'],
    ['||a|| + ||b||', '(||a||) + (||b||)'],
    ['||a||^2', '(||a||)^2'],
    ['||a + ||b|| * c||_1', '||(a + (||b|| * c))||_1'],
    ['|| ||a|| ||', '||(||a||)||'],
    ['||||a||||', '||(||a||)||'],
    ['||f(||a||)[||b||]||', '||(f((||a||))[(||b||)])||'],
    ['||-||a||||', '||(-(||a||))||'],
  ])('%s is %s', (bare, explicit) => {
    expect(meaning(bare)).toEqual(meaning(explicit));
    expect(valueOf(explicit)).not.toEqual(valueOf(bare));
  });
});

describe('the same with other words', () => {
  test.each([
    ['‖v‖²', '||v||^2'],
    ['‖v‖_1', '||v||_1'],
    ['β * x', 'beta * x'],
    ['min(∞, x)', 'min(inf, x)'],
    ['a ≤ b', 'a <= b'],
    ['a ≥ b and a ≠ c', 'a >= b and a != c'],
    ['x²', 'x^2'],
  ])('%s is %s', (unicode, ascii) => {
    expect(meaning(unicode)).toEqual(meaning(ascii));
  });
});

test.each([
  ['.5', 0.5],
  ['0.25', 0.25],
  ['5e-3', 0.005],
  ['1E2', 100],
  ['007', 7],
])('%s is a number', (text, value) => {
  expect(valueOf(text)).toMatchObject({ kind: 'number', value, text });
});

test.each([
  ['a range', 'y[0..2]', { kind: 'range' }],
  ['a range up to a decimal', 'y[0...5]', { kind: 'range' }],
  ['all', 'y[:]', { kind: 'all' }],
  ['one', 'y[t-1]', { kind: 'at' }],
])('a subscript is %s', (_, text, subscript) => {
  expect(valueOf(text)).toMatchObject({ kind: 'subscript', subscripts: [subscript] });
});

describe('reserved words are free as labels, argument names, and beta as a distribution', () => {
  test.each([
    'factor model = 1',
    'factor beta[n in N] = 1',
    'regularizer sum = f(size = 1, beta = 2, sum = 3, factor = 4)',
    'w ~ beta(1, 2)',
    'param w : unit ~ beta(1, 2)',
    'train { loss nce(noise = beta(1, 1), data = 3) }',
  ])('%s', (source) => {
    expect(parse(source).diagnostics).toEqual([]);
  });
});

test('a domain has parameters and a shape', () => {
  const { tree } = parse('target a, b[i in 3] : interval(-4, 4)[D, K + 1] where a > 0 ~ normal(0, 1) = 2');
  expect(tree.statements[0]).toMatchObject({
    kind: 'variable',
    role: 'target',
    names: [
      { name: { text: 'a' }, index: null },
      { name: { text: 'b' }, index: { binders: [{ name: { text: 'i' } }] } },
    ],
    domain: {
      name: { text: 'interval' },
      parameters: [
        { from: { kind: 'unary' }, to: null },
        { from: { kind: 'number' }, to: null },
      ],
      shape: [{ kind: 'name' }, { kind: 'binary', operator: '+' }],
    },
    where: { kind: 'binary', operator: '>' },
    distribution: { name: { text: 'normal' }, parenthesised: true },
    start: { kind: 'number', value: 2 },
  });
});

test('settings are of three kinds', () => {
  const { tree } = parse(
    'train { loss = F  minimize by tabu  learn W, b by adam(rate = 1)  epochs 20  batch 64 of e }',
  );
  expect(tree.statements[0]).toMatchObject({
    kind: 'block',
    block: 'train',
    settings: [
      { kind: 'assign', name: { text: 'loss' } },
      { kind: 'by', name: { text: 'minimize' }, by: { name: { text: 'tabu' }, parenthesised: false } },
      { kind: 'words', name: { text: 'learn' }, operands: [{}, {}], by: { name: { text: 'adam' } }, of: null },
      { kind: 'words', name: { text: 'epochs' }, operands: [{ value: 20 }], by: null, of: null },
      { kind: 'words', name: { text: 'batch' }, operands: [{ value: 64 }], by: null, of: { text: 'e' } },
    ],
  });
});

test('the span of every expression covers its text', () => {
  const source = "factor f = ||y[t-1] - W' @ z||^2 + sum[k in K] (a |> g(2))";
  const { tree } = parse(source);
  const texts: string[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { kind, span } = node as { readonly kind?: string; readonly span?: { start: number; end: number } };
    if (kind !== undefined && span !== undefined) texts.push(`${kind}: ${source.slice(span.start, span.end)}`);
    Object.values(node).forEach(visit);
  };
  visit(tree.statements[0]);
  expect(texts).toEqual(
    expect.arrayContaining([
      `term: ${source}`,
      "norm: ||y[t-1] - W' @ z||",
      "binary: ||y[t-1] - W' @ z||^2",
      "binary: y[t-1] - W' @ z",
      'at: t-1',
      "transpose: W'",
      "binary: W' @ z",
      'reduction: sum[k in K] (a |> g(2))',
      'parenthesised: (a |> g(2))',
      'pipe: a |> g(2)',
    ]),
  );
});
