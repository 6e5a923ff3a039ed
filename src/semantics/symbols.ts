// The global names of a file. In: statements. Out: one Symbol per declared name, with the plates it stands in; duplicates and
// reserved names are reported. Nothing is elaborated yet, so declarations may stand in any order.
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnoseName } from '../diagnostics/messages/names.ts';
import type {
  Binder,
  Expression,
  IndexClause,
  LetStatement,
  Name,
  SizeDeclaration,
  Statement,
  VariableDeclaration,
} from '../syntax/ast.ts';
import { builtinsSpelled, namedNumbers } from './builtins.ts';
import { layers } from './layers.ts';

/** Binders of the enclosing plates as written, outermost first. */
export type PlatePath = readonly Binder[];

type FunctionStatement = Statement & { readonly kind: 'function' };
type NetStatement = Statement & { readonly kind: 'net' | 'derived-net' };

export type GlobalSymbol = { readonly name: Name; readonly plates: PlatePath } & (
  | { readonly kind: 'size'; readonly declaration: SizeDeclaration }
  | { readonly kind: 'const'; readonly value: Expression }
  | { readonly kind: 'variable'; readonly declaration: VariableDeclaration; readonly index: IndexClause | null }
  | { readonly kind: 'let'; readonly declaration: LetStatement }
  | { readonly kind: 'function'; readonly declaration: FunctionStatement }
  | { readonly kind: 'net'; readonly declaration: NetStatement }
);
export type SymbolOf<K extends GlobalSymbol['kind']> = GlobalSymbol & { readonly kind: K };

export interface Collected {
  readonly symbols: ReadonlyMap<string, GlobalSymbol>;
  /** Declared as two kinds of thing: nobody can tell what a use means, so uses stay silent. */
  readonly ambiguous: ReadonlySet<string>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Symbols a statement declares, in order. Plates are entered by the caller. */
const declaredBy = (statement: Statement, plates: PlatePath): readonly GlobalSymbol[] => {
  switch (statement.kind) {
    case 'sizes':
      return statement.sizes.map((declaration) => ({ kind: 'size', name: declaration.name, plates, declaration }));
    case 'consts':
      return statement.consts.map(({ name, value }) => ({ kind: 'const', name, plates, value }));
    case 'variable':
      return statement.names.map(({ name, index }) => ({
        kind: 'variable',
        name,
        plates,
        declaration: statement,
        index,
      }));
    case 'let':
      return [{ kind: 'let', name: statement.name, plates, declaration: statement }];
    case 'function':
      return [{ kind: 'function', name: statement.name, plates, declaration: statement }];
    case 'net':
    case 'derived-net':
      return [{ kind: 'net', name: statement.name, plates, declaration: statement }];
    default:
      return [];
  }
};

const whyReserved = (symbol: GlobalSymbol): string | null => {
  const name = symbol.name.text;
  if (namedNumbers[name] === Infinity) return 'it is infinity';
  if (symbol.kind !== 'function' && symbol.kind !== 'net') return null;
  if (builtinsSpelled(name).length > 0) return 'it is a builtin function';
  return Object.hasOwn(layers, name) ? 'it is a layer' : null;
};

export const collectSymbols = (statements: readonly Statement[]): Collected => {
  const symbols = new Map<string, GlobalSymbol>();
  const ambiguous = new Set<string>();
  const diagnostics: Diagnostic[] = [];
  const declare = (symbol: GlobalSymbol): void => {
    const { text, span } = symbol.name;
    if (text === '') return;
    const why = whyReserved(symbol);
    if (why !== null) {
      // Calls go on finding the builtin, as they would without this declaration.
      diagnostics.push(diagnoseName('EBM203', span, { name: text, why }));
      return;
    }
    const earlier = symbols.get(text);
    if (earlier === undefined) {
      symbols.set(text, symbol);
      return;
    }
    if (earlier.kind !== symbol.kind) ambiguous.add(text);
    diagnostics.push(
      diagnoseName(
        'EBM202',
        span,
        { name: text },
        { related: [{ span: earlier.name.span, message: 'declared here' }] },
      ),
    );
  };
  const visit = (list: readonly Statement[], plates: PlatePath): void => {
    for (const statement of list) {
      if (statement.kind === 'plate') visit(statement.body, [...plates, statement.binder]);
      else declaredBy(statement, plates).forEach(declare);
    }
  };
  visit(statements, []);
  return { symbols, ambiguous, diagnostics };
};
