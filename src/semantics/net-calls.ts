// Calls of nets, layers inside nets, `repeat` and `weights`. In: names and arguments as written, in a net body or anywhere.
// Out: typed net and layer expressions; layers add their params to the net that is being defined.
import type { Span } from '../diagnostics/diagnostic.ts';
import { diagnoseName } from '../diagnostics/messages/names.ts';
import { diagnoseShape } from '../diagnostics/messages/shapes.ts';
import type { Argument, Name } from '../syntax/ast.ts';
import { add, constant, constantValue, equal, product, type Dim } from '../tensor/dims.ts';
import { checkAccepts, plural, positionalValues, reportCount } from './arguments.ts';
import { argumentOf } from './make.ts';
import { type LayerName, layers } from './layers.ts';
import type { Expr, Net, Variable } from './model.ts';
import { nearestName } from '../diagnostics/nearest-name.ts';
import { instantiateNet } from './nets.ts';
import { describeSymbol } from './references.ts';
import { elaborate, type Context, type NetScope } from './session.ts';
import type { SymbolOf } from './symbols.ts';
import { describeType, isNumeric, isScalar, real, valueType } from './types.ts';

const call = (
  context: Context,
  net: Net,
  args: readonly Expr[],
  argSpans: readonly Span[],
  span: Span,
): Expr | null => {
  if (args.length !== net.parameters.length)
    return reportCount(context, net.name, plural(net.parameters.length, 'argument'), args.length, span);
  const fitting = net.parameters.map((p, i) =>
    checkAccepts(context, `the parameter \`${p.name}\` of \`${net.name}\``, p.type, args[i]!, argSpans[i]!, net.span),
  );
  if (fitting.includes(false)) return null;
  return { kind: 'net', net: net.name, args, type: net.result, span };
};

export const callNet = (
  context: Context,
  symbol: SymbolOf<'net'>,
  args: readonly Argument[],
  span: Span,
  nameSpan: Span,
): Expr | null => {
  const { session } = context;
  session.used.add(symbol.name.text);
  session.calledNets.add(symbol.name.text);
  const values = positionalValues(context, symbol.name.text, args);
  const net = session.define(symbol, nameSpan);
  if (net === null || values === null) return null;
  return call(
    context,
    net,
    values,
    args.map((a) => a.value.span),
    span,
  );
};

/** A net named as an argument: `weights(Net)`, `repeat(Block, 4)`, `ema(Enc)`. */
export const netNamed = (
  context: Context,
  argument: Argument | undefined,
  of: string,
  span: Span,
): SymbolOf<'net'> | null => {
  const { session } = context;
  if (argument === undefined) return reportCount(context, of, 'a net', 0, span);
  const { value } = argument;
  if (value.kind === 'missing') return null;
  if (value.kind !== 'name')
    return session.report(
      diagnoseShape('EBM303', value.span, { name: of, expected: 'the name of a net', found: 'an expression' }),
    );
  const symbol = session.symbols.get(value.name.text);
  if (symbol === undefined) {
    const nets = [...session.symbols.values()].filter((s) => s.kind === 'net').map((s) => s.name.text);
    return session.report(
      diagnoseName('EBM201', value.span, { name: value.name.text, nearest: nearestName(value.name.text, nets) }),
    );
  }
  session.used.add(symbol.name.text);
  if (symbol.kind === 'net') return symbol;
  return session.report(
    diagnoseName('EBM212', value.span, { name: value.name.text, is: describeSymbol(symbol), expected: 'a net' }),
  );
};

export const weightsOf = (context: Context, args: readonly Argument[], span: Span): Expr | null => {
  if (args.length > 1) return reportCount(context, 'weights', '1 argument', args.length, span);
  const symbol = netNamed(context, args[0], 'weights', span);
  const net = symbol === null ? null : context.session.define(symbol, span);
  if (net === null) return null;
  context.session.calledNets.add(net.name);
  if (net.params.length === 0)
    return context.session.report(
      diagnoseShape('EBM303', args[0]!.span, {
        name: 'weights',
        expected: 'a net with params',
        found: `\`${net.name}\`, whose layers own none`,
      }),
    );
  const sizes = net.params.map((name) => context.session.netParams.find((p) => p.name === name)!.domain.shape);
  return { kind: 'weights', net: net.name, type: valueType(real, [sizes.map(product).reduce(add, [])]), span };
};
/** `h |> repeat(Block, 4)`: Block four times in a row, each with params of its own. */
export const repeatNet = (context: Context, args: readonly Argument[], span: Span): Expr | null => {
  const { session, net: scope } = context;
  if (scope === null) return session.report(diagnoseName('EBM213', span, { name: 'repeat' }));
  if (args.length !== 3)
    return reportCount(context, 'repeat', 'a value (piped in), a net and a count', args.length, span);
  const [input, block, times] = args as readonly [Argument, Argument, Argument];
  let value = elaborate(context, input.value);
  const symbol = netNamed(context, block, 'repeat', span);
  const count = times.value.kind === 'number' ? times.value.value : null;
  if (count === null || !Number.isInteger(count) || count < 1)
    return times.value.kind === 'missing'
      ? null
      : session.report(
          diagnoseShape('EBM317', times.value.span, {
            what: 'the count of `repeat`',
            expected: 'a whole number ≥ 1 written in the file',
            found: 'something else',
          }),
        );
  if (symbol === null || session.define(symbol, block.span) === null) return null;
  for (let i = 1; i <= count && value !== null; i++) {
    const number = nextNumber(scope, symbol.name.text);
    const instance = instantiateNet(session, symbol, `${scope.name}.${symbol.name.text}${number}`, {
      how: 'copy',
      from: symbol.name.text,
      decay: null,
    });
    if (instance === null) return null;
    scope.params.push(...session.netParams.filter((p) => instance.params.includes(p.name)));
    value = call(context, instance, [value], [input.value.span], span);
  }
  return value;
};

const nextNumber = (scope: NetScope, what: string): number => {
  const number = (scope.layerCounts.get(what) ?? 0) + 1;
  scope.layerCounts.set(what, number);
  return number;
};

/** The options of a layer: positional after the input, or named. */
const layerOptions = (
  context: Context,
  name: LayerName,
  args: readonly Argument[],
  span: Span,
): Readonly<Record<string, Expr>> | null => {
  const { session } = context;
  const known = Object.keys(layers[name].options);
  const options: Record<string, Expr> = {};
  let fine = true;
  const free = [...known];
  for (const argument of args) {
    const key = argument.name === null ? free[0] : argument.name.text;
    const value = elaborate(context, argument.value);
    if (key === undefined) {
      reportCount(context, name, plural(known.length, 'option'), args.length, span);
      return null;
    }
    if (!known.includes(key) || key in options) {
      const nearest = nearestName(key, free);
      session.report(
        diagnoseName('EBM207', argument.name?.span ?? argument.span, { name: key, of: name, nearest, known }),
      );
      fine = false;
    } else if (value === null) fine = false;
    else options[key] = value;
    const at = free.indexOf(key);
    if (at >= 0) free.splice(at, 1);
  }
  const missing = Object.entries(layers[name].options).find(([key, o]) => o.required && !(key in options));
  if (missing !== undefined && fine) {
    session.report(diagnoseName('EBM208', span, { of: name, expected: `the option \`${missing[0]}\``, found: 'none' }));
    return null;
  }
  return fine ? options : null;
};

/** Options that other sizes are divided by. */
const dividing = [
  ['stride', 'the stride'],
  ['heads', 'the number of heads'],
] as const;

export const applyLayer = (
  context: Context,
  name: LayerName,
  callName: Name,
  args: readonly Argument[],
  span: Span,
): Expr | null => {
  const { session, net: scope } = context;
  if (scope === null) return session.report(diagnoseName('EBM213', callName.span, { name }));
  const [first, ...rest] = args;
  if (first === undefined) return reportCount(context, name, 'an input', 0, span);
  const input = elaborate(context, first.value);
  const options = layerOptions(context, name, rest, callName.span);
  if (input === null || options === null) return null;
  const layer = layers[name];
  const sizes: Record<string, Dim> = {};
  for (const [key, declared] of Object.entries(layer.options)) {
    const given = options[key];
    if (declared.kind === 'count') {
      const dim = given === undefined ? constant(Number(declared.default)) : argumentOf(given).dim;
      if (dim === null)
        return session.report(
          diagnoseShape('EBM309', given!.span, { found: `a value of type ${describeType(given!.type)}` }),
        );
      sizes[key] = dim;
    } else if (given !== undefined && !(isScalar(given.type) && isNumeric(given.type)))
      return session.report(
        diagnoseShape('EBM303', given.span, {
          name: `${name} ${key}`,
          expected: 'a number',
          found: describeType(given.type),
        }),
      );
  }
  if (layer.takes === 'real' && !isNumeric(input.type))
    return session.report(diagnoseShape('EBM304', input.span, { found: describeType(input.type) }));
  for (const [key, what] of dividing) {
    const divisor = options[key];
    if (divisor === undefined || (constantValue(sizes[key]!) ?? 0) > 0) continue;
    const expected = 'a whole number ≥ 1 written in the file';
    return session.report(diagnoseShape('EBM317', divisor.span, { what, expected, found: 'something else' }));
  }
  const result = layer.apply(input.type, {
    sizes,
    quotient: (numerator, denominator) => session.quotient(numerator, constantValue(denominator)!),
    requireEqual: (left, right, why) => {
      if (!equal(left, right)) session.requirements.push({ left, relation: '==', right, why, span: callName.span });
    },
  });
  if (typeof result === 'string')
    return session.report(
      diagnoseShape('EBM303', input.span, { name, expected: result, found: describeType(input.type) }),
    );
  const prefix = `${scope.name}.${name}${nextNumber(scope, name)}`;
  const params = result.params.map((p): Variable => ({
    name: `${prefix}.${p.name}`,
    role: 'param',
    domain: { kind: 'real', shape: p.shape, span: callName.span },
    type: valueType(real, p.shape),
    binders: [],
    where: null,
    conditions: [],
    start: null,
    net: scope.name,
    initial: p.start,
    span: callName.span,
  }));
  scope.params.push(...params);
  session.netParams.push(...params);
  return {
    kind: 'layer',
    layer: name,
    input,
    options,
    sizes: { ...sizes, ...result.sizes },
    params: params.map((p) => p.name),
    type: result.type,
    span,
  };
};
