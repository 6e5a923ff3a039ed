// The typed model: what semantics makes of a syntax tree, and all that later phases see of a file.
// Names are resolved, functions inlined, `~` turned into factors, every expression carries its type.
import type { Span } from '../diagnostics/diagnostic.ts';
import type { Role } from '../syntax/ast.ts';
import type { Dim } from '../tensor/dims.ts';
import type { BuiltinName } from './builtins.ts';

export type { Role };
export type Shape = readonly Dim[];

// ---------------------------------------------------------------- types and domains

/** What one entry of a value is. Categories and indices compare and index but do no arithmetic; integers do both. */
export type Scalar =
  | { readonly kind: 'real' }
  | { readonly kind: 'integer' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'category'; readonly count: Dim };

export interface ValueType {
  readonly scalar: Scalar;
  readonly shape: Shape;
  /** A row vector `v'`: shape [D], but `v'` and `v` differ under @ and ' . */
  readonly row?: true;
}

/** The set one node ranges over. `shape` is the shape of one node, leading dims being batch for the array domains
 *  (onehot, simplex, sphere, ball: last axis is the vector; orthonormal, spd: last two; permutation: last one). */
export type Domain = { readonly shape: Shape; readonly span: Span } & (
  | { readonly kind: 'real' | 'nonnegative' | 'positive' | 'unit' | 'binary' | 'spin' | 'angle' }
  | { readonly kind: 'onehot' | 'simplex' | 'sphere' | 'ball' | 'permutation' | 'orthonormal' | 'spd' }
  | { readonly kind: 'interval'; readonly from: Expr; readonly to: Expr }
  | { readonly kind: 'category' | 'index'; readonly count: Dim }
  /** Half-open: from, …, to - 1. */
  | { readonly kind: 'integer'; readonly from: Dim; readonly to: Dim }
);
export type DomainKind = Domain['kind'];

// ---------------------------------------------------------------- indices

/** A loop index over a rectangular hull from..to (half-open). Ranges that depend on outer indices (`i+1..N`, `L[d]`)
 *  become their hull and a condition in the `where` of the clause that holds the binder. */
export interface Binder {
  /** Unique in the model: the name as written, with #2, #3 … where another clause of the same scope reused it. */
  readonly id: string;
  /** The name as written. */
  readonly name: string;
  readonly from: Dim;
  readonly to: Dim;
  readonly span: Span;
}

export interface Indexed {
  /** Enclosing plates first, then the own index clause, outermost first. */
  readonly binders: readonly Binder[];
  /** Joined with `and`; mentions indices, sizes, consts and data only. */
  readonly where: Expr | null;
}

// ---------------------------------------------------------------- expressions

export type Reducer = 'sum' | 'prod' | 'min' | 'max' | 'mean' | 'logsumexp';

export type Expr = { readonly type: ValueType; readonly span: Span } & (
  | { readonly kind: 'number'; readonly value: number }
  /** A size, or a polynomial of sizes, as a number. */
  | { readonly kind: 'dim'; readonly dim: Dim }
  /** The length of a ragged size at indices: `T[n]`. */
  | { readonly kind: 'ragged'; readonly size: string; readonly at: readonly Expr[] }
  | { readonly kind: 'beta' }
  | { readonly kind: 'index'; readonly id: string }
  /** A variable, const or let. `at` fills its leading plate and index axes (all of them, or none or some from outside a
   *  plate: then the rest are leading axes of the value). Each entry is relative to 0, not to the binder's `from`. */
  | {
      readonly kind: 'ref';
      readonly of: 'variable' | 'const' | 'let';
      readonly name: string;
      readonly at: readonly Expr[];
    }
  /** A parameter of a net, inside its body. */
  | { readonly kind: 'parameter'; readonly name: string }
  | { readonly kind: 'call'; readonly fn: BuiltinName; readonly args: readonly Expr[] }
  | {
      readonly kind: 'reduce';
      readonly reducer: Reducer;
      readonly binders: readonly Binder[];
      readonly where: Expr | null;
      readonly body: Expr;
    }
  /** `stack[i in I, j in J] e`: shape [I, J, …shape of e]. */
  | { readonly kind: 'stack'; readonly binders: readonly Binder[]; readonly body: Expr }
  | { readonly kind: 'if'; readonly condition: Expr; readonly then: Expr; readonly else: Expr }
  /** `[a, b]`: one more leading axis. */
  | { readonly kind: 'array'; readonly elements: readonly Expr[] }
  /** One subscript per leading axis of `base`; missing trailing ones mean `all`. An `at` of an onehot vector is its index. */
  | { readonly kind: 'subscript'; readonly base: Expr; readonly subscripts: readonly SubscriptExpr[] }
  | { readonly kind: 'net'; readonly net: string; readonly args: readonly Expr[] }
  /** A layer inside a net body, with the names of the param variables it owns. */
  | {
      readonly kind: 'layer';
      readonly layer: string;
      readonly input: Expr;
      readonly options: Readonly<Record<string, Expr>>;
      /** Options that are sizes or counts, defaults filled in, and sizes that follow from them. */
      readonly sizes: Readonly<Record<string, Dim>>;
      readonly params: readonly string[];
    }
  /** All params of a net as one vector: `weights(Net)`. */
  | { readonly kind: 'weights'; readonly net: string }
  /** `F`, `F(y = e)` inside `loss = …`. */
  | { readonly kind: 'free-energy'; readonly replaced: readonly { readonly name: string; readonly by: Expr }[] }
  /** `shuffled(y)`, `others(y)`, `violator(y)`, `recent(y, 4096)`, … inside a loss. */
  | { readonly kind: 'negatives'; readonly how: string; readonly of: string; readonly options: readonly Expr[] }
);

export type SubscriptExpr =
  | { readonly kind: 'all' }
  | { readonly kind: 'at'; readonly at: Expr }
  | { readonly kind: 'range'; readonly from: Expr; readonly length: Dim };

// ---------------------------------------------------------------- declarations

export interface SizeSymbol {
  readonly name: string;
  /** The value written in the file (`K = 3`), a polynomial of other sizes. */
  readonly default: Dim | null;
  /** For `size T[n in N]`: the binders it runs over. Then the Dim `T` is the maximum (arrays are padded to it). */
  readonly ragged: readonly Binder[];
  readonly span: Span;
}

export interface ConstSymbol {
  readonly name: string;
  readonly value: Expr;
  readonly type: ValueType;
  readonly span: Span;
}

export interface Variable extends Indexed {
  readonly name: string;
  readonly role: Role;
  readonly domain: Domain;
  /** The type of one node. The whole array has shape [to - from of each binder …, …type.shape]. */
  readonly type: ValueType;
  /** Conjuncts of the declaration's `where` that speak of the variable itself: `colnorm(W) <= 1`, `det(M) == 1`. In them
   *  the variable appears as a ref with all its indices filled. */
  readonly conditions: readonly Expr[];
  readonly start: Expr | null;
  /** For params owned by a net's layers: the net. */
  readonly net: string | null;
  /** For params owned by a net's layers: where learning starts, uniform in ±1/√fan, zeros or ones. */
  readonly initial?: { readonly kind: 'uniform'; readonly fan: Dim } | { readonly kind: 'zeros' | 'ones' };
  /** The span of the name in the declaration. */
  readonly span: Span;
}

export interface Let extends Indexed {
  readonly name: string;
  readonly value: Expr;
  readonly span: Span;
}

export interface Factor extends Indexed {
  /** The label as written; for `x ~ d(…)` the variable's name. Unique: a second gets #2. */
  readonly name: string;
  readonly kind: 'factor' | 'regularizer' | 'constraint' | 'distribution';
  /** Scalar energy; for a constraint the boolean condition (worth 0 or ∞). */
  readonly energy: Expr;
  /** For `~`: what is normalised over what, given the rest. */
  readonly distribution: { readonly name: string; readonly variable: string; readonly args: readonly Expr[] } | null;
  readonly span: Span;
}

export interface Net {
  readonly name: string;
  readonly parameters: readonly { readonly name: string; readonly type: ValueType }[];
  readonly result: ValueType;
  readonly lets: readonly { readonly name: string; readonly value: Expr }[];
  readonly body: Expr;
  /** `ema(Enc, decay = 0.99)` follows Enc without being trained; `copy(Enc)` has the same form and its own params. */
  readonly derived: { readonly how: 'ema' | 'copy'; readonly from: string; readonly decay: number | null } | null;
  readonly params: readonly string[];
  readonly span: Span;
}

// ---------------------------------------------------------------- settings

/** `hinge(margin = 1, negatives = shuffled(y))`. Positional arguments stand under the name of their option; options that
 *  were not written are absent (their defaults are in the tables). */
export interface MethodCall {
  readonly name: string;
  /** Numbers, sizes, negatives, lets: everything with a value. */
  readonly options: Readonly<Record<string, Expr>>;
  /** Distributions among the arguments, in order: that of `variational(normal(Mu(y), Sd(y)))`, `nce(noise = normal(0, 2))`. */
  readonly args: readonly DistributionValue[];
  /** Options that are one of a few words: `form = hinge`. */
  readonly words: Readonly<Record<string, string>>;
  /** Options that are methods: `mcmc_likelihood(langevin(steps = 60))`, `score_matching(denoising(sigma = 0.1))`. */
  readonly methods: Readonly<Record<string, MethodCall>>;
  readonly span: Span;
}

export interface DistributionValue {
  readonly name: string;
  readonly args: readonly Expr[];
  readonly span: Span;
}

export interface InferSetting {
  readonly operation: 'minimize' | 'marginalize';
  /** Names of unknowns; empty means all. */
  readonly variables: readonly string[];
  readonly by: MethodCall | null;
  readonly span: Span;
}

export interface LossSetting {
  /** `loss nll`, `loss hinge(margin = 1)`, or `loss = expression`. */
  readonly named: MethodCall | null;
  readonly expression: Expr | null;
  readonly learn: readonly { readonly names: readonly string[]; readonly by: MethodCall | null; readonly span: Span }[];
  readonly span: Span | null;
}

export interface TrainSettings {
  readonly losses: readonly LossSetting[];
  readonly epochs: number | null;
  readonly batch: { readonly size: number; readonly of: string | null } | null;
  readonly span: Span;
}

/** A plate. Its binder has the same id wherever the plate is reopened. */
export interface PlateSymbol {
  readonly binder: Binder;
  /** Ids of the enclosing plates, outermost first. */
  readonly inside: readonly string[];
}

/** What could not be decided for symbolic sizes and must hold once they are known: `left == right` or `left <= right`. */
export interface SizeRequirement {
  readonly left: Dim;
  readonly relation: '==' | '<=';
  readonly right: Dim;
  readonly why: string;
  readonly span: Span;
}

/** A size that is not a polynomial of others: floor(numerator / denominator), the number of strides of a convolution.
 *  Its name, `floor((L - 10) / 5)`, stands in Dims like that of any size; it is never given. */
export interface DerivedSize {
  readonly name: string;
  readonly numerator: Dim;
  readonly denominator: number;
}

export interface Model {
  readonly name: string;
  readonly plates: readonly PlateSymbol[];
  readonly derivedSizes: readonly DerivedSize[];
  readonly requirements: readonly SizeRequirement[];
  readonly sizes: readonly SizeSymbol[];
  readonly consts: readonly ConstSymbol[];
  /** In order of declaration; includes the params owned by nets, last. */
  readonly variables: readonly Variable[];
  readonly lets: readonly Let[];
  readonly factors: readonly Factor[];
  readonly nets: readonly Net[];
  /** As written; Infinity for `inf`; null when absent. A const expression may be used: it is kept unevaluated. */
  readonly beta: Expr | null;
  readonly infer: readonly InferSetting[];
  readonly train: TrainSettings | null;
  readonly span: Span;
}
