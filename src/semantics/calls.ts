// Calls: which function, net, layer or special form a name means, and the call of builtins. In: a name and arguments; the value of
// a pipe is the first. Out: a typed expression; null with an error reported.
import type { Span } from '../diagnostics/diagnostic.ts';
import { diagnoseName } from '../diagnostics/messages/names.ts';
import { diagnoseShape } from '../diagnostics/messages/shapes.ts';
import type { Argument, Name } from '../syntax/ast.ts';
import { apply } from './applications.ts';
import { plural, positionalValues, reportCount } from './arguments.ts';
import { builtins, type BuiltinName, builtinsSpelled, spellings } from './builtins.ts';
import { callFunction } from './function-calls.ts';
import { type LayerName, layers } from './layers.ts';
import { freeEnergy, isNegatives, negatives } from './loss-terms.ts';
import type { Expr } from './model.ts';
import { nearestName } from '../diagnostics/nearest-name.ts';
import { applyLayer, callNet, repeatNet, weightsOf } from './net-calls.ts';
import { elsewhere } from './other-languages.ts';
import { describeSymbol } from './references.ts';
import { elaborate, type Context } from './session.ts';
import { describeType } from './types.ts';

const isLayer = (name: string): name is LayerName => Object.hasOwn(layers, name);

/** Arguments are looked at even when the call is unknown: they may hold mistakes of their own. */
const unknownFunction = (context: Context, name: Name, args: readonly Argument[]): null => {
  args.forEach((a) => elaborate(context, a.value));
  const { session } = context;
  if (name.text === '') return null;
  if (name.text === 'stack')
    return session.report(
      diagnoseName('EBM204', name.span, {
        name: 'stack',
        nearest: null,
        hint: '`stack` builds an array over an index: `stack[i in I] e`',
      }),
    );
  const own = [...session.symbols.values()]
    .filter((s) => s.kind === 'function' || s.kind === 'net')
    .map((s) => s.name.text);
  const known = [...spellings, ...own, 'weights', ...(context.net === null ? [] : [...Object.keys(layers), 'repeat'])];
  const nearest = nearestName(name.text, known);
  return session.report(
    diagnoseName('EBM204', name.span, { name: name.text, nearest, ...elsewhere('function', name.text) }),
  );
};

const arityWords = ([least, most]: readonly [number, number]): string =>
  least === most
    ? plural(least, 'argument')
    : most === Infinity
      ? `${least} or more arguments`
      : `${least} to ${most} arguments`;

const callBuiltin = (
  context: Context,
  candidates: readonly BuiltinName[],
  name: Name,
  args: readonly Argument[],
  span: Span,
): Expr | null => {
  const values = positionalValues(context, name.text, args);
  if (values === null) return null;
  // `min(a, b, c)` takes two at a time; `min(v)` is the reduction.
  const extremum = candidates.find((c) => c === 'minimum' || c === 'maximum');
  if (extremum !== undefined && values.length >= 2)
    return values
      .slice(1)
      .reduce<Expr | null>((a, b) => (a === null ? null : apply(context, extremum, [a, b], span)), values[0]!);
  const fn = candidates.find((c) => c !== extremum)!;
  const [least, most] = builtins[fn].arity;
  if (values.length < least || values.length > most)
    return reportCount(context, name.text, arityWords([least, most]), values.length, span);
  if (fn === 'jacobian' && !isDifferentiable(values[1]!))
    return context.session.report(diagnoseShape('EBM318', values[1]!.span, { found: describeType(values[1]!.type) }));
  return apply(context, fn, values, span);
};

const isDifferentiable = (expr: Expr): boolean =>
  (expr.kind === 'ref' && expr.of !== 'const') || expr.kind === 'parameter';

export const elaborateCall = (context: Context, name: Name, args: readonly Argument[], span: Span): Expr | null => {
  const { session } = context;
  const { text } = name;
  if (context.loss && text === 'F') return freeEnergy(context, args, span);
  if (context.loss && isNegatives(text)) return negatives(context, name, args, span);
  const symbol = session.symbols.get(text);
  if (symbol?.kind === 'function') return callFunction(context, symbol, args, span, name.span);
  if (symbol?.kind === 'net') return callNet(context, symbol, args, span, name.span);
  if (text === 'weights') return weightsOf(context, args, span);
  if (text === 'repeat') return repeatNet(context, args, span);
  const candidates = builtinsSpelled(text);
  if (candidates.length > 0) return callBuiltin(context, candidates, name, args, span);
  if (isLayer(text)) return applyLayer(context, text, name, args, span);
  if (text === 'F' || isNegatives(text)) {
    args.forEach((a) => elaborate(context, a.value));
    return session.report(diagnoseName('EBM214', name.span, { name: text }));
  }
  if (symbol !== undefined || context.locals.has(text)) {
    args.forEach((a) => elaborate(context, a.value));
    if (symbol !== undefined) session.used.add(text);
    const is = symbol === undefined ? 'a value' : describeSymbol(symbol);
    return session.report(
      diagnoseName('EBM212', name.span, {
        name: text,
        is,
        expected: 'a function',
        hint: `brackets index: \`${text}[…]\``,
      }),
    );
  }
  return unknownFunction(context, name, args);
};
