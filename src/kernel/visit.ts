// Looking through statements: what stands in them, and how indices move with loops. In: a part of a kernel. Out: calls of a visitor,
// and answers.
import { constantValue } from '../tensor/dims.ts';
import { offsetOf } from './index-arithmetic.ts';
import type { Access, Atom, Expr, Index, LoopId, Statement } from './kernel.ts';

export interface Visitor {
  readonly statement?: (statement: Statement) => void;
  readonly expr?: (expr: Expr) => void;
  readonly access?: (access: Access, reads: boolean) => void;
  /** Every index that is not a part of an access: those of expressions, tests and random elements. */
  readonly index?: (index: Index) => void;
}

const visitComputed = (index: Index, visitor: Visitor): void => {
  for (const { atom } of index.terms) {
    if (atom.kind === 'value') visitExpr(atom.of, visitor);
    else if (atom.kind !== 'loop') visitComputed(atom.of, visitor);
  }
};

export const visitAccess = (access: Access, reads: boolean, visitor: Visitor): void => {
  visitor.access?.(access, reads);
  for (const index of access.at) visitComputed(index, visitor);
};

export const visitExpr = (expr: Expr, visitor: Visitor): void => {
  visitor.expr?.(expr);
  const lone = (index: Index): void => {
    visitor.index?.(index);
    visitComputed(index, visitor);
  };
  switch (expr.kind) {
    case 'number':
    case 'local':
      return;
    case 'index':
      return lone(expr.of);
    case 'load':
      return visitAccess(expr.from, true, visitor);
    case 'map':
      return expr.args.forEach((arg) => visitExpr(arg, visitor));
    case 'cast':
      return visitExpr(expr.of, visitor);
    case 'within':
      expr.tests.forEach((test) => lone(test.index));
      visitExpr(expr.then, visitor);
      return visitExpr(expr.otherwise, visitor);
    case 'random':
      visitExpr(expr.seed, visitor);
      visitExpr(expr.step, visitor);
      return lone(expr.element);
  }
};

/** Every part of the statements, in order, those of nested ones after what holds them. A routine's buffers are no accesses. */
export const visitStatements = (statements: readonly Statement[], visitor: Visitor): void => {
  for (const statement of statements) {
    visitor.statement?.(statement);
    switch (statement.kind) {
      case 'loop':
        visitStatements(statement.body, visitor);
        break;
      case 'reduce':
        for (const { value } of statement.lets) visitExpr(value, visitor);
        for (const { value, beta } of statement.accumulators) {
          visitExpr(value, visitor);
          if (beta !== undefined) visitExpr(beta, visitor);
        }
        break;
      case 'let':
        visitExpr(statement.value, visitor);
        break;
      case 'store':
        visitExpr(statement.value, visitor);
        visitAccess(statement.to, false, visitor);
        break;
      case 'if':
        visitExpr(statement.test, visitor);
        visitStatements(statement.then, visitor);
        break;
      case 'product':
        visitAccess(statement.left, true, visitor);
        visitAccess(statement.right, true, visitor);
        visitAccess(statement.out, false, visitor);
        break;
      case 'routine':
        break;
      case 'while':
        visitStatements(statement.test, visitor);
        visitStatements(statement.body, visitor);
        break;
    }
  }
};

/** The coefficient of a loop in an index, [] where it does not stand there by itself; null where it is inside of an atom. */
export const coefficientOf = (index: Index, loop: LoopId): Index['constant'] | null => {
  let found: Index['constant'] = [];
  for (const { coef, atom } of index.terms) {
    if (atom.kind === 'loop') {
      if (atom.loop === loop) found = coef;
    } else if (mentions(atom, loop)) return null;
  }
  return found;
};

/** Entries of the buffer from one iteration of a loop to the next; null where that is no known number. */
export const stepOf = (access: Access, loop: LoopId): number | null => {
  const coefficient = coefficientOf(offsetOf(access), loop);
  return coefficient === null ? null : constantValue(coefficient);
};

const mentions = (atom: Atom, loop: LoopId): boolean => {
  if (atom.kind === 'loop') return atom.loop === loop;
  if (atom.kind !== 'value') return atom.of.terms.some((term) => mentions(term.atom, loop));
  return exprMentions(atom.of, loop);
};

export const exprMentions = (expr: Expr, loop: LoopId): boolean => {
  let found = false;
  const inIndex = (index: Index): void => {
    if (index.terms.some(({ atom }) => atom.kind !== 'value' && mentions(atom, loop))) found = true;
  };
  visitExpr(expr, { index: inIndex, access: (access) => access.at.forEach(inIndex) });
  return found;
};
