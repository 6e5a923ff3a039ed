// Which steps matter and when tensors die. In: the steps of a realisation. Out: the same without those nobody reads, and for
// each step of a block the tensors of that block whose last reader it is.
import { resultsOf, type Realisation, type Step, type Tensor } from './realisation.ts';

/** Everything a step reads, at any depth; a test's view of a carry counts as the carry. */
export const readsOf = (step: Step): readonly Tensor[] => {
  switch (step.kind) {
    case 'call':
      return step.args;
    case 'scan':
      return [
        ...step.carries.flatMap((c) => [c.initial, c.next]),
        ...step.xs.map((x) => x.list),
        ...step.ys.map((y) => y.value),
        ...(step.host?.captured ?? []),
        ...step.body.flatMap(readsOf),
      ];
    case 'while':
      return [
        ...step.carries.flatMap((c) => [c.initial, c.next]),
        step.verdict,
        ...step.test.flatMap(readsOf),
        ...step.body.flatMap(readsOf),
      ];
  }
};

/** Drops calls whose results nobody reads: views that a later view looked through, unused branches of the program. */
export const pruned = ({ sizes, inputs, steps, outputs }: Realisation): Realisation => {
  const prune = (block: readonly Step[], results: readonly Tensor[]): readonly Step[] => {
    const needed = new Set(results.map((t) => t.id));
    const kept: Step[] = [];
    for (const step of [...block].reverse()) {
      if (!resultsOf(step).some((t) => needed.has(t.id))) continue;
      const inner = nested(step, needed);
      for (const t of readsOf(inner)) needed.add(t.id);
      kept.push(inner);
    }
    return kept.reverse();
  };
  const nested = (step: Step, needed: ReadonlySet<number>): Step => {
    switch (step.kind) {
      case 'call':
        return step;
      case 'scan': {
        const ys = step.ys.filter(({ list }) => needed.has(list.id));
        return {
          ...step,
          ys,
          body: prune(step.body, [...step.carries.map((c) => c.next), ...ys.map((y) => y.value)]),
        };
      }
      case 'while':
        return {
          ...step,
          test: prune(step.test, [step.verdict]),
          body: prune(
            step.body,
            step.carries.map((c) => c.next),
          ),
        };
    }
  };
  return {
    sizes,
    inputs,
    steps: prune(
      steps,
      outputs.map((o) => o.tensor),
    ),
    outputs,
  };
};

/** For each step, the tensors of this block (made by its steps, or `held` from its start) that nothing reads after it. Those in `claimed` live on. */
export const deathsIn = (
  block: readonly Step[],
  held: readonly Tensor[],
  claimed: readonly Tensor[],
): readonly (readonly Tensor[])[] => {
  const last = new Map<number, number>();
  const mine = new Map<number, Tensor>(held.map((t) => [t.id, t]));
  for (const [i, step] of block.entries()) {
    for (const t of resultsOf(step)) mine.set(t.id, t);
    for (const t of [...readsOf(step), ...resultsOf(step)]) last.set(t.id, i);
  }
  const immortal = new Set(claimed.map((t) => t.id));
  const deaths: Tensor[][] = block.map(() => []);
  for (const tensor of mine.values()) {
    const at = last.get(tensor.id);
    if (at !== undefined && !immortal.has(tensor.id)) deaths[at]!.push(tensor);
  }
  return deaths;
};
