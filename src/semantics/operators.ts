// Operators, norms, conditionals and array brackets. In: syntax. Out: typed expressions; null with an error reported.
import { diagnoseShape } from '../diagnostics/messages/shapes.ts';
import type { BinaryOperator, Expression } from '../syntax/ast.ts';
import { constant } from '../tensor/dims.ts';
import { apply } from './applications.ts';
import { factsOf, factsOfNegation } from './bounds.ts';
import type { BuiltinName } from './builtins.ts';
import { condition } from './conditions.ts';
import type { Expr } from './model.ts';
import { elaborate, type Context } from './session.ts';
import { describeType, isScalar, joinAlternatives, sameShape, valueType, withRow } from './types.ts';

const operators: Readonly<Record<BinaryOperator, BuiltinName>> = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'div',
  '^': 'pow',
  '@': 'matmul',
  '==': 'eq',
  '!=': 'ne',
  '<=': 'le',
  '>=': 'ge',
  '<': 'lt',
  '>': 'gt',
  and: 'and',
  or: 'or',
};

type Norm = Expression & { readonly kind: 'norm' };
const normIn = (e: Expression): Norm | null =>
  e.kind === 'parenthesised' ? normIn(e.inner) : e.kind === 'norm' ? e : null;

export const elaborateBinary = (context: Context, e: Expression & { kind: 'binary' }): Expr | null => {
  // ||v||^2 is one function: quadratic, and smooth at 0.
  const norm = e.operator === '^' && e.right.kind === 'number' && e.right.value === 2 ? normIn(e.left) : null;
  if (norm !== null && (norm.order === '2' || norm.order === 'F')) return elaborateNorm(context, norm, true);
  const left = elaborate(context, e.left);
  const right = elaborate(context, e.right);
  if (left === null || right === null) return null;
  return apply(context, operators[e.operator], [left, right], e.span);
};

const normFunctions: Readonly<Record<Norm['order'], BuiltinName>> = {
  '2': 'norm2',
  '1': 'norm1',
  '0': 'norm0',
  F: 'normF',
};
const normWords: Readonly<Record<Norm['order'], string>> = {
  '2': '||v||',
  '1': '||v||_1',
  '0': '||v||_0',
  F: '||M||_F',
};
const matrixHints: Readonly<Record<Norm['order'], string>> = {
  '2': 'the Frobenius norm of a matrix is `||M||_F`',
  '1': 'the sum of absolute values of a matrix is `sum(abs(M))`',
  '0': 'count the entries of a matrix with `||flatten(M)||_0`',
  F: '',
};

export const elaborateNorm = (context: Context, e: Norm, squared = false): Expr | null => {
  const operand = elaborate(context, e.operand);
  if (operand === null) return null;
  // The norm of a number is its absolute value.
  if (isScalar(operand.type) && e.order !== '0') {
    const two: Expr = { kind: 'number', value: 2, type: valueType({ kind: 'integer' }), span: e.span };
    return squared ? apply(context, 'pow', [operand, two], e.span) : apply(context, 'abs', [operand], e.span);
  }
  if (operand.type.shape.length >= 2 && e.order !== 'F')
    return context.session.report(
      diagnoseShape('EBM314', e.span, {
        written: normWords[e.order],
        found: describeType(operand.type),
        hint: matrixHints[e.order],
      }),
    );
  const fn = squared ? (e.order === 'F' ? 'squared-normF' : 'squared-norm2') : normFunctions[e.order];
  return apply(context, fn, [operand], e.span);
};

export const elaborateUnary = (context: Context, e: Expression & { kind: 'unary' }): Expr | null => {
  const operand = elaborate(context, e.operand);
  return operand === null ? null : apply(context, e.operator === '-' ? 'neg' : 'not', [operand], e.span);
};

export const elaborateTranspose = (context: Context, e: Expression & { kind: 'transpose' }): Expr | null => {
  const operand = elaborate(context, e.operand);
  return operand === null ? null : apply(context, 'transpose', [operand], e.span);
};

export const elaborateIf = (context: Context, e: Expression & { kind: 'if' }): Expr | null => {
  const { known } = context.session;
  const test = condition(context, e.condition, 'the condition of `if`');
  const facts = (more: typeof factsOf): Context =>
    test === null ? context : { ...context, facts: [...context.facts, ...more(test, known)] };
  const then = elaborate(facts(factsOf), e.then);
  const otherwise = elaborate(facts(factsOfNegation), e.else);
  if (test === null || then === null || otherwise === null) return null;
  const scalar = joinAlternatives([then.type, otherwise.type]);
  if (scalar === null || !sameShape(then.type, otherwise.type)) {
    context.session.meet(then.type.shape, otherwise.type.shape);
    const fillable = isScalar(then.type) !== isScalar(otherwise.type);
    const parameters = {
      what: 'the branches of `if`',
      left: describeType(then.type),
      right: describeType(otherwise.type),
    };
    return context.session.report(
      diagnoseShape(
        'EBM312',
        otherwise.span,
        fillable ? { ...parameters, hint: 'fill an array with `zeros(D)` or `ones(D)`' } : parameters,
        {
          related: [{ span: then.span, message: `this is ${describeType(then.type)}` }],
        },
      ),
    );
  }
  const type = withRow(valueType(scalar, then.type.shape), then.type.row === true);
  return { kind: 'if', condition: test, then, else: otherwise, type, span: e.span };
};

export const elaborateArray = (context: Context, e: Expression & { kind: 'array' }): Expr | null => {
  const elements = e.elements.map((element) => elaborate(context, element));
  if (elements.some((element) => element === null)) return null;
  const typed = elements as readonly Expr[];
  const first = typed[0]!;
  const odd = typed.find(
    (element) => !sameShape(element.type, first.type) || joinAlternatives([first.type, element.type]) === null,
  );
  if (odd !== undefined) {
    context.session.meet(first.type.shape, odd.type.shape);
    return context.session.report(
      diagnoseShape(
        'EBM312',
        odd.span,
        { what: 'the elements of an array', left: describeType(first.type), right: describeType(odd.type) },
        { related: [{ span: first.span, message: `the first is ${describeType(first.type)}` }] },
      ),
    );
  }
  const scalar = joinAlternatives(typed.map((element) => element.type)) ?? first.type.scalar;
  return {
    kind: 'array',
    elements: typed,
    type: valueType(scalar, [constant(typed.length), ...first.type.shape]),
    span: e.span,
  };
};
