// Values whose axes have labels, as the operands of a contraction do, and what rewrites do with them. In and out: values of one
// builder; lengths of axes are symbolic, and numbers only where a choice depends on them.
import type { Builder, Value } from '../../tensor/builder.ts';
import { constant, evaluate, isOne, product, type Dim } from '../../tensor/dims.ts';
import type { KernelTarget } from '../kernel.ts';

export type Label = number;
export interface Labelled {
  readonly value: Value;
  /** One label per axis, none twice. */
  readonly axes: readonly Label[];
}

export const one: Dim = constant(1);

/** The same for every entry: a scalar, or an array of length 1 along every axis. */
export const isSingle = ({ shape }: Value): boolean => shape.every(isOne);

export const lengthsOf = (operands: readonly Labelled[]): ReadonlyMap<Label, Dim> =>
  new Map(operands.flatMap(({ value, axes }) => axes.map((label, i) => [label, value.shape[i]!] as const)));

/** How many entries a shape has in the target's sizes. */
export const entriesOf = (shape: readonly Dim[], { sizes }: KernelTarget): number => evaluate(product(shape), sizes);

/** The value with an axis for each label of `order`, of length 1 where it lacks the label; its own are among them. */
export const arranged = (b: Builder, { value, axes }: Labelled, order: readonly Label[]): Value => {
  const present = order.filter((label) => axes.includes(label));
  const turned = b.transpose(
    value,
    present.map((label) => axes.indexOf(label)),
  );
  const lengths = lengthsOf([{ value: turned, axes: present }]);
  return b.reshape(
    turned,
    order.map((label) => lengths.get(label) ?? one),
  );
};

/** The same, repeated along the labels it lacks. */
export const spread = (
  b: Builder,
  operand: Labelled,
  order: readonly Label[],
  lengths: ReadonlyMap<Label, Dim>,
): Value =>
  b.expand(
    arranged(b, operand, order),
    order.map((label) => lengths.get(label)!),
  );

export const unionOf = (labels: readonly (readonly Label[])[]): readonly Label[] => [...new Set(labels.flat())];
