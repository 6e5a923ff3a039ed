// Reverse-mode differentiation on a live builder. In: Values built so far. Out: their derivatives, as appended instructions,
// which can be differentiated again. Marginals are gradients of log Z, decoding is the gradient of a minimum.
// min and argmin route to the first minimum; stop-gradient, random numbers, indices and comparisons have derivative zero.
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Builder, Value } from './builder.ts';
import { printShape, shapesEqual } from './dims.ts';
import { gradientRules, type PullBack, type Rule } from './differentiate/rules.ts';
import { operandsOf } from './instructions.ts';
import type { Instr, ValueId } from './program.ts';

/** d output / d wrt[i], each in the shape of wrt[i]; zeros where output does not depend on it. `output` is a scalar, unless
 *  `seedAdjoint` weighs its entries. `wrt` may be inputs or any float values on the way; values of enclosing builders too.
 *  Throws InternalError for constants, for a dependence through `while`, and for one hidden in an enclosing builder. */
export const gradient = (b: Builder, output: Value, wrt: readonly Value[], seedAdjoint?: Value): readonly Value[] => {
  if (output.builder !== b && output.builder.isAncestorOf(b))
    return gradient(output.builder, output, wrt, seedAdjoint).map((value) => b.use(value));
  if (seedAdjoint === undefined && output.shape.length > 0)
    throw new InternalError(
      `gradient of a value of shape ${printShape(output.shape)}: a scalar or a seed adjoint is needed`,
    );
  const adjoint = seedAdjoint === undefined ? b.constant(1) : b.use(seedAdjoint);
  const locals = wrt.map((value) => b.use(value));
  for (const local of locals) {
    const op = b.producer(local)?.op;
    if (op === 'constant' || op === 'dim')
      throw new InternalError('gradient with respect to a constant: make it an input');
    if (local.dtype === 'int') throw new InternalError('gradient with respect to an int value');
  }
  const found = pullBack(b, [{ value: b.use(output), adjoint }], locals);
  refuseHiddenDependence(b, wrt);
  return found.map((value, i) => value ?? b.zeros(locals[i]!.shape));
};

/** Adjoints of `wrt` under several seeds at once; null where it is zero. All values belong to `b`. */
export const pullBack: PullBack = (b, seeds, wrt, instrs = [...b.instrs]) => {
  const active = dependents(instrs, new Set(wrt.map((v) => v.id)));
  const needed = (id: ValueId): boolean => active.has(id) && b.handle(id).dtype === 'float';
  const adjoints = new Map<ValueId, Value>();
  const accumulate = (id: ValueId, part: Value): void => {
    if (!needed(id)) return;
    const { shape } = b.handle(id);
    if (!shapesEqual(shape, part.shape))
      throw new InternalError(`adjoint of shape ${printShape(part.shape)} for a value of shape ${printShape(shape)}`);
    const before = adjoints.get(id);
    adjoints.set(id, before === undefined ? part : b.add(before, part));
  };
  for (const { value, adjoint } of seeds) accumulate(value.id, adjoint);
  for (const instr of instrs.toReversed()) {
    const outs = instr.out.map((id) => adjoints.get(id) ?? null);
    if (outs.every((adjoint) => adjoint === null) || !operandsOf(instr).some(needed)) continue;
    const rule = gradientRules[instr.op] as Rule<Instr['op']>;
    for (const [id, part] of rule(b, instr, outs, needed, pullBack)) accumulate(id, part);
  }
  return wrt.map((v) => adjoints.get(v.id) ?? null);
};

/** The given values and every value computed from them. */
const dependents = (instrs: readonly Instr[], from: ReadonlySet<ValueId>): ReadonlySet<ValueId> => {
  const found = new Set(from);
  for (const instr of instrs)
    if (operandsOf(instr).some((id) => found.has(id))) for (const id of instr.out) found.add(id);
  return found;
};

/** A captured value that was itself computed from an outer `wrt` would be taken for a constant: refuse instead. */
const refuseHiddenDependence = (b: Builder, wrt: readonly Value[]): void => {
  for (let level = b; level.parent !== null; level = level.parent) {
    const outer = level.parent;
    const sources = wrt.filter((v) => v.builder === outer || v.builder.isAncestorOf(outer)).map((v) => outer.use(v).id);
    const computed = dependents(outer.instrs, new Set(sources));
    if (level.captured().some((c) => computed.has(c.outer.id) && !sources.includes(c.outer.id)))
      throw new InternalError(
        'gradient inside a loop with respect to an outer value that the loop also uses through another one',
      );
  }
};
