// Expressions, indices, calls and domains as layouts, one `text` per token. In: syntax trees. Out: layouts.
// Parentheses stand where they were written (a tree node of their own) and where precedence needs them.
import { InternalError } from '../diagnostics/diagnostic.ts';
import type * as Ast from './ast.ts';
import { breakOr, group, indent, join, line, nothing, sequence, softLine, space, text } from './layout.ts';
import type { Layout } from './layout.ts';

/** How tightly each operator binds, as in the grammar. */
const operatorLevel: Readonly<Record<Ast.BinaryOperator, number>> = {
  or: 2,
  and: 3,
  '==': 5,
  '!=': 5,
  '<=': 5,
  '>=': 5,
  '<': 5,
  '>': 5,
  '+': 6,
  '-': 6,
  '*': 7,
  '/': 7,
  '@': 7,
  '^': 9,
};
const ADDITION = 6;
const PRODUCT = 7;
const UNARY = 8;
const POWER = 9;
const POSTFIX = 10;
const PRIMARY = 11;

const level = (e: Ast.Expression): number => {
  switch (e.kind) {
    case 'if':
      return 0;
    case 'pipe':
      return 1;
    case 'binary':
      return operatorLevel[e.operator];
    case 'unary':
      return e.operator === 'not' ? 4 : UNARY;
    case 'reduction':
      return UNARY;
    case 'transpose':
    case 'subscript':
      return POSTFIX;
    default:
      return PRIMARY;
  }
};

/** A reduction takes the rest of its product as its body: what ends with one cannot be followed by `*`. */
const endsInReduction = (e: Ast.Expression): boolean => {
  if (e.kind === 'reduction') return true;
  if (e.kind === 'unary') return endsInReduction(e.operand);
  return e.kind === 'binary' && operatorLevel[e.operator] === PRODUCT && endsInReduction(e.right);
};

/** `least`: how tightly the expression must bind to stand here without parentheses. Where anything may stand, the place
 *  itself is indented, and a chain of operators is not indented again. */
export const printExpression = (e: Ast.Expression, least = 0): Layout => {
  if (level(e) < least) return parenthesised(e);
  return least > 0 && (e.kind === 'binary' || e.kind === 'pipe' || e.kind === 'if')
    ? indent(printBare(e))
    : printBare(e);
};

export const printAddition = (e: Ast.Expression): Layout => printExpression(e, ADDITION);
export const printPostfix = (e: Ast.Expression): Layout => printExpression(e, POSTFIX);

const parenthesised = (e: Ast.Expression): Layout => sequence(text('('), indent(printExpression(e)), text(')'));

const printBare = (e: Ast.Expression): Layout => {
  switch (e.kind) {
    case 'number':
      return text(e.text);
    case 'name':
      return text(e.name.text);
    case 'beta':
      return text('beta');
    case 'call':
      return printCall(e.call);
    case 'binary':
      return e.operator === '^' ? printPower(e.left, e.right, e.operatorSpan) : group(printChain(e));
    case 'unary':
      return e.operator === 'not'
        ? sequence(text('not'), space, printExpression(e.operand, 4))
        : sequence(text('-'), printExpression(e.operand, UNARY));
    case 'transpose':
      return sequence(printExpression(e.operand, POSTFIX), text("'"));
    case 'subscript':
      return sequence(printExpression(e.base, POSTFIX), printSubscripts(e.subscripts));
    case 'if':
      return group(
        text('if'),
        space,
        indent(printExpression(e.condition)),
        line,
        text('then'),
        space,
        indent(printExpression(e.then)),
        line,
        text('else'),
        space,
        e.else.kind === 'if' ? printExpression(e.else) : indent(printExpression(e.else)),
      );
    case 'pipe':
      return group(printPipe(e));
    case 'reduction':
      return sequence(text(e.reducer), printIndex(e.index), space, printExpression(e.body, PRODUCT));
    case 'array':
      return bracketed(
        '[',
        e.elements.map((element) => printExpression(element)),
        ']',
      );
    case 'norm':
      return sequence(text('||'), printExpression(e.operand), text(e.order === '2' ? '||' : `||_${e.order}`));
    case 'parenthesised':
      return parenthesised(e.inner);
    case 'missing':
      throw new InternalError('a tree with syntax errors cannot be printed');
  }
};

/** `a + b - c`: one group for the whole chain of one level, so that it breaks before every operator or none. */
const printChain = (e: Extract<Ast.Expression, { kind: 'binary' }>): Layout => {
  const own = operatorLevel[e.operator];
  const chained = e.left.kind === 'binary' && operatorLevel[e.left.operator] === own && own !== 5;
  const leftLeast = own === 5 ? ADDITION : own;
  const rightLeast = own === 5 ? ADDITION : own + 1;
  const closed = own === PRODUCT && endsInReduction(e.left);
  const left = closed
    ? parenthesised(e.left)
    : chained && e.left.kind === 'binary'
      ? printChain(e.left)
      : printExpression(e.left, leftLeast);
  return sequence(left, line, text(e.operator), space, printExpression(e.right, rightLeast));
};

const printPower = (base: Ast.Expression, exponent: Ast.Expression, operator: Ast.Expression['span']): Layout => {
  const left = printExpression(base, POSTFIX);
  // `v²`: operator and exponent are one token.
  const squared = operator.end > operator.start && exponent.span.start === operator.start;
  return squared ? sequence(left, text('²')) : sequence(left, text('^'), printExponent(exponent));
};

const printExponent = (e: Ast.Expression): Layout => {
  if (e.kind === 'unary' && e.operator === '-') return sequence(text('-'), printExponent(e.operand));
  return printExpression(e, POWER);
};

const printPipe = (e: Extract<Ast.Expression, { kind: 'pipe' }>): Layout => {
  const value = e.value.kind === 'pipe' ? printPipe(e.value) : printExpression(e.value, 2);
  return sequence(value, line, text('|>'), space, printCall(e.call));
};

const comma = sequence(text(','), line);

const bracketed = (opener: string, items: readonly Layout[], closer: string): Layout =>
  items.length === 0
    ? sequence(text(opener), text(closer))
    : group(text(opener), indent(softLine, join(items, comma)), softLine, text(closer));

// ---------------------------------------------------------------- calls, indices, domains

export const printCall = (call: Ast.CallSyntax): Layout =>
  call.parenthesised
    ? sequence(text(call.name.text), bracketed('(', call.arguments.map(printArgument), ')'))
    : text(call.name.text);

const printArgument = (argument: Ast.Argument): Layout => {
  const value = printExpression(argument.value);
  return argument.name === null ? value : sequence(text(argument.name.text), space, text('='), space, indent(value));
};

const isPlain = (e: Ast.Expression): boolean => e.kind === 'name' || e.kind === 'number';

/** In subscripts and ranges a sum of plain terms is set tight: `s[t-1]`, `j in i+1..N`. */
const printTight = (e: Ast.Expression): Layout => {
  if (e.kind !== 'binary' || (e.operator !== '+' && e.operator !== '-') || !isTight(e)) return printAddition(e);
  return sequence(printTight(e.left), text(e.operator), printAddition(e.right));
};

const isTight = (e: Ast.Expression): boolean =>
  isPlain(e) ||
  (e.kind === 'binary' && (e.operator === '+' || e.operator === '-') && isTight(e.left) && isPlain(e.right));

export const printRange = (range: Ast.RangeSyntax): Layout =>
  range.to === null ? printTight(range.from) : sequence(printTight(range.from), text('..'), printTight(range.to));

export const printBinder = (binder: Ast.Binder): Layout =>
  sequence(text(binder.name.text), space, text('in'), space, printRange(binder.range));

export const printIndex = (index: Ast.IndexClause | null): Layout => {
  if (index === null) return nothing;
  const where = index.where === null ? nothing : sequence(line, text('where'), space, printExpression(index.where));
  return group(text('['), indent(group(join(index.binders.map(printBinder), comma)), where), text(']'));
};

const printSubscript = (subscript: Ast.Subscript): Layout => {
  switch (subscript.kind) {
    case 'all':
      return text(':');
    case 'at':
      return printTight(subscript.at);
    case 'range':
      return sequence(printTight(subscript.from), text('..'), printTight(subscript.to));
  }
};

export const printSubscripts = (subscripts: readonly Ast.Subscript[]): Layout =>
  bracketed('[', subscripts.map(printSubscript), ']');

export const printDomain = (domain: Ast.DomainSyntax): Layout =>
  sequence(
    text(domain.name.text),
    domain.parameters.length === 0 ? nothing : bracketed('(', domain.parameters.map(printDomainRange), ')'),
    domain.shape.length === 0 ? nothing : bracketed('[', domain.shape.map(printAddition), ']'),
  );

/** `category(V + 1)`, `integer(0..3)`: a single size is set like any expression. */
const printDomainRange = (range: Ast.RangeSyntax): Layout =>
  range.to === null ? printAddition(range.from) : printRange(range);

export const commaSeparated = (items: readonly Layout[]): Layout =>
  items.length === 1 ? items[0]! : group(indent(join(items, comma)));

export const gap = breakOr('  ');
