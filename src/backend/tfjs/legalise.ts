// Makes a program legal for every tfjs backend: few axes, no broadcasting kernel that is slow or wrong, no missing operation,
// right sums over many elements and over none. In: a tensor program. Out: its realisation, ready to be printed.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import { product, type Dim } from '../../tensor/dims.ts';
import type { Instr, Program, ValueId } from '../../tensor/program.ts';
import type { RoutineName } from '../../tensor/routines.ts';
import { hostConditions, hostFlopsPerOperation, type Scan } from './host-loops/hostable.ts';
import { realiseContract, type RealisedSemiring } from './legalise/contract.ts';
import { realiseMap } from './legalise/elementwise.ts';
import { realiseGibbsSum, type Producers } from './legalise/gibbs.ts';
import { handleOf, literal, whole, wholeAs, type Handle } from './legalise/handle.ts';
import { keptShape } from './legalise/layout.ts';
import { realiseScan, realiseWhile, type Reader } from './legalise/loops.ts';
import { realiseGroupSum } from './legalise/group-sums.ts';
import { realisePickedSum } from './legalise/picked.ts';
import { Realiser, tensorType } from './legalise/realiser.ts';
import {
  realiseArgmin,
  realiseConcat,
  realiseGather,
  realiseIota,
  realiseScatterAdd,
  realiseView,
} from './legalise/views.ts';
import { dimText, shapeText } from './names.ts';
import type { HelperOperation } from './operations.ts';
import type { Realisation } from './realisation.ts';
import { sizesMentioned } from './sizes-mentioned.ts';

type Op = Instr['op'];
type InstrOf<O extends Op> = Extract<Instr, { op: O }>;
interface Surroundings {
  readonly r: Realiser;
  /** Floating-point operations that the host does in the time of one operation of tfjs. */
  readonly hostLimit: number;
}
interface Context extends Surroundings, Reader, Producers {
  readonly program: Program;
  /** When the host runs a scan of this program; null where it never does. */
  readonly hostCondition: (scan: Scan) => string | null;
  /** No loop encloses this program. */
  readonly outermost: boolean;
}
type Rule<O extends Op> = (instr: InstrOf<O>, context: Context) => readonly Handle[];

interface RoutineFacts {
  readonly helper: HelperOperation;
  /** How many last axes each argument keeps; the others are one batch axis. */
  readonly core: readonly number[];
}
const routines: Readonly<Record<RoutineName, RoutineFacts>> = {
  cholesky: { helper: 'runCholesky', core: [2] },
  'triangular-solve': { helper: 'runTriangularSolve', core: [2, 2] },
  'triangular-solve-transposed': { helper: 'runTriangularSolveTransposed', core: [2, 2] },
  solve: { helper: 'runSolve', core: [2, 2] },
  inverse: { helper: 'runInverse', core: [2] },
  'log-abs-det': { helper: 'runLogAbsDet', core: [2] },
  eigh: { helper: 'runEigh', core: [2] },
  sort: { helper: 'runSort', core: [1] },
  'block-tridiagonal': { helper: 'runBlockTridiagonal', core: [3, 3, 2] },
};

const batched = (shape: readonly Dim[], core: number): readonly Dim[] => [
  product(shape.slice(0, shape.length - core)),
  ...shape.slice(shape.length - core),
];

const rules: { readonly [O in Op]: Rule<O> } = {
  constant: ({ out: [id], value }, { r, info }) => {
    const { shape, dtype } = info(id);
    const type = dtype === 'int' ? 'int32' : 'float32';
    if (typeof value === 'number') return [handleOf(r.scalar(value, type), shape)];
    if (value.length === 1) return [handleOf(r.scalar(value[0]!, type), shape)];
    return [handleOf(literal(r, value, shape, type), shape)];
  },
  dim: ({ dim }, { r }) => [handleOf(r.size(dimText(dim)), [])],
  iota: ({ out: [id], axis }, { r, info }) => [
    realiseIota(r, info(id).shape, axis, info(id).dtype === 'int' ? 'int32' : 'float32'),
  ],
  map: ({ out: [id], fn, args }, { r, handle, info }) => [
    realiseMap(r, fn, args.map(handle), info(id).shape, info(id).dtype),
  ],
  contract: (instr, context) => {
    const { r, handle, info } = context;
    const sum =
      realiseGibbsSum(r, instr, context) ?? realiseGroupSum(r, instr, context) ?? realisePickedSum(r, instr, context);
    if (sum !== null) return [sum];
    const {
      out: [id],
      semiring,
      operands,
      keep,
    } = instr;
    const realised: RealisedSemiring =
      semiring.kind === 'soft-min'
        ? { kind: 'soft-min', beta: whole(r, handle(semiring.beta)) }
        : { kind: semiring.kind };
    return [
      realiseContract(
        r,
        realised,
        operands.map(({ value, axes }) => ({ handle: handle(value), labels: axes })),
        keep,
        info(id).shape,
      ),
    ];
  },
  argmin: ({ out: [id], arg, axis }, { r, handle, info }) => [realiseArgmin(r, handle(arg), axis, info(id).shape)],
  view: ({ out: [id], arg, view }, { r, handle, info }) => [realiseView(r, handle(arg), view, info(id).shape)],
  concat: ({ out: [id], args, axis }, { r, handle, info }) => [
    realiseConcat(r, args.map(handle), axis, info(id).shape),
  ],
  gather: ({ out: [id], data, indices, axis }, { r, handle, info }) => [
    realiseGather(r, handle(data), handle(indices), axis, info(id).shape),
  ],
  'scatter-add': ({ out: [id], updates, indices, axis }, { r, handle, info }) => [
    realiseScatterAdd(r, handle(updates), handle(indices), axis, info(id).shape),
  ],
  cast: ({ out: [id], arg }, { r, handle, info }) => {
    const source = handle(arg);
    return [{ ...source, tensor: r.cast(source.tensor, info(id).dtype === 'int' ? 'int32' : 'float32'), truth: false }];
  },
  random: ({ out: [id], id: stream, seed, step, distribution }, { r, handle, info }) => {
    const { shape } = info(id);
    const seen = keptShape(shape);
    const attributes = [`'${distribution}'`, String(stream), shapeText(seen)];
    const scalars = [seed, step].map((value) => wholeAs(r, handle(value), []));
    return [handleOf(r.call('randomTensor', scalars, attributes, seen, 'float32'), shape)];
  },
  routine: ({ out, name, args }, { r, handle, info }) => {
    const { helper, core } = routines[name];
    const tensors = args.map((id, i) => wholeAs(r, handle(id), batched(info(id).shape, core[i]!)));
    const batchRank = info(args[0]!).shape.length - core[0]!;
    const infos = out.map((id) => ({
      shape: batched(info(id).shape, info(id).shape.length - batchRank),
      type: tensorType(info(id).dtype),
    }));
    return r.callAll(helper, tensors, [], infos).map((tensor, i) => handleOf(tensor, info(out[i]!).shape));
  },
  scan: (instr, context) =>
    realiseScan(context.r, instr, context, context.hostCondition(instr), (program, inputs) =>
      inline(context, program, inputs),
    ),
  while: (instr, context) =>
    realiseWhile(context.r, instr, context, context.outermost, (program, inputs) => inline(context, program, inputs)),
};

/** Realises a program where the realiser stands. In: handles of its inputs. Out: handles of its outputs. */
const inline = (
  { r, hostLimit }: Surroundings,
  program: Program,
  inputs: readonly Handle[],
  outermost = false,
): readonly Handle[] => {
  const handles = new Map<ValueId, Handle>(program.inputs.map(({ id }, i) => [id, inputs[i]!]));
  const handle = (id: ValueId): Handle => {
    const found = handles.get(id);
    if (found === undefined) throw new InternalError(`value ${id} is read before it is made`);
    return found;
  };
  const producers = new Map(program.instrs.flatMap((instr) => instr.out.map((id) => [id, instr] as const)));
  const conditions = hostConditions(program, hostLimit);
  const context: Context = {
    r,
    hostLimit,
    hostCondition: (scan) => conditions.get(scan) ?? null,
    program,
    outermost,
    handle,
    info: (id) => program.values[id]!,
    producer: (id) => producers.get(id),
  };
  for (const instr of program.instrs) {
    const results = (rules[instr.op] as Rule<Op>)(instr as never, context);
    for (const [i, id] of instr.out.entries()) handles.set(id, results[i]!);
  }
  return program.outputs.map(({ id }) => handle(id));
};

/** `hostLimit`: 0 keeps every scan on tfjs, Infinity runs on the host whatever can. */
export const legalise = (program: Program, hostLimit = hostFlopsPerOperation): Realisation => {
  const r = new Realiser();
  const inputs = program.inputs.map(({ name, id }) => {
    const { shape, dtype } = program.values[id]!;
    return { name, shape, tensor: r.declare({ shape: keptShape(shape), type: tensorType(dtype) }, name) };
  });
  const results = inline(
    { r, hostLimit },
    program,
    inputs.map(({ tensor, shape }) => handleOf(tensor, shape)),
    true,
  );
  const outputs = program.outputs.map(({ name, id }, i) => ({
    name,
    tensor: whole(r, results[i]!),
    shape: program.values[id]!.shape,
  }));
  return { sizes: [...sizesMentioned(program)].sort(), inputs, steps: r.block.steps, outputs };
};
