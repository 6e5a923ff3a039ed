// Turns a refusal of the builtin table into a diagnostic. In: the builtin, its typed arguments, the problem. Out: EBM301 to EBM309 at
// the smallest span, both shapes named, with where each came from.
import type { RelatedPlace, Span } from '../diagnostics/diagnostic.ts';
import { diagnoseShape } from '../diagnostics/messages/shapes.ts';
import { constantValue, equal, shapesEqual, sizesOf, type Dim } from '../tensor/dims.ts';
import type { Problem } from './builtin.ts';
import { builtins, type BuiltinName } from './builtins.ts';
import type { Expr } from './model.ts';
import { openBinders } from './subscripts.ts';
import type { Context } from './session.ts';
import { describeShape, describeType, isRow } from './types.ts';

/** Where the shape of an operand was decided: the operand, and the declaration it names. */
const origin = (context: Context, expr: Expr): readonly RelatedPlace[] => {
  const here = { span: expr.span, message: `this is ${describeShape(expr.type)}` };
  const symbol = expr.kind === 'ref' ? context.session.symbols.get(expr.name) : undefined;
  return symbol === undefined
    ? [here]
    : [here, { span: symbol.name.span, message: `\`${symbol.name.text}\` is declared here` }];
};

/** `y` outside its plate is all of its points: the usual reason for a leading axis too many. */
const missingIndex = (context: Context, exprs: readonly Expr[]): string | undefined => {
  for (const expr of exprs) {
    const binder = openBinders(context, expr)[0];
    if (binder !== undefined && expr.kind === 'ref')
      return `here \`${expr.name}\` is the array over all \`${binder.name}\`: \`${expr.name}[${binder.name}]\` is one of it`;
  }
  return undefined;
};

const mismatchHint = (context: Context, left: Expr, right: Expr): string | undefined => {
  if (shapesEqual(left.type.shape, right.type.shape) && isRow(left.type) !== isRow(right.type))
    return "one side is a row: `v'` turns a vector into a row and back";
  const [a, b] = [left.type.shape, right.type.shape];
  if (a.length === 2 && b.length === 2 && equal(a[0]!, b[1]!) && equal(a[1]!, b[0]!))
    return "one side is transposed: `M'`";
  return missingIndex(context, [left, right]) ?? longerByOneAxis(left, right) ?? unknownLength(context, a, b);
};

/** `x @ W - b`, `y - w`: other languages would repeat the shorter side along the first axis. */
const longerByOneAxis = (left: Expr, right: Expr): string | undefined => {
  const [longer, shorter] = left.type.shape.length > right.type.shape.length ? [left, right] : [right, left];
  const fits = shapesEqual(longer.type.shape.slice(1), shorter.type.shape);
  if (shorter.type.shape.length === 0 || !fits) return undefined;
  return longer.kind === 'ref'
    ? `\`${longer.name}\` has an axis more: with an index, \`${longer.name}[…]\`, it is one of its parts`
    : "only a scalar is repeated: do it for each index, in a plate or by `[i in I]`, or repeat the vector, `ones(N) @ v'`";
};

/** `[D] - [2]`: a size that is only known from data cannot be compared with a written length. */
const unknownLength = (context: Context, a: readonly Dim[], b: readonly Dim[]): string | undefined => {
  if (a.length !== b.length) return undefined;
  for (const [i, left] of a.entries()) {
    const right = b[i]!;
    const value = constantValue(left) ?? constantValue(right);
    const symbol = context.session.symbols.get(sizesOf(left)[0] ?? sizesOf(right)[0] ?? '');
    if (value === null || symbol?.kind !== 'size' || equal(left, right)) continue;
    if (symbol.declaration.value === null)
      return `if \`${symbol.name.text}\` is ${value}, say so: \`size ${symbol.name.text} = ${value}\``;
  }
  return undefined;
};

/** Hints of the table speak of M and v: the names of the operands where they have one. */
const withNames = (hint: string, left: Expr, right: Expr): string => {
  const matrix = [left, right].find((e) => e.type.shape.length === 2);
  const vector = [left, right].find((e) => e.type.shape.length === 1);
  const named = (text: string, letter: string, expr: Expr | undefined): string =>
    expr?.kind === 'ref' ? text.replaceAll(`\`${letter}'`, `\`${expr.name}'`) : text;
  return named(named(hint, 'M', matrix), 'v', vector);
};

/** `a - b` for operators, `f(a, b)` for functions. */
const operationWord = (fn: BuiltinName): string => {
  const entry = builtins[fn];
  return entry.spelling === null
    ? (entry.signatures[0]!.match(/^a (\S+) b$/)?.[1] ?? fn)
    : `and in \`${entry.spelling}\``;
};

export const reportProblem = (
  context: Context,
  fn: BuiltinName,
  args: readonly Expr[],
  problem: Problem,
  span: Span,
): null => {
  const { session } = context;
  const name = builtins[fn].spelling ?? builtins[fn].signatures[0]!;
  for (const left of args) for (const right of args) session.meet(left.type.shape, right.type.shape);
  switch (problem.kind) {
    case 'shapes-differ': {
      const [left, right] = [args[problem.left]!, args[problem.right]!];
      const hint = problem.hint ?? mismatchHint(context, left, right);
      const parameters = {
        operation: operationWord(fn),
        left: describeShape(left.type),
        right: describeShape(right.type),
      };
      const related = [...origin(context, left), ...origin(context, right)];
      return session.report(
        diagnoseShape('EBM301', span, hint === undefined ? parameters : { ...parameters, hint }, { related }),
      );
    }
    case 'product': {
      const [left, right] = args as readonly [Expr, Expr];
      const hint = problem.hint === undefined ? missingIndex(context, args) : withNames(problem.hint, left, right);
      const parameters = { left: describeShape(left.type), right: describeShape(right.type) };
      const related = [...origin(context, left), ...origin(context, right)];
      return session.report(
        diagnoseShape('EBM302', span, hint === undefined ? parameters : { ...parameters, hint }, { related }),
      );
    }
    case 'expected': {
      const arg = args[problem.argument]!;
      const hint = problem.hint ?? missingIndex(context, [arg]);
      const parameters = { name, expected: problem.expected, found: describeShape(arg.type) };
      return session.report(
        diagnoseShape('EBM303', arg.span, hint === undefined ? parameters : { ...parameters, hint }),
      );
    }
    case 'not-a-number': {
      const arg = args[problem.argument]!;
      return session.report(diagnoseShape('EBM304', arg.span, { found: describeType(arg.type) }));
    }
    case 'not-a-condition': {
      const arg = args[problem.argument]!;
      return session.report(
        diagnoseShape('EBM306', arg.span, { what: `the operand of ${name}`, found: describeType(arg.type) }),
      );
    }
    case 'not-a-size': {
      const arg = args[problem.argument]!;
      const isConst = arg.kind === 'ref' && arg.of === 'const';
      const parameters = { found: isConst ? `the const \`${arg.name}\`` : `a value of type ${describeType(arg.type)}` };
      return session.report(
        diagnoseShape(
          'EBM309',
          arg.span,
          isConst ? { ...parameters, hint: `declare it as a size: \`size ${arg.name}\`` } : parameters,
        ),
      );
    }
  }
};
