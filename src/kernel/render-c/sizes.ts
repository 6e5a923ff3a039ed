// The sizes of a kernel program and the ranges of its loops. In: a kernel program. Out: names of sizes; bounds of indices.
import { add, multiply, sizesOf, type Dim } from '../../tensor/dims.ts';
import { mostIterations } from '../extents.ts';
import type { Atom, Expr, Extent, Index, KernelProgram, Loop, LoopId, Statement } from '../kernel.ts';
import { visitStatements } from '../visit.ts';

const loopsOf = (statement: Statement): readonly Loop[] => {
  switch (statement.kind) {
    case 'loop':
    case 'while':
      return [statement.loop];
    case 'reduce':
      return statement.loops;
    case 'product':
      return [statement.rows, statement.columns, statement.inner];
    default:
      return [];
  }
};

const dimOfExtent = (extent: Extent): Dim => (extent.kind === 'dim' ? extent.dim : extent.of);

/** All size names that the program mentions, sorted. */
export const sizesMentioned = (kernels: KernelProgram): readonly string[] => {
  const found = new Set<string>();
  const look = (dim: Dim): void => sizesOf(dim).forEach((name) => found.add(name));
  const inIndex = (index: Index): void => {
    look(index.constant);
    for (const { coef, atom } of index.terms) {
      look(coef);
      inAtom(atom);
    }
  };
  const inAtom = (atom: Atom): void => {
    if (atom.kind === 'loop' || atom.kind === 'value') return;
    look(atom.by);
    inIndex(atom.of);
  };
  const inExpr = (expr: Expr): void => {
    if (expr.kind !== 'within') return;
    for (const { from, to } of expr.tests) [from, to].forEach(look);
  };
  for (const { shape } of kernels.buffers) shape.forEach(look);
  visitStatements(kernels.body, {
    statement: (s) => loopsOf(s).forEach((loop) => look(dimOfExtent(loop.extent))),
    expr: inExpr,
    index: inIndex,
    access: ({ at, strides }) => {
      at.forEach(inIndex);
      strides.forEach(look);
    },
  });
  return [...found].sort();
};

/** The most iterations of every loop. */
export const rangesOf = (kernels: KernelProgram): ReadonlyMap<LoopId, Dim> => {
  const ranges = new Map<LoopId, Dim>();
  visitStatements(kernels.body, {
    statement: (s) => loopsOf(s).forEach(({ id, extent }) => ranges.set(id, mostIterations(extent))),
  });
  return ranges;
};

/** What the index stays below or at, where no part of it is computed; else null. Negative parts count as nothing. */
export const boundOf = (index: Index, ranges: ReadonlyMap<LoopId, Dim>): Dim | null => {
  const ofAtom = (atom: Atom): Dim | null => {
    switch (atom.kind) {
      case 'loop':
        return ranges.get(atom.loop) ?? null;
      case 'floor-div':
        return boundOf(atom.of, ranges);
      case 'mod':
        return atom.by;
      case 'value':
        return null;
    }
  };
  return index.terms.reduce<Dim | null>((sum, { coef, atom }) => {
    if (sum === null || coef.every((t) => t.coef < 0)) return sum;
    const most = ofAtom(atom);
    return most === null ? null : add(sum, multiply(coef, most));
  }, index.constant);
};
