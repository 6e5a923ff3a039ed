// `infer { minimize y  marginalize z by gibbs(sweeps = 500) }`. In: the block. Out: what to do with which unknowns; roles, names
// and options checked.
import type { Span } from '../diagnostics/diagnostic.ts';
import { diagnoseName } from '../diagnostics/messages/names.ts';
import type { CallSyntax, Name, Statement } from '../syntax/ast.ts';
import { elaborateMethodCall } from './method-calls.ts';
import { methods } from './methods.ts';
import type { InferSetting } from './model.ts';
import { describeSymbol } from './references.ts';
import { type Context, rootContext, type Session } from './session.ts';
import { inside, operandNames, platesOf, unknownSetting } from './settings.ts';
import { reportUnknownName } from './unknown-names.ts';

type Block = Statement & { readonly kind: 'block' };

const inferNames = (context: Context, names: readonly Name[], operation: string): boolean => {
  const { session } = context;
  const checks = names.map((name) => {
    const symbol = session.symbols.get(name.text);
    if (symbol === undefined) return reportUnknownName(context, name) !== null;
    session.used.add(name.text);
    if (symbol.kind === 'net') return true;
    if (symbol.kind !== 'variable') {
      session.report(
        diagnoseName('EBM212', name.span, { name: name.text, is: describeSymbol(symbol), expected: 'an unknown' }),
      );
      return false;
    }
    const { role } = symbol.declaration;
    if (role === 'latent' || role === 'target' || role === 'param') return true;
    const what = role === 'noise' ? 'noise is averaged outermost' : `it is given, so there is nothing to ${operation}`;
    session.report(diagnoseName('EBM215', name.span, { name: name.text, role, what }));
    return false;
  });
  return !checks.includes(false);
};

export const elaborateInfer = (session: Session, block: Block): readonly InferSetting[] => {
  const settings: InferSetting[] = [];
  const stated = new Map<string, Span>();
  for (const setting of block.settings) {
    const operation = setting.name.text;
    if ((operation !== 'minimize' && operation !== 'marginalize') || setting.kind === 'assign') {
      unknownSetting(session, 'infer', setting.name, ['minimize', 'marginalize']);
      continue;
    }
    const names = setting.kind === 'by' ? [] : operandNames(rootContext(session), setting.operands, operation);
    const named = names !== null && inferNames(rootContext(session), names, operation);
    const twice = names?.find((n) => stated.has(n.text));
    if (twice !== undefined)
      session.report(
        diagnoseName(
          'EBM216',
          twice.span,
          { what: `what to do with \`${twice.text}\`` },
          { related: [{ span: stated.get(twice.text)!, message: 'the first stands here' }] },
        ),
      );
    names?.forEach((n) => stated.set(n.text, n.span));
    const variables = (names ?? []).map((n) => n.text);
    const call = setting.by;
    const by =
      call === null ? null : elaborateInferMethod(inside(session, platesOf(session, variables)), call, operation);
    if (named && (call === null || by !== null)) settings.push({ operation, variables, by, span: setting.span });
  }
  return settings;
};

const elaborateInferMethod = (context: Context, call: CallSyntax, operation: 'minimize' | 'marginalize') => {
  const name = call.name.text;
  const entry = Object.hasOwn(methods, name) ? methods[name as keyof typeof methods] : null;
  if (entry !== null && !entry.operations.includes(operation)) {
    const known = Object.entries(methods).filter(([, m]) => m.operations.includes(operation));
    return context.session.report(
      diagnoseName('EBM210', call.name.span, {
        what: `method to ${operation}`,
        name,
        nearest: null,
        known: known.map(([k]) => k),
      }),
    );
  }
  return elaborateMethodCall(context, call, methods, 'method');
};
