// Scalars and indices as C expressions. In: an Expr or Index and the function whose text it becomes a part of. Out: an expression
// of C, in parentheses where it is more than a name, a literal or a call; `real` or int32_t for scalars, int64_t for indices.
import { constantValue, isOne, type Dim } from '../../tensor/dims.ts';
import { elementwiseTable } from '../../tensor/elementwise-table.ts';
import type { Elementwise } from '../../tensor/elementwise.ts';
import { offsetOf } from '../index-arithmetic.ts';
import type { Access, Atom, Expr, Index, Scalar } from '../kernel.ts';
import { intFunctions, isComparison, realFunctions, type Comparison } from './elementwise.ts';
import type { Emission } from './emission.ts';
import { int32Literal, realLiteral } from './numbers.ts';

export const scalarOf = (expr: Expr, e: Emission): Scalar => {
  switch (expr.kind) {
    case 'number':
      return expr.scalar;
    case 'index':
      return 'int';
    case 'load':
      return e.entry.kernels.buffers[expr.from.buffer]!.scalar;
    case 'local':
      return expr.scalar;
    case 'map':
      return elementwiseTable[expr.fn].dtype === 'same' ? scalarOf(expr.args.at(-1)!, e) : 'real';
    case 'cast':
      return expr.to;
    case 'within':
      return scalarOf(expr.then, e);
    case 'random':
      return 'real';
  }
};

// ---------------------------------------------------------------- indices

/** of / by and of mod by for of ≥ 0, by > 0: unsigned, where division by a constant is a shift or one multiplication. */
const divided = (sign: '/' | '%', of: Index, by: Dim, e: Emission): string => {
  const value = constantValue(by);
  if (value === 1) return sign === '/' ? indexText(of, e) : '0';
  const inner = indexText(of, e);
  if (value === null) return `(${inner} ${sign} ${e.fn.dim(by)})`;
  const power = Math.log2(value);
  // A mask keeps what the loop knows of its range: no sign to look at.
  if (Number.isInteger(power)) return sign === '/' ? `(${inner} >> ${power})` : `(${inner} & ${value - 1})`;
  return `(int64_t)((uint64_t)${inner} ${sign} ${value}u)`;
};

const atomText = (atom: Atom, e: Emission): string => {
  switch (atom.kind) {
    case 'loop':
      return e.fn.loop(atom.loop);
    case 'floor-div':
      return divided('/', atom.of, atom.by, e);
    case 'mod':
      return divided('%', atom.of, atom.by, e);
    case 'value':
      return atom.of.kind === 'index' ? indexText(atom.of.of, e) : `(int64_t)${exprText(atom.of, e)}`;
  }
};

/** The integer, as int64_t. */
export const indexText = (index: Index, e: Emission): string => {
  const terms = index.terms.map(({ coef, atom }) =>
    isOne(coef) ? atomText(atom, e) : `${e.fn.dim(coef)} * ${atomText(atom, e)}`,
  );
  if (index.constant.length > 0 || terms.length === 0) terms.push(e.fn.dim(index.constant));
  return terms.length === 1 && isOne(index.terms[0]?.coef ?? [{ coef: 1, sizes: [] }])
    ? terms[0]!
    : `(${terms.join(' + ')})`;
};

/** The entry of the buffer: `b3[…]`. */
export const accessText = (access: Access, e: Emission): string => {
  const offset = indexText(offsetOf(access), e);
  return `${e.fn.buffer(access.buffer)}[${unwrapped(offset)}]`;
};

const unwrapped = (text: string): string => {
  if (!text.startsWith('(') || !text.endsWith(')')) return text;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')' && --depth === 0 && i < text.length - 1) return text;
  }
  return text.slice(1, -1);
};

// ---------------------------------------------------------------- scalars

export const isWide = (access: Access, e: Emission): boolean => e.entry.places[access.buffer]!.type === 'double';

export const exprText = (expr: Expr, e: Emission): string => {
  switch (expr.kind) {
    case 'number':
      return expr.scalar === 'int' ? int32Literal(expr.value) : realLiteral(expr.value, e.entry.real);
    case 'index':
      e.entry.boundOf(expr.of).forEach((dim) => e.fn.holdsIn32(dim));
      return `(int32_t)${indexText(expr.of, e)}`;
    case 'load': {
      const text = accessText(expr.from, e);
      return isWide(expr.from, e) ? `(real)${text}` : text;
    }
    case 'local':
      return e.fn.local(expr.local, expr.scalar);
    case 'map':
      return mapText(expr.fn, expr.args, e);
    case 'cast':
      return castText(expr.to, expr.of, e);
    case 'within': {
      const tests = expr.tests.flatMap(({ index, from, to }) => {
        const at = indexText(index, e);
        return [...(neverBelow(index, from) ? [] : [`${e.fn.dim(from)} <= ${at}`]), `${at} < ${e.fn.dim(to)}`];
      });
      const then = exprText(expr.then, e);
      if (tests.length === 0) return then;
      return `(${tests.join(' && ')} ? ${then} : ${exprText(expr.otherwise, e)})`;
    }
    case 'random': {
      e.entry.uses(`eb_random_${expr.distribution}`);
      const int = (of: Expr): string => castText('int', of, e);
      const key = [int(expr.seed), int32Literal(expr.id | 0), int(expr.step)];
      return `eb_random_${expr.distribution}(${key.join(', ')}, (int32_t)${indexText(expr.element, e)})`;
    }
  }
};

/** Loops count from 0: a sum of them with positive coefficients is never below 0. */
const neverBelow = (index: Index, from: Dim): boolean =>
  from.every((t) => t.coef < 0) &&
  index.constant.every((t) => t.coef > 0) &&
  index.terms.every(({ coef, atom }) => atom.kind !== 'value' && coef.every((t) => t.coef > 0));

const castText = (to: Scalar, of: Expr, e: Emission): string => {
  if (to === 'real' && of.kind === 'index') return `(real)${indexText(of.of, e)}`;
  const from = scalarOf(of, e);
  const text = exprText(of, e);
  if (from === to) return text;
  if (to === 'real') return `(real)${text}`;
  e.entry.uses('eb_int_of_real');
  return `eb_int_of_real(${text})`;
};

const mapText = (fn: Elementwise, args: readonly Expr[], e: Emission): string => {
  if (fn === 'stop-gradient') return exprText(args[0]!, e);
  if (fn === 'select') return selectText(args as readonly [Expr, Expr, Expr], e);
  if (isComparison(fn)) return `(real)${testOf(fn, args, e)}`;
  const isInt = scalarOf(args.at(-1)!, e) === 'int';
  const texts = args.map((arg) => exprText(arg, e));
  if (isInt) {
    const name = intFunctions(fn);
    e.entry.uses(name);
    return `${name}(${texts.join(', ')})`;
  }
  const { text, needs } = realFunctions(fn, texts, e.cold);
  if (needs !== null) e.entry.uses(needs);
  return text;
};

const selectText = ([test, then, otherwise]: readonly [Expr, Expr, Expr], e: Emission): string =>
  `(${testText(test, e)} ? ${exprText(then, e)} : ${exprText(otherwise, e)})`;

const testOf = (fn: Comparison, args: readonly Expr[], e: Emission): string => {
  switch (fn) {
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
    case 'eq':
    case 'ne': {
      const signs = { lt: '<', le: '<=', gt: '>', ge: '>=', eq: '==', ne: '!=' } as const;
      return `(${exprText(args[0]!, e)} ${signs[fn]} ${exprText(args[1]!, e)})`;
    }
    case 'and':
    case 'or':
      // Without branches: both sides are cheap comparisons as a rule. As ints: compilers warn of what might be meant for &&.
      return `((int)${testText(args[0]!, e)} ${fn === 'and' ? '&' : '|'} ${testText(args[1]!, e)})`;
    case 'not':
      return `(${testText(args[0]!, e)} == 0)`;
    case 'is-nan': {
      const text = exprText(args[0]!, e);
      if (/^\w+$/.test(text)) return `(${text} != ${text})`;
      e.entry.uses('eb_is_nan');
      return `(eb_is_nan(${text}) != 0)`;
    }
  }
};

/** Whether the scalar is not 0, as an int of C: 0 or 1. */
export const testText = (expr: Expr, e: Emission): string => {
  if (expr.kind === 'map' && isComparison(expr.fn)) return testOf(expr.fn, expr.args, e);
  if (expr.kind === 'cast' && expr.to === 'real' && scalarOf(expr.of, e) === 'int') return testText(expr.of, e);
  return `(${exprText(expr, e)} != 0)`;
};
