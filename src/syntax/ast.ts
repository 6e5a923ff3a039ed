// The syntax tree: what the parser builds and the formatter prints. No meaning: names are strings, sizes are expressions.
// Every node has the span it was written at. After a syntax error the name of a domain or of a plate's index may be ''
// (its text is lost): like `missing`, later phases stay silent about it.
import type { Span } from '../diagnostics/diagnostic.ts';

interface Node {
  readonly span: Span;
}

export interface Name extends Node {
  readonly text: string;
}

export interface SourceFile extends Node {
  readonly kind: 'file';
  readonly statements: readonly Statement[];
}

export type Role = 'data' | 'observed' | 'target' | 'latent' | 'noise' | 'param';
export type TermKind = 'factor' | 'regularizer' | 'constraint';

export type Statement =
  | (Node & { readonly kind: 'model'; readonly name: Name })
  | (Node & { readonly kind: 'sizes'; readonly sizes: readonly SizeDeclaration[] })
  | (Node & {
      readonly kind: 'consts';
      readonly consts: readonly { readonly name: Name; readonly value: Expression }[];
    })
  | VariableDeclaration
  | (Node & { readonly kind: 'plate'; readonly binder: Binder; readonly body: readonly Statement[] })
  | (Node & {
      readonly kind: 'term';
      readonly term: TermKind;
      readonly name: Name;
      readonly index: IndexClause | null;
      readonly value: Expression;
    })
  | LetStatement
  | (Node & {
      readonly kind: 'function';
      readonly name: Name;
      readonly parameters: readonly Parameter[];
      readonly result: DomainSyntax | null;
      readonly body: Expression;
    })
  | (Node & {
      readonly kind: 'net';
      readonly name: Name;
      readonly parameters: readonly Parameter[];
      readonly result: DomainSyntax;
      /** Written `{ let … return body }` rather than `= body`. */
      readonly braced: boolean;
      readonly lets: readonly LetStatement[];
      readonly body: Expression;
    })
  /** `net T = ema(Enc, decay = 0.99)` */
  | (Node & { readonly kind: 'derived-net'; readonly name: Name; readonly call: CallSyntax })
  /** `x[t in T] ~ normal(m, s)`: the left side is a name with an index clause, or with subscripts, or bare. */
  | (Node & {
      readonly kind: 'distributed';
      readonly name: Name;
      readonly index: IndexClause | null;
      readonly subscripts: readonly Subscript[];
      readonly distribution: CallSyntax;
    })
  | (Node & { readonly kind: 'beta'; readonly value: Expression })
  | (Node & { readonly kind: 'block'; readonly block: 'infer' | 'train'; readonly settings: readonly Setting[] });

export interface SizeDeclaration extends Node {
  readonly name: Name;
  readonly index: IndexClause | null;
  readonly value: Expression | null;
}

export interface VariableDeclaration extends Node {
  readonly kind: 'variable';
  readonly role: Role;
  readonly names: readonly { readonly name: Name; readonly index: IndexClause | null }[];
  readonly domain: DomainSyntax;
  readonly where: Expression | null;
  readonly distribution: CallSyntax | null;
  readonly start: Expression | null;
}

export interface LetStatement extends Node {
  readonly kind: 'let';
  readonly name: Name;
  readonly index: IndexClause | null;
  readonly value: Expression;
}

export interface Parameter extends Node {
  readonly name: Name;
  readonly domain: DomainSyntax | null;
}

/** `interval(-4, 4)[D, K]` */
export interface DomainSyntax extends Node {
  readonly name: Name;
  readonly parameters: readonly RangeSyntax[];
  readonly shape: readonly Expression[];
}

/** `a..b`, or a single expression (then `to` is null): `T` stands for `0..T` in a binder. */
export interface RangeSyntax extends Node {
  readonly from: Expression;
  readonly to: Expression | null;
}

export interface Binder extends Node {
  readonly name: Name;
  readonly range: RangeSyntax;
}

/** `[i in R, j in i+1..N where c]` */
export interface IndexClause extends Node {
  readonly binders: readonly Binder[];
  readonly where: Expression | null;
}

export type Subscript =
  | (Node & { readonly kind: 'all' })
  | (Node & { readonly kind: 'range'; readonly from: Expression; readonly to: Expression })
  | (Node & { readonly kind: 'at'; readonly at: Expression });

export type Setting =
  /** `loss = expression` */
  | (Node & { readonly kind: 'assign'; readonly name: Name; readonly value: Expression })
  /** `minimize by tabu` */
  | (Node & { readonly kind: 'by'; readonly name: Name; readonly by: CallSyntax })
  /** `learn W, b by adam(rate = 1e-3)`, `epochs 20`, `batch 64 of e`, `marginalize z by gibbs(sweeps = 500)`: a word and its operands. */
  | (Node & {
      readonly kind: 'words';
      readonly name: Name;
      readonly operands: readonly Expression[];
      readonly by: CallSyntax | null;
      readonly of: Name | null;
    });

/** `name(args)` or a bare `name` (then `parenthesised` is false). */
export interface CallSyntax extends Node {
  readonly name: Name;
  readonly arguments: readonly Argument[];
  readonly parenthesised: boolean;
}

export interface Argument extends Node {
  /** `decay` in `decay = 0.99`, or null for a positional argument. */
  readonly name: Name | null;
  readonly value: Expression;
}

export type BinaryOperator = '+' | '-' | '*' | '/' | '^' | '@' | '==' | '!=' | '<=' | '>=' | '<' | '>' | 'and' | 'or';
export type Reducer = 'sum' | 'prod' | 'min' | 'max' | 'mean' | 'logsumexp' | 'stack';

export type Expression =
  | (Node & { readonly kind: 'number'; readonly value: number; readonly text: string })
  /** `inf` and `∞` are names that the resolver knows. */
  | (Node & { readonly kind: 'name'; readonly name: Name })
  | (Node & { readonly kind: 'beta' })
  | (Node & { readonly kind: 'call'; readonly call: CallSyntax })
  | (Node & {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly operatorSpan: Span;
    })
  | (Node & { readonly kind: 'unary'; readonly operator: '-' | 'not'; readonly operand: Expression })
  | (Node & { readonly kind: 'transpose'; readonly operand: Expression })
  | (Node & {
      readonly kind: 'if';
      readonly condition: Expression;
      readonly then: Expression;
      readonly else: Expression;
    })
  /** `a |> f(b)`: the value becomes the first argument of the call. */
  | (Node & { readonly kind: 'pipe'; readonly value: Expression; readonly call: CallSyntax })
  | (Node & { readonly kind: 'subscript'; readonly base: Expression; readonly subscripts: readonly Subscript[] })
  /** `sum[k in K] e` */
  | (Node & {
      readonly kind: 'reduction';
      readonly reducer: Reducer;
      readonly index: IndexClause;
      readonly body: Expression;
    })
  | (Node & { readonly kind: 'array'; readonly elements: readonly Expression[] })
  /** `||v||`, `||v||_1`: order '2' | '1' | '0' | 'F'. */
  | (Node & { readonly kind: 'norm'; readonly order: '2' | '1' | '0' | 'F'; readonly operand: Expression })
  | (Node & { readonly kind: 'parenthesised'; readonly inner: Expression })
  /** Where the parser recovered from an error and something is missing. Semantics stays silent about it. */
  | (Node & { readonly kind: 'missing' });
