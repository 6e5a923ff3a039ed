// Reductions over a handful of entries, written out: what is left is elementwise, and the loop around it can run as a vector. In:
// kernels. Out: the same without short reductions whose length is known.
import { constant } from '../../tensor/dims.ts';
import { FORBIDDEN } from '../../tensor/energies.ts';
import { constantIterations } from '../extents.ts';
import { Fresh } from '../fresh.ts';
import { constantIndex } from '../index-arithmetic.ts';
import type { Accumulator, Expr, KernelProgram, LocalId, Loop, LoopId, Statement } from '../kernel.ts';
import { printExpr } from '../print-expressions.ts';
import { loopsBy, mapExpr } from '../transform.ts';
import { visitExpr } from '../visit.ts';

type Reduce = Extract<Statement, { kind: 'reduce' }>;

/** Terms of a reduction that is written out: as many as a vector has lanes. */
const mostTerms = 8;
/** Parts of all expressions that are written out. */
const mostParts = 400;

export const unrollReductions = (kernels: KernelProgram): KernelProgram => {
  const fresh = new Fresh(kernels);
  return fresh.finish(unrolledIn(kernels.body, fresh));
};

const unrolledIn = (statements: readonly Statement[], fresh: Fresh): readonly Statement[] =>
  statements.flatMap((s): readonly Statement[] => {
    switch (s.kind) {
      case 'reduce':
        return unrolled(s, fresh) ?? [s];
      case 'loop':
        return [{ ...s, body: unrolledIn(s.body, fresh) }];
      case 'if':
        return [{ ...s, then: unrolledIn(s.then, fresh) }];
      case 'while':
        return [{ ...s, test: unrolledIn(s.test, fresh), body: unrolledIn(s.body, fresh) }];
      default:
        return [s];
    }
  });

const unrolled = (reduce: Reduce, fresh: Fresh): readonly Statement[] | null => {
  const lengths = reduce.loops.map((loop) => constantIterations(loop.extent));
  const count = lengths.reduce<number>((n, length) => n * (length ?? Infinity), 1);
  // Not a number where an open length stands beside one of 0.
  if (!(count >= 1 && count <= mostTerms) || count * partsOf(reduce) > mostParts) return null;
  const statements: Statement[] = [];
  const define = (value: Expr): LocalId => {
    const local = fresh.local();
    statements.push({ kind: 'let', local, value });
    return local;
  };
  const values = combinations(reduce.loops, lengths as readonly number[]).map((at) => {
    const loops = loopsBy(new Map([...at].map(([loop, i]) => [loop, constantIndex(constant(i))])));
    const lets = new Map<LocalId, LocalId>();
    const by = { ...loops, makes: (local: LocalId) => lets.get(local) ?? local };
    for (const { local, value } of reduce.lets) lets.set(local, define(mapExpr(value, by)));
    // A minimum and where it is are often asked of one value.
    const known = new Map<string, Expr>();
    return reduce.accumulators.map(({ value }): Expr => {
      const key = printExpr(value);
      const entry = known.get(key) ?? real(define(mapExpr(value, by)));
      known.set(key, entry);
      return entry;
    });
  });
  reduce.accumulators.forEach((accumulator, i) => {
    const all = values.map((row) => row[i]!);
    statements.push({ kind: 'let', local: accumulator.local, value: combined(accumulator, all, define) });
  });
  return statements;
};

const partsOf = (reduce: Reduce): number => {
  let parts = 0;
  const count = { expr: () => void parts++ };
  for (const { value } of [...reduce.lets, ...reduce.accumulators]) visitExpr(value, count);
  return parts;
};

/** The number of each loop's iteration, for all iterations of all loops in order. */
const combinations = (loops: readonly Loop[], lengths: readonly number[]): readonly ReadonlyMap<LoopId, number>[] =>
  loops.reduce<readonly ReadonlyMap<LoopId, number>[]>(
    (found, loop, axis) =>
      found.flatMap((at) => Array.from({ length: lengths[axis]! }, (_, i) => new Map([...at, [loop.id, i]]))),
    [new Map()],
  );

const real = (local: LocalId): Expr => ({ kind: 'local', local, scalar: 'real' });
const number = (value: number, scalar: 'real' | 'int' = 'real'): Expr => ({ kind: 'number', value, scalar });
const map = (fn: Extract<Expr, { kind: 'map' }>['fn'], ...args: readonly Expr[]): Expr => ({ kind: 'map', fn, args });

const combined = ({ op, beta }: Accumulator, values: readonly Expr[], define: (value: Expr) => LocalId): Expr => {
  switch (op) {
    case 'sum':
      return values.reduce((a, b) => map('add', a, b));
    case 'min':
    case 'max':
      return values.reduce((a, b) => map(op, a, b));
    case 'argmin':
      return firstLeast(values, define);
    case 'soft-min':
      return freeEnergy(values, beta!, define);
  }
};

/** Nothing is less than NaN, so that one which comes first must not be the best: infinity stands in its place. */
const firstLeast = ([first, ...others]: readonly Expr[], define: (value: Expr) => LocalId): Expr => {
  let at: Expr = number(0, 'int');
  if (others.length === 0) return at;
  let best = real(define(map('select', map('lt', first!, number(Infinity)), first!, number(Infinity))));
  others.forEach((value, i) => {
    const wins = real(define(map('lt', value, best)));
    at = { kind: 'local', local: define(map('select', wins, number(i + 1, 'int'), at)), scalar: 'int' };
    if (i < others.length - 1) best = real(define(map('select', wins, value, best)));
  });
  return at;
};

/** min - log(Σ exp(-β (v - min))) / β, cut at the forbidden energy; β = ∞ counts as 1e30. */
const freeEnergy = (values: readonly Expr[], beta: Expr, define: (value: Expr) => LocalId): Expr => {
  if (values.length === 1) return map('min', values[0]!, number(FORBIDDEN));
  // Where all are infinite, so that no difference is NaN.
  const least = real(define([...values, number(FORBIDDEN)].reduce((a, b) => map('min', a, b))));
  const isOne = beta.kind === 'number' && beta.value === 1;
  const scale = isOne ? null : real(define(map('min', beta, number(FORBIDDEN))));
  const weights = values.map((value) => {
    const below = map('sub', least, value);
    return map('exp', scale === null ? below : map('mul', below, scale));
  });
  const log = map(
    'log',
    weights.reduce((a, b) => map('add', a, b)),
  );
  return map('min', map('sub', least, scale === null ? log : map('div', log, scale)), number(FORBIDDEN));
};
