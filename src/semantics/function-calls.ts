// Calls of `fn`: the body is typed anew with the arguments in place of the parameters. In: a fn symbol and arguments. Out: the inlined
// expression. A fn whose parameters all have types is also checked at its declaration, so that its errors stand there once.
import type { Span } from '../diagnostics/diagnostic.ts';
import { diagnoseName } from '../diagnostics/messages/names.ts';
import type { Argument } from '../syntax/ast.ts';
import { checkAccepts, plural, positionalValues, reportCount } from './arguments.ts';
import { elaborateParameterType } from './domain-syntax.ts';
import type { Expr } from './model.ts';
import { elaborate, type Context, type FunctionInfo, type Local, rootContext, type Session } from './session.ts';
import type { SymbolOf } from './symbols.ts';

/** Declared types of a fn. */
export const defineFunction = (session: Session, symbol: SymbolOf<'function'>): FunctionInfo | null => {
  const context = rootContext(session);
  const { parameters, result } = symbol.declaration;
  let fine = true;
  const seen = new Map<string, Span>();
  const typed = parameters.map((p) => {
    const earlier = seen.get(p.name.text);
    if (earlier !== undefined) {
      session.report(
        diagnoseName(
          'EBM202',
          p.name.span,
          { name: p.name.text },
          { related: [{ span: earlier, message: 'declared here' }] },
        ),
      );
      fine = false;
    }
    seen.set(p.name.text, p.name.span);
    const type = p.domain === null ? null : elaborateParameterType(context, p.domain);
    if (p.domain !== null && type === null) fine = false;
    return { name: p.name.text, type };
  });
  const declared = result === null ? null : elaborateParameterType(context, result);
  if (result !== null && declared === null) fine = false;
  return fine ? { symbol, parameters: typed, result: declared } : null;
};

const checkResult = (context: Context, info: FunctionInfo, body: Expr): boolean => {
  const { declaration, name } = info.symbol;
  if (info.result === null || declaration.result === null) return true;
  return checkAccepts(
    context,
    `the result of \`${name.text}\``,
    info.result.type,
    body,
    declaration.body.span,
    declaration.result.span,
  );
};

/** Checks the body at the declaration, with parameters of the declared types. Bounds of indices that depend on a parameter are
 *  judged at the calls. */
export const checkFunctionBody = (session: Session, info: FunctionInfo): void => {
  if (info.parameters.some((p) => p.type === null)) return;
  const locals = info.parameters.map(({ name, type }): readonly [string, Local] => [
    name,
    { kind: 'value', value: { kind: 'parameter', name, type: type!.type, span: info.symbol.name.span } },
  ]);
  const context: Context = { ...rootContext(session), locals: new Map(locals), calls: [info.symbol.name.text] };
  const { value, diagnostics } = session.attempt(() => {
    const body = elaborate(context, info.symbol.declaration.body);
    return body !== null && checkResult(context, info, body);
  });
  void value;
  // A fn that reads plate variables means those of the calling point: only its calls can tell.
  const plated = [...session.symbols.values()].some(
    (s) =>
      (s.kind === 'variable' || s.kind === 'let') &&
      s.plates.length > 0 &&
      mentionsName(info.symbol.declaration.body, s.name.text),
  );
  if (plated) return;
  diagnostics
    .filter((d) => d.code !== 'EBM401' && d.code !== 'EBM402' && d.code !== 'EBM209')
    .forEach((d) => session.report(d));
};

const mentionsName = (node: unknown, name: string): boolean => {
  if (Array.isArray(node)) return node.some((n) => mentionsName(n, name));
  if (typeof node !== 'object' || node === null) return false;
  const record = node as Record<string, unknown>;
  return (
    (record['kind'] === 'name' && (record['name'] as { text: string }).text === name) ||
    Object.entries(record).some(([key, value]) => key !== 'span' && mentionsName(value, name))
  );
};

export const callFunction = (
  context: Context,
  symbol: SymbolOf<'function'>,
  args: readonly Argument[],
  span: Span,
  nameSpan: Span,
): Expr | null => {
  const { session } = context;
  const name = symbol.name.text;
  session.used.add(name);
  const values = positionalValues(context, name, args);
  if (context.calls.includes(name)) {
    const path = [...context.calls.slice(context.calls.indexOf(name)), name];
    return session.report(diagnoseName('EBM209', nameSpan, { name, path: path.length > 2 ? path : [] }));
  }
  const info = session.define(symbol, nameSpan);
  if (info === null || values === null) return null;
  if (values.length !== info.parameters.length)
    return reportCount(context, name, plural(info.parameters.length, 'argument'), values.length, span);
  const fitting = info.parameters.map((p, i) => {
    const declared = symbol.declaration.parameters[i]!;
    return (
      p.type === null ||
      checkAccepts(
        context,
        `the parameter \`${p.name}\` of \`${name}\``,
        p.type.type,
        values[i]!,
        args[i]!.value.span,
        declared.span,
      )
    );
  });
  if (fitting.includes(false)) return null;
  const locals = info.parameters.map((p, i): readonly [string, Local] => [
    p.name,
    { kind: 'value', value: values[i]! },
  ]);
  const inside: Context = {
    ...context,
    locals: new Map(locals),
    own: null,
    loss: false,
    calls: [...context.calls, name],
  };
  const { value: body, diagnostics } = session.attempt(() => elaborate(inside, symbol.declaration.body));
  for (const diagnostic of diagnostics)
    session.report({ ...diagnostic, related: [...diagnostic.related, { span, message: 'called here' }] });
  if (body === null || !checkResult(inside, info, body)) return null;
  // The declared result may be wider than the body: a whole number where a real was declared.
  return body;
};
