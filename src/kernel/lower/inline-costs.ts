// What one entry of a value costs when it is computed where it is read. In: a program, and the same of its inputs. Out: rough
// operations and the size of the expression for every value, and the values that are stored lest expressions grow too large.
import { elementwiseTable } from '../../tensor/elementwise-table.ts';
import type { Program, ValueId } from '../../tensor/program.ts';
import type { KernelTarget } from '../kernel.ts';
import { formOf } from './contract-form.ts';
import type { Guards } from './guards.ts';
import { isInlinable, type Inlinable } from './reads.ts';

export interface InlineCost {
  /** Operations of one entry, a load counted as one. */
  readonly operations: number;
  /** The inlined values that it is made of. */
  readonly parts: ReadonlySet<number>;
  /** Nodes of the expression as a tree. */
  readonly tree: number;
}

export interface InlineCosts {
  /** Of every value if it is inlined. */
  readonly of: ReadonlyMap<ValueId, InlineCost>;
  /** Stored whatever it costs. */
  readonly cut: ReadonlySet<ValueId>;
}

/** Expressions of more parts than this are cut: a loop body should fit the registers and the instruction cache. */
const mostParts = 64;
/** Under a test parts are not shared (sharing.ts), and in an index they are printed. */
const mostGuarded = 24;
/** More than a threefry block and, for a normal, a logarithm and a cosine. */
const operationsOfRandom = 120;

export const loadCost: InlineCost = { operations: 1, parts: new Set(), tree: 1 };

const ownOperations = (instr: Inlinable): number => {
  switch (instr.op) {
    case 'constant':
    case 'dim':
    case 'iota':
      return 0;
    case 'view':
      return instr.view.kind === 'pad' ? 2 : 0;
    case 'cast':
    case 'gather':
      return 1;
    case 'map':
      return elementwiseTable[instr.fn].flops;
    case 'contract':
      return instr.operands.length - 1;
    case 'concat':
      return instr.args.length;
    case 'random':
      return operationsOfRandom;
  }
};

const operandsOfInlinable = (instr: Inlinable): readonly ValueId[] => {
  switch (instr.op) {
    case 'constant':
    case 'dim':
    case 'iota':
      return [];
    case 'map':
    case 'concat':
      return instr.args;
    case 'contract':
      return instr.operands.map((o) => o.value);
    case 'view':
    case 'cast':
      return [instr.arg];
    case 'gather':
      return [instr.data, instr.indices];
    case 'random':
      return [instr.seed, instr.step];
  }
};

/** `numbered` gives numbers that no other value of any program has. */
export const inlineCosts = (
  program: Program,
  inputs: readonly InlineCost[],
  guards: Guards,
  /** Values that are stored for all that is known so far. */
  stored: ReadonlySet<ValueId>,
  target: KernelTarget,
  numbered: () => number,
): InlineCosts => {
  const of = new Map<ValueId, InlineCost>(program.inputs.map(({ id }, i) => [id, inputs[i]!]));
  const cut = new Set<ValueId>();
  const produced = new Set<ValueId>();
  /** Stored where its expression is too large to be inlined here; inputs stay what they are. */
  const keepSmall = (value: ValueId): void => {
    if (of.get(value)!.tree <= mostGuarded || !produced.has(value) || stored.has(value)) return;
    cut.add(value);
    of.set(value, loadCost);
  };
  for (const instr of program.instrs) {
    const isStored = guards.selects.has(instr.out[0]!) || guards.inside.has(instr.out[0]!);
    const isMap =
      !isStored && isInlinable(instr) && (instr.op !== 'contract' || formOf(program, instr, target).kind === 'map');
    if (!isMap) {
      for (const id of instr.out) of.set(id, loadCost);
      continue;
    }
    if (instr.op === 'concat') instr.args.forEach(keepSmall);
    if (instr.op === 'gather') keepSmall(instr.indices);
    if (instr.op === 'view' && instr.view.kind === 'pad') keepSmall(instr.arg);
    const operands = operandsOfInlinable(instr).map((id) => (stored.has(id) ? loadCost : of.get(id)!));
    const costs = operands.map((o) => o.operations);
    const parts = new Set(operands.flatMap((o) => [...o.parts]));
    if (instr.op !== 'view' && instr.op !== 'constant') parts.add(numbered());
    const large = parts.size > mostParts;
    produced.add(instr.out[0]);
    if (large) cut.add(instr.out[0]);
    of.set(
      instr.out[0],
      large
        ? loadCost
        : {
            operations:
              ownOperations(instr) + (instr.op === 'concat' ? Math.max(...costs) : costs.reduce((a, b) => a + b, 0)),
            parts,
            tree: operands.reduce((sum, o) => sum + o.tree, 1),
          },
    );
  }
  return { of, cut };
};
