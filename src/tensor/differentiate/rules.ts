// The gradient rule of every instruction. In: the instruction and the adjoints of its results (null: zero).
// Out: contributions to the adjoints of what it reads; readers that are not `needed` may be left out.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import type { Builder, Value } from '../builder.ts';
import { isOne, shapesEqual, subtract, type Dim } from '../dims.ts';
import type { Instr, ValueId, View } from '../program.ts';
import {
  betaGradient,
  minPlusWeights,
  softMinWeights,
  sumProductGradient,
  weightedGradient,
} from './contraction-gradients.ts';
import { elementwiseGradients } from './elementwise-gradients.ts';
import { routineGradients } from './routine-gradients.ts';
import { scanGradient } from './scan-gradient.ts';

export type Contribution = readonly [ValueId, Value];
type Op = Instr['op'];
export type InstrOf<O extends Op> = Extract<Instr, { op: O }>;

export interface Seed {
  readonly value: Value;
  /** Same shape as the value. */
  readonly adjoint: Value;
}
/** The whole reverse pass, for rules that differentiate a nested program: differentiate.ts hands itself in. */
export type PullBack = (
  b: Builder,
  seeds: readonly Seed[],
  wrt: readonly Value[],
  /** What computed the seeds' values; by default all instructions of the builder. */
  instrs?: readonly Instr[],
) => readonly (Value | null)[];

export type Rule<O extends Op> = (
  b: Builder,
  instr: InstrOf<O>,
  adjoints: readonly (Value | null)[],
  needed: (id: ValueId) => boolean,
  pullBack: PullBack,
) => readonly Contribution[];

/** Sums an adjoint over the axes along which an argument was repeated. */
export const unbroadcast = (b: Builder, adjoint: Value, shape: readonly Dim[]): Value => {
  if (shapesEqual(adjoint.shape, shape)) return adjoint;
  if (shape.length === 0) return b.sum(adjoint);
  const repeated = shape.flatMap((dim, i) => (isOne(dim) && !isOne(adjoint.shape[i]!) ? [i] : []));
  return b.reshape(b.sum(adjoint, repeated), shape);
};

const viewGradient = (b: Builder, view: View, adjoint: Value, from: readonly Dim[]): Value => {
  switch (view.kind) {
    case 'reshape':
      return b.reshape(adjoint, from);
    case 'transpose':
      return b.transpose(
        adjoint,
        view.permutation.map((_, i) => view.permutation.indexOf(i)),
      );
    case 'slice':
      return b.pad(
        adjoint,
        view.start,
        from.map((dim, i) => subtract(subtract(dim, view.start[i]!), view.length[i]!)),
      );
    case 'expand':
      return unbroadcast(b, adjoint, from);
    case 'reverse':
      return b.reverse(adjoint, view.axis);
    case 'pad':
      return b.slice(adjoint, view.before, from);
  }
};

const none = (): readonly Contribution[] => [];

export const gradientRules: { readonly [O in Op]: Rule<O> } = {
  constant: none,
  dim: none,
  iota: none,
  argmin: none,
  random: none,
  // To int: no adjoint arrives. From int: indices have none.
  cast: none,
  map: (b, instr, [adjoint]) => {
    const args = instr.args.map((id) => b.handle(id));
    const parts = elementwiseGradients[instr.fn](b, adjoint!, args, b.handle(instr.out[0]));
    return parts.flatMap((part, i): readonly Contribution[] => {
      if (part === null) return [];
      // A rule whose result is a smaller constant stands for its repetition over the adjoint's shape.
      const full = part.shape.length === 0 && adjoint!.shape.length > 0 ? b.broadcast(part, adjoint!.shape) : part;
      return [[args[i]!.id, unbroadcast(b, full, args[i]!.shape)]];
    });
  },
  contract: (b, instr, [adjoint], needed) => {
    const operands = instr.operands.map(({ value, axes }) => ({ value: b.handle(value), axes }));
    const contraction = { operands, keep: instr.keep, out: b.handle(instr.out[0]) };
    const { semiring } = instr;
    const each = (rule: (index: number) => Value): readonly Contribution[] =>
      operands.flatMap(({ value }, i): readonly Contribution[] => (needed(value.id) ? [[value.id, rule(i)]] : []));
    switch (semiring.kind) {
      case 'sum-product':
        return each((i) => sumProductGradient(b, contraction, adjoint!, i));
      case 'min-plus': {
        const weights = minPlusWeights(b, contraction);
        return each((i) => weightedGradient(b, contraction, weights, adjoint!, i));
      }
      case 'soft-min': {
        const beta = b.handle(semiring.beta);
        const weights = softMinWeights(b, contraction, beta);
        const parts = each((i) => weightedGradient(b, contraction, weights, adjoint!, i));
        const toBeta = needed(beta.id) ? betaGradient(b, contraction, weights, beta, adjoint!) : null;
        return toBeta === null ? parts : [...parts, [beta.id, toBeta]];
      }
    }
  },
  view: (b, instr, [adjoint]) => [[instr.arg, viewGradient(b, instr.view, adjoint!, b.handle(instr.arg).shape)]],
  concat: (b, instr, [adjoint]) => {
    let start: Dim = [];
    return instr.args.map((id): Contribution => {
      const length = b.handle(id).shape[instr.axis]!;
      const part = b.sliceAxis(adjoint!, instr.axis, start, length);
      start = subtract(start, subtract([], length));
      return [id, part];
    });
  },
  gather: (b, instr, [adjoint]) => {
    const length = b.handle(instr.data).shape[instr.axis]!;
    return [[instr.data, b.scatterAdd(adjoint!, b.handle(instr.indices), instr.axis, length)]];
  },
  'scatter-add': (b, instr, [adjoint]) => [[instr.updates, b.gather(adjoint!, b.handle(instr.indices), instr.axis)]],
  routine: (b, instr, adjoints) => {
    const handles = (ids: readonly ValueId[]): readonly Value[] => ids.map((id) => b.handle(id));
    const parts = routineGradients[instr.name](b, handles(instr.args), handles(instr.out), adjoints);
    return parts.flatMap((part, i): readonly Contribution[] => (part === null ? [] : [[instr.args[i]!, part]]));
  },
  scan: scanGradient,
  while: () => {
    throw new InternalError(
      'while has no reverse-mode derivative: differentiate at its fixed point (envelope or implicit), or unroll it with scan',
    );
  },
};
