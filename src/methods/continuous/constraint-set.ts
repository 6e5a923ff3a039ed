// Where a continuous unknown may lie, read off its declaration. In: a variable. Out: its domain and the conditions of its
// `where` as bounds on entries, one condition on norms or one on a sum, or the condition that is none of these.
import { exprText } from '../../graph/draw/index-text.ts';
import { dependsOn, visit } from '../../graph/expressions.ts';
import type { BuiltinName } from '../../semantics/builtins.ts';
import type { Binder, Domain, Expr, Variable } from '../../semantics/model.ts';
import type { Dim } from '../../tensor/dims.ts';
import { equal } from '../../tensor/dims.ts';

/** A number, or an expression of consts, sizes and indices. */
export type Bound = number | Expr;

/** What is measured together: one column of a matrix, one row (any vector along the last axis), or the whole node. */
export type Group = 'column' | 'row' | 'node';

export interface NormCondition {
  readonly over: Group;
  readonly order: 1 | 2;
  readonly relation: 'le' | 'eq';
  readonly radius: Bound;
  /** The radius is that of the square. */
  readonly squared: boolean;
}

export interface SumCondition {
  readonly over: Group;
  readonly relation: 'le' | 'eq' | 'ge';
  readonly total: Bound;
}

export interface ConstraintSet {
  readonly lower: readonly Bound[];
  readonly upper: readonly Bound[];
  /** At most one of the three. */
  readonly norm: NormCondition | null;
  readonly sum: SumCondition | null;
  readonly matrix: 'orthonormal' | 'spd' | null;
}

/** Stands for the open end of (0, ∞): energies have logarithms there, and float32 has room below. */
export const leastPositive = 1e-6;

const everything: ConstraintSet = { lower: [], upper: [], norm: null, sum: null, matrix: null };
const unitNorm = (relation: 'le' | 'eq'): NormCondition => ({
  over: 'row',
  order: 2,
  relation,
  radius: 1,
  squared: false,
});

const domainSet = (domain: Domain): ConstraintSet | null => {
  switch (domain.kind) {
    case 'real':
    case 'angle':
      return everything;
    case 'nonnegative':
      return { ...everything, lower: [0] };
    case 'positive':
      return { ...everything, lower: [leastPositive] };
    case 'unit':
      return { ...everything, lower: [0], upper: [1] };
    case 'interval':
      return { ...everything, lower: [domain.from], upper: [domain.to] };
    case 'simplex':
      return { ...everything, lower: [0], sum: { over: 'row', relation: 'eq', total: 1 } };
    case 'ball':
      return { ...everything, norm: unitNorm('le') };
    case 'sphere':
      return { ...everything, norm: unitNorm('eq') };
    case 'orthonormal':
    case 'spd':
      return { ...everything, matrix: domain.kind };
    case 'binary':
    case 'spin':
    case 'onehot':
    case 'permutation':
    case 'category':
    case 'index':
    case 'integer':
      return null;
  }
};

type Relation = 'le' | 'ge' | 'eq';
const relations: Readonly<Partial<Record<BuiltinName, Relation>>> = {
  le: 'le',
  lt: 'le',
  ge: 'ge',
  gt: 'ge',
  eq: 'eq',
};
const turned: Readonly<Record<Relation, Relation>> = { le: 'ge', ge: 'le', eq: 'eq' };

const norms: Readonly<Partial<Record<BuiltinName, Pick<NormCondition, 'over' | 'order' | 'squared'>>>> = {
  colnorm: { over: 'column', order: 2, squared: false },
  rownorm: { over: 'row', order: 2, squared: false },
  norm2: { over: 'node', order: 2, squared: false },
  normF: { over: 'node', order: 2, squared: false },
  'squared-norm2': { over: 'node', order: 2, squared: true },
  'squared-normF': { over: 'node', order: 2, squared: true },
  norm1: { over: 'node', order: 1, squared: false },
};

/** `known`: variables with values that a bound may read. A text says what has no place in a set. */
export const constraintSetOf = (variable: Variable, known: ReadonlySet<string>): ConstraintSet | string => {
  let set = domainSet(variable.domain);
  const { name, domain } = variable;
  if (set === null) return `${name} ranges over ${domain.kind}`;
  for (const condition of variable.conditions) {
    const text = exprText(condition, (id) => id);
    if (set.matrix !== null) return `${name} is ${domain.kind} and has the condition ${text}`;
    const found = read(variable, condition, known);
    if (found === null) return `${name} has the condition ${text}, which is no bound, norm or sum of ${name}`;
    const next: ConstraintSet = {
      ...set,
      ...found,
      lower: [...set.lower, ...(found.lower ?? [])],
      upper: [...set.upper, ...(found.upper ?? [])],
    };
    const twice = (found.norm !== undefined || found.sum !== undefined) && (set.norm !== null || set.sum !== null);
    if (twice) return `${name} has the condition ${text} beside another on its size`;
    set = next;
  }
  return together(variable, set);
};

/** A condition as a part of a set: `colnorm(W) <= 1`, `0 <= W`, `sum(v) == c`. */
const read = (variable: Variable, condition: Expr, known: ReadonlySet<string>): Partial<ConstraintSet> | null => {
  if (condition.kind !== 'call') return null;
  const relation = relations[condition.fn];
  if (relation === undefined) return null;
  const [a, c] = condition.args as [Expr, Expr];
  const own = new Set([variable.name]);
  const [inner, bound, is] = dependsOn(a, own) ? [a, c, relation] : [c, a, turned[relation]];
  if (!isKnown(bound, known)) return null;
  const strictlyPositive =
    condition.fn !== 'ge' && condition.fn !== 'le' && bound.kind === 'number' && bound.value === 0;
  if (isWhole(inner, variable)) {
    if (is === 'eq') return { lower: [bound], upper: [bound] };
    return is === 'ge' ? { lower: [strictlyPositive ? leastPositive : bound] } : { upper: [bound] };
  }
  const total = summand(inner);
  if (total !== null) return isWhole(total, variable) ? { sum: { over: 'node', relation: is, total: bound } } : null;
  if (inner.kind !== 'call' || !isWhole(inner.args[0]!, variable)) return null;
  const norm = norms[inner.fn];
  if (norm === undefined || is === 'ge') return null;
  return { norm: { ...norm, relation: is, radius: bound } };
};

/** The variable's node itself, with all of its indices as they are bound. */
const isWhole = (expr: Expr, variable: Variable): boolean =>
  expr.kind === 'ref' &&
  expr.of === 'variable' &&
  expr.name === variable.name &&
  expr.at.length === variable.binders.length;

/** v of `sum(v)` and of `sum[k in K] v[k]`. */
const summand = (expr: Expr): Expr | null => {
  if (expr.kind === 'call') return expr.fn === 'sum' ? expr.args[0]! : null;
  if (expr.kind !== 'reduce' || expr.reducer !== 'sum' || expr.where !== null) return null;
  const { body, binders } = expr;
  if (body.kind !== 'subscript' || body.subscripts.length !== binders.length) return null;
  const { shape } = body.base.type;
  const plain = body.subscripts.every(
    (s, i) => s.kind === 'at' && s.at.kind === 'index' && s.at.id === binders[i]!.id && covers(binders[i]!, shape[i]!),
  );
  return plain && shape.length === binders.length ? body.base : null;
};

const isKnown = (expr: Expr, known: ReadonlySet<string>): boolean => {
  let fixed = true;
  visit(expr, (e) => {
    if (e.kind === 'ref' && (e.of === 'let' || (e.of === 'variable' && !known.has(e.name)))) fixed = false;
    if (e.kind === 'ragged' || e.kind === 'net') fixed = false;
  });
  return fixed;
};

const covers = (binder: Binder, dim: Dim): boolean => binder.from.length === 0 && equal(binder.to, dim);

const isZero = (bound: Bound): boolean =>
  bound === 0 || (typeof bound !== 'number' && bound.kind === 'number' && bound.value === 0);

/** Conditions that meet in a set with a nearest point in closed form: bounds with a sum, or one orthant with a norm. */
const together = (variable: Variable, set: ConstraintSet): ConstraintSet | string => {
  const { norm, lower, upper } = set;
  if (norm === null) return set;
  const size = norm.order === 1 ? 'sum of absolute values' : 'norm';
  if (norm.order === 1 && norm.relation === 'eq')
    return `${variable.name} has a fixed ${size}, which is no convex set and no manifold`;
  if (lower.length + upper.length === 0) return set;
  const orthant = [...lower, ...upper].every(isZero) && (lower.length === 0 || upper.length === 0);
  if (!orthant) return `${variable.name} has a condition on its ${size} beside bounds other than one at 0`;
  // On the orthant the sum of absolute values is a sum.
  if (norm.order === 1 && upper.length === 0)
    return { ...set, norm: null, sum: { over: norm.over, relation: 'le', total: norm.radius } };
  return norm.order === 1 ? `${variable.name} has a condition on its ${size} beside an upper bound` : set;
};
