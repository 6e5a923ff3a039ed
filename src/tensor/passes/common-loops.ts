// Merges loops that compute the same: scans over the same operands whose bodies differ only in what they hand out (the
// gradient of a scan makes such a pair: one stores the carries), and equal whiles. Equal simple instructions were merged by
// value numbering already. In and out: a program with the same meaning.
import { renameValues } from '../instructions.ts';
import type { Instr, Program, ValueId } from '../program.ts';

type Scan = Extract<Instr, { op: 'scan' }>;

const keyOf = (instr: Instr): string | null => {
  switch (instr.op) {
    case 'scan':
      return JSON.stringify([
        instr.length,
        instr.reverse,
        instr.carry,
        instr.xs,
        instr.captured,
        instr.body.inputs.map((i) => i.id),
        printable(instr.body.instrs),
        instr.body.outputs.slice(0, instr.carry.length).map((o) => o.id),
      ]);
    case 'while':
      return JSON.stringify([
        instr.max,
        instr.every,
        instr.carry,
        instr.captured,
        printable(instr.test.instrs),
        printable(instr.body.instrs),
        [...instr.test.outputs, ...instr.body.outputs].map((o) => o.id),
      ]);
    default:
      return null;
  }
};
/** JSON has no NaN, Infinity or -0. */
const printable = (instrs: readonly Instr[]): string =>
  JSON.stringify(instrs, (_key, value: unknown) =>
    typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
      ? `#${Object.is(value, -0) ? '-0' : String(value)}`
      : value,
  );

/** The first scan extended by the ys that the second hands out besides. */
const unite = (first: Scan, second: Scan): Scan => {
  const carries = first.carry.length;
  const extra = second.body.outputs
    .slice(carries)
    .map(({ id }, i) => ({ name: `y${first.out.length - carries + i}`, id }));
  const outputs = first.body.outputs.map(({ id }, i) => ({ name: i < carries ? `carry${i}` : `y${i - carries}`, id }));
  return {
    ...first,
    out: [...first.out, ...second.out.slice(carries)],
    body: { ...first.body, outputs: [...outputs, ...extra] },
  };
};

export const mergeCommonLoops = (program: Program): Program => {
  const renamed = new Map<ValueId, ValueId>();
  const read = (id: ValueId): ValueId => renamed.get(id) ?? id;
  const instrs: Instr[] = [];
  const seen = new Map<string, number>();
  for (const original of program.instrs) {
    const instr = mergeNested(renameValues(original, read, (id) => id));
    const key = keyOf(instr);
    const at = key === null ? undefined : seen.get(key);
    if (at === undefined) {
      if (key !== null) seen.set(key, instrs.length);
      instrs.push(instr);
      continue;
    }
    const before = instrs[at]!;
    const shared = instr.op === 'scan' ? instr.carry.length : instr.out.length;
    for (const [i, id] of instr.out.slice(0, shared).entries()) renamed.set(id, before.out[i]!);
    if (instr.op === 'scan') instrs[at] = unite(before as Scan, instr);
  }
  return { ...program, instrs, outputs: program.outputs.map(({ name, id }) => ({ name, id: read(id) })) };
};

const mergeNested = (instr: Instr): Instr => {
  switch (instr.op) {
    case 'scan':
      return { ...instr, body: mergeCommonLoops(instr.body) };
    case 'while':
      return { ...instr, test: mergeCommonLoops(instr.test), body: mergeCommonLoops(instr.body) };
    default:
      return instr;
  }
};
