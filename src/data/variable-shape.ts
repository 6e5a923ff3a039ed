// The symbolic shape of a variable's whole array: one axis per plate and index around it, then the shape of one node.
import type { Variable } from '../semantics/model.ts';
import { subtract } from '../tensor/dims.ts';
import type { Dim } from '../tensor/dims.ts';

export const arrayShape = (variable: Variable): readonly Dim[] => [
  ...variable.binders.map((binder) => subtract(binder.to, binder.from)),
  ...variable.domain.shape,
];
