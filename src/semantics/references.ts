// From a name to a typed expression. In: a name in a context. Out: an index, a size as a number, a ref, a named number; null with an
// error reported. Inside its plate a variable is this point, outside it is the array of all of them.
import { diagnoseGraph } from '../diagnostics/messages/graph.ts';
import { diagnoseName } from '../diagnostics/messages/names.ts';
import type { Name } from '../syntax/ast.ts';
import { builtinsSpelled, namedNumbers } from './builtins.ts';
import { indexExpr, lengthOf, ownPosition } from './index-clauses.ts';
import { layers } from './layers.ts';
import { negativesTable } from './losses.ts';
import { dimExpr, numberExpr } from './make.ts';
import type { Binder, Expr } from './model.ts';
import type { Context, Indexable } from './session.ts';
import type { GlobalSymbol } from './symbols.ts';
import { real, valueType, withRow } from './types.ts';
import { reportUnknownName } from './unknown-names.ts';

export interface Referent {
  readonly of: 'variable' | 'let';
  readonly info: Indexable;
  /** Binders that the context fills, outermost first: the enclosing plates, or all while the variable is declared. */
  readonly implied: readonly Binder[];
}

/** A ref with its leading binders at the given positions; the other binders are leading axes of the value. */
export const refTo = (of: Referent['of'], info: Indexable, at: readonly Expr[], span: Name['span']): Expr => {
  const open = info.binders.slice(at.length).map(lengthOf);
  const type = withRow(
    { scalar: info.type.scalar, shape: [...open, ...info.type.shape] },
    open.length === 0 && info.type.row === true,
  );
  return { kind: 'ref', of, name: info.name, at, type, span };
};

const impliedBinders = (context: Context, info: Indexable): readonly Binder[] => {
  if (context.own?.name === info.name) return context.own.binders;
  const shared = info.plates.findIndex((p, i) => context.plates[i]?.binder.id !== p.binder.id);
  return info.binders.slice(0, shared < 0 ? info.plates.length : shared);
};

/** A variable or let by name, when the name is one and has no error. */
export const referentOf = (context: Context, name: Name): Referent | null => {
  const { session } = context;
  if (context.locals.has(name.text)) return null;
  const symbol = session.symbols.get(name.text);
  if (symbol?.kind !== 'variable' && symbol?.kind !== 'let') return null;
  const info: Indexable | null = session.define<'variable' | 'let'>(symbol, name.span);
  return info === null ? null : { of: symbol.kind, info, implied: impliedBinders(context, info) };
};

const kindWords: Readonly<Record<GlobalSymbol['kind'], string>> = {
  size: 'a size',
  const: 'a const',
  variable: 'a variable',
  let: 'a let',
  function: 'a function',
  net: 'a net',
};
export const describeSymbol = (symbol: GlobalSymbol): string => kindWords[symbol.kind];

const fromSymbol = (context: Context, symbol: GlobalSymbol, name: Name): Expr | null => {
  const { session } = context;
  const { text, span } = name;
  session.used.add(text);
  switch (symbol.kind) {
    case 'size': {
      if (session.define(symbol, span) === null) return null;
      const indices = symbol.declaration.index?.binders.map((b) => b.name.text) ?? [];
      if (indices.length > 0) return session.report(diagnoseGraph('EBM405', span, { name: text, indices, given: 0 }));
      return dimExpr(session.sizeDim(text), span);
    }
    case 'const': {
      const info = session.define(symbol, span);
      return info === null ? null : { kind: 'ref', of: 'const', name: text, at: [], type: info.type, span };
    }
    case 'variable':
    case 'let': {
      const referent = referentOf(context, name);
      return referent === null ? null : refTo(referent.of, referent.info, referent.implied.map(ownPosition), span);
    }
    case 'function':
    case 'net':
      return session.report(
        diagnoseName('EBM212', span, {
          name: text,
          is: describeSymbol(symbol),
          expected: 'a value',
          hint: `call it: \`${text}(…)\``,
        }),
      );
  }
};

/** Leaves get the place where they are used; larger values stay one object, so that lowering computes them once. */
const atUse = (value: Expr, span: Name['span']): Expr =>
  value.kind === 'parameter' || value.kind === 'ref' || value.kind === 'index' || value.kind === 'number'
    ? { ...value, span }
    : value;

export const elaborateName = (context: Context, name: Name): Expr | null => {
  const { session } = context;
  const { text, span } = name;
  const local = context.locals.get(text);
  if (local?.kind === 'broken') return null;
  if (local?.kind === 'index') return { ...indexExpr(local.binder), span };
  if (local?.kind === 'value') return atUse(local.value, span);
  if (text === 'F' && context.loss) return { kind: 'free-energy', replaced: [], type: valueType(real), span };
  const symbol = session.symbols.get(text);
  if (symbol !== undefined) return fromSymbol(context, symbol, name);
  const number = namedNumbers[text];
  if (number !== undefined) return { ...numberExpr(number, span), type: valueType(real) };
  if (text === 'F' || Object.hasOwn(negativesTable, text))
    return session.report(diagnoseName('EBM214', span, { name: text }));
  if (builtinsSpelled(text).length > 0 || Object.hasOwn(layers, text))
    return session.report(
      diagnoseName('EBM212', span, {
        name: text,
        is: 'a function',
        expected: 'a value',
        hint: `call it: \`${text}(…)\`, or pipe into it: \`… |> ${text}\``,
      }),
    );
  return reportUnknownName(context, name);
};
