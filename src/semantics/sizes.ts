// Size expressions. In: an expression as written where a size is needed. Out: a Dim, or null with an error reported.
import { diagnoseGraph } from '../diagnostics/messages/graph.ts';
import { diagnoseShape } from '../diagnostics/messages/shapes.ts';
import type { Expression } from '../syntax/ast.ts';
import { add, constant, multiply, subtract, type Dim } from '../tensor/dims.ts';
import type { Context } from './session.ts';
import { reportUnknownName } from './unknown-names.ts';

const kinds = {
  const: 'a const',
  variable: 'a variable',
  let: 'a let',
  function: 'a function',
  net: 'a net',
} as const;

export const sizeOf = (context: Context, expression: Expression): Dim | null => {
  const { session } = context;
  const refuse = (found: string, hint?: string): null =>
    session.report(diagnoseShape('EBM309', expression.span, hint === undefined ? { found } : { found, hint }));
  switch (expression.kind) {
    case 'missing':
      return null;
    case 'parenthesised':
      return sizeOf(context, expression.inner);
    case 'number':
      return Number.isInteger(expression.value) ? constant(expression.value) : refuse(`the number ${expression.text}`);
    case 'unary':
      if (expression.operator === '-') {
        const inner = sizeOf(context, expression.operand);
        return inner === null ? null : subtract([], inner);
      }
      return refuse('a condition');
    case 'binary': {
      const combine = { '+': add, '-': subtract, '*': multiply }[expression.operator as string];
      if (combine === undefined)
        return refuse(
          `an expression with \`${expression.operator}\``,
          'sizes are combined with `+`, `-` and `*`; declare a size of its own for anything else',
        );
      const [left, right] = [sizeOf(context, expression.left), sizeOf(context, expression.right)];
      return left === null || right === null ? null : combine(left, right);
    }
    case 'name': {
      const { text, span } = expression.name;
      const local = context.locals.get(text);
      if (local?.kind === 'broken') return null;
      if (local !== undefined)
        return refuse(local.kind === 'index' ? `the index \`${text}\`` : `the value \`${text}\``);
      const symbol = session.symbols.get(text);
      if (symbol === undefined) return reportUnknownName(context, expression.name);
      session.used.add(text);
      if (symbol.kind !== 'size') {
        const hint =
          symbol.kind === 'const' && symbol.value.kind !== 'array'
            ? `declare it as a size: \`size ${text}\``
            : undefined;
        return refuse(`${kinds[symbol.kind]} \`${text}\``, hint);
      }
      if (symbol.declaration.index !== null) {
        const indices = symbol.declaration.index.binders.map((b) => b.name.text);
        return session.report(diagnoseGraph('EBM405', span, { name: text, indices, given: 0 }));
      }
      return session.define(symbol, span) === null ? null : session.sizeDim(text);
    }
    case 'subscript': {
      const base = expression.base;
      const symbol = base.kind === 'name' ? session.symbols.get(base.name.text) : undefined;
      if (symbol?.kind === 'size') {
        session.used.add(symbol.name.text);
        return refuse('a ragged size', 'a shape cannot be ragged: use an index clause, `x[t in L[d]] : real`');
      }
      return refuse('an indexed value');
    }
    default:
      return refuse('an expression');
  }
};
