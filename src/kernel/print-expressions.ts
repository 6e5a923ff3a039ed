// Indices, accesses and expressions as text, stable: equal ones print alike. In: a part of a kernel. Out: one line.
import { constantValue, isOne, print as printDim, type Dim } from '../tensor/dims.ts';
import type { Access, Atom, Expr, Index } from './kernel.ts';

const factor = (dim: Dim): string => (dim.length > 1 ? `(${printDim(dim)})` : printDim(dim));

export const printAtom = (atom: Atom): string => {
  switch (atom.kind) {
    case 'loop':
      return `i${atom.loop}`;
    case 'floor-div':
      return `floor(${printIndex(atom.of)} / ${factor(atom.by)})`;
    case 'mod':
      return `(${printIndex(atom.of)}) mod ${factor(atom.by)}`;
    case 'value':
      return `{${printExpr(atom.of)}}`;
  }
};

export const printIndex = (index: Index): string => {
  const terms = index.terms.map(({ coef, atom }) =>
    isOne(coef) ? printAtom(atom) : `${factor(coef)}*${printAtom(atom)}`,
  );
  if (index.constant.length > 0 || terms.length === 0) terms.push(printDim(index.constant));
  return terms.join(' + ').replaceAll('+ -', '- ');
};

/** `%3[i0, i1 + 1]`; strides are left out: they are the buffer's, or the at has one entry with the whole offset. */
export const printAccess = ({ buffer, at, strides }: Access): string => {
  const flat = at.length === 1 && constantValue(strides[0]!) === 1 ? 'at ' : '';
  return `%${buffer}[${flat}${at.map(printIndex).join(', ')}]`;
};

export const printExpr = (expr: Expr): string => {
  switch (expr.kind) {
    case 'number':
      return expr.scalar === 'int' ? `${expr.value}i` : String(expr.value);
    case 'index':
      return `index(${printIndex(expr.of)})`;
    case 'load':
      return printAccess(expr.from);
    case 'local':
      return `v${expr.local}`;
    case 'map':
      return `${expr.fn}(${expr.args.map(printExpr).join(', ')})`;
    case 'cast':
      return `${expr.to}(${printExpr(expr.of)})`;
    case 'within': {
      const tests = expr.tests.map((t) => `${printDim(t.from)} <= ${printIndex(t.index)} < ${printDim(t.to)}`);
      return `within(${tests.join(' and ')}; ${printExpr(expr.then)}; ${printExpr(expr.otherwise)})`;
    }
    case 'random':
      return `random ${expr.distribution} #${expr.id}(${printExpr(expr.seed)}, ${printExpr(expr.step)}, ${printIndex(expr.element)})`;
  }
};
