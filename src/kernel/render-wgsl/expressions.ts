// Indices, accesses and expressions as WGSL. In: a part of a kernel, whose loops and locals are variables in sight, and the shader
// that is being written: a choice of which one side must not be evaluated becomes statements before. Out: the text of its value.
import { elementwiseTable } from '../../tensor/elementwise-table.ts';
import { offsetOf } from '../index-arithmetic.ts';
import type { Access, Atom, BufferId, Expr, Index, Scalar } from '../kernel.ts';
import type { Elementwise } from '../../tensor/elementwise.ts';
import { conditions, elementwiseText, type Condition } from './elementwise-text.ts';
import { intText, realText } from './numbers.ts';
import { localName, loopName, type ShaderWriter } from './shader-writer.ts';

export const scalarOf = (expr: Expr, w: ShaderWriter): Scalar => {
  switch (expr.kind) {
    case 'number':
    case 'local':
      return expr.scalar;
    case 'index':
      return 'int';
    case 'load':
      return w.facts.buffers[expr.from.buffer]!.scalar;
    case 'map':
      return elementwiseTable[expr.fn].dtype === 'same' ? scalarOf(expr.args.at(-1)!, w) : 'real';
    case 'cast':
      return expr.to;
    case 'within':
      return scalarOf(expr.then, w);
    case 'random':
      return 'real';
  }
};

const atomText = (atom: Atom, w: ShaderWriter): string => {
  switch (atom.kind) {
    case 'loop':
      return loopName(atom.loop);
    case 'floor-div':
      return `i32(u32(${indexText(atom.of, w)}) / ${w.dim(atom.by)}u)`;
    case 'mod':
      return `i32(u32(${indexText(atom.of, w)}) % ${w.dim(atom.by)}u)`;
    case 'value':
      return exprText(atom.of, w);
  }
};

/** An i32. `plus` is added to it. */
export const indexText = (index: Index, w: ShaderWriter, plus = 0): string => {
  const terms = index.terms.flatMap(({ coef, atom }) => {
    const factor = w.dim(coef);
    if (factor === 0) return [];
    return [factor === 1 ? atomText(atom, w) : `${atomText(atom, w)} * ${intText(factor)}`];
  });
  const constant = w.dim(index.constant) + plus;
  if (constant !== 0 || terms.length === 0) terms.push(intText(constant));
  return terms.length === 1 ? terms[0]! : `(${terms.join(' + ')})`;
};

/** Where an entry stands: a word of memory, or of an array of the invocation. */
export const placeText = (access: Access, w: ShaderWriter): string => {
  const { buffer } = access;
  if (w.keeps(buffer)) return `${ownName(buffer)}[${indexText(offsetOf(access), w)}]`;
  return `m[${indexText(offsetOf(access), w, w.facts.baseOf(buffer))}]`;
};

export const ownName = (buffer: BufferId): string => `own${buffer}`;
export const typeText: Readonly<Record<Scalar, string>> = { real: 'f32', int: 'i32' };

export const loadText = (access: Access, w: ShaderWriter): string =>
  w.keeps(access.buffer)
    ? placeText(access, w)
    : `bitcast<${typeText[w.facts.buffers[access.buffer]!.scalar]}>(${placeText(access, w)})`;

const comparisons = { lt: '<', le: '<=', gt: '>', ge: '>=', eq: '==' } as const;
const isCondition = (fn: Elementwise): fn is Condition => (conditions as readonly string[]).includes(fn);

const conditionText = (fn: Condition, args: readonly Expr[], w: ShaderWriter): string => {
  const [a, b] = args as readonly [Expr, Expr];
  switch (fn) {
    case 'and':
      return `(${truthText(a, w)} && ${truthText(b, w)})`;
    case 'or':
      return `(${truthText(a, w)} || ${truthText(b, w)})`;
    case 'not':
      return `(!${truthText(a, w)})`;
    case 'is-nan':
      return `${w.call('is_nan')}(${exprText(a, w)})`;
    // Not `!=`, which a device may take to be false of NaN.
    case 'ne':
      return `!(${exprText(a, w)} == ${exprText(b, w)})`;
    default:
      return `(${exprText(a, w)} ${comparisons[fn]} ${exprText(b, w)})`;
  }
};

/** What an expression is as a condition: that it is not 0. */
export const truthText = (expr: Expr, w: ShaderWriter): string =>
  expr.kind === 'map' && isCondition(expr.fn)
    ? conditionText(expr.fn, expr.args, w)
    : `!(${exprText(expr, w)} == ${scalarOf(expr, w) === 'real' ? '0f' : '0i'})`;

export const exprText = (expr: Expr, w: ShaderWriter): string => {
  switch (expr.kind) {
    case 'number':
      return expr.scalar === 'real' ? realText(expr.value, w.call) : intText(expr.value);
    case 'index':
      return indexText(expr.of, w);
    case 'load':
      return loadText(expr.from, w);
    case 'local':
      return localName(expr.local);
    case 'map':
      return mapText(expr, w);
    case 'cast':
      return scalarOf(expr.of, w) === expr.to ? exprText(expr.of, w) : `${typeText[expr.to]}(${exprText(expr.of, w)})`;
    case 'within':
      return withinText(expr, w);
    case 'random': {
      const seed = seedText(expr.seed, w);
      const step = `i32(${exprText(expr.step, w)})`;
      return `${w.call(`random_${expr.distribution}`)}(${seed}, ${expr.id >>> 0}u, ${step}, ${indexText(expr.element, w)})`;
    }
  }
};

const mapText = (expr: Extract<Expr, { kind: 'map' }>, w: ShaderWriter): string => {
  if (isCondition(expr.fn)) return `select(0f, 1f, ${conditionText(expr.fn, expr.args, w)})`;
  if (expr.fn === 'select') {
    const [condition, then, otherwise] = expr.args as readonly [Expr, Expr, Expr];
    const test = truthText(condition, w);
    const chosen = exprText(then, w);
    return `select(${exprText(otherwise, w)}, ${chosen}, ${test})`;
  }
  const args = expr.args.map((arg) => exprText(arg, w));
  return elementwiseText(expr.fn, args, scalarOf(expr.args[0]!, w) === 'int', w.call);
};

/** Only the chosen side is evaluated: the other may read out of bounds. */
const withinText = (expr: Extract<Expr, { kind: 'within' }>, w: ShaderWriter): string => {
  const value = w.name('w');
  w.line(`var ${value}: ${typeText[scalarOf(expr, w)]};`);
  const tests = expr.tests.map(({ index, from, to }) => {
    const at = w.name('at');
    w.line(`let ${at} = ${indexText(index, w)};`);
    return `${at} >= ${intText(w.dim(from))} && ${at} < ${intText(w.dim(to))}`;
  });
  w.block(`if (${tests.length === 0 ? 'true' : tests.join(' && ')}) {`, () =>
    w.line(`${value} = ${exprText(expr.then, w)};`),
  );
  w.block('else {', () => w.line(`${value} = ${exprText(expr.otherwise, w)};`));
  return value;
};

/** A seed that is an input is read as the int that the caller gave. */
const seedText = (seed: Expr, w: ShaderWriter): string => {
  const word = seed.kind === 'load' ? w.facts.seedWord(seed.from.buffer) : null;
  return word === null ? `i32(${exprText(seed, w)})` : `bitcast<i32>(m[${word}])`;
};
