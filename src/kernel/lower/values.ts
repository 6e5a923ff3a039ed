// Values as functions of indices. In: a value and an index of it. Out: the expression of that entry: a load where the value is
// stored, else what it is computed from. Equal entries asked for again are the same object, which sharing.ts looks for.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import { constantValue, isOne } from '../../tensor/dims.ts';
import type { Instr, ValueId } from '../../tensor/program.ts';
import { constantIndex, offsetOf, stridesOfShape, subtractIndex, zero } from '../index-arithmetic.ts';
import type { Expr, Index } from '../kernel.ts';
import { printIndex } from '../print-expressions.ts';
import type { Context, Scope } from './context.ts';
import { cast, indexOf, map, numberOf, realOfDim } from './expressions.ts';
import { broadcastIndex, contractReads, gatherIndices, offsetsOf } from './reads.ts';
import { throughView, type Tests } from './views.ts';

type InstrOf<O extends Instr['op']> = Extract<Instr, { op: O }>;

/** The entries of values met in one iteration of one nest. */
export class Entries {
  private readonly known = new Map<string, Expr>();

  constructor(private readonly context: Context) {}

  /** The entry of a value at an index. */
  at(scope: Scope, value: ValueId, given: readonly Index[]): Expr {
    const { shape } = scope.program.values[value]!;
    const indices = given.map((index, axis) => (isOne(shape[axis]!) ? zero : index));
    const source = scope.sources.get(value);
    if (source === undefined) throw new InternalError(`value ${value} is read before it is lowered`);
    switch (source.kind) {
      case 'stored':
        return this.once(scope, value, indices, () => ({
          kind: 'load',
          from: this.context.access(source.place, indices),
        }));
      case 'outer':
        return this.at(source.scope, source.value, [...source.leading, ...indices]);
      case 'scalar':
        return source.expr;
      case 'computed':
        return this.once(scope, value, indices, () => this.computed(scope, source.instr, indices));
    }
  }

  private once(scope: Scope, value: ValueId, indices: readonly Index[], make: () => Expr): Expr {
    const key = `${scope.number}:${value}[${indices.map(printIndex).join(', ')}]`;
    const known = this.known.get(key) ?? make();
    this.known.set(key, known);
    return known;
  }

  /** What an instruction gives at an index, also where its result is stored: that is what is stored. */
  computed(scope: Scope, instr: Instr, indices: readonly Index[]): Expr {
    const info = scope.program.values[instr.out[0]!]!;
    const read = (value: ValueId, at: readonly Index[]): Expr => this.at(scope, value, at);
    switch (instr.op) {
      case 'constant':
        return this.constant(scope, instr);
      case 'dim':
        return realOfDim(instr.dim);
      case 'iota': {
        const of: Expr = { kind: 'index', of: indices[instr.axis]! };
        return info.dtype === 'int' ? of : cast('real', of);
      }
      case 'map':
        return map(
          instr.fn,
          instr.args.map((arg) => read(arg, broadcastIndex(scope.program.values[arg]!.shape, indices))),
        );
      case 'contract': {
        const at = new Map(instr.keep.map((label, i) => [label, indices[i]!]));
        return combined(instr, contractReads(instr, at).map((r) => read(r.value, r.indices))); // prettier-ignore
      }
      case 'view':
        return this.view(scope, instr, indices);
      case 'concat':
        return this.concat(scope, instr, indices);
      case 'gather': {
        const { at, data } = gatherIndices(scope.program, instr, indices);
        return read(instr.data, data(indexOf(read(instr.indices, at))));
      }
      case 'cast':
        return cast(info.dtype === 'int' ? 'int' : 'real', read(instr.arg, indices));
      case 'random':
        return {
          kind: 'random',
          distribution: instr.distribution,
          id: instr.id,
          seed: read(instr.seed, []),
          step: read(instr.step, []),
          element: offsetOf({ buffer: 0, at: indices, strides: stridesOfShape(info.shape) }),
        };
      default:
        throw new InternalError(`${instr.op} has no entries before it is computed`);
    }
  }

  private constant(scope: Scope, { out, value }: InstrOf<'constant'>): Expr {
    const scalar = scope.program.values[out[0]]!.dtype === 'int' ? 'int' : 'real';
    const number = typeof value === 'number' ? value : value[0];
    if (number === undefined) return numberOf(0, scalar);
    if (typeof value !== 'number' && value.some((other) => !Object.is(other, number)))
      throw new InternalError(`constant ${out[0]} is no number`);
    return numberOf(number, scalar);
  }

  private view(scope: Scope, { arg, view }: InstrOf<'view'>, at: readonly Index[]): Expr {
    const { shape, dtype } = scope.program.values[arg]!;
    const { indices, tests } = throughView(view, shape, at, this.context.lengthOf);
    if (view.kind !== 'pad') return this.at(scope, arg, indices);
    const otherwise = numberOf(view.value, dtype === 'int' ? 'int' : 'real');
    const open = tests.filter((test) => holds(test) === null);
    if (tests.some((test) => holds(test) === false)) return otherwise;
    const then = this.at(scope, arg, indices);
    return open.length === 0 ? then : { kind: 'within', tests: open, then, otherwise };
  }

  private concat(scope: Scope, { args, axis }: InstrOf<'concat'>, indices: readonly Index[]): Expr {
    const offsets = offsetsOf(scope.program, args, axis);
    const index = indices[axis]!;
    const part = (k: number): Expr =>
      this.at(scope, args[k]!, indices.with(axis, subtractIndex(index, constantIndex(offsets[k]!))));
    const tests = offsets.slice(1).map((to, k) => ({ index, from: offsets[k]!, to }));
    const certain = tests.findIndex((test) => holds(test) === true);
    if (certain >= 0) return part(certain);
    const open = [...tests.keys()].filter((k) => holds(tests[k]!) === null);
    return open
      .slice(0, -1)
      .reduceRight<Expr>(
        (otherwise, k) => ({ kind: 'within', tests: [tests[k]!], then: part(k), otherwise }),
        part(open.at(-1) ?? args.length - 1),
      );
  }
}

/** Whether a test is known to hold, or known not to. */
const holds = ({ index, from, to }: Tests[number]): boolean | null => {
  if (index.terms.length > 0) return null;
  const [at, first, end] = [index.constant, from, to].map(constantValue);
  return at == null || first == null || end == null ? null : first <= at && at < end;
};

/** The product (sum-product) or the sum of the operands of a contraction. */
export const combined = ({ semiring }: InstrOf<'contract'>, operands: readonly Expr[]): Expr =>
  operands.reduce((a, b) => map(semiring.kind === 'sum-product' ? 'mul' : 'add', [a, b]));
