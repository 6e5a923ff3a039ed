// The gradient of a scan: a second scan stores the carries that entered each step, a third runs backwards, recomputes the
// body and pulls adjoints through it. (A pass later merges the first two.) In and out: as every rule in rules.ts.
import type { Builder, Value } from '../builder.ts';
import { inlineProgram } from '../inline.ts';
import type { Contribution, Rule } from './rules.ts';

/** The carries at the start of every step, stacked: the same scan whose body also hands its carries out. */
const storedCarries = (b: Builder, instr: Parameters<Rule<'scan'>>[1]): readonly Value[] => {
  const { body } = instr;
  const carries = body.inputs.slice(0, instr.carry.length);
  const extra = carries.map(({ id }, i) => ({ name: `stored${body.outputs.length + i}`, id }));
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

export const scanGradient: Rule<'scan'> = (b, instr, adjoints, needed, pullBack) => {
  const carryCount = instr.carry.length;
  const handles = (ids: readonly number[]): readonly Value[] => ids.map((id) => b.handle(id));
  const [carry, xs, captured] = [handles(instr.carry), handles(instr.xs), handles(instr.captured)];
  // Adjoints travel along every float carry; those of xs and captured values only where someone asks.
  const floatCarries = carry.flatMap((v, i) => (v.dtype === 'float' ? [i] : []));
  const wantedXs = xs.flatMap((v, i) => (needed(v.id) ? [i] : []));
  const wantedCaptured = captured.flatMap((v, i) => (needed(v.id) ? [i] : []));
  const givenYs = adjoints.flatMap((adjoint, i) => (i >= carryCount && adjoint !== null ? [i] : []));

  const stored = storedCarries(b, instr);
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
      const xsHere = slices.slice(carryCount, carryCount + xs.length);
      const yAdjoints = slices.slice(carryCount + xs.length);
      const capturedHere = captured.map((v) => inner.use(v));
      const outputs = inlineProgram(inner, instr.body, [...carryHere, ...xsHere, ...capturedHere]);
      const seeds = [
        ...floatCarries.map((i, k) => ({ value: outputs[i]!, adjoint: state[k]! })),
        ...givenYs.map((i, k) => ({ value: outputs[i]!, adjoint: yAdjoints[k]! })),
      ];
      const wrt = [
        ...floatCarries.map((i) => carryHere[i]!),
        ...wantedXs.map((i) => xsHere[i]!),
        ...wantedCaptured.map((i) => capturedHere[i]!),
      ];
      const pulled = pullBack(inner, seeds, wrt).map((part, i) => part ?? inner.zeros(wrt[i]!.shape));
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
