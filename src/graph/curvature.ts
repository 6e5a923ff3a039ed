// In: an energy with lets inlined and a set of unknowns. Out: how the energy depends on them jointly: its degree as a
// polynomial, its convexity and its smoothness, by the composition rules of disciplined convex programming
// (Grant, Boyd & Ye, Disciplined Convex Programming, 2006) from the facts of the builtin table.
import type { Curvature } from '../semantics/builtin.ts';
import { writtenNumber } from '../semantics/builtin.ts';
import type { BuiltinName } from '../semantics/builtins.ts';
import { builtins } from '../semantics/builtins.ts';
import type { Expr, Model, Net } from '../semantics/model.ts';
import { exprKey } from './expressions.ts';
import type { ValueRange } from './value-range.ts';
import { isNonnegative, isNonpositive, rangeFinder } from './value-range.ts';

export type Convexity = 'constant' | 'affine' | 'convex' | 'concave' | 'none';

export interface Behaviour {
  /** Degree as a polynomial; 0 when the unknowns do not occur, Infinity when it is no polynomial. */
  readonly degree: number;
  /** Of each entry of the value. */
  readonly convexity: Convexity;
  readonly smooth: boolean;
  /** No steps: gradients exist almost everywhere and say how the value changes. */
  readonly continuous: boolean;
}

const constant: Behaviour = { degree: 0, convexity: 'constant', smooth: true, continuous: true };
const itself: Behaviour = { ...constant, degree: 1, convexity: 'affine' };
const smoothOnly: Behaviour = { ...constant, degree: Infinity, convexity: 'none' };
const rough: Behaviour = { ...smoothOnly, smooth: false, continuous: false };
const both = (a: Behaviour, b: Behaviour): Pick<Behaviour, 'smooth' | 'continuous'> => ({
  smooth: a.smooth && b.smooth,
  continuous: a.continuous && b.continuous,
});

const flip: Readonly<Record<Convexity, Convexity>> = {
  constant: 'constant',
  affine: 'affine',
  convex: 'concave',
  concave: 'convex',
  none: 'none',
};
const joinTwo = (a: Convexity, b: Convexity): Convexity =>
  a === b ? a : a === 'constant' ? b : b === 'constant' ? a : a === 'affine' ? b : b === 'affine' ? a : 'none';

/** Of a sum, or of an array of the parts. */
export const joinBehaviours = (parts: readonly Behaviour[]): Behaviour =>
  parts.reduce(
    (a, b) => ({
      degree: Math.max(a.degree, b.degree),
      convexity: joinTwo(a.convexity, b.convexity),
      ...both(a, b),
    }),
    constant,
  );

const scaled = (a: Behaviour, by: ValueRange): Behaviour => {
  if (isNonnegative(by) || a.convexity === 'affine' || a.convexity === 'constant') return a;
  return { ...a, convexity: isNonpositive(by) ? flip[a.convexity] : 'none' };
};

/** Convexity of f(g) from that of f, its monotonicity and that of g. */
const compose = (facts: Curvature, inner: Convexity, monotone: Curvature['monotone']): Convexity => {
  if (inner === 'constant' || facts.degree === 'constant') return 'constant';
  if (inner === 'affine') return facts.convexity;
  const follows = (outer: 'convex' | 'concave'): boolean =>
    (facts.convexity === outer || facts.convexity === 'affine') &&
    (monotone === 'increasing' ? inner === outer : monotone === 'decreasing' && inner === flip[outer]);
  return follows('convex') ? 'convex' : follows('concave') ? 'concave' : 'none';
};

/** Convex functions that grow with the size of their argument: increasing where the argument is not negative. */
const growsWithSize: ReadonlySet<BuiltinName> = new Set<BuiltinName>([
  'abs',
  'cosh',
  'norm1',
  'norm2',
  'normF',
  'squared-norm2',
  'squared-normF',
  'colnorm',
  'rownorm',
]);
/** Functions whose facts hold for all arguments together, not only for each with the others fixed. */
const joint: ReadonlySet<BuiltinName> = new Set<BuiltinName>(['add', 'sub', 'minimum', 'maximum', 'concat']);

export interface CurvatureFinder {
  readonly behaviour: (expr: Expr, unknowns: ReadonlySet<string>) => Behaviour;
  readonly range: (expr: Expr) => ValueRange;
}

export const curvatureFinder = (model: Model): CurvatureFinder => {
  const range = rangeFinder(model);
  const nets = new Map(model.nets.map((n) => [n.name, n]));
  return { behaviour: (expr, unknowns) => new Reading(model, nets, range, unknowns, new Map()).of(expr), range };
};

/** Lives while one energy is read. */
class Reading {
  readonly #seen = new Map<Expr, Behaviour>();

  constructor(
    private readonly model: Model,
    private readonly nets: ReadonlyMap<string, Net>,
    private readonly range: (expr: Expr) => ValueRange,
    private readonly unknowns: ReadonlySet<string>,
    /** Inside the body of a net: its parameters. */
    private readonly parameters: ReadonlyMap<string, Behaviour>,
  ) {}

  of(expr: Expr): Behaviour {
    const known = this.#seen.get(expr);
    if (known !== undefined) return known;
    const found = this.#read(expr);
    this.#seen.set(expr, found);
    return found;
  }

  #depends(expr: Expr): boolean {
    return this.of(expr).degree > 0;
  }

  #read(expr: Expr): Behaviour {
    switch (expr.kind) {
      case 'number':
      case 'dim':
      case 'beta':
      case 'index':
        return constant;
      case 'ragged':
        return expr.at.some((e) => this.#depends(e)) ? rough : constant;
      case 'ref':
        if (expr.at.some((e) => this.#depends(e))) return rough;
        return expr.of === 'variable' && this.unknowns.has(expr.name) ? itself : constant;
      case 'parameter':
        return this.parameters.get(expr.name) ?? constant;
      case 'call':
        return this.#call(expr);
      case 'reduce':
        return this.#reduction(expr);
      case 'stack':
        return this.of(expr.body);
      case 'if': {
        if (this.#depends(expr.condition)) return rough;
        return joinBehaviours([this.of(expr.then), this.of(expr.else)]);
      }
      case 'array':
        return joinBehaviours(expr.elements.map((e) => this.of(e)));
      case 'subscript': {
        // M[z] with z one-hot is Σ_k M_k z_k; an index that is a number chooses.
        const base = this.of(expr.base);
        let chosen = base;
        for (const s of expr.subscripts) {
          if (s.kind === 'all') continue;
          const at = s.kind === 'at' ? s.at : s.from;
          const by = this.of(at);
          if (by.degree === 0) continue;
          if (at.type.shape.length !== 1) return rough;
          chosen = this.#product(chosen, by, at, null);
        }
        return chosen;
      }
      case 'net':
        return this.#net(expr.net, expr.args);
      case 'layer':
        return this.#layer(expr);
      case 'weights': {
        const own = this.nets.get(expr.net)?.params ?? [];
        return own.some((p) => this.unknowns.has(p)) ? itself : constant;
      }
      case 'free-energy':
      case 'negatives':
        return rough;
    }
  }

  /** Of a bilinear function of two values; the ranges are used where one of them is free of the unknowns. */
  #product(a: Behaviour, b: Behaviour, left: Expr | null, right: Expr | null): Behaviour {
    if (a.degree === 0 && b.degree === 0) return constant;
    const anySign: ValueRange = { low: -Infinity, high: Infinity };
    if (a.degree === 0) return scaled(b, left === null ? anySign : this.range(left));
    if (b.degree === 0) return scaled(a, right === null ? anySign : this.range(right));
    return { degree: a.degree + b.degree, convexity: 'none', ...both(a, b) };
  }

  #call(expr: Expr & { kind: 'call' }): Behaviour {
    const { fn, args } = expr;
    if (fn === 'stop_gradient') return constant;
    const inner = args.map((a) => this.of(a));
    if (inner.every((b) => b.degree === 0)) return constant;
    const [a, b] = inner as [Behaviour, Behaviour];
    if (fn === 'mul' || fn === 'matmul') {
      const form = this.#quadraticForm(expr);
      if (form !== null && form.degree === 1) return { ...itself, degree: 2, convexity: 'convex' };
      return this.#product(a, b, args[0]!, args[1]!);
    }
    if (fn === 'div' && b.degree === 0) return scaled(a, this.range(args[1]!));
    if (fn === 'div' && a.degree === 0 && b.convexity === 'affine' && isNonnegative(this.range(args[1]!)))
      return scaled({ ...smoothOnly, convexity: 'convex' }, this.range(args[0]!));
    if (fn === 'pow') return this.#power(args, inner);
    const scores = logProbabilityOf(expr);
    if (scores !== null && this.of(scores).convexity === 'affine') return { ...smoothOnly, convexity: 'concave' };
    const numbers = args.map(writtenNumber);
    const facts = builtins[fn].curvature(numbers);
    const parts = inner.map((part, i): Behaviour => {
      const fact = facts[Math.min(i, facts.length - 1)]!;
      if (part.degree === 0 || fact.degree === 'constant') return constant;
      const monotone =
        growsWithSize.has(fn) && isNonnegative(this.range(args[i]!)) ? ('increasing' as const) : fact.monotone;
      return {
        degree: fact.degree === 'linear' ? part.degree : fact.degree === 'quadratic' ? 2 * part.degree : Infinity,
        convexity: compose(fact, part.convexity, monotone),
        smooth: part.smooth && fact.smooth,
        continuous: part.continuous && fact.continuous,
      };
    });
    if (parts.filter((p) => p.degree > 0).length <= 1 || joint.has(fn)) return joinBehaviours(parts);
    return { ...joinBehaviours(parts), degree: Infinity, convexity: 'none' };
  }

  /** For `e * e`, `e @ e`, `e' @ P @ e` with P constant and positive semidefinite: the behaviour of e. */
  #quadraticForm(expr: Expr & { kind: 'call' }): Behaviour | null {
    const [left, right] = expr.args as [Expr, Expr];
    if (!this.#depends(left) || !this.#depends(right)) return null;
    const same = (x: Expr, y: Expr): boolean => x === y || exprKey(x) === exprKey(y);
    if (expr.fn === 'mul') return same(left, right) ? this.of(left) : null;
    if (expr.type.shape.length > 0) return null;
    // Factors ≥ 0 do not matter: `λ * z' @ P @ z`.
    const bare = (e: Expr): Expr => {
      const weighted = isCall(e, 'mul') ? e.args.find((a) => this.#isWeight(a)) : undefined;
      if (weighted !== undefined && isCall(e, 'mul')) return bare(e.args.find((a) => a !== weighted)!);
      return isCall(e, 'transpose') ? bare(e.args[0]!) : e;
    };
    if (same(bare(left), bare(right))) return this.of(right);
    const [outer, matrix, e] = isCall(right, 'matmul')
      ? [bare(left), right.args[0]!, right.args[1]!]
      : isCall(left, 'matmul')
        ? [bare(left.args[0]!), left.args[1]!, right]
        : [null, null, null];
    if (outer === null || this.#depends(matrix) || !same(outer, bare(e)) || !this.#isPositive(matrix)) return null;
    return this.of(e);
  }

  /** A scalar ≥ 0 that is known. */
  #isWeight(e: Expr): boolean {
    return e.type.shape.length === 0 && !this.#depends(e) && isNonnegative(this.range(e));
  }

  /** Positive semidefinite, as far as can be seen. The entries of data are not looked at: a plan holds for other data too. */
  #isPositive(matrix: Expr): boolean {
    switch (matrix.kind) {
      case 'ref':
        return this.model.variables.some((v) => v.name === matrix.name && v.domain.kind === 'spd');
      case 'subscript':
        return matrix.type.shape.length === 2 && this.#isPositive(matrix.base);
      case 'call': {
        const [a, b] = matrix.args as [Expr, Expr];
        if (matrix.fn === 'eye') return true;
        if (matrix.fn === 'inverse' || matrix.fn === 'transpose') return this.#isPositive(a);
        if (matrix.fn === 'diag') return a.type.shape.length === 1 && isNonnegative(this.range(a));
        if (matrix.fn === 'add') return this.#isPositive(a) && this.#isPositive(b);
        if (matrix.fn === 'mul')
          return a.type.shape.length === 0
            ? isNonnegative(this.range(a)) && this.#isPositive(b)
            : b.type.shape.length === 0 && isNonnegative(this.range(b)) && this.#isPositive(a);
        if (matrix.fn === 'div')
          return b.type.shape.length === 0 && isNonnegative(this.range(b)) && this.#isPositive(a);
        return false;
      }
      default:
        return false;
    }
  }

  #power(args: readonly Expr[], [base, exponent]: readonly Behaviour[]): Behaviour {
    const n = writtenNumber(args[1]!);
    const [facts] = builtins.pow.curvature([null, n]);
    if (exponent!.degree > 0 || n === null) return { ...smoothOnly, ...both(base!, exponent!) };
    const whole = Number.isInteger(n) && n >= 0;
    const positive = isNonnegative(this.range(args[0]!));
    // x^n on x ≥ 0: convex and increasing for n ≥ 1, concave and increasing for 0 ≤ n ≤ 1, convex and decreasing for n ≤ 0.
    const there: Curvature = !positive
      ? facts!
      : {
          ...facts!,
          convexity: n === 0 || n === 1 ? 'affine' : n > 0 && n < 1 ? 'concave' : 'convex',
          monotone: n >= 0 ? 'increasing' : 'decreasing',
        };
    return {
      degree: whole ? base!.degree * n : Infinity,
      convexity: compose(there, base!.convexity, there.monotone),
      smooth: base!.smooth && (whole || positive),
      continuous: base!.continuous,
    };
  }

  #reduction(expr: Expr & { kind: 'reduce' }): Behaviour {
    const body = this.of(expr.body);
    if (body.degree === 0) return constant;
    const facts = builtins[expr.reducer].curvature([]);
    const [fact] = facts as readonly [Curvature];
    return {
      degree: fact.degree === 'linear' ? body.degree : Infinity,
      convexity: compose(fact, body.convexity, fact.monotone),
      smooth: body.smooth && fact.smooth,
      continuous: body.continuous && fact.continuous,
    };
  }

  #net(name: string, args: readonly Expr[]): Behaviour {
    const net = this.nets.get(name);
    if (net === undefined) return smoothOnly;
    const inner = args.map((a) => this.of(a));
    const parameters = new Map(net.parameters.map((p, i) => [p.name, inner[i] ?? constant]));
    const within = new Reading(this.model, this.nets, this.range, this.unknowns, parameters);
    for (const l of net.lets) parameters.set(l.name, within.of(l.value));
    return within.of(net.body);
  }

  #layer(expr: Expr & { kind: 'layer' }): Behaviour {
    const input = this.of(expr.input);
    const weights = expr.params.some((p) => this.unknowns.has(p)) ? itself : constant;
    if (input.degree === 0 && weights.degree === 0) return constant;
    switch (expr.layer) {
      case 'linear':
      case 'conv1d':
      case 'conv2d':
      case 'dropout':
        return this.#product(input, weights, null, null);
      case 'embedding':
        return input.degree > 0 ? rough : weights;
      default:
        return { ...smoothOnly, smooth: input.smooth, continuous: input.continuous };
    }
  }
}

/** The scores a where the expression is log sigmoid(a), log(1 - sigmoid(a)) or log softmax(a), whole or in part: concave in a,
 *  being -log(1 + e^-a), -log(1 + e^a) and a - log Σ e^a, which the rules cannot see. */
export const logProbabilityOf = (expr: Expr & { kind: 'call' }): Expr | null => {
  const [inner] = expr.args as [Expr];
  if (expr.fn === 'log_softmax') return inner;
  if (expr.fn !== 'log') return null;
  if (isCall(inner, 'sub') && inner.args[0]!.kind === 'number' && inner.args[0]!.value === 1)
    return isCall(inner.args[1]!, 'sigmoid') ? inner.args[1]!.args[0]! : null;
  const whole = inner.kind === 'subscript' ? inner.base : inner;
  return isCall(whole, 'sigmoid') || isCall(whole, 'softmax') ? whole.args[0]! : null;
};

const isCall = (expr: Expr, fn: BuiltinName): expr is Expr & { kind: 'call' } => expr.kind === 'call' && expr.fn === fn;
