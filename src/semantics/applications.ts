// Applies a builtin to typed arguments. In: the builtin, arguments, the span of the whole. Out: a typed call; null with the mismatch
// reported. Arithmetic of sizes stays a size.
import type { Span } from '../diagnostics/diagnostic.ts';
import { add, multiply, subtract, type Dim } from '../tensor/dims.ts';
import { builtins, type BuiltinName } from './builtins.ts';
import { argumentOf, dimExpr } from './make.ts';
import type { Expr } from './model.ts';
import { reportProblem } from './problems.ts';
import type { Context } from './session.ts';

/** `K + 1` of sizes and whole numbers is a size again; numbers alone stay as written. */
const sizeArithmetic = (fn: BuiltinName, args: readonly Expr[], span: Span): Expr | null => {
  if (!args.some((a) => a.kind === 'dim')) return null;
  const dims = args.map((a) => argumentOf(a).dim);
  if (dims.some((d) => d === null)) return null;
  const [a, b] = dims as readonly Dim[];
  if (fn === 'add') return dimExpr(add(a!, b!), span);
  if (fn === 'sub') return dimExpr(subtract(a!, b!), span);
  if (fn === 'mul') return dimExpr(multiply(a!, b!), span);
  return fn === 'neg' ? dimExpr(subtract([], a!), span) : null;
};

export const apply = (context: Context, fn: BuiltinName, args: readonly Expr[], span: Span): Expr | null => {
  const size = sizeArithmetic(fn, args, span);
  if (size !== null) return size;
  const ruling = builtins[fn].result(args.map(argumentOf));
  if ('problem' in ruling) return reportProblem(context, fn, args, ruling.problem, span);
  return { kind: 'call', fn, args, type: ruling.type, span };
};
