// Comparing syntax trees, and random ones. Spans are where things were written, not what they are.
import fc from 'fast-check';
import type * as Ast from '../../src/syntax/ast.ts';

export const withoutSpans = (tree: unknown): unknown =>
  JSON.parse(
    JSON.stringify(tree, (key, value: unknown) => (key === 'span' || key === 'operatorSpan' ? undefined : value)),
  );

/** Parentheses only say how a tree was written; printing adds those that are needed. */
export const withoutParentheses = (tree: unknown): unknown => {
  if (Array.isArray(tree)) return tree.map(withoutParentheses);
  if (typeof tree !== 'object' || tree === null) return tree;
  const node = tree as Record<string, unknown>;
  if (node['kind'] === 'parenthesised') return withoutParentheses(node['inner']);
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, withoutParentheses(value)]));
};

const span = { start: 0, end: 0 };
const name = (text: string): Ast.Name => ({ text, span });
const names = fc.constantFrom('x', 'y', 'W', 'alpha_2', 'λ', 'inf', 'T').map(name);
const words = fc.constantFrom('x', 'decay', 'model', 'beta', 'sum', 'factor', 'data').map(name);
const few = <T>(of: fc.Arbitrary<T>, minLength = 0): fc.Arbitrary<T[]> => fc.array(of, { minLength, maxLength: 3 });
const maybe = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(of, { nil: null });

const binaryOperators = ['+', '-', '*', '/', '^', '@', '==', '!=', '<=', '>=', '<', '>', 'and', 'or'] as const;
const reducers = ['sum', 'prod', 'min', 'max', 'mean', 'logsumexp', 'stack'] as const;

interface Parts {
  readonly expression: Ast.Expression;
  readonly call: Ast.CallSyntax;
  readonly argument: Ast.Argument;
  readonly range: Ast.RangeSyntax;
  readonly binder: Ast.Binder;
  readonly index: Ast.IndexClause;
  readonly subscript: Ast.Subscript;
  readonly domain: Ast.DomainSyntax;
}

const parts = fc.letrec<Parts>((tie: fc.LetrecTypedTie<Parts>) => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc
      .constantFrom('0', '2', '.5', '1e-3', '10.25')
      .map((text) => ({ kind: 'number' as const, value: Number(text), text, span })),
    names.map((n) => ({ kind: 'name' as const, name: n, span })),
    fc.constant({ kind: 'beta' as const, span }),
    fc.record({
      kind: fc.constant('call' as const),
      call: tie('call').filter((c) => c.parenthesised),
      span: fc.constant(span),
    }),
    fc.record({
      kind: fc.constant('binary' as const),
      operator: fc.constantFrom(...binaryOperators),
      left: tie('expression'),
      right: tie('expression'),
      operatorSpan: fc.constant(span),
      span: fc.constant(span),
    }),
    fc.record({
      kind: fc.constant('unary' as const),
      operator: fc.constantFrom('-' as const, 'not' as const),
      operand: tie('expression'),
      span: fc.constant(span),
    }),
    fc.record({ kind: fc.constant('transpose' as const), operand: tie('expression'), span: fc.constant(span) }),
    fc.record({
      kind: fc.constant('if' as const),
      condition: tie('expression'),
      then: tie('expression'),
      else: tie('expression'),
      span: fc.constant(span),
    }),
    fc.record({
      kind: fc.constant('pipe' as const),
      value: tie('expression'),
      call: tie('call').filter((c) => c.name.text !== 'beta'),
      span: fc.constant(span),
    }),
    fc.record({
      kind: fc.constant('subscript' as const),
      base: tie('expression'),
      subscripts: few(tie('subscript'), 1),
      span: fc.constant(span),
    }),
    fc.record({
      kind: fc.constant('reduction' as const),
      reducer: fc.constantFrom(...reducers),
      index: tie('index'),
      body: tie('expression'),
      span: fc.constant(span),
    }),
    fc.record({ kind: fc.constant('array' as const), elements: few(tie('expression'), 1), span: fc.constant(span) }),
    fc.record({
      kind: fc.constant('norm' as const),
      order: fc.constantFrom('2' as const, '1' as const, '0' as const, 'F' as const),
      operand: tie('expression'),
      span: fc.constant(span),
    }),
    fc.record({ kind: fc.constant('parenthesised' as const), inner: tie('expression'), span: fc.constant(span) }),
  ),
  call: fc
    .record({ name: fc.oneof(names, fc.constant(name('beta'))), arguments: few(tie('argument')), bare: fc.boolean() })
    .map((c) => ({ name: c.name, arguments: c.bare ? [] : c.arguments, parenthesised: !c.bare, span })),
  argument: fc.record({ name: maybe(words), value: tie('expression'), span: fc.constant(span) }),
  range: fc.record({ from: tie('expression'), to: maybe(tie('expression')), span: fc.constant(span) }),
  binder: fc.record({ name: names, range: tie('range'), span: fc.constant(span) }),
  index: fc.record({ binders: few(tie('binder'), 1), where: maybe(tie('expression')), span: fc.constant(span) }),
  subscript: fc.oneof(
    fc.constant({ kind: 'all' as const, span }),
    fc.record({
      kind: fc.constant('range' as const),
      from: tie('expression'),
      to: tie('expression'),
      span: fc.constant(span),
    }),
    fc.record({ kind: fc.constant('at' as const), at: tie('expression'), span: fc.constant(span) }),
  ),
  domain: fc.record({
    name: names,
    parameters: few(tie('range')),
    shape: few(tie('expression')),
    span: fc.constant(span),
  }),
}));

export const expressions = parts.expression;
const spanned = { span: fc.constant(span) };
const kind = <K extends string>(value: K): { readonly kind: fc.Arbitrary<K> } => ({ kind: fc.constant(value) });

const lets: fc.Arbitrary<Ast.LetStatement> = fc.record({
  ...kind('let'),
  name: names,
  index: maybe(parts.index),
  value: parts.expression,
  ...spanned,
});
const parameters = few(fc.record({ name: names, domain: maybe(parts.domain), ...spanned }));

const settings: fc.Arbitrary<Ast.Setting> = fc.oneof(
  fc.record({ ...kind('assign'), name: names, value: parts.expression, ...spanned }),
  fc.record({ ...kind('by'), name: names, by: parts.call, ...spanned }),
  fc.record({
    ...kind('words'),
    name: names,
    operands: few(parts.expression, 1),
    by: maybe(parts.call),
    of: maybe(names),
    ...spanned,
  }),
);

const simple: fc.Arbitrary<Ast.Statement> = fc.oneof(
  fc.record({ ...kind('model'), name: names, ...spanned }),
  fc.record({
    ...kind('sizes'),
    sizes: few(fc.record({ name: names, index: maybe(parts.index), value: maybe(parts.expression), ...spanned }), 1),
    ...spanned,
  }),
  fc.record({ ...kind('consts'), consts: few(fc.record({ name: names, value: parts.expression }), 1), ...spanned }),
  fc.record({
    ...kind('variable'),
    role: fc.constantFrom('data', 'observed', 'target', 'latent', 'noise', 'param'),
    names: few(fc.record({ name: names, index: maybe(parts.index) }), 1),
    domain: parts.domain,
    where: maybe(parts.expression),
    distribution: maybe(parts.call),
    start: maybe(parts.expression),
    ...spanned,
  }),
  fc.record({
    ...kind('term'),
    term: fc.constantFrom('factor', 'regularizer', 'constraint'),
    name: words,
    index: maybe(parts.index),
    value: parts.expression,
    ...spanned,
  }),
  lets,
  fc.record({
    ...kind('function'),
    name: names,
    parameters,
    result: maybe(parts.domain),
    body: parts.expression,
    ...spanned,
  }),
  fc
    .record({
      ...kind('net'),
      name: names,
      parameters,
      result: parts.domain,
      braced: fc.boolean(),
      lets: few(lets),
      body: parts.expression,
      ...spanned,
    })
    .map((net) => (net.braced ? net : { ...net, lets: [] })),
  fc.record({ ...kind('derived-net'), name: names, call: parts.call, ...spanned }),
  fc
    .record({
      ...kind('distributed'),
      name: names,
      index: maybe(parts.index),
      subscripts: few(parts.subscript),
      distribution: parts.call,
      ...spanned,
    })
    .map((d) => (d.index === null ? d : { ...d, subscripts: [] })),
  fc.record({ ...kind('beta'), value: parts.expression, ...spanned }),
  fc.record({ ...kind('block'), block: fc.constantFrom('infer', 'train'), settings: few(settings), ...spanned }),
);

const plates: fc.Arbitrary<Ast.Statement> = fc.record({
  ...kind('plate'),
  binder: parts.binder,
  body: few(simple),
  ...spanned,
});

export const files: fc.Arbitrary<Ast.SourceFile> = fc.record({
  ...kind('file'),
  statements: few(fc.oneof(simple, simple, plates)),
  ...spanned,
});
