// Expressions, calls, indices and domains: from the concrete tree to the syntax tree of ast.ts.
// In: a CstNode or nothing, and the offset where it should be. Out: always a tree; what recovery lost is `missing`.
import type { CstNode, IToken } from 'chevrotain';
import type { Span } from '../diagnostics/diagnostic.ts';
import type * as Ast from './ast.ts';
import { nameOf, node, nodes, nodeSpan, token, tokens, tokensInOrder, tokenSpan } from './cst.ts';

type Maybe = CstNode | undefined;

export const missing = (at: number): Ast.Expression => ({ kind: 'missing', span: { start: at, end: at } });

const join = (a: Span, b: Span): Span => ({ start: a.start, end: Math.max(a.end, b.end) });

const comparisons: Readonly<Record<string, Ast.BinaryOperator>> = { '≤': '<=', '≥': '>=', '≠': '!=' };
const operators: Readonly<Record<string, (t: IToken) => Ast.BinaryOperator>> = {
  And: () => 'and',
  Or: () => 'or',
  Plus: () => '+',
  Minus: () => '-',
  Times: () => '*',
  Divide: () => '/',
  MatrixTimes: () => '@',
  Comparison: (t) => comparisons[t.image] ?? (t.image as Ast.BinaryOperator),
};

export const buildExpression = (cst: Maybe, at: number): Ast.Expression => {
  if (cst === undefined) return missing(at);
  const start = nodeSpan(cst, at).start;
  const conditional = node(cst, 'conditional');
  return conditional === undefined ? buildPipe(node(cst, 'pipe'), start) : buildConditional(conditional, start);
};

const buildConditional = (cst: CstNode, at: number): Ast.Expression => {
  const span = nodeSpan(cst, at);
  const after = (word: string, otherwise: number): number => {
    const t = token(cst, word);
    return t === undefined ? otherwise : tokenSpan(t).end;
  };
  // The three expressions are told apart by where they stand, since any of them may be missing.
  const parts = nodes(cst, 'expression');
  const then = token(cst, 'Then')?.startOffset ?? span.end;
  const otherwise = token(cst, 'Else')?.startOffset ?? span.end;
  const within = (from: number, to: number): Maybe =>
    parts.find((part) => {
      const { start } = nodeSpan(part, -1);
      return start >= from && start < to;
    });
  return {
    kind: 'if',
    condition: buildExpression(within(span.start, Math.min(then, otherwise)), after('If', span.start)),
    then: buildExpression(within(then, otherwise), after('Then', span.end)),
    else: buildExpression(within(otherwise, Infinity), span.end),
    span,
  };
};

const buildPipe = (cst: Maybe, at: number): Ast.Expression => {
  if (cst === undefined) return missing(at);
  const first = buildChain(node(cst, 'disjunction'), nodeSpan(cst, at).start);
  return nodes(cst, 'stage').reduce<Ast.Expression>((value, stage) => {
    const call = buildCall(stage, value.span.end);
    if (call === null) return missing(value.span.end);
    return { kind: 'pipe', value, call, span: join(value.span, call.span) };
  }, first);
};

/** The rules `x: y (operator y)*`: which rule is under which, and its operators. */
const chains: Readonly<Record<string, { readonly operand: string; readonly operators: readonly string[] }>> = {
  disjunction: { operand: 'conjunction', operators: ['Or'] },
  conjunction: { operand: 'negation', operators: ['And'] },
  comparison: { operand: 'addition', operators: ['Comparison'] },
  addition: { operand: 'product', operators: ['Plus', 'Minus'] },
  product: { operand: 'unary', operators: ['Times', 'Divide', 'MatrixTimes'] },
};

export const buildChain = (cst: Maybe, at: number): Ast.Expression => {
  if (cst === undefined) return missing(at);
  const { start } = nodeSpan(cst, at);
  const chain = chains[cst.name];
  if (chain === undefined) return cst.name === 'negation' ? buildNegation(cst, start) : buildUnary(cst, start);
  const operands = nodes(cst, chain.operand);
  const first = buildChain(operands[0], start);
  return tokensInOrder(cst, chain.operators).reduce<Ast.Expression>((left, t, i) => {
    const operatorSpan = tokenSpan(t);
    const right = buildChain(operands[i + 1], operatorSpan.end);
    const operator = operators[t.tokenType.name]!(t);
    return { kind: 'binary', operator, left, right, operatorSpan, span: join(left.span, right.span) };
  }, first);
};

const prefixed = (operator: '-' | 'not', t: IToken, operand: Ast.Expression): Ast.Expression => ({
  kind: 'unary',
  operator,
  operand,
  span: join(tokenSpan(t), operand.span),
});

const buildNegation = (cst: CstNode, at: number): Ast.Expression => {
  const not = token(cst, 'Not');
  if (not === undefined) return buildChain(node(cst, 'comparison'), at);
  return prefixed('not', not, buildChain(node(cst, 'negation'), tokenSpan(not).end));
};

/** `unary` and `exponent`. */
const buildUnary = (cst: Maybe, at: number): Ast.Expression => {
  if (cst === undefined) return missing(at);
  const minus = token(cst, 'Minus');
  if (minus !== undefined) return prefixed('-', minus, buildUnary(node(cst, cst.name), tokenSpan(minus).end));
  const reduction = node(cst, 'reduction');
  return reduction === undefined ? buildPower(node(cst, 'power'), at) : buildReduction(reduction, at);
};

const buildReduction = (cst: CstNode, at: number): Ast.Expression => {
  const span = nodeSpan(cst, at);
  const reducer = token(cst, 'Reducer');
  const index = buildIndex(node(cst, 'index'), span.end);
  const body = buildChain(node(cst, 'product'), span.end);
  if (reducer === undefined || index === null) return missing(span.start);
  return { kind: 'reduction', reducer: reducer.image as Ast.Reducer, index, body, span: join(span, body.span) };
};

const buildPower = (cst: Maybe, at: number): Ast.Expression => {
  if (cst === undefined) return missing(at);
  const left = buildPostfix(node(cst, 'postfix'), nodeSpan(cst, at).start);
  const squared = token(cst, 'Squared');
  if (squared !== undefined) {
    const operatorSpan = tokenSpan(squared);
    const right: Ast.Expression = { kind: 'number', value: 2, text: '2', span: operatorSpan };
    return { kind: 'binary', operator: '^', left, right, operatorSpan, span: join(left.span, operatorSpan) };
  }
  const power = token(cst, 'Power');
  if (power === undefined) return left;
  const operatorSpan = tokenSpan(power);
  const right = buildUnary(node(cst, 'exponent'), operatorSpan.end);
  return { kind: 'binary', operator: '^', left, right, operatorSpan, span: join(left.span, right.span) };
};

export const buildPostfix = (cst: Maybe, at: number): Ast.Expression => {
  if (cst === undefined) return missing(at);
  const first = buildPrimary(node(cst, 'primary'), nodeSpan(cst, at).start);
  const operations = [
    ...tokens(cst, 'Prime').map((t) => ({ span: tokenSpan(t), subscripts: null })),
    ...nodes(cst, 'subscripts').map((n) => ({ span: nodeSpan(n, at), subscripts: n })),
  ].sort((a, b) => a.span.start - b.span.start);
  return operations.reduce<Ast.Expression>((base, { span, subscripts }) => {
    const whole = join(base.span, span);
    if (subscripts === null) return { kind: 'transpose', operand: base, span: whole };
    return { kind: 'subscript', base, subscripts: buildSubscripts(subscripts), span: whole };
  }, first);
};

const buildPrimary = (cst: Maybe, at: number): Ast.Expression => {
  if (cst === undefined) return missing(at);
  const span = nodeSpan(cst, at);
  const number = token(cst, 'NumberLiteral');
  if (number !== undefined) return { kind: 'number', value: Number(number.image), text: number.image, span };
  const named = token(cst, 'Name') ?? token(cst, 'Beta') ?? token(cst, 'Reducer');
  if (named !== undefined) return buildNamed(cst, named, span);
  const parenthesised = node(cst, 'parenthesised');
  if (parenthesised !== undefined) {
    return { kind: 'parenthesised', inner: buildExpression(node(parenthesised, 'expression'), span.end), span };
  }
  const array = node(cst, 'array');
  if (array !== undefined) {
    const elements = nodes(array, 'expression').map((e) => buildExpression(e, span.end));
    return { kind: 'array', elements: elements.length === 0 ? [missing(span.end)] : elements, span };
  }
  const norm = node(cst, 'norm');
  return norm === undefined ? missing(span.start) : buildNorm(norm, span);
};

const buildNamed = (cst: CstNode, named: IToken, span: Span): Ast.Expression => {
  const call = buildCall(cst, span.start);
  if (call !== null && call.parenthesised) return { kind: 'call', call, span };
  if (named.tokenType.name === 'Beta') return { kind: 'beta', span };
  return { kind: 'name', name: nameOf(named), span };
};

const buildNorm = (cst: CstNode, span: Span): Ast.Expression => {
  const order = token(cst, 'NormSubscript')?.image.replace(/^.*_/, '');
  const operand = buildExpression(node(cst, 'expression'), span.end);
  return { kind: 'norm', order: order === '1' || order === '0' || order === 'F' ? order : '2', operand, span };
};

// ---------------------------------------------------------------- calls, indices, domains

/** `call`, `stage` and `primary`: a name and perhaps arguments. Null where the name is lost. */
export const buildCall = (cst: Maybe, at: number): Ast.CallSyntax | null => {
  if (cst === undefined) return null;
  const named = token(cst, 'Name') ?? token(cst, 'Beta') ?? token(cst, 'Reducer');
  if (named === undefined) return null;
  const list = node(cst, 'arguments');
  const span = nodeSpan(cst, at);
  const given = list === undefined ? [] : nodes(list, 'argument').map((a) => buildArgument(a, span.end));
  return { name: nameOf(named), arguments: given, parenthesised: list !== undefined, span };
};

const buildArgument = (cst: CstNode, at: number): Ast.Argument => {
  const span = nodeSpan(cst, at);
  const name = buildWord(node(cst, 'word'));
  const value = buildExpression(node(cst, 'expression'), span.end);
  return { name, value, span: join(span, value.span) };
};

export const buildWord = (cst: Maybe): Ast.Name | null => {
  if (cst === undefined) return null;
  const t = token(cst, 'Name') ?? token(cst, 'Reducer') ?? token(cst, 'StatementWord');
  return t === undefined ? null : nameOf(t);
};

/** Null where there is none, or where recovery left it without a single binder. */
export const buildIndex = (cst: Maybe, at: number): Ast.IndexClause | null => {
  if (cst === undefined) return null;
  const span = nodeSpan(cst, at);
  const binders = nodes(cst, 'binder').flatMap((b) => buildBinder(b, span.end) ?? []);
  if (binders.length === 0) return null;
  const where = token(cst, 'Where');
  const condition = where === undefined ? null : buildExpression(node(cst, 'expression'), tokenSpan(where).end);
  return { binders, where: condition, span };
};

export const buildBinder = (cst: Maybe, at: number): Ast.Binder | null => {
  if (cst === undefined) return null;
  const name = token(cst, 'Name');
  if (name === undefined) return null;
  const span = nodeSpan(cst, at);
  const range = buildRange(node(cst, 'range'), span.end);
  return { name: nameOf(name), range, span: join(span, range.span) };
};

export const buildRange = (cst: Maybe, at: number): Ast.RangeSyntax => {
  if (cst === undefined) return { from: missing(at), to: null, span: { start: at, end: at } };
  const span = nodeSpan(cst, at);
  const ends = nodes(cst, 'addition');
  const from = buildChain(ends[0], span.start);
  const dots = token(cst, 'DotDot');
  const to = dots === undefined ? null : buildChain(ends[1], tokenSpan(dots).end);
  return { from, to, span };
};

export const buildSubscripts = (cst: CstNode): readonly Ast.Subscript[] => {
  const { end } = nodeSpan(cst, 0);
  const subscripts = nodes(cst, 'subscript');
  if (subscripts.length === 0) return [{ kind: 'at', at: missing(end), span: { start: end, end } }];
  return subscripts.map((subscript) => {
    const span = nodeSpan(subscript, end);
    if (token(subscript, 'Colon') !== undefined) return { kind: 'all', span };
    const { from, to } = buildRange(node(subscript, 'range'), span.end);
    return to === null ? { kind: 'at', at: from, span } : { kind: 'range', from, to, span };
  });
};

/** A lost domain has a name without text: its variable exists, and nothing is known of it. */
export const buildDomain = (cst: Maybe, at: number): Ast.DomainSyntax => {
  const name = cst === undefined ? undefined : token(cst, 'Name');
  if (cst === undefined || name === undefined) {
    const span = { start: at, end: at };
    return { name: { text: '', span }, parameters: [], shape: [], span };
  }
  const span = nodeSpan(cst, at);
  return {
    name: nameOf(name),
    parameters: nodes(cst, 'range').map((r) => buildRange(r, span.end)),
    shape: nodes(cst, 'addition').map((e) => buildChain(e, span.end)),
    span,
  };
};
