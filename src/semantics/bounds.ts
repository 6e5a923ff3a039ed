// Interval arithmetic over index expressions. In: typed whole-number expressions and what is known of indices and variables.
// Out: inclusive bounds as sizes, and whether one expression provably stays inside an axis.
// Bounds are proved for all sizes ≥ 1; a linear form keeps `i + j - i` exact, filters and `if` conditions are used as facts.
import { add, constant, multiply, product, scale, subtract, type Dim } from '../tensor/dims.ts';
import { aboveBoth, belowBoth, isNegative, isNonNegative, isNonPositive, larger, smaller } from './dim-sign.ts';
import { divideDown } from './division.ts';
import type { Domain, Expr } from './model.ts';
import { isWhole } from './types.ts';

/** Inclusive; null is unbounded. */
export interface Interval {
  readonly low: Dim | null;
  readonly high: Dim | null;
}

/** Σ coefficient · atom + offset; an atom is an index or any other subexpression, with its interval. */
export interface Linear {
  readonly offset: Dim;
  readonly atoms: ReadonlyMap<string, { readonly coefficient: Dim; readonly interval: Interval }>;
}

export interface Known {
  /** The range of an index by binder id. */
  readonly range: (id: string) => Interval;
  readonly domain: (variable: string) => Domain | null;
  /** The value of a let or const; null when it has none. */
  readonly definition: (of: 'let' | 'const', name: string) => Expr | null;
}

export const unbounded: Interval = { low: null, high: null };
export const exactly = (dim: Dim): Interval => ({ low: dim, high: dim });
/** from, …, to - 1. */
export const halfOpen = (from: Dim, to: Dim): Interval => ({ low: from, high: subtract(to, constant(1)) });

// ---------------------------------------------------------------- intervals

const both = <T>(a: T | null, b: T | null, combine: (a: T, b: T) => T | null): T | null =>
  a === null || b === null ? null : combine(a, b);

const union = (a: Interval, b: Interval): Interval => ({
  low: both(a.low, b.low, belowBoth),
  high: both(a.high, b.high, aboveBoth),
});

/** [max(a), max(b)]: either low end is valid where they cannot be compared. */
const maximumOf = (a: Interval, b: Interval): Interval => ({
  low: a.low === null ? b.low : b.low === null ? a.low : (larger(a.low, b.low) ?? a.low),
  high: both(a.high, b.high, aboveBoth),
});
const negated = (a: Interval): Interval => ({
  low: a.high === null ? null : scale(a.high, -1),
  high: a.low === null ? null : scale(a.low, -1),
});
const minimumOf = (a: Interval, b: Interval): Interval => negated(maximumOf(negated(a), negated(b)));

const isNatural = (a: Interval): a is Interval & { low: Dim } => a.low !== null && isNonNegative(a.low);

const productOf = (a: Interval, b: Interval): Interval => {
  if (isNatural(a) && isNatural(b)) return { low: multiply(a.low, b.low), high: both(a.high, b.high, multiply) };
  if (isNatural(negated(a))) return negated(productOf(negated(a), b));
  if (isNatural(negated(b))) return negated(productOf(a, negated(b)));
  if (isNatural(a) && a.high !== null && b.low !== null && b.high !== null) {
    // b has both signs or an unknown one: the extremes are at a's high end, or 0.
    const low = smaller(multiply(a.high, b.low), []);
    const high = larger(multiply(a.high, b.high), []);
    return { low, high };
  }
  return isNatural(b) && !isNatural(a) ? productOf(b, a) : unbounded;
};

/** [0, m - 1] for a modulus of at least 1; the argument itself where it is already there. */
const moduloOf = (x: Interval, m: Interval): Interval => {
  if (m.low === null || !isNonNegative(subtract(m.low, constant(1)))) return unbounded;
  const inside = isNatural(x) && x.high !== null && isNonNegative(subtract(subtract(m.low, constant(1)), x.high));
  return inside ? x : { low: [], high: m.high === null ? null : subtract(m.high, constant(1)) };
};

const byScalar = (expr: Expr): Interval => {
  const scalar = expr.type.scalar;
  if (scalar.kind === 'boolean') return { low: [], high: constant(1) };
  return scalar.kind === 'category' ? halfOpen([], scalar.count) : unbounded;
};

const ofDomain = (domain: Domain | null): Interval => {
  if (domain === null) return unbounded;
  if (domain.kind === 'integer') return halfOpen(domain.from, domain.to);
  return domain.kind === 'spin' ? { low: constant(-1), high: constant(1) } : unbounded;
};

/** Bounds of every entry of an expression. */
export const intervalOf = (expr: Expr, known: Known): Interval => {
  if (!isWhole(expr.type)) return unbounded;
  const typed = byScalar(expr);
  if (typed.low !== null) return typed;
  const linear = linearOf(expr, known);
  return { low: lowest(linear), high: highest(linear) };
};

/** Bounds by the outermost operation, where it is not linear. */
const structural = (expr: Expr, known: Known): Interval => {
  const of = (e: Expr): Interval => intervalOf(e, known);
  switch (expr.kind) {
    case 'ragged':
      return { low: [], high: [{ coef: 1, sizes: [expr.size] }] };
    case 'ref': {
      if (expr.of === 'variable') return ofDomain(known.domain(expr.name));
      const value = known.definition(expr.of, expr.name);
      return value === null ? unbounded : of(value);
    }
    case 'subscript':
      return of(expr.base);
    case 'array':
      return expr.elements.map(of).reduce(union);
    case 'stack':
      return of(expr.body);
    case 'if':
      return union(of(expr.then), of(expr.else));
    case 'reduce': {
      const body = of(expr.body);
      if (expr.reducer === 'min' || expr.reducer === 'max') return body;
      const count = product(expr.binders.map((b) => subtract(b.to, b.from)));
      return expr.reducer === 'sum' && isNatural(body)
        ? { low: [], high: body.high === null ? null : multiply(count, body.high) }
        : unbounded;
    }
    case 'call': {
      const [a, b, c] = expr.args.map(of);
      switch (expr.fn) {
        case 'mul':
          return productOf(a!, b!);
        case 'minimum':
          return minimumOf(a!, b!);
        case 'maximum':
          return maximumOf(a!, b!);
        case 'clamp':
          return minimumOf(maximumOf(a!, b!), c!);
        case 'mod':
          return moduloOf(a!, b!);
        case 'div-integer':
          return divideDown(a!, b!);
        case 'abs':
          return isNatural(a!) ? a : { low: [], high: both(a!.high, negated(a!).high, larger) };
        case 'sign':
          return { low: constant(-1), high: constant(1) };
        case 'min':
        case 'max':
        case 'flatten':
        case 'reshape':
        case 'transpose':
        case 'stop_gradient':
          return a!;
        default:
          return unbounded;
      }
    }
    default:
      return unbounded;
  }
};

// ---------------------------------------------------------------- linear forms

const form = (offset: Dim, atoms: Linear['atoms'] = new Map()): Linear => ({ offset, atoms });
const plus = (a: Linear, b: Linear): Linear => {
  const atoms = new Map(a.atoms);
  for (const [key, atom] of b.atoms) {
    const coefficient = add(atoms.get(key)?.coefficient ?? [], atom.coefficient);
    if (coefficient.length === 0) atoms.delete(key);
    else atoms.set(key, { coefficient, interval: atom.interval });
  }
  return form(add(a.offset, b.offset), atoms);
};
const times = (a: Linear, by: Dim): Linear =>
  by.length === 0
    ? form([])
    : form(
        multiply(a.offset, by),
        new Map([...a.atoms].map(([k, t]) => [k, { ...t, coefficient: multiply(t.coefficient, by) }])),
      );
export const minus = (a: Linear, b: Linear): Linear => plus(a, times(b, constant(-1)));
export const offsetBy = (a: Linear, by: Dim): Linear => plus(a, form(by));
export const ofDim = (dim: Dim): Linear => form(dim);

const atom = (expr: Expr, interval: Interval): Linear =>
  form([], new Map([[keyOf(expr), { coefficient: constant(1), interval }]]));

/** Equal text for equal meaning. */
const keyOf = (expr: Expr): string =>
  JSON.stringify(expr, (name, value) => (name === 'span' || name === 'type' ? undefined : value));

export const linearOf = (expr: Expr, known: Known): Linear => {
  switch (expr.kind) {
    case 'number':
      return Number.isInteger(expr.value) ? form(constant(expr.value)) : atom(expr, unbounded);
    case 'dim':
      return form(expr.dim);
    case 'index':
      return atom(expr, known.range(expr.id));
    case 'call': {
      const args = (): readonly Linear[] => expr.args.map((a) => linearOf(a, known));
      if (expr.fn === 'add') return args().reduce(plus);
      if (expr.fn === 'sub') return args().reduce(minus);
      if (expr.fn === 'neg') return times(args()[0]!, constant(-1));
      if (expr.fn === 'mul') {
        const [a, b] = args() as [Linear, Linear];
        if (a.atoms.size === 0) return times(b, a.offset);
        if (b.atoms.size === 0) return times(a, b.offset);
      }
      return atom(expr, structural(expr, known));
    }
    default: {
      const typed = byScalar(expr);
      return atom(expr, typed.low !== null ? typed : structural(expr, known));
    }
  }
};

const extreme = (linear: Linear, end: 'low' | 'high'): Dim | null => {
  let total: Dim = linear.offset;
  for (const { coefficient, interval } of linear.atoms.values()) {
    const side = isNonNegative(coefficient)
      ? end
      : isNonPositive(coefficient)
        ? end === 'low'
          ? 'high'
          : 'low'
        : null;
    const bound = side === null ? null : interval[side];
    if (bound === null) return null;
    total = add(total, multiply(coefficient, bound));
  }
  return total;
};
export const lowest = (linear: Linear): Dim | null => extreme(linear, 'low');
export const highest = (linear: Linear): Dim | null => extreme(linear, 'high');
/** The form as a size when no atom is left in it. */
export const asDim = (linear: Linear): Dim | null => (linear.atoms.size === 0 ? linear.offset : null);

// ---------------------------------------------------------------- proofs

export type Verdict =
  | { readonly kind: 'holds' }
  /** Holds exactly if this size is ≥ 0. */
  | { readonly kind: 'depends'; readonly on: Dim }
  | { readonly kind: 'fails'; readonly lowest: Dim }
  | { readonly kind: 'unbounded' };

/** Is the form ≥ 0, given forms that are? Each fact may be used once, two together. */
export const proveNonNegative = (linear: Linear, facts: readonly Linear[]): Verdict => {
  const once = facts.map((fact) => minus(linear, fact));
  const twice = facts.flatMap((_, i) => facts.slice(i + 1).map((fact) => minus(once[i]!, fact)));
  const lows = [linear, ...once, ...twice].map(lowest).filter((low) => low !== null);
  if (lows.length === 0) return { kind: 'unbounded' };
  if (lows.some(isNonNegative)) return { kind: 'holds' };
  const open = lows.find((low) => !isNegative(low));
  return open === undefined ? { kind: 'fails', lowest: lows[0]! } : { kind: 'depends', on: open };
};

/** Forms that are ≥ 0 where the condition is true. */
export const factsOf = (condition: Expr, known: Known): readonly Linear[] => {
  if (condition.kind !== 'call') return [];
  const { fn, args } = condition;
  if (fn === 'and') return args.flatMap((a) => factsOf(a, known));
  if (fn === 'not') return factsOfNegation(args[0]!, known);
  return comparisonFacts(fn, args, known);
};

const opposite = { lt: 'ge', ge: 'lt', gt: 'le', le: 'gt', eq: 'ne', ne: 'eq' } as const;

/** Forms that are ≥ 0 where the condition is false. */
export const factsOfNegation = (condition: Expr, known: Known): readonly Linear[] => {
  if (condition.kind !== 'call') return [];
  const { fn, args } = condition;
  if (fn === 'not') return factsOf(args[0]!, known);
  if (fn === 'or') return args.flatMap((a) => factsOfNegation(a, known));
  return fn in opposite ? comparisonFacts(opposite[fn as keyof typeof opposite], args, known) : [];
};

const comparisonFacts = (fn: string, args: readonly Expr[], known: Known): readonly Linear[] => {
  if (args.length !== 2 || args.some((a) => !isWhole(a.type) || a.type.shape.length > 0)) return [];
  const [a, b] = args.map((e) => linearOf(e, known)) as [Linear, Linear];
  const less = minus(b, a);
  const more = minus(a, b);
  const strictly = (linear: Linear): Linear => offsetBy(linear, constant(-1));
  switch (fn) {
    case 'lt':
      return [strictly(less)];
    case 'le':
      return [less];
    case 'gt':
      return [strictly(more)];
    case 'ge':
      return [more];
    case 'eq':
      return [less, more];
    case 'ne': {
      // Different from an end of its range is inside it.
      const low = lowest(more);
      const high = lowest(less);
      return [
        ...(low !== null && low.length === 0 ? [strictly(more)] : []),
        ...(high !== null && high.length === 0 ? [strictly(less)] : []),
      ];
    }
    default:
      return [];
  }
};
