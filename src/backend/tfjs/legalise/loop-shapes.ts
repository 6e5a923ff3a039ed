// The shapes in which a loop's body wants its variables. In: the realised steps of a body, a variable of it. Out: the shape in
// which the body always reads it, and the steps with the variable in that shape, so that no step reshapes it.
import { shapesEqual, type Dim } from '../../../tensor/dims.ts';
import { readsOf } from '../liveness.ts';
import type { CallStep, Step, Tensor } from '../realisation.ts';

const isViewOf = (step: Step, tensor: Tensor): step is CallStep =>
  step.kind === 'call' && step.operation === 'reshape' && step.args[0]!.id === tensor.id;

/** The one shape to which all reads of a variable reshape it; null where there is none. */
export const shapeRead = (steps: readonly Step[], variable: Tensor): readonly Dim[] | null => {
  const readers = steps.filter((step) => readsOf(step).some((t) => t.id === variable.id));
  const views = readers.filter((step) => isViewOf(step, variable));
  const shape = views[0]?.out[0]!.shape;
  if (shape === undefined || views.length < readers.length) return null;
  return views.every((view) => shapesEqual(view.out[0]!.shape, shape)) ? shape : null;
};

export type Replacements = ReadonlyMap<number, Tensor>;

/** Which tensors stand for which when variables take new shapes: the variables themselves and the views of them. */
export const replacementsFor = (
  steps: readonly Step[],
  variables: readonly { readonly old: Tensor; readonly now: Tensor }[],
): Replacements =>
  new Map(
    variables.flatMap(({ old, now }) => [
      [old.id, now] as const,
      ...steps.filter((step) => isViewOf(step, old)).map((view) => [view.out[0]!.id, now] as const),
    ]),
  );

/** The steps with tensors replaced, without the calls that made them. */
export const replaced = (steps: readonly Step[], by: Replacements): Step[] => {
  const read = (tensor: Tensor): Tensor => by.get(tensor.id) ?? tensor;
  return steps.flatMap((step): Step[] => {
    switch (step.kind) {
      case 'call':
        return by.has(step.out[0]!.id) ? [] : [{ ...step, args: step.args.map(read) }];
      case 'scan':
        return [
          {
            ...step,
            carries: step.carries.map((c) => ({ ...c, initial: read(c.initial), next: read(c.next) })),
            xs: step.xs.map((x) => ({ ...x, list: read(x.list) })),
            ys: step.ys.map((y) => ({ ...y, value: read(y.value) })),
            ...(step.host === undefined ? {} : { host: { ...step.host, captured: step.host.captured.map(read) } }),
            body: replaced(step.body, by),
          },
        ];
      case 'while':
        return [
          {
            ...step,
            carries: step.carries.map((c) => ({ ...c, initial: read(c.initial), next: read(c.next) })),
            test: replaced(step.test, by),
            verdict: read(step.verdict),
            body: replaced(step.body, by),
          },
        ];
    }
  });
};
