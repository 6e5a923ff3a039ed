// A convex energy of a block of unknowns as a smooth convex part plus simple parts that are not smooth: weighted sums of |entries|
// and of norms of nodes, rows or columns (each has a proximal map in closed form), and norms of affine expressions.
// In: factor groups with lets expanded, the unknowns. Out: the parts, or the factor that is not convex and why.
import { callExpr } from '../semantics/make.ts';
import type { Expr, Model } from '../semantics/model.ts';
import { additiveTerms } from './additive-terms.ts';
import type { CurvatureFinder } from './curvature.ts';
import { curvatureFinder } from './curvature.ts';
import { dependsOn, visit } from './expressions.ts';
import type { FactorGroup } from './factor-graph.ts';
import { isNonnegative } from './value-range.ts';

/** What a norm is taken of: the axes of the variable's whole array that are measured together. */
export interface NormCore {
  readonly kind: 'norm';
  readonly variable: string;
  readonly over: readonly number[];
}
/** |c x| of single entries x of unknowns, c known. */
export interface EntriesCore {
  readonly kind: 'entries';
  readonly variables: readonly string[];
}
export type Core = NormCore | EntriesCore;

/** A term of the energy that is Σ weight · core; the weights are its gradient where all entries are 1 (times √length for a norm). */
export interface Penalty {
  readonly core: Core;
  readonly term: FactorGroup;
}

/** weight · ‖argument‖ with an argument that is affine in the unknowns. */
export interface AffinePenalty {
  /** 'l1': Σ|entries| of the argument; 'l2': its Euclidean norm; 'hinge': Σ max(entry, 0). */
  readonly norm: 'l1' | 'l2' | 'hinge';
  readonly argument: Expr;
  /** The term with the norm replaced by 1 is its weight: `λ · 1`. */
  readonly weight: Expr;
  /** What the term is besides, affine: max(a, b) is max(a - b, 0) + b. */
  readonly rest: Expr | null;
  /** The unknowns that it reads. */
  readonly variables: readonly string[];
  readonly term: FactorGroup;
}

export interface Composite {
  /** Convex and differentiable, each depending on the block. */
  readonly smooth: readonly FactorGroup[];
  readonly penalties: readonly Penalty[];
  readonly affine: readonly AffinePenalty[];
}

export interface NotComposite {
  readonly kind: 'not-composite';
  readonly factor: string;
  readonly reason: string;
}

export const isNotComposite = (x: Composite | NotComposite): x is NotComposite => 'kind' in x;

export const compositeOf = (
  model: Model,
  groups: readonly FactorGroup[],
  block: ReadonlySet<string>,
): Composite | NotComposite => {
  const finder = curvatureFinder(model);
  const found = { smooth: [] as FactorGroup[], penalties: [] as Penalty[], affine: [] as AffinePenalty[] };
  for (const group of groups) {
    if (!dependsOn(group.energy, block)) continue;
    if (group.kind === 'constraint') return refused(group, 'it is a constraint');
    if (isSmoothConvex(finder, group.energy, block)) {
      found.smooth.push(group);
      continue;
    }
    for (const term of additiveTerms(group, () => [])) {
      if (!dependsOn(term.energy, block)) continue;
      if (isSmoothConvex(finder, term.energy, block)) found.smooth.push(term);
      else {
        const simple = penaltyOf(finder, term, block) ?? affinePenaltyOf(finder, term, block);
        if (simple === null) return refused(group, whyNot(finder, term.energy, block));
        if ('core' in simple) found.penalties.push(simple);
        else {
          found.affine.push(simple);
          if (simple.rest !== null) found.smooth.push({ ...term, energy: simple.rest });
        }
      }
    }
  }
  return found;
};

const refused = (group: FactorGroup, reason: string): NotComposite => ({
  kind: 'not-composite',
  factor: group.part ?? group.name,
  reason,
});

const isSmoothConvex = ({ behaviour }: CurvatureFinder, energy: Expr, block: ReadonlySet<string>): boolean => {
  const b = behaviour(energy, block);
  return b.smooth && (b.convexity === 'convex' || b.convexity === 'affine' || b.convexity === 'constant');
};

/** Completes "factor f …". */
const whyNot = ({ behaviour }: CurvatureFinder, energy: Expr, block: ReadonlySet<string>): string => {
  const b = behaviour(energy, block);
  const names = [...block].filter((name) => behaviour(energy, new Set([name])).degree > 0);
  const together = names.length > 1 ? `${names.join(' and ')} together` : names[0]!;
  if (b.convexity === 'concave') return `is concave in ${together}`;
  if (b.convexity === 'none') {
    const matrix = b.degree === 2 ? knownMatrix(energy, block) : null;
    const advice = matrix === null ? '' : `: of ${matrix} they see nothing unless its domain is spd`;
    return `is not convex in ${together}, as far as the rules see${advice}`;
  }
  return `is convex in ${together}, but neither smooth nor a norm of something affine`;
};

/** S of z' @ S @ z: a matrix whose entries decide. */
const knownMatrix = (energy: Expr, block: ReadonlySet<string>): string | null => {
  let found: string | null = null;
  const isMatmul = (e: Expr): e is Expr & { kind: 'call' } => e.kind === 'call' && e.fn === 'matmul';
  visit(energy, (e) => {
    if (!isMatmul(e) || !e.args.every((a) => dependsOn(a, block))) return;
    const matrix = e.args
      .filter(isMatmul)
      .flatMap((a) => a.args)
      .find((a) => !dependsOn(a, block));
    if (matrix?.kind === 'ref' && matrix.type.shape.length === 2) found = matrix.name;
  });
  return found;
};

// ---------------------------------------------------------------- |entries| and norms

const penaltyOf = (finder: CurvatureFinder, term: FactorGroup, block: ReadonlySet<string>): Penalty | null => {
  const cores = coresOf({ finder, block }, term.energy);
  if (cores === null || cores.length === 0) return null;
  const [first] = cores as readonly [Core];
  if (first.kind === 'norm') {
    const same = cores.every(
      (c) => c.kind === 'norm' && c.variable === first.variable && String(c.over) === String(first.over),
    );
    return same ? { core: first, term } : null;
  }
  if (cores.some((c) => c.kind === 'norm')) return null;
  const variables = [...new Set(cores.flatMap((c) => (c.kind === 'entries' ? c.variables : [])))];
  return { core: { kind: 'entries', variables }, term };
};

interface Scope {
  readonly finder: CurvatureFinder;
  readonly block: ReadonlySet<string>;
}

const isKnown = (s: Scope, e: Expr): boolean => !dependsOn(e, s.block);
const isWeight = (s: Scope, e: Expr): boolean => isKnown(s, e) && isNonnegative(s.finder.range(e));

const joined = (parts: readonly (readonly Core[] | null)[]): readonly Core[] | null =>
  parts.some((p) => p === null) ? null : parts.flatMap((p) => p!);

/** The cores of which every entry of the expression is a sum with weights ≥ 0 (plus something known); null when it is not. */
const coresOf = (s: Scope, e: Expr): readonly Core[] | null => {
  if (isKnown(s, e)) return [];
  switch (e.kind) {
    case 'call': {
      const [a, b] = e.args as [Expr, Expr];
      switch (e.fn) {
        case 'abs':
        case 'norm1': {
          const variables = entriesOf(s, a);
          return variables === null ? null : [{ kind: 'entries', variables }];
        }
        case 'norm2':
        case 'normF':
          return normCore(s, a, null);
        case 'rownorm':
        case 'colnorm':
          return normCore(s, a, e.fn);
        case 'add':
          return joined([coresOf(s, a), coresOf(s, b)]);
        case 'mul':
        case 'matmul':
          return isWeight(s, a) ? coresOf(s, b) : isWeight(s, b) ? coresOf(s, a) : null;
        case 'div':
          return isWeight(s, b) ? coresOf(s, a) : null;
        case 'sum':
        case 'mean':
        case 'transpose':
        case 'reshape':
        case 'flatten':
          return isKnown(s, b ?? a) || e.args.length === 1 ? coresOf(s, a) : null;
        default:
          return null;
      }
    }
    case 'reduce':
      return e.reducer === 'sum' || e.reducer === 'mean' ? coresOf(s, e.body) : null;
    case 'stack':
      return coresOf(s, e.body);
    case 'if':
      return isKnown(s, e.condition) ? joined([coresOf(s, e.then), coresOf(s, e.else)]) : null;
    case 'array':
      return joined(e.elements.map((x) => coresOf(s, x)));
    case 'subscript':
      return plainSubscripts(s, e) ? coresOf(s, e.base) : null;
    default:
      return null;
  }
};

/** Positions that are known and single, or whole axes: no unknown and no one-hot vector chooses. */
const plainSubscripts = (s: Scope, e: Expr & { kind: 'subscript' }): boolean =>
  e.subscripts.every(
    (x) =>
      x.kind === 'all' || (x.kind === 'at' ? isKnown(s, x.at) && x.at.type.shape.length === 0 : isKnown(s, x.from)),
  );

/** The unknowns of an expression each entry of which is a known multiple of one entry of an unknown. */
const entriesOf = (s: Scope, e: Expr): readonly string[] | null => {
  const both = (parts: readonly Expr[]): readonly string[] | null => {
    const found = parts.filter((p) => !isZero(p)).map((p) => entriesOf(s, p));
    return found.some((f) => f === null) ? null : [...new Set(found.flatMap((f) => f!))];
  };
  switch (e.kind) {
    case 'ref':
      return e.of === 'variable' && s.block.has(e.name) && e.at.every((a) => isKnown(s, a)) ? [e.name] : null;
    case 'call': {
      const [a, b] = e.args as [Expr, Expr];
      switch (e.fn) {
        case 'neg':
        case 'transpose':
        case 'reshape':
        case 'flatten':
          return entriesOf(s, a);
        case 'mul':
          return isKnown(s, a) ? entriesOf(s, b) : isKnown(s, b) ? entriesOf(s, a) : null;
        case 'div':
          return isKnown(s, b) ? entriesOf(s, a) : null;
        case 'add':
        case 'sub':
          return isZero(a) || isZero(b) ? both([a, b]) : null;
        default:
          return null;
      }
    }
    case 'stack':
      return entriesOf(s, e.body);
    case 'if':
      return isKnown(s, e.condition) ? both([e.then, e.else]) : null;
    case 'array':
      return both(e.elements);
    case 'subscript':
      return plainSubscripts(s, e) ? entriesOf(s, e.base) : null;
    default:
      return null;
  }
};

const isZero = (e: Expr): boolean => e.kind === 'number' && e.value === 0;

/** The norm of a known multiple of a whole node, row or column. */
const normCore = (s: Scope, e: Expr, each: 'rownorm' | 'colnorm' | null): readonly Core[] | null => {
  if (e.kind === 'call') {
    const [a, b] = e.args as [Expr, Expr];
    const isScalar = (x: Expr): boolean => isKnown(s, x) && x.type.shape.length === 0;
    if (e.fn === 'neg') return normCore(s, a, each);
    if (e.fn === 'mul') return isScalar(a) ? normCore(s, b, each) : isScalar(b) ? normCore(s, a, each) : null;
    if (e.fn === 'div') return isScalar(b) ? normCore(s, a, each) : null;
    if (e.fn === 'transpose' && a.type.shape.length === 2)
      return normCore(s, a, each === 'rownorm' ? 'colnorm' : each === 'colnorm' ? 'rownorm' : null);
    if ((e.fn === 'transpose' || e.fn === 'flatten') && each === null) return normCore(s, a, each);
    return null;
  }
  const [ref, subscripts] = e.kind === 'subscript' ? [e.base, e.subscripts] : [e, []];
  if (ref.kind !== 'ref' || ref.of !== 'variable' || !s.block.has(ref.name)) return null;
  if (ref.at.some((a) => !isKnown(s, a)) || subscripts.some((x) => x.kind === 'range')) return null;
  if (e.kind === 'subscript' && !plainSubscripts(s, e)) return null;
  const first = ref.at.length;
  const open = ref.type.shape.map((_, i) => i).filter((i) => (subscripts[i] ?? { kind: 'all' }).kind === 'all');
  const axes = open.map((i) => first + i);
  if (each === null) return [{ kind: 'norm', variable: ref.name, over: axes }];
  const last = axes.at(each === 'rownorm' ? -1 : -2)!;
  return [{ kind: 'norm', variable: ref.name, over: [last] }];
};

// ---------------------------------------------------------------- norms of affine expressions

type Peeled = Omit<AffinePenalty, 'term' | 'variables'>;

/** `λ · |y[t] - y[t-1]|`, `‖A @ z - c‖₁ / 2`: a weight ≥ 0 times a norm of something affine. */
const affinePenaltyOf = (
  finder: CurvatureFinder,
  term: FactorGroup,
  block: ReadonlySet<string>,
): AffinePenalty | null => {
  const s: Scope = { finder, block };
  const isAffine = (e: Expr): boolean => {
    const b = finder.behaviour(e, block);
    return b.smooth && (b.convexity === 'affine' || b.convexity === 'constant');
  };
  const one = (like: Expr): Expr => ({ kind: 'number', value: 1, type: like.type, span: like.span });
  const affineNorm = (norm: AffinePenalty['norm'], argument: Expr, like: Expr): Peeled | null =>
    isAffine(argument) ? { norm, argument, weight: one(like), rest: null } : null;
  /** max(a, b), summed over its entries. */
  const larger = ([a, b]: readonly Expr[], like: Expr): Peeled | null => {
    if (!isAffine(a!) || !isAffine(b!)) return null;
    const [first, other] = isKnown(s, a!) ? [b!, a!] : [a!, b!];
    const entries = first.type.shape.length;
    if (!isKnown(s, other) && other.type.shape.length !== entries) return null;
    const rest = isKnown(s, other) ? null : entries === 0 ? other : callExpr('sum', [other], like.span);
    return { norm: 'hinge', argument: callExpr('sub', [first, other], like.span), weight: one(like), rest };
  };
  const peel = (e: Expr): Peeled | null => {
    if (e.kind !== 'call') return null;
    const [a, b] = e.args as [Expr, Expr];
    const around = (inner: Expr, rebuild: (part: Expr) => Expr): Peeled | null => {
      const found = peel(inner);
      if (found === null) return null;
      return { ...found, weight: rebuild(found.weight), rest: found.rest === null ? null : rebuild(found.rest) };
    };
    switch (e.fn) {
      case 'mul':
        if (isWeight(s, a)) return around(b, (part) => ({ ...e, args: [a, part] }));
        return isWeight(s, b) ? around(a, (part) => ({ ...e, args: [part, b] })) : null;
      case 'div':
        return isWeight(s, b) ? around(a, (part) => ({ ...e, args: [part, b] })) : null;
      case 'abs':
      case 'norm1':
        return affineNorm('l1', a, e);
      case 'norm2':
      case 'normF':
        return affineNorm('l2', a, e);
      case 'relu':
        return affineNorm('hinge', a, e);
      case 'maximum':
        return larger(e.args, e);
      case 'sum': {
        if (a.kind !== 'call' || e.args.length > 1) return null;
        if (a.fn === 'abs') return affineNorm('l1', a.args[0]!, e);
        if (a.fn === 'relu') return affineNorm('hinge', a.args[0]!, e);
        return a.fn === 'maximum' ? larger(a.args, e) : null;
      }
      default:
        return null;
    }
  };
  if (term.energy.type.shape.length > 0) return null;
  const found = peel(term.energy);
  if (found === null) return null;
  return { ...found, variables: [...block].filter((name) => dependsOn(found.argument, new Set([name]))), term };
};
