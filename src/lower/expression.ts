// Typed expressions to named tensors. Indices and enumerated states are axes, so one expression over plates is one tensor
// operation. In: an Expr with lets and nets expanded, an Environment. Out: a NamedTensor whose shape is the expression's.
import { InternalError } from '../diagnostics/diagnostic.ts';
import { affineIndex } from '../graph/expressions.ts';
import type { Expr, SubscriptExpr } from '../semantics/model.ts';
import { builtins } from '../semantics/builtins.ts';
import type { Value } from '../tensor/builder.ts';
import * as dims from '../tensor/dims.ts';
import type { Axis, NamedTensor } from './named-tensor.ts';
import { aligned, contractNamed, mapNamed, positional, scalar, unionAxes, unname } from './named-tensor.ts';
import type { Environment, LowerExpression, States } from './environment.ts';
import { binderAxis, slotAxis, withAxes } from './environment.ts';
import type { Subscript } from './indexing.ts';
import { subscriptNamed } from './indexing.ts';
import { lowerProduct } from './products.ts';
import { lowerReduce } from './reductions.ts';
import { remembering } from './shared-parts.ts';

/** Parts that occur several times (one object) are lowered once. */
export const lowerExpression: LowerExpression = (env, expr) => remembering(lowerOne)(env, expr);

const lowerOne = (env: Environment, expr: Expr, lower: LowerExpression): NamedTensor => {
  const b = env.builder;
  switch (expr.kind) {
    case 'number':
      return scalar(b.constant(expr.value));
    case 'dim':
      return scalar(b.dim(expr.dim));
    case 'beta':
      return scalar(env.beta);
    case 'index':
      return lowerIndex(env, axisOf(env, expr.id));
    case 'ref':
      return lowerRef(env, expr, lower);
    case 'call':
      return lowerProduct(env, expr, lower) ?? lowerCall(env, expr, lower);
    case 'reduce':
      return lowerReduce(env, expr, lower);
    case 'stack': {
      const axes = expr.binders.map(binderAxis);
      return unname(b, lower(withAxes(env, axes), expr.body), axes);
    }
    case 'if': {
      const condition = lower(env, expr.condition);
      return mapNamed(b, 'select', condition, lower(env, expr.then), lower(env, expr.else));
    }
    case 'array':
      return lowerArray(
        env,
        expr.elements.map((e) => lower(env, e)),
      );
    case 'subscript':
      return lowerSubscript(env, expr, lower);
    case 'ragged':
      throw new InternalError(`the lengths of ${expr.size} are not data`);
    case 'parameter':
    case 'net':
    case 'layer':
    case 'weights':
    case 'free-energy':
    case 'negatives':
      throw new InternalError(`lowering of '${expr.kind}' was not refused by the planner`);
  }
};

const axisOf = (env: Environment, id: string): Axis => {
  const axis = env.axes.get(id);
  if (axis === undefined) throw new InternalError(`index ${id} has no axis`);
  return axis;
};

const lowerIndex = (env: Environment, axis: Axis): NamedTensor => {
  const b = env.builder;
  const iota = b.iota([axis.dim], 0, 'float');
  return { value: axis.from.length === 0 ? iota : b.add(iota, b.dim(axis.from)), axes: [axis], shape: [] };
};

// ---------------------------------------------------------------- references

const lowerRef = (env: Environment, expr: Expr & { kind: 'ref' }, lower: LowerExpression): NamedTensor => {
  if (expr.of === 'let') throw new InternalError(`let ${expr.name} was not expanded`);
  if (expr.of === 'const') return lowerConst(env, expr, lower);
  const binding = env.bindings.get(expr.name);
  if (binding === undefined) throw new InternalError(`variable ${expr.name} has no binding`);
  if (binding.kind === 'states') return statesOf(env, binding.states, slotAxis(expr.name, expr.at, binding.states));
  if (binding.kind === 'given') {
    const subscripts = expr.at.map((e) => indexSubscript(env, e, lower));
    return subscriptNamed(env.builder, positional(binding.value), subscripts);
  }
  // A computed node: its axes are renamed to the reference's indices.
  const axes = binding.tensor.axes.map((axis) => {
    const position = binding.indices.indexOf(axis.id);
    const at = position < 0 ? null : affineIndex(expr.at[position]!);
    if (position >= 0 && (at?.index == null || at.offset.length > 0))
      throw new InternalError(`${expr.name}: a computed node is read at plain indices only`);
    return at === null ? axis : axisOf(env, at.index!);
  });
  return { ...binding.tensor, axes };
};

const lowerConst = (env: Environment, expr: Expr & { kind: 'ref' }, lower: LowerExpression): NamedTensor => {
  const set = env.consts.get(expr.name);
  if (set !== undefined) return positional(set);
  const declared = env.model.consts.find((c) => c.name === expr.name);
  if (declared === undefined) throw new InternalError(`const ${expr.name} is not declared`);
  return lower(env, declared.value);
};

/** The value of an enumerated node: one entry (or one row) per state along its slot axis. */
const statesOf = (env: Environment, states: States, axis: Axis): NamedTensor => {
  const b = env.builder;
  switch (states.kind) {
    case 'number':
      return { value: b.iota([states.count], 0, 'float'), axes: [axis], shape: [] };
    case 'onehot':
      return { value: b.eye(states.count), axes: [axis], shape: [states.count] };
    case 'values':
      return { value: states.values!, axes: [axis], shape: states.values!.shape.slice(1) };
  }
};

// ---------------------------------------------------------------- subscripts

/** A scalar position along an axis. */
const indexSubscript = (env: Environment, at: Expr, lower: LowerExpression): Subscript => {
  const affine = affineIndex(at);
  if (affine !== null) {
    if (affine.index === null) return { kind: 'fixed', position: affine.offset };
    const axis = axisOf(env, affine.index);
    return { kind: 'axis', axis, start: dims.add(axis.from, affine.offset) };
  }
  const states = numberStates(env, at);
  if (states !== null) return { kind: 'axis', axis: states, start: [] };
  return { kind: 'at', position: lower(env, at) };
};

/** The slot axis when the index is just an enumerated node whose states are 0, 1, 2, … (or one-hot). */
const numberStates = (env: Environment, at: Expr): Axis | null => {
  const inner = at.kind === 'call' && at.fn === 'stop_gradient' ? at.args[0]! : at;
  if (inner.kind !== 'ref' || inner.of !== 'variable') return null;
  const binding = env.bindings.get(inner.name);
  if (binding?.kind !== 'states' || binding.states.kind === 'values') return null;
  return slotAxis(inner.name, inner.at, binding.states);
};

const lowerSubscript = (env: Environment, expr: Expr & { kind: 'subscript' }, lower: LowerExpression): NamedTensor => {
  const b = env.builder;
  const base = lower(env, expr.base);
  const one = (s: SubscriptExpr): Subscript => {
    if (s.kind === 'all') return { kind: 'all' };
    if (s.kind === 'at') return indexSubscript(env, s.at, lower);
    const from = affineIndex(s.from);
    if (from === null || from.index !== null) throw new InternalError('a slice must begin at a size');
    return { kind: 'slice', start: from.offset, length: s.length };
  };
  // A given one-hot vector used as an index is a contraction: M[z] = Σ_k M_k z_k, M[y, z] = Σ_jk M_jk y_j z_k.
  const isVector = (s: SubscriptExpr): s is SubscriptExpr & { kind: 'at' } =>
    s.kind === 'at' && s.at.type.shape.length === 1 && numberStates(env, s.at) === null;
  const vectors = expr.subscripts.filter(isVector);
  if (vectors.length === 0) return subscriptNamed(b, base, expr.subscripts.map(one));
  const kept = subscriptNamed(
    b,
    base,
    expr.subscripts.map((s): Subscript => (isVector(s) ? { kind: 'all' } : one(s))),
  );
  const open = expr.subscripts.filter((s) => s.kind !== 'at' || isVector(s));
  const label = (i: number): string => `%${i}`;
  const rest = kept.shape.flatMap((dim, i): readonly Axis[] => {
    const s = open[i];
    return s !== undefined && isVector(s) ? [] : [{ id: label(i), dim, from: [] }];
  });
  const weights = vectors.map((s) => ({ tensor: lower(env, s.at), labels: [label(open.indexOf(s))] }));
  const operands = [{ tensor: kept, labels: kept.shape.map((_, i) => label(i)) }, ...weights];
  const axes = unionAxes(...operands.map((o) => o.tensor.axes));
  return unname(b, contractNamed(b, 'sum-product', operands, [...axes, ...rest]), rest);
};

// ---------------------------------------------------------------- calls and arrays

const lowerCall = (env: Environment, expr: Expr & { kind: 'call' }, lower: LowerExpression): NamedTensor => {
  const b = env.builder;
  const args = expr.args.map((a) => lower(env, a));
  const axes = unionAxes(...args.map((a) => a.axes));
  const builtin = builtins[expr.fn];
  if (builtin.lower === null) throw new InternalError(`${expr.fn} was not refused by the planner`);
  const values: Value[] = args.map((a) => aligned(b, a, axes, builtin.elementwise !== true));
  const result = builtin.lower(b, values, axes.length, expr);
  // Arguments without some axis keep length 1 there; expand so that the layout is what the axes say.
  const shape = [...axes.map((a) => a.dim), ...expr.type.shape];
  return { value: b.expand(result, shape), axes, shape: expr.type.shape };
};

const lowerArray = (env: Environment, elements: readonly NamedTensor[]): NamedTensor => {
  const b = env.builder;
  const axes = unionAxes(...elements.map((e) => e.axes));
  const values = elements.map((e) => {
    const value = aligned(b, e, axes, true);
    return b.reshape(value, [...axes.map((a) => a.dim), dims.constant(1), ...e.shape]);
  });
  const shape = [dims.constant(elements.length), ...elements[0]!.shape];
  return { value: values.length === 1 ? values[0]! : b.concat(values, axes.length), axes, shape };
};
