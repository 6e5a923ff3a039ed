// Which scans also get plain loops on the host, and when they run. A tfjs operation on a few numbers costs microseconds
// whatever it does, so a scan of small steps is faster in JavaScript. In: a program. Out: for each of its scans that can run on
// the host, the condition on sizes under which it does.
import { constantValue, product, type Dim } from '../../../tensor/dims.ts';
import { nestedPrograms } from '../../../tensor/instructions.ts';
import { flopsOf } from '../../../tensor/passes/cost.ts';
import type { Instr, Program, ValueId } from '../../../tensor/program.ts';
import { dimText, mayBeZero } from '../names.ts';

export type Scan = Extract<Instr, { op: 'scan' }>;

/** Floating-point operations that the host does in the time of one tfjs operation on a few numbers: about 5 µs. */
export const hostFlopsPerOperation = 5000;

const canHost: Readonly<Record<Instr['op'], boolean>> = {
  constant: true,
  dim: true,
  iota: true,
  map: true,
  contract: true,
  argmin: true,
  view: true,
  concat: true,
  gather: true,
  'scatter-add': true,
  cast: true,
  random: false,
  routine: false,
  scan: true,
  while: false,
};

const isHostable = (program: Program): boolean =>
  program.instrs.every((instr) => canHost[instr.op] && nestedPrograms(instr).every(isHostable));

/** Instructions that are operations of tfjs, not mere names for numbers. */
const operationsIn = (program: Program): number =>
  program.instrs.filter(({ op }) => op !== 'constant' && op !== 'dim' && op !== 'view').length;

/** Lengths of axes that a body reduces: over nothing, tfjs has the right answers. */
const reducedLengths = (program: Program): readonly Dim[] =>
  program.instrs.flatMap((instr) => {
    const shape = (id: ValueId): readonly Dim[] => program.values[id]!.shape;
    if (instr.op === 'argmin') return [shape(instr.arg)[instr.axis]!];
    if (instr.op === 'contract')
      return instr.operands.flatMap(({ value, axes }) => shape(value).filter((_, i) => !instr.keep.includes(axes[i]!)));
    return nestedPrograms(instr).flatMap(reducedLengths);
  });

/** What made a value, seen through reshapes. */
const unreshaped = (id: ValueId, maker: ReadonlyMap<ValueId, Instr>): Instr | undefined => {
  const made = maker.get(id);
  return made?.op === 'view' && made.view.kind === 'reshape' ? unreshaped(made.arg, maker) : made;
};

/** Scans that hand their steps to one another run in the same place, so that the steps need not change their form. */
const linkedScans = (program: Program): readonly (readonly Scan[])[] => {
  const groups: Scan[][] = [];
  const maker = new Map<ValueId, Instr>();
  for (const instr of program.instrs) {
    for (const id of instr.out) maker.set(id, instr);
    if (instr.op !== 'scan' || !isHostable(instr.body)) continue;
    const sources = new Set(instr.xs.map((id) => unreshaped(id, maker)));
    const linked = groups.filter((group) => group.some((scan) => sources.has(scan)));
    for (const group of linked) groups.splice(groups.indexOf(group), 1);
    groups.push([...linked.flat(), instr]);
  }
  return groups;
};

/** JavaScript over sizes; null where it never holds. `limit`: floating-point operations on the host for one of tfjs. */
const conditionOf = (scans: readonly Scan[], limit: number): string | null => {
  const terms = new Set<string>();
  for (const { body } of scans) {
    const work = flopsOf(body);
    const most = Math.max(operationsIn(body), 1) * limit;
    const known = constantValue(work);
    if (known !== null && known > most) return null;
    if (known === null) terms.add(`${dimText(work)} <= ${most}`);
    for (const length of reducedLengths(body)) {
      if (constantValue(length) === 0) return null;
      if (mayBeZero(length)) terms.add(`${dimText(product([length]))} > 0`);
    }
  }
  return terms.size === 0 ? 'true' : [...terms].join(' && ');
};

export const hostConditions = (program: Program, limit: number): ReadonlyMap<Scan, string> =>
  new Map(
    linkedScans(program).flatMap((scans) => {
      const condition = limit > 0 ? conditionOf(scans, limit) : null;
      return condition === null ? [] : scans.map((scan) => [scan, condition] as const);
    }),
  );
