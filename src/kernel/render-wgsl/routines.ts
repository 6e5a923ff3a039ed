// Routines in WGSL: one invocation for each matrix of the batch. In: a routine statement. Out: how many there are, the call for one
// of them, the words of workspace that it needs and the operations that it takes, by which large ones are left to the host.
import type { RoutineName } from '../../tensor/routines.ts';
import type { Statement } from '../kernel.ts';
import type { FunctionName } from './functions.ts';
import { productOf } from './loops.ts';
import type { ShaderWriter } from './shader-writer.ts';

type RoutineStatement = Extract<Statement, { kind: 'routine' }>;

/** Of one matrix: n × n, m columns on the right-hand side or blocks along a chain. */
interface Core {
  readonly n: number;
  readonly m: number;
}

interface Rule {
  /** Axes of the first argument that are not the batch. */
  readonly coreRank: number;
  readonly core: (first: readonly number[], last: readonly number[]) => Core;
  /** Words of an entry, and operations on numbers of two floats. */
  readonly workspace: (core: Core) => number;
  readonly operations: (core: Core) => number;
  readonly call: (
    call: (name: FunctionName) => string,
    args: readonly string[],
    outs: readonly string[],
    w: string,
    c: Core,
  ) => string;
}

const square: Pick<Rule, 'coreRank' | 'core'> = { coreRank: 2, core: (a) => ({ n: a.at(-1)!, m: a.at(-1)! }) };
const withColumns: Pick<Rule, 'coreRank' | 'core'> = { coreRank: 2, core: (_, b) => ({ n: b.at(-2)!, m: b.at(-1)! }) };
const triangular = (transposed: boolean): Rule => ({
  ...withColumns,
  workspace: ({ n }) => 2 * n,
  operations: ({ n, m }) => n * n * m,
  call: (call, [l, b], [out], w, { n, m }) => `${call('triangular_solve')}(${l}, ${b}, ${out}, ${w}, ${n}i, ${m}i, ${transposed});`, // prettier-ignore
});
const general = ({ n }: Core): number => 2 * n * n + n + 2 * n;

const rules: Readonly<Record<RoutineName, Rule>> = {
  cholesky: {
    ...square,
    workspace: ({ n }) => 2 * n * n,
    operations: ({ n }) => (n * n * n) / 3 + n * n,
    call: (call, [a], [out], w, { n }) => `${call('cholesky_')}(${a}, ${out}, ${w}, ${n}i);`,
  },
  'triangular-solve': triangular(false),
  'triangular-solve-transposed': triangular(true),
  solve: {
    ...withColumns,
    workspace: general,
    operations: ({ n, m }) => n * n * n + 2 * n * n * m,
    call: (call, [a, b], [out], w, { n, m }) => `${call('solve_')}(${a}, ${b}, ${out}, ${w}, ${n}i, ${m}i);`,
  },
  inverse: {
    ...square,
    workspace: general,
    operations: ({ n }) => 3 * n * n * n,
    call: (call, [a], [out], w, { n }) => `${call('solve_')}(${a}, -1i, ${out}, ${w}, ${n}i, ${n}i);`,
  },
  'log-abs-det': {
    ...square,
    workspace: general,
    operations: ({ n }) => n * n * n + 40 * n,
    call: (call, [a], [out], w, { n }) => `${call('log_abs_det_')}(${a}, ${out}, ${w}, ${n}i);`,
  },
  eigh: {
    ...square,
    workspace: ({ n }) => 4 * n * n,
    operations: ({ n }) => 50 * n * n * n,
    call: (call, [a], [values, vectors], w, { n }) => `${call('eigh_')}(${a}, ${values}, ${vectors}, ${w}, ${n}i);`,
  },
  sort: {
    coreRank: 1,
    core: (v) => ({ n: v.at(-1)!, m: 1 }),
    workspace: ({ n }) => n,
    operations: ({ n }) => n * Math.log2(n + 1),
    call: (call, [v], [values, permutation], w, { n }) => `${call('sort_')}(${v}, ${values}, ${permutation}, ${w}, ${n}i);`, // prettier-ignore
  },
  'block-tridiagonal': {
    coreRank: 3,
    core: (diagonal) => ({ n: diagonal.at(-1)!, m: diagonal.at(-3)! }),
    workspace: ({ n, m }) => 2 * (2 * m * n * n + m * n + 4 * n * n + n),
    operations: ({ n, m }) => 14 * m * n * n * n + 60 * m * n,
    call: (call, args, outs, w, { n, m }) => `${call('block_tridiagonal')}(${[...args, ...outs].join(', ')}, ${w}, ${m}i, ${n}i);`, // prettier-ignore
  },
};

/** What a routine is about, under known sizes. */
export const routineFacts = ({ name, args }: RoutineStatement, shapeOf: (buffer: number) => readonly number[]) => {
  const { coreRank, core, workspace, operations } = rules[name];
  const [first, last] = [shapeOf(args[0]!), shapeOf(args.at(-1)!)];
  const found = core(first, last);
  return {
    core: found,
    batch: productOf(first.slice(0, first.length - coreRank)),
    workspace: workspace(found),
    operations: operations(found),
  };
};

export const routineCall = (
  statement: RoutineStatement,
  w: ShaderWriter,
): { readonly batch: number; readonly text: (entry: string) => string } => {
  const shapeOf = (buffer: number): readonly number[] => w.facts.buffers[buffer]!.shape.map((dim) => w.dim(dim));
  const { batch, core, workspace } = routineFacts(statement, shapeOf);
  const at = (base: number, words: number, entry: string): string => `${base}i + ${entry} * ${words}i`;
  const place = (buffer: number, entry: string): string =>
    at(w.facts.baseOf(buffer), batch === 0 ? 0 : productOf(shapeOf(buffer)) / batch, entry);
  return {
    batch,
    text: (entry) =>
      rules[statement.name].call(
        w.call,
        statement.args.map((buffer) => place(buffer, entry)),
        statement.outs.map((buffer) => place(buffer, entry)),
        at(w.facts.workspace, workspace, entry),
        core,
      ),
  };
};
