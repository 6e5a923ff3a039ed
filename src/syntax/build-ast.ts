// Statements: from the concrete tree to the syntax tree of ast.ts. In: the parser's tree, perhaps incomplete after
// errors. Out: a SourceFile. A statement that lost the name it declares is left out; one that lost less is kept with
// `missing` parts, so that what it declares is known to later phases.
import type { CstNode } from 'chevrotain';
import type * as Ast from './ast.ts';
import {
  buildBinder,
  buildCall,
  buildDomain,
  buildExpression,
  buildIndex,
  buildPostfix,
  buildRange,
  buildSubscripts,
  buildWord,
  missing,
} from './build-expression.ts';
import { nameOf, node, nodes, nodeSpan, token, tokens, tokenSpan } from './cst.ts';

export const buildFile = (cst: CstNode, length: number): Ast.SourceFile => ({
  kind: 'file',
  statements: buildStatements(cst),
  span: { start: 0, end: length },
});

const buildStatements = (cst: CstNode): readonly Ast.Statement[] =>
  nodes(cst, 'statement').flatMap((statement) =>
    Object.entries(builders).flatMap(([rule, build]) => nodes(statement, rule).flatMap((n) => build(n) ?? [])),
  );

const name = (cst: CstNode): Ast.Name | null => {
  const t = token(cst, 'Name');
  return t === undefined ? null : nameOf(t);
};

const spanOf = (cst: CstNode) => nodeSpan(cst, 0);

const indexOf = (cst: CstNode): Ast.IndexClause | null => buildIndex(node(cst, 'index'), spanOf(cst).end);

/** The expression after a token that announces it: null when the token is absent, missing when only the expression is. */
const announced = (cst: CstNode, by: string): Ast.Expression | null => {
  const t = token(cst, by);
  if (t === undefined) return null;
  const { end } = tokenSpan(t);
  return buildExpression(
    nodes(cst, 'expression').find((e) => nodeSpan(e, end).start >= end),
    end,
  );
};

const valueOf = (cst: CstNode): Ast.Expression => {
  const expression = node(cst, 'expression');
  return expression === undefined ? missing(spanOf(cst).end) : buildExpression(expression, spanOf(cst).end);
};

const buildLet = (cst: CstNode): Ast.LetStatement | null => {
  const declared = name(cst);
  if (declared === null) return null;
  return { kind: 'let', name: declared, index: indexOf(cst), value: valueOf(cst), span: spanOf(cst) };
};

const buildSize = (cst: CstNode): Ast.SizeDeclaration | null => {
  const declared = name(cst);
  if (declared === null) return null;
  return { name: declared, index: indexOf(cst), value: announced(cst, 'Equals'), span: spanOf(cst) };
};

const buildVariable = (cst: CstNode): Ast.Statement | null => {
  const span = spanOf(cst);
  const role = token(cst, 'RoleWord');
  const names = nodes(cst, 'declared').flatMap((d) => {
    const declared = name(d);
    return declared === null ? [] : [{ name: declared, index: indexOf(d) }];
  });
  if (role === undefined || names.length === 0) return null;
  return {
    kind: 'variable',
    role: role.image as Ast.Role,
    names,
    domain: buildDomain(node(cst, 'domain'), span.end),
    where: announced(cst, 'Where'),
    distribution: buildCall(node(cst, 'call'), span.end),
    start: announced(cst, 'Equals'),
    span,
  };
};

const buildPlate = (cst: CstNode): Ast.Statement => {
  const span = spanOf(cst);
  const opener = token(cst, 'LeftBrace')?.startOffset ?? span.end;
  const lost: Ast.Binder = {
    name: { text: '', span: { start: opener, end: opener } },
    range: buildRange(undefined, opener),
    span: { start: opener, end: opener },
  };
  return {
    kind: 'plate',
    binder: buildBinder(node(cst, 'binder'), opener) ?? lost,
    body: buildStatements(cst),
    span,
  };
};

const buildTerm = (cst: CstNode): Ast.Statement | null => {
  const term = token(cst, 'TermWord');
  const label = buildWord(node(cst, 'word'));
  if (term === undefined || label === null) return null;
  const base = { kind: 'term', term: term.image as Ast.TermKind, name: label } as const;
  return { ...base, index: indexOf(cst), value: valueOf(cst), span: spanOf(cst) };
};

const buildParameters = (cst: CstNode): readonly Ast.Parameter[] =>
  nodes(node(cst, 'parameters') ?? { name: 'parameters', children: {} }, 'parameter').flatMap((p) => {
    const declared = name(p);
    if (declared === null) return [];
    const domain = node(p, 'domain');
    return [{ name: declared, domain: domain === undefined ? null : buildDomain(domain, 0), span: spanOf(p) }];
  });

const buildFn = (cst: CstNode): Ast.Statement | null => {
  const declared = name(cst);
  if (declared === null) return null;
  const result = token(cst, 'Arrow') === undefined ? null : buildDomain(node(cst, 'domain'), spanOf(cst).end);
  const base = { kind: 'function', name: declared, parameters: buildParameters(cst), result } as const;
  return { ...base, body: valueOf(cst), span: spanOf(cst) };
};

const buildNet = (cst: CstNode): Ast.Statement | null => {
  const span = spanOf(cst);
  const declared = name(cst);
  if (declared === null) return null;
  const call = buildCall(node(cst, 'call'), span.end);
  if (call !== null) return { kind: 'derived-net', name: declared, call, span };
  const block = node(cst, 'netBody');
  return {
    kind: 'net',
    name: declared,
    parameters: buildParameters(cst),
    result: buildDomain(node(cst, 'domain'), span.end),
    braced: block !== undefined,
    lets: block === undefined ? [] : nodes(block, 'let').flatMap((l) => buildLet(l) ?? []),
    body: valueOf(block ?? cst),
    span,
  };
};

const buildDistributed = (cst: CstNode): Ast.Statement | null => {
  const declared = name(cst);
  const distribution = buildCall(node(cst, 'call'), spanOf(cst).end);
  if (declared === null || distribution === null) return null;
  const list = node(cst, 'subscripts');
  const subscripts = list === undefined ? [] : buildSubscripts(list);
  return { kind: 'distributed', name: declared, index: indexOf(cst), subscripts, distribution, span: spanOf(cst) };
};

const buildSetting = (cst: CstNode): Ast.Setting | null => {
  const span = spanOf(cst);
  const word = name(cst);
  if (word === null) return null;
  if (token(cst, 'Equals') !== undefined) return { kind: 'assign', name: word, value: valueOf(cst), span };
  const by = buildCall(node(cst, 'call'), span.end);
  const operands = nodes(cst, 'postfix').map((p) => buildPostfix(p, span.end));
  if (operands.length === 0) return by === null ? null : { kind: 'by', name: word, by, span };
  // `batch 64 of e`: the name behind `of` is the only other one directly under the rule.
  const of = token(cst, 'Of') === undefined ? undefined : tokens(cst, 'Name')[1];
  return { kind: 'words', name: word, operands, by, of: of === undefined ? null : nameOf(of), span };
};

/** One entry per alternative of the rule `statement`. */
const builders: Readonly<Record<string, (cst: CstNode) => Ast.Statement | null>> = {
  model: (cst) => {
    const declared = name(cst);
    return declared === null ? null : { kind: 'model', name: declared, span: spanOf(cst) };
  },
  sizes: (cst) => ({ kind: 'sizes', sizes: nodes(cst, 'size').flatMap((s) => buildSize(s) ?? []), span: spanOf(cst) }),
  consts: (cst) => ({
    kind: 'consts',
    consts: nodes(cst, 'constant').flatMap((c) => {
      const declared = name(c);
      return declared === null ? [] : [{ name: declared, value: valueOf(c) }];
    }),
    span: spanOf(cst),
  }),
  variable: buildVariable,
  plate: buildPlate,
  term: buildTerm,
  let: buildLet,
  fn: buildFn,
  net: buildNet,
  distributed: buildDistributed,
  beta: (cst) => ({ kind: 'beta', value: valueOf(cst), span: spanOf(cst) }),
  block: (cst) => ({
    kind: 'block',
    block: token(cst, 'Train') === undefined ? 'infer' : 'train',
    settings: nodes(cst, 'setting').flatMap((s) => buildSetting(s) ?? []),
    span: spanOf(cst),
  }),
};
