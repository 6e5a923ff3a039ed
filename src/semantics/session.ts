// The state of one check: what is known of the names so far, the binders made, the diagnostics found. One object per file;
// everything else in this folder is a function of it and of a Context.
import type { Diagnostic, Span } from '../diagnostics/diagnostic.ts';
import { diagnoseName } from '../diagnostics/messages/names.ts';
import type { Expression, Statement, VariableDeclaration } from '../syntax/ast.ts';
import { constant, print, size, subtract, type Dim } from '../tensor/dims.ts';
import type { Interval, Known, Linear } from './bounds.ts';
import { unbounded } from './bounds.ts';
import type {
  Binder,
  ConstSymbol,
  DerivedSize,
  Domain,
  Expr,
  Net,
  PlateSymbol,
  SizeRequirement,
  SizeSymbol,
  ValueType,
  Variable,
} from './model.ts';
import type { GlobalSymbol, SymbolOf } from './symbols.ts';

/** A plate with what its range adds beyond the rectangular hull. */
export interface PlateScope {
  readonly name: string;
  readonly binder: Binder;
  readonly where: readonly Expr[];
}

/** Something with a value at every setting of its binders: a variable or a let. */
export interface Indexable {
  readonly name: string;
  readonly plates: readonly PlateScope[];
  /** Of the plates, then of the own index clause. */
  readonly binders: readonly Binder[];
  readonly where: readonly Expr[];
  /** Of one node. */
  readonly type: ValueType;
  readonly span: Span;
}
export interface VariableInfo extends Indexable {
  readonly symbol: SymbolOf<'variable'>;
  readonly domain: Domain;
  /** The context of its own index clause. */
  readonly inside: Context;
}
export interface LetInfo extends Indexable {
  readonly value: Expr;
}
export interface FunctionInfo {
  readonly symbol: SymbolOf<'function'>;
  /** Declared types; null where a parameter has none. */
  readonly parameters: readonly { readonly name: string; readonly type: ParameterType | null }[];
  readonly result: ParameterType | null;
}
/** `integer` without a range is any whole number, in parameters only. */
export interface ParameterType {
  readonly type: ValueType;
  readonly domain: Domain | null;
}

export type Local =
  | { readonly kind: 'index'; readonly binder: Binder }
  | { readonly kind: 'value'; readonly value: Expr }
  /** Its declaration had an error: stay silent. */
  | { readonly kind: 'broken' };

/** Params that the layers of a net body make. */
export interface NetScope {
  readonly name: string;
  readonly params: Variable[];
  readonly layerCounts: Map<string, number>;
  readonly span: Span;
}

/** Where an expression stands. */
export interface Context {
  readonly session: Session;
  readonly locals: ReadonlyMap<string, Local>;
  readonly plates: readonly PlateScope[];
  /** The variable being declared: its bare name means this node. */
  readonly own: { readonly name: string; readonly binders: readonly Binder[] } | null;
  /** What filters and conditions make ≥ 0. */
  readonly facts: readonly Linear[];
  readonly net: NetScope | null;
  /** Inside a loss, where `F` is the free energy. */
  readonly loss: boolean;
  /** Functions being inlined, outermost first. */
  readonly calls: readonly string[];
}

/** The steps that the session calls back: they import the session, so they are handed in. */
export interface Steps {
  readonly elaborate: (context: Context, expression: Expression) => Expr | null;
  readonly size: (session: Session, symbol: SymbolOf<'size'>) => SizeSymbol | null;
  readonly const: (session: Session, symbol: SymbolOf<'const'>) => ConstSymbol | null;
  readonly variable: (session: Session, symbol: SymbolOf<'variable'>) => VariableInfo | null;
  readonly let: (session: Session, symbol: SymbolOf<'let'>) => LetInfo | null;
  readonly function: (session: Session, symbol: SymbolOf<'function'>) => FunctionInfo | null;
  readonly net: (session: Session, symbol: SymbolOf<'net'>) => Net | null;
}

interface Results {
  readonly size: SizeSymbol;
  readonly const: ConstSymbol;
  readonly variable: VariableInfo;
  readonly let: LetInfo;
  readonly function: FunctionInfo;
  readonly net: Net;
}

export class Session {
  private readonly found: Diagnostic[] = [];
  private sink: Diagnostic[] = this.found;
  private readonly cache = new Map<string, Results[keyof Results] | null>();
  private readonly underway: string[] = [];
  private readonly binderCounts = new Map<string, number>();
  private readonly domains = new Map<VariableDeclaration, Domain | null>();
  readonly met: (readonly [readonly Dim[], readonly Dim[]])[] = [];
  readonly binders = new Map<string, Binder>();
  readonly used = new Set<string>();
  readonly plates = new Map<string, PlateScope & { readonly inside: readonly string[] }>();
  readonly requirements: SizeRequirement[] = [];
  readonly derivedSizes = new Map<string, DerivedSize>();
  readonly netInstances: Net[] = [];
  readonly netParams: Variable[] = [];
  /** Nets that are called, not only copied. */
  readonly calledNets = new Set<string>();
  /** The statement being checked, for hints. */
  statement: Statement | null = null;

  constructor(
    readonly statements: readonly Statement[],
    readonly symbols: ReadonlyMap<string, GlobalSymbol>,
    private readonly ambiguous: ReadonlySet<string>,
    readonly steps: Steps,
    /** Sizes with a default that written arrays fix (fixed-sizes.ts). */
    readonly fixed: ReadonlyMap<string, number> = new Map(),
  ) {}

  /** A size by name: a number where a written array fixes it. */
  sizeDim(name: string): Dim {
    const value = this.fixed.get(name);
    return value === undefined ? size(name) : constant(value);
  }

  /** Two lengths that should agree but do not as they stand: a size by its default may still be a written length. */
  meet(left: readonly Dim[], right: readonly Dim[]): void {
    this.met.push([left, right]);
  }

  get diagnostics(): readonly Diagnostic[] {
    return this.found;
  }
  report(diagnostic: Diagnostic): null {
    this.sink.push(diagnostic);
    return null;
  }
  /** Runs with diagnostics kept apart. */
  attempt<T>(run: () => T): { readonly value: T; readonly diagnostics: readonly Diagnostic[] } {
    const outer = this.sink;
    const inner: Diagnostic[] = [];
    this.sink = inner;
    try {
      return { value: run(), diagnostics: inner };
    } finally {
      this.sink = outer;
    }
  }

  /** The elaborated declaration of a name, made when first needed; null when it has an error (already reported). */
  define<K extends keyof Results>(symbol: GlobalSymbol & { readonly kind: K }, use: Span): Results[K] | null {
    const name = symbol.name.text;
    if (this.ambiguous.has(name)) return null;
    if (this.cache.has(name)) return this.cache.get(name) as Results[K] | null;
    if (this.underway.includes(name)) {
      const path = [...this.underway.slice(this.underway.indexOf(name)), name];
      this.found.push(diagnoseName('EBM209', use, { name, path: path.length > 2 ? path : [] }));
      this.cache.set(name, null);
      return null;
    }
    this.underway.push(name);
    const outer = this.sink;
    this.sink = this.found;
    try {
      const step = this.steps[symbol.kind] as unknown as (s: Session, symbol: GlobalSymbol) => Results[K] | null;
      const value = step(this, symbol);
      // A cycle found on the way has already marked the name as broken.
      if (!this.cache.has(name)) this.cache.set(name, value);
      return this.cache.get(name) as Results[K] | null;
    } finally {
      this.sink = outer;
      this.underway.pop();
    }
  }

  /** Comma lists share a domain: it is elaborated, and its errors reported, once. */
  once(declaration: VariableDeclaration, compute: () => Domain | null): Domain | null {
    const known = this.domains.get(declaration);
    if (known !== undefined) return known;
    const domain = compute();
    this.domains.set(declaration, domain);
    return domain;
  }

  /** A binder with a new id: `n`, then `n#2`, … */
  bind(name: string, from: Dim, to: Dim, span: Span): Binder {
    const count = (this.binderCounts.get(name) ?? 0) + 1;
    this.binderCounts.set(name, count);
    const binder: Binder = { id: count === 1 ? name : `${name}#${count}`, name, from, to, span };
    this.binders.set(binder.id, binder);
    return binder;
  }

  /** floor(numerator / denominator) as a size of its own. */
  quotient(numerator: Dim, denominator: number): Dim {
    if (denominator === 1) return numerator;
    if (numerator.every((t) => t.sizes.length === 0))
      return constant(Math.floor((numerator[0]?.coef ?? 0) / denominator));
    const name = `floor((${print(numerator)}) / ${denominator})`;
    this.derivedSizes.set(name, { name, numerator, denominator });
    return [{ coef: 1, sizes: [name] }];
  }

  /** What bounds.ts may know. */
  readonly known: Known = {
    range: (id): Interval => {
      const binder = this.binders.get(id);
      return binder === undefined ? unbounded : { low: binder.from, high: subtract(binder.to, constant(1)) };
    },
    domain: (name) => {
      const info = this.cache.get(name);
      return info != null && 'domain' in info ? info.domain : null;
    },
    definition: (_of, name) => {
      const info = this.cache.get(name);
      return info != null && 'value' in info ? info.value : null;
    },
  };

  get plateSymbols(): readonly PlateSymbol[] {
    return [...this.plates.values()].map(({ binder, inside }) => ({ binder, inside }));
  }
}

export const rootContext = (session: Session): Context => ({
  session,
  locals: new Map(),
  plates: [],
  own: null,
  facts: [],
  net: null,
  loss: false,
  calls: [],
});

export const withLocals = (context: Context, locals: Iterable<readonly [string, Local]>): Context => ({
  ...context,
  locals: new Map([...context.locals, ...locals]),
});

export const elaborate = (context: Context, expression: Expression): Expr | null =>
  context.session.steps.elaborate(context, expression);
