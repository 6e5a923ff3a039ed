// The gradient of a scan: a second scan records, per step, the carries that entered it and its small expensive results; a
// third runs backwards, recomputes the rest of the body and pulls adjoints through it. (A pass later merges the first two
// and drops what the third does not read.) In and out: as every rule in rules.ts.
import type { Builder, Value } from '../builder.ts';
import { product, subtract, type Dim } from '../dims.ts';
import { inlineValues } from '../inline.ts';
import { renameValues } from '../instructions.ts';
import type { Instr, Program, ValueId } from '../program.ts';
import type { Contribution, Rule } from './rules.ts';

type Scan = Parameters<Rule<'scan'>>[1];

/** a ≤ b for all sizes ≥ 1: b - a grows with every size and is not negative where all are 1. */
const atMost = (a: Dim, b: Dim): boolean => {
  const gap = subtract(b, a);
  return gap.every((t) => t.coef > 0 || t.sizes.length === 0) && gap.reduce((sum, t) => sum + t.coef, 0) >= 0;
};

/** Results that cost much more than their numbers are worth storing: contractions that reduce, and routines. */
const isExpensive = (instr: Instr): boolean =>
  instr.op === 'routine' ||
  (instr.op === 'contract' && instr.operands.some(({ axes }) => axes.some((label) => !instr.keep.includes(label))));

/** The instructions of a body whose results are recorded: expensive, and no larger than a carry, which is stored anyway. */
const recordedInstrs = (instr: Scan): readonly Instr[] => {
  const { body } = instr;
  const entries = (id: ValueId): Dim => product(body.values[id]!.shape);
  const carries = body.inputs.slice(0, instr.carry.length).map(({ id }) => entries(id));
  return body.instrs.filter(
    (inner) => isExpensive(inner) && inner.out.every((id) => carries.some((carry) => atMost(entries(id), carry))),
  );
};

/** Values of the body at every step, stacked: the same scan whose body also hands them out. */
const storedValues = (b: Builder, instr: Scan, ids: readonly ValueId[]): readonly Value[] => {
  const { body } = instr;
  const extra = ids.map((id, i) => ({ name: `stored${body.outputs.length + i}`, id }));
  const results = b.emit({
    op: 'scan',
    length: instr.length,
    reverse: instr.reverse,
    carry: instr.carry,
    xs: instr.xs,
    captured: instr.captured,
    body: { ...body, outputs: [...body.outputs, ...extra] },
  });
  return results.slice(instr.out.length);
};

interface Replay {
  readonly outputs: readonly Value[];
  /** What was computed, in order: the replayed instructions, and the recorded ones with their results as they were read. */
  readonly instrs: readonly Instr[];
}

/** The body once more, on values of this step, with the results of `recorded` read instead of computed. Those instructions
 *  are not in the builder; they stand in the returned list so that adjoints pass through them. */
const replay = (
  inner: Builder,
  body: Program,
  inputs: readonly Value[],
  recorded: ReadonlyMap<Instr, readonly Value[]>,
): Replay => {
  const instrs: Instr[] = [];
  let seen = 0;
  const catchUp = (): void => {
    instrs.push(...inner.instrs.slice(seen));
    seen = inner.instrs.length;
  };
  const values = inlineValues(inner, body, inputs, undefined, (instr, read) => {
    const results = recorded.get(instr);
    if (results === undefined) return null;
    catchUp();
    const nameOf = new Map(instr.out.map((id, i) => [id, results[i]!.id]));
    instrs.push(
      renameValues(
        instr,
        (id) => read(id).id,
        (id) => nameOf.get(id)!,
      ),
    );
    return results;
  });
  catchUp();
  return { outputs: body.outputs.map(({ id }) => values.get(id)!), instrs };
};

export const scanGradient: Rule<'scan'> = (b, instr, adjoints, needed, pullBack) => {
  const carryCount = instr.carry.length;
  const handles = (ids: readonly number[]): readonly Value[] => ids.map((id) => b.handle(id));
  const [carry, xs, captured] = [handles(instr.carry), handles(instr.xs), handles(instr.captured)];
  // Adjoints travel along every float carry; those of xs and captured values only where someone asks.
  const floatCarries = carry.flatMap((v, i) => (v.dtype === 'float' ? [i] : []));
  const wantedXs = xs.flatMap((v, i) => (needed(v.id) ? [i] : []));
  const wantedCaptured = captured.flatMap((v, i) => (needed(v.id) ? [i] : []));
  const givenYs = adjoints.flatMap((adjoint, i) => (i >= carryCount && adjoint !== null ? [i] : []));

  const recorded = recordedInstrs(instr);
  const stored = storedValues(b, instr, [
    ...instr.body.inputs.slice(0, carryCount).map(({ id }) => id),
    ...recorded.flatMap(({ out }) => out),
  ]);
  const result = b.scan(
    {
      length: instr.length,
      reverse: !instr.reverse,
      carry: [
        ...floatCarries.map((i) => adjoints[i] ?? b.zeros(carry[i]!.shape)),
        ...wantedCaptured.map((i) => b.zeros(captured[i]!.shape)),
      ],
      xs: [...stored, ...xs, ...givenYs.map((i) => adjoints[i]!)],
    },
    (inner, state, slices) => {
      const carryHere = slices.slice(0, carryCount);
      const resultsHere = slices.slice(carryCount, stored.length);
      const xsHere = slices.slice(stored.length, stored.length + xs.length);
      const yAdjoints = slices.slice(stored.length + xs.length);
      const capturedHere = captured.map((v) => inner.use(v));
      let next = 0;
      const read = new Map(recorded.map((r) => [r, resultsHere.slice(next, (next += r.out.length))] as const));
      const { outputs, instrs } = replay(inner, instr.body, [...carryHere, ...xsHere, ...capturedHere], read);
      const seeds = [
        ...floatCarries.map((i, k) => ({ value: outputs[i]!, adjoint: state[k]! })),
        ...givenYs.map((i, k) => ({ value: outputs[i]!, adjoint: yAdjoints[k]! })),
      ];
      const wrt = [
        ...floatCarries.map((i) => carryHere[i]!),
        ...wantedXs.map((i) => xsHere[i]!),
        ...wantedCaptured.map((i) => capturedHere[i]!),
      ];
      const pulled = pullBack(inner, seeds, wrt, instrs).map((part, i) => part ?? inner.zeros(wrt[i]!.shape));
      const toCaptured = pulled.slice(floatCarries.length + wantedXs.length);
      return {
        carry: [
          ...pulled.slice(0, floatCarries.length),
          ...toCaptured.map((part, k) => inner.add(state[floatCarries.length + k]!, part)),
        ],
        ys: pulled.slice(floatCarries.length, floatCarries.length + wantedXs.length),
      };
    },
  );
  const contributions: Contribution[] = [];
  floatCarries.forEach((i, k) => contributions.push([carry[i]!.id, result.carry[k]!]));
  wantedXs.forEach((i, k) => contributions.push([xs[i]!.id, result.ys[k]!]));
  wantedCaptured.forEach((i, k) => contributions.push([captured[i]!.id, result.carry[floatCarries.length + k]!]));
  return contributions;
};
