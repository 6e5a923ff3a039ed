// Small constructors of expressions that simplify integers: what an index is known to be stays an index. In: expressions. Out: one.
import { constant, constantValue, type Dim } from '../../tensor/dims.ts';
import { elementwiseTable } from '../../tensor/elementwise-table.ts';
import type { Elementwise } from '../../tensor/elementwise.ts';
import { addIndex, constantIndex, ofAtom, scaleIndex, subtractIndex } from '../index-arithmetic.ts';
import type { Atom, Buffer, Expr, Index, Scalar } from '../kernel.ts';

export const numberOf = (value: number, scalar: Scalar = 'real'): Expr => ({ kind: 'number', value, scalar });

export const cast = (to: Scalar, of: Expr): Expr => {
  if (of.kind === 'cast' && of.of.kind === 'index' && to === 'int') return of.of;
  return { kind: 'cast', to, of };
};

/** A size as a real. */
export const realOfDim = (dim: Dim): Expr => {
  const value = constantValue(dim);
  return value === null ? cast('real', { kind: 'index', of: constantIndex(dim) }) : numberOf(value);
};

/** The index that an int expression is known to be, or null. */
const knownIndex = (expr: Expr): Index | null => {
  if (expr.kind === 'index') return expr.of;
  return expr.kind === 'number' && expr.scalar === 'int' ? constantIndex(constant(expr.value)) : null;
};

/** An int expression as an index. */
export const indexOf = (expr: Expr): Index => knownIndex(expr) ?? ofAtom({ kind: 'value', of: expr });

const indexArithmetic = (fn: Elementwise, args: readonly Expr[]): Index | null => {
  const [a, b] = args.map(knownIndex);
  if (a === null || a === undefined) return null;
  if (fn === 'neg') return scaleIndex(a, constant(-1));
  if (b === null || b === undefined) return null;
  if (fn === 'add') return addIndex(a, b);
  if (fn === 'sub') return subtractIndex(a, b);
  if (fn !== 'mul') return null;
  return a.terms.length === 0 ? scaleIndex(b, a.constant) : b.terms.length === 0 ? scaleIndex(a, b.constant) : null;
};

const comparisons: ReadonlySet<Elementwise> = new Set(['eq', 'ne', 'lt', 'le', 'gt', 'ge']);

/** What a comparison of indices gives in every iteration, where that is known. */
const knownComparison = (fn: Elementwise, args: readonly Expr[]): Expr | null => {
  if (!comparisons.has(fn)) return null;
  const [a, b] = args.map(knownIndex);
  const difference = a == null || b == null ? null : subtractIndex(a, b);
  const value = difference === null || difference.terms.length > 0 ? null : constantValue(difference.constant);
  return value === null ? null : numberOf(elementwiseTable[fn].value(value, 0, 0));
};

const isNumber = (expr: Expr, value: number): boolean =>
  expr.kind === 'number' && expr.scalar === 'real' && expr.value === value;

export const map = (fn: Elementwise, args: readonly Expr[]): Expr => {
  if (fn === 'stop-gradient') return args[0]!;
  if (fn === 'mul' && args.some((arg) => isNumber(arg, 1))) return args.find((arg) => !isNumber(arg, 1)) ?? args[0]!;
  const index = indexArithmetic(fn, args);
  return index === null ? (knownComparison(fn, args) ?? { kind: 'map', fn, args }) : { kind: 'index', of: index };
};

/** What an expression gives. */
export const scalarOf = (expr: Expr, buffers: readonly Buffer[]): Scalar => {
  switch (expr.kind) {
    case 'number':
    case 'local':
      return expr.scalar;
    case 'index':
      return 'int';
    case 'load':
      return buffers[expr.from.buffer]!.scalar;
    case 'map':
      return elementwiseTable[expr.fn].dtype === 'same' ? scalarOf(expr.args.at(-1)!, buffers) : 'real';
    case 'cast':
      return expr.to;
    case 'within':
      return scalarOf(expr.then, buffers);
    case 'random':
      return 'real';
  }
};

/** The expressions right inside of one; `guarded` are those that may be evaluated only where tests hold. */
export const childrenOf = (expr: Expr): { readonly always: readonly Expr[]; readonly guarded: readonly Expr[] } => {
  const always = (of: readonly Expr[]) => ({ always: of, guarded: [] });
  switch (expr.kind) {
    case 'number':
    case 'local':
      return always([]);
    case 'index':
      return always(computedIn(expr.of));
    case 'load':
      return always(expr.from.at.flatMap(computedIn));
    case 'map':
      return always(expr.args);
    case 'cast':
      return always([expr.of]);
    case 'within':
      return {
        always: expr.tests.flatMap((test) => computedIn(test.index)),
        guarded: [expr.then, expr.otherwise],
      };
    case 'random':
      return always([expr.seed, expr.step, ...computedIn(expr.element)]);
  }
};

const computedIn = (index: Index): readonly Expr[] =>
  index.terms.flatMap(({ atom }) =>
    atom.kind === 'value' ? [atom.of] : atom.kind === 'loop' ? [] : computedIn(atom.of),
  );

/** Every index that stands right in an expression. */
export const indicesIn = (expr: Expr): readonly Index[] => {
  switch (expr.kind) {
    case 'index':
      return [expr.of];
    case 'load':
      return expr.from.at;
    case 'within':
      return expr.tests.map((test) => test.index);
    case 'random':
      return [expr.element];
    default:
      return [];
  }
};

/** All expressions inside of these, each once however often it is met. */
export const allIn = (roots: readonly Expr[]): ReadonlySet<Expr> => {
  const met = new Set<Expr>();
  const visit = (expr: Expr): void => {
    if (met.has(expr)) return;
    met.add(expr);
    const { always, guarded } = childrenOf(expr);
    always.forEach(visit);
    guarded.forEach(visit);
  };
  roots.forEach(visit);
  return met;
};

/** All atoms of an index, those inside of divisions included. */
export const atomsIn = (index: Index): readonly Atom[] =>
  index.terms.flatMap(({ atom }) =>
    atom.kind === 'floor-div' || atom.kind === 'mod' ? [atom, ...atomsIn(atom.of)] : [atom],
  );

/** The parity of a step: its remainder by 2. */
export const parityOf = (step: Index): Index => {
  const known = step.terms.length === 0 ? constantValue(step.constant) : null;
  return known === null ? ofAtom({ kind: 'mod', of: step, by: constant(2) }) : constantIndex(constant(known % 2));
};
