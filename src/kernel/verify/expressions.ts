// Checks of expressions, indices and accesses. In: a part of a kernel and what is in sight. Out: its scalar; problems are reported.
import { elementwiseTable } from '../../tensor/elementwise-table.ts';
import { addIndex, equalIndex, zero } from '../index-arithmetic.ts';
import type { Access, Expr, Index, Scalar } from '../kernel.ts';
import { printAccess, printExpr, printIndex } from '../print-expressions.ts';
import type { Context } from './context.ts';

export const checkIndex = (index: Index, context: Context): void => {
  const [first] = index.terms;
  const lone = index.terms.length === 1 && first!.coef.length > 0;
  // Sums of several terms are compared with what the arithmetic makes of them.
  if (index.terms.length > 0 && !lone && !isCanonical(index)) context.report(`${printIndex(index)} is not canonical`);
  for (const { atom } of index.terms)
    switch (atom.kind) {
      case 'loop':
        if (context.loopOf(atom.loop) === null) context.report(`${printIndex(index)}: no loop i${atom.loop} in sight`);
        break;
      case 'floor-div':
      case 'mod':
        if (atom.by.length === 0) context.report(`${printIndex(index)} divides by 0`);
        checkIndex(atom.of, context);
        break;
      case 'value':
        expect(atom.of, 'int', context, () => printIndex(index));
        break;
    }
};

/** Its terms stand in the order in which the arithmetic puts them, each once, none 0. */
const isCanonical = (index: Index): boolean => equalIndex(index, addIndex(zero, index));

/** `where` is printed only when something is wrong. */
export const checkAccess = (access: Access, reads: boolean, context: Context): Scalar | null => {
  if (access.at.length !== access.strides.length) {
    context.report(
      `an access to %${access.buffer} has ${access.at.length} indices and ${access.strides.length} strides`,
    );
    return null;
  }
  const where = (): string => printAccess(access);
  const buffer = context.buffer(access.buffer, where);
  for (const index of access.at) checkIndex(index, context);
  if (reads) context.reads(access.buffer);
  else context.writes(access.buffer, where);
  return buffer?.scalar ?? null;
};

export const expect = (expr: Expr, scalar: Scalar, context: Context, where: () => string): void => {
  const found = scalarOf(expr, context);
  if (found !== null && found !== scalar)
    context.report(`${where()}: ${printExpr(expr)} is ${found}, should be ${scalar}`);
};

const scalarOfMap = (expr: Extract<Expr, { kind: 'map' }>, context: Context): Scalar | null => {
  const where = (): string => printExpr(expr);
  const { arity, dtype } = elementwiseTable[expr.fn];
  if (expr.args.length !== arity) {
    context.report(`${where()}: ${expr.args.length} arguments, not ${arity}`);
    return null;
  }
  const found = expr.args.map((arg) => scalarOf(arg, context));
  const judged = expr.fn === 'select' ? found.slice(1) : found;
  const wanted = dtype === 'float' ? 'real' : judged[0]!;
  if (judged.some((scalar) => scalar !== null && wanted !== null && scalar !== wanted))
    context.report(`${where()}: arguments are ${found.join(', ')}`);
  if (expr.fn === 'select' && found[0] === 'int') context.report(`${where()}: the condition is int`);
  return dtype === 'same' ? wanted : 'real';
};

/** The scalar of an expression whose parts are well formed; null where that cannot be told. */
export const scalarOf = (expr: Expr, context: Context): Scalar | null => {
  switch (expr.kind) {
    case 'number':
      if (expr.scalar === 'int' && !Number.isInteger(expr.value)) context.report(`${printExpr(expr)} is no integer`);
      return expr.scalar;
    case 'index':
      checkIndex(expr.of, context);
      return 'int';
    case 'load':
      return checkAccess(expr.from, true, context);
    case 'local': {
      const made = context.scalarOf(expr.local);
      if (made === null) context.report(`v${expr.local} is used where it is not in sight`);
      else if (made !== expr.scalar) context.report(`v${expr.local} is ${made}, used as ${expr.scalar}`);
      return expr.scalar;
    }
    case 'map':
      return scalarOfMap(expr, context);
    case 'cast':
      scalarOf(expr.of, context);
      return expr.to;
    case 'within': {
      for (const { index } of expr.tests) checkIndex(index, context);
      const then = scalarOf(expr.then, context);
      if (then !== null) expect(expr.otherwise, then, context, () => printExpr(expr));
      return then;
    }
    case 'random':
      scalarOf(expr.seed, context);
      scalarOf(expr.step, context);
      checkIndex(expr.element, context);
      return 'real';
  }
};
