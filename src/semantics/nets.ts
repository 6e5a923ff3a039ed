// Nets: bodies typed once, layers owning params. In: `net F(v : real[D]) -> real[K] = …`, `net T = ema(F, decay = 0.99)`, `copy(F)`.
// Out: a Net; its params go into the session. A derived net is the same body with params of its own.
import { diagnoseName } from '../diagnostics/messages/names.ts';
import { diagnoseShape } from '../diagnostics/messages/shapes.ts';
import { equal } from '../tensor/dims.ts';
import { checkAccepts } from './arguments.ts';
import { elaborateParameterType } from './domain-syntax.ts';
import type { Expr, Net, ValueType } from './model.ts';
import {
  elaborate,
  type Context,
  type Local,
  type NetScope,
  rootContext,
  type Session,
  withLocals,
} from './session.ts';
import type { SymbolOf } from './symbols.ts';

type NetBody = SymbolOf<'net'>['declaration'] & { readonly kind: 'net' };

/** Types of the parameters: a net needs them, since the shapes of its params follow. */
const parametersOf = (context: Context, declaration: NetBody): Net['parameters'] | null => {
  const { session } = context;
  const seen = new Map<string, typeof declaration.span>();
  const typed = declaration.parameters.map((p) => {
    const earlier = seen.get(p.name.text);
    if (earlier !== undefined)
      return session.report(
        diagnoseName(
          'EBM202',
          p.name.span,
          { name: p.name.text },
          { related: [{ span: earlier, message: 'declared here' }] },
        ),
      );
    seen.set(p.name.text, p.name.span);
    if (p.domain === null)
      return session.report(
        diagnoseShape('EBM320', p.span, {
          what: `the domain of \`${p.name.text}\``,
          hint: `write \`${p.name.text} : real[D]\``,
        }),
      );
    const type = elaborateParameterType(context, p.domain);
    return type === null ? null : { name: p.name.text, type: type.type };
  });
  return typed.some((t) => t === null) ? null : (typed as Net['parameters']);
};

/** Declared and found may differ where a convolution made a length that only the sizes can tell. */
const checkResult = (context: Context, declaration: NetBody, declared: ValueType, body: Expr): boolean => {
  const { session } = context;
  const [a, b] = [declared.shape, body.type.shape];
  const derived = (i: number): boolean => b[i]!.some((t) => t.sizes.some((s) => session.derivedSizes.has(s)));
  if (a.length === b.length && a.some((d, i) => !equal(d, b[i]!)) && a.every((d, i) => equal(d, b[i]!) || derived(i))) {
    a.forEach((d, i) => {
      if (!equal(d, b[i]!))
        session.requirements.push({
          left: d,
          relation: '==',
          right: b[i]!,
          why: `the result of \`${declaration.name.text}\` must have its declared length`,
          span: declaration.result.span,
        });
    });
    return true;
  }
  return checkAccepts(
    context,
    `the result of \`${declaration.name.text}\``,
    declared,
    body,
    declaration.body.span,
    declaration.result.span,
  );
};

/** The body under another name: params of its own. */
export const instantiateNet = (
  session: Session,
  symbol: SymbolOf<'net'>,
  name: string,
  derived: Net['derived'],
): Net | null => {
  const source = bodyOf(session, symbol);
  if (source === null) return null;
  const root = rootContext(session);
  const parameters = parametersOf(root, source);
  const result = elaborateParameterType(root, source.result);
  const scope: NetScope = { name, params: [], layerCounts: new Map(), span: symbol.name.span };
  const locals = source.parameters.map((p): readonly [string, Local] => {
    const type = parameters?.find((t) => t.name === p.name.text)?.type;
    return [
      p.name.text,
      type === undefined
        ? { kind: 'broken' }
        : { kind: 'value', value: { kind: 'parameter', name: p.name.text, type, span: p.name.span } },
    ];
  });
  let context: Context = { ...root, locals: new Map(locals), net: scope };
  let fine = true;
  const lets: { name: string; value: Expr }[] = [];
  for (const statement of source.lets) {
    const value = elaborate(context, statement.value);
    if (value === null) fine = false;
    else lets.push({ name: statement.name.text, value });
    // A let of a net body is a value of its own: references are to the same expression object.
    context = withLocals(context, [
      [statement.name.text, value === null ? { kind: 'broken' } : { kind: 'value', value }],
    ]);
  }
  const body = elaborate(context, source.body);
  if (
    body === null ||
    parameters === null ||
    result === null ||
    !fine ||
    !checkResult(context, source, result.type, body)
  )
    return null;
  const net: Net = {
    name,
    parameters,
    result: result.type,
    lets,
    body,
    derived,
    params: [...new Set(scope.params.map((p) => p.name))],
    span: symbol.name.span,
  };
  session.netInstances.push(net);
  return net;
};

/** The declaration that holds the body, looking through ema and copy. */
const bodyOf = (session: Session, symbol: SymbolOf<'net'>): NetBody | null => {
  if (symbol.declaration.kind === 'net') return symbol.declaration;
  const source = sourceOf(session, symbol);
  return source === null ? null : bodyOf(session, source);
};

const sourceOf = (session: Session, symbol: SymbolOf<'net'>): SymbolOf<'net'> | null => {
  if (symbol.declaration.kind === 'net') return null;
  const value = symbol.declaration.call.arguments[0]?.value;
  const found = value?.kind === 'name' ? session.symbols.get(value.name.text) : undefined;
  return found?.kind === 'net' ? found : null;
};

export const defineNet = (session: Session, symbol: SymbolOf<'net'>): Net | null => {
  const { declaration } = symbol;
  if (declaration.kind === 'net') return instantiateNet(session, symbol, symbol.name.text, null);
  const derived = derivation(session, declaration.call);
  const source = sourceOf(session, symbol);
  if (derived === null || source === null) return null;
  // The source must be sound before it is repeated: its errors are reported there.
  if (session.define(source, declaration.call.span) === null) return null;
  return instantiateNet(session, source, symbol.name.text, derived);
};

const derivation = (
  session: Session,
  call: (SymbolOf<'net'>['declaration'] & { kind: 'derived-net' })['call'],
): Net['derived'] => {
  const how = call.name.text;
  const context = rootContext(session);
  if (how !== 'ema' && how !== 'copy')
    return how === ''
      ? null
      : session.report(
          diagnoseName('EBM210', call.name.span, {
            what: 'way to derive a net',
            name: how,
            nearest: null,
            known: ['ema', 'copy'],
          }),
        );
  const [first, ...rest] = call.arguments;
  if (first === undefined)
    return session.report(diagnoseName('EBM208', call.span, { of: how, expected: 'a net', found: 'none' }));
  if (first.value.kind === 'missing') return null;
  const symbol = first.value.kind === 'name' ? session.symbols.get(first.value.name.text) : undefined;
  if (first.value.kind !== 'name' || symbol?.kind !== 'net') {
    if (first.value.kind === 'name' && symbol === undefined) elaborate(context, first.value);
    else
      session.report(
        diagnoseShape('EBM303', first.value.span, {
          name: how,
          expected: 'the name of a net',
          found: 'something else',
        }),
      );
    return null;
  }
  session.used.add(symbol.name.text);
  if (how === 'ema') session.calledNets.add(symbol.name.text);
  let decay: number | null = how === 'ema' ? 0.99 : null;
  for (const argument of rest) {
    if (how === 'copy' || (argument.name !== null && argument.name.text !== 'decay'))
      return session.report(
        diagnoseName('EBM207', argument.name?.span ?? argument.span, {
          name: argument.name?.text ?? '',
          of: how,
          nearest: null,
          known: how === 'ema' ? ['decay'] : [],
        }),
      );
    const value = elaborate(context, argument.value);
    if (value === null) return null;
    if (value.kind !== 'number' || value.value < 0 || value.value > 1)
      return session.report(
        diagnoseShape('EBM317', argument.value.span, {
          what: 'the decay',
          expected: 'a number in [0, 1] written in the file',
          found: 'something else',
        }),
      );
    decay = value.value;
  }
  return { how, from: symbol.name.text, decay };
};
