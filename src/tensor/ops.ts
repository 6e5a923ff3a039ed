// Everything the compiler knows about each instruction, in one total table: its shape rule, its gradient rule, its cost and
// how it prints. In: an instruction. Out: facts. A new instruction that lacks one of them does not compile.
// Elementwise functions have the same in elementwise-table.ts and differentiate/elementwise-gradients.ts.
import { constant, multiply, print, printShape, product, scale, add, type Dim } from './dims.ts';
import { gradientRules, type Rule as GradientRule } from './differentiate/rules.ts';
import { elementwiseTable } from './elementwise-table.ts';
import type { Instr, Program, ValueId, View } from './program.ts';
import { routineFlops } from './routine-costs.ts';
import { shapeRules, type InfoOf, type ShapeRule } from './shape-rules.ts';

type Op = Instr['op'];
type InstrOf<O extends Op> = Extract<Instr, { op: O }>;

export interface OpFacts<O extends Op> {
  readonly shape: ShapeRule<O>;
  readonly gradient: GradientRule<O>;
  /** Rough floating-point operations; of a `while`, when all its steps are taken. `flopsOf` costs a nested program. */
  readonly flops: (instr: InstrOf<O>, info: InfoOf, flopsOf: (program: Program) => Dim) => Dim;
  /** What stands between the results and their types; nested programs are printed below. */
  readonly print: (instr: InstrOf<O>) => string;
}

const id = (value: ValueId): string => `%${value}`;
const ids = (values: readonly ValueId[]): string => values.map(id).join(' ');
const count = (info: InfoOf, value: ValueId): Dim => product(info(value).shape);
const free = (): Dim => constant(0);
const perResult = (instr: Instr, info: InfoOf): Dim => count(info, instr.out[0]!);

const printView = (view: View): string => {
  switch (view.kind) {
    case 'reshape':
    case 'expand':
      return `${view.kind} ${printShape(view.shape)}`;
    case 'transpose':
      return `transpose [${view.permutation.join(' ')}]`;
    case 'slice':
      return `slice ${printShape(view.start)}+${printShape(view.length)}`;
    case 'reverse':
      return `reverse ${view.axis}`;
    case 'pad':
      return `pad ${printShape(view.before)} ${printShape(view.after)} with ${view.value}`;
  }
};

const shownNumbers = 8;
const printLiteral = (value: number | readonly number[]): string => {
  if (typeof value === 'number') return String(value);
  const shown = value.slice(0, shownNumbers).join(' ');
  return value.length > shownNumbers ? `[${shown} … ${value.length} numbers]` : `[${shown}]`;
};

/** Axis labels as letters in order of appearance. */
const printContraction = (instr: InstrOf<'contract'>): string => {
  const labels = [...new Set(instr.operands.flatMap((o) => o.axes))];
  const letter = (label: number): string => {
    const at = labels.indexOf(label);
    return at < 26 ? String.fromCharCode(97 + at) : `${String.fromCharCode(97 + (at % 26))}${Math.floor(at / 26)}`;
  };
  const axes = (list: readonly number[]): string => `[${list.map(letter).join(' ')}]`;
  const semiring = instr.semiring.kind === 'soft-min' ? `soft-min(${id(instr.semiring.beta)})` : instr.semiring.kind;
  return `${semiring} ${instr.operands.map((o) => id(o.value) + axes(o.axes)).join(' ')} -> ${axes(instr.keep)}`;
};

const contractFlops = (instr: InstrOf<'contract'>, info: InfoOf): Dim => {
  const dims = new Map(
    instr.operands.flatMap((o) => o.axes.map((label, i) => [label, info(o.value).shape[i]!] as const)),
  );
  const perCell = instr.operands.length + (instr.semiring.kind === 'soft-min' ? elementwiseTable.exp.flops + 2 : 1);
  return scale(product([...dims.values()]), perCell);
};

export const ops: { readonly [O in Op]: OpFacts<O> } = {
  constant: {
    shape: shapeRules.constant,
    gradient: gradientRules.constant,
    flops: free,
    print: (i) => `constant ${printLiteral(i.value)}`,
  },
  dim: { shape: shapeRules.dim, gradient: gradientRules.dim, flops: free, print: (i) => `dim ${print(i.dim)}` },
  iota: { shape: shapeRules.iota, gradient: gradientRules.iota, flops: perResult, print: (i) => `iota ${i.axis}` },
  map: {
    shape: shapeRules.map,
    gradient: gradientRules.map,
    flops: (i, info) => scale(perResult(i, info), elementwiseTable[i.fn].flops),
    print: (i) => `${i.fn} ${ids(i.args)}`,
  },
  contract: {
    shape: shapeRules.contract,
    gradient: gradientRules.contract,
    flops: contractFlops,
    print: printContraction,
  },
  argmin: {
    shape: shapeRules.argmin,
    gradient: gradientRules.argmin,
    flops: (i, info) => count(info, i.arg),
    print: (i) => `argmin ${id(i.arg)} along ${i.axis}`,
  },
  view: {
    shape: shapeRules.view,
    gradient: gradientRules.view,
    flops: free,
    print: (i) => `${printView(i.view)} ${id(i.arg)}`,
  },
  concat: {
    shape: shapeRules.concat,
    gradient: gradientRules.concat,
    flops: free,
    print: (i) => `concat ${ids(i.args)} along ${i.axis}`,
  },
  gather: {
    shape: shapeRules.gather,
    gradient: gradientRules.gather,
    flops: free,
    print: (i) => `gather ${id(i.data)} at ${id(i.indices)} along ${i.axis}`,
  },
  'scatter-add': {
    shape: shapeRules['scatter-add'],
    gradient: gradientRules['scatter-add'],
    flops: (i, info) => count(info, i.updates),
    print: (i) => `scatter-add ${id(i.updates)} at ${id(i.indices)} along ${i.axis}`,
  },
  cast: { shape: shapeRules.cast, gradient: gradientRules.cast, flops: perResult, print: (i) => `cast ${id(i.arg)}` },
  random: {
    shape: shapeRules.random,
    gradient: gradientRules.random,
    flops: (i, info) => scale(perResult(i, info), 100),
    print: (i) => `random ${i.distribution} #${i.id} seed ${id(i.seed)} step ${id(i.step)}`,
  },
  routine: {
    shape: shapeRules.routine,
    gradient: gradientRules.routine,
    flops: (i, info) => routineFlops[i.name](info(i.args[0]!).shape, info(i.args.at(-1)!).shape),
    print: (i) => `${i.name} ${ids(i.args)}`,
  },
  scan: {
    shape: shapeRules.scan,
    gradient: gradientRules.scan,
    flops: (i, _info, flopsOf) => multiply(i.length, flopsOf(i.body)),
    print: (i) =>
      `scan ${print(i.length)}${i.reverse ? ' reverse' : ''}${i.resumable === true ? ' resumable' : ''} carry (${ids(i.carry)}) over (${ids(i.xs)}) with (${ids(i.captured)})`,
  },
  while: {
    shape: shapeRules.while,
    gradient: gradientRules.while,
    flops: (i, _info, flopsOf) =>
      add(scale(flopsOf(i.body), i.max), scale(flopsOf(i.test), Math.ceil(i.max / i.every))),
    print: (i) => `while max ${i.max} every ${i.every} carry (${ids(i.carry)}) with (${ids(i.captured)})`,
  },
};

/** The facts of any instruction, for code that treats all alike. */
export const factsOf = (instr: Instr): OpFacts<Op> => ops[instr.op] as unknown as OpFacts<Op>;
