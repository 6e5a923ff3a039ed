// Arguments of calls. In: arguments as written. Out: typed values in order; names and counts that do not fit are reported.
import type { Span } from '../diagnostics/diagnostic.ts';
import { diagnoseName } from '../diagnostics/messages/names.ts';
import { diagnoseShape } from '../diagnostics/messages/shapes.ts';
import type { Argument } from '../syntax/ast.ts';
import { equal, shapesEqual } from '../tensor/dims.ts';
import type { Expr, ValueType } from './model.ts';
import { elaborate, type Context } from './session.ts';
import { describeType, isRow } from './types.ts';

export const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

/** All values by position; functions have no named arguments. */
export const positionalValues = (context: Context, of: string, args: readonly Argument[]): readonly Expr[] | null => {
  let fine = true;
  const values = args.map((arg) => {
    if (arg.name !== null) {
      context.session.report(
        diagnoseName('EBM207', arg.name.span, { name: arg.name.text, of, nearest: null, known: [] }),
      );
      fine = false;
    }
    return elaborate(context, arg.value);
  });
  return !fine || values.some((v) => v === null) ? null : (values as readonly Expr[]);
};

export const reportCount = (context: Context, of: string, expected: string, found: number, span: Span): null =>
  context.session.report(diagnoseName('EBM208', span, { of, expected, found: found === 0 ? 'none' : String(found) }));

/** May a value of type `found` be passed where `declared` is? Whole numbers and booleans are numbers; categories must be the same. */
export const accepts = (declared: ValueType, found: ValueType): boolean => {
  if (!shapesEqual(declared.shape, found.shape) || isRow(found)) return false;
  const [a, b] = [declared.scalar, found.scalar];
  switch (a.kind) {
    case 'real':
      return b.kind !== 'category';
    case 'integer':
      return b.kind === 'integer' || b.kind === 'boolean';
    case 'boolean':
      return b.kind === 'boolean';
    case 'category':
      return b.kind === 'integer' || (b.kind === 'category' && equal(a.count, b.count));
  }
};

export const checkAccepts = (
  context: Context,
  what: string,
  declared: ValueType,
  value: Expr,
  span: Span,
  declaredAt: Span,
): boolean => {
  if (accepts(declared, value.type)) return true;
  context.session.meet(declared.shape, value.type.shape);
  const parameters = { what, expected: describeType(declared), found: describeType(value.type) };
  const hinted = isRow(value.type) ? { ...parameters, hint: "turn the row into a vector with `'`" } : parameters;
  context.session.report(
    diagnoseShape('EBM313', span, hinted, { related: [{ span: declaredAt, message: 'declared here' }] }),
  );
  return false;
};
