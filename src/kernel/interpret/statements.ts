// Statements as functions that run them: the meaning of kernel.ts, literally. In: statements, the machine they run on, and how to
// go through parallel loops. Out: a function without arguments.
import { runRoutine } from '../../tensor/host-routines/by-name.ts';
import type { BufferId, Loop, Private, Statement } from '../kernel.ts';
import { neutral } from '../neutral.ts';
import { printAccess } from '../print-expressions.ts';
import { exprOf, extentOf, loadOf, offsetOf, type Machine } from './expressions.ts';
import { reduceValues } from './reductions.ts';

/** How the iterations of parallel loops are gone through: in contiguous parts, as threads would, and in which order. */
export interface Threading {
  readonly threads: number;
  /** The order in which `count` iterations run: a permutation of 0, 1, …, count - 1. */
  readonly order: (count: number) => readonly number[];
  /** Polled before every step of a `while`. */
  readonly cancelled: () => boolean;
}

type Run = () => void;
type StatementOf<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

type Mode = Private['op'];
const combine: Readonly<Record<Mode, (a: number, b: number) => number>> = {
  sum: (a, b) => a + b,
  min: Math.min,
  max: Math.max,
};

export const runsOf = (statements: readonly Statement[], machine: Machine, how: Threading): Run => {
  const runs = statements.map((statement) => runOf(statement, machine, how));
  return () => {
    for (const run of runs) run();
  };
};

/** All iterations of nested loops, the outermost first. */
const iterate = (loops: readonly Loop[], machine: Machine, body: Run): Run =>
  loops.reduceRight<Run>((inner, { id, extent }) => {
    const count = extentOf(extent, machine);
    return () => {
      const end = count();
      for (let i = 0; i < end; i++) {
        machine.loops[id] = i;
        inner();
      }
    };
  }, body);

/** The iterations 0..count cut into one contiguous part for each thread; no part is empty. */
const partsOf = (count: number, threads: number): readonly (readonly number[])[] => {
  const length = Math.max(1, Math.ceil(count / threads));
  return Array.from({ length: Math.ceil(count / length) }, (_, part) =>
    Array.from({ length: Math.min(length, count - part * length) }, (__, i) => part * length + i),
  );
};

const runLoop = (statement: StatementOf<'loop'>, machine: Machine, how: Threading): Run => {
  const { memory } = machine;
  const { loop, scratch, privates } = statement;
  const count = extentOf(loop.extent, machine);
  const body = runsOf(statement.body, machine, how);
  const iteration = (i: number): void => {
    machine.loops[loop.id] = i;
    for (const buffer of scratch) memory.forget(buffer);
    body();
  };
  const apart = statement.role === 'parallel' || statement.vector === true;
  if (!apart)
    return () => {
      const end = count();
      for (let i = 0; i < end; i++) iteration(i);
    };
  const copies = new Set(privates.map(({ copy }) => copy));
  return () => {
    const parts = partsOf(count(), how.threads);
    const left = new Map<number, readonly Float64Array[]>();
    const steps = how.order(parts.length).flatMap((part) => {
      const inside = parts[part]!;
      return how.order(inside.length).map((at, k) => () => {
        if (k === 0) for (const { copy, op } of privates) memory.fill(copy, neutral[op]);
        iteration(inside[at]!);
        if (k === inside.length - 1)
          left.set(
            part,
            privates.map(({ copy }) => memory.readAll(copy, () => `private copy %${copy}`)),
          );
      });
    });
    memory.inParallel(steps, copies);
    for (const part of parts.keys())
      for (const [p, { into, op }] of privates.entries())
        for (const [i, value] of left.get(part)![p]!.entries()) update(machine, into, i, op, value);
  };
};

const update = ({ memory }: Machine, buffer: BufferId, offset: number, mode: Mode, value: number): void => {
  const describe = (): string => `${mode} into %${buffer}`;
  memory.write(buffer, offset, combine[mode](memory.read(buffer, offset, describe), value), describe);
};

const runReduce = (statement: StatementOf<'reduce'>, machine: Machine): Run => {
  const lets = statement.lets.map(({ local, value }) => ({ local, value: exprOf(value, machine) }));
  const accumulators = statement.accumulators.map(({ local, op, value, beta }) => {
    const values: number[] = [];
    return {
      local,
      op,
      value: exprOf(value, machine),
      beta: beta === undefined ? null : exprOf(beta, machine),
      values,
    };
  });
  const all = iterate(statement.loops, machine, () => {
    for (const { local, value } of lets) machine.locals[local] = value();
    for (const { value, values } of accumulators) values.push(value());
  });
  return () => {
    for (const { values } of accumulators) values.length = 0;
    all();
    for (const { local, op, values, beta } of accumulators)
      machine.locals[local] = reduceValues(op, values, beta === null ? 1 : beta());
  };
};

const runStore = ({ to, value, mode }: StatementOf<'store'>, machine: Machine): Run => {
  const [offset, compute] = [offsetOf(to, machine), exprOf(value, machine)];
  const describe = (): string => `store to ${printAccess(to)}`;
  if (mode === 'set') return () => machine.memory.write(to.buffer, offset(), compute(), describe);
  return () => update(machine, to.buffer, offset(), mode, compute());
};

const runProduct = (statement: StatementOf<'product'>, machine: Machine): Run => {
  const { rows, columns, inner, out, accumulate } = statement;
  const [left, right, to] = [loadOf(statement.left, machine), loadOf(statement.right, machine), offsetOf(out, machine)];
  const describe = (): string => `product into ${printAccess(out)}`;
  let sum = 0;
  const add = iterate([inner], machine, () => {
    sum += left() * right();
  });
  return iterate([rows, columns], machine, () => {
    sum = 0;
    add();
    if (accumulate) update(machine, out.buffer, to(), 'sum', sum);
    else machine.memory.write(out.buffer, to(), sum, describe);
  });
};

const runWhile = (statement: StatementOf<'while'>, machine: Machine, how: Threading): Run => {
  const { memory } = machine;
  const { loop, every, flag, count } = statement;
  const [test, body] = [runsOf(statement.test, machine, how), runsOf(statement.body, machine, how)];
  const most = extentOf(loop.extent, machine);
  const describe = (): string => 'while';
  return () => {
    const end = most();
    memory.write(count, 0, 0, describe);
    for (let step = 0; step < end && !how.cancelled(); step++) {
      machine.loops[loop.id] = step;
      if (step % every === 0) {
        test();
        if (memory.read(flag, 0, describe) === 0) break;
      }
      body();
      memory.write(count, 0, step + 1, describe);
    }
  };
};

const runNamedRoutine = ({ name, args, outs }: StatementOf<'routine'>, { memory, shapes }: Machine): Run => {
  const describe = (): string => `routine ${name}`;
  return () => {
    const results = runRoutine[name](args.map((id) => ({ shape: shapes[id]!, data: memory.readAll(id, describe) })));
    for (const [i, { data }] of results.entries())
      for (const [at, value] of data.entries()) memory.write(outs[i]!, at, value, describe);
  };
};

const runOf = (statement: Statement, machine: Machine, how: Threading): Run => {
  switch (statement.kind) {
    case 'loop':
      return runLoop(statement, machine, how);
    case 'reduce':
      return runReduce(statement, machine);
    case 'let': {
      const value = exprOf(statement.value, machine);
      return () => {
        machine.locals[statement.local] = value();
      };
    }
    case 'store':
      return runStore(statement, machine);
    case 'if': {
      const [test, then] = [exprOf(statement.test, machine), runsOf(statement.then, machine, how)];
      return () => {
        if (test() !== 0) then();
      };
    }
    case 'product':
      return runProduct(statement, machine);
    case 'routine':
      return runNamedRoutine(statement, machine);
    case 'while':
      return runWhile(statement, machine, how);
  }
};
