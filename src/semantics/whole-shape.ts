// The symbolic shape of a variable's whole array: one axis per plate and index around it, then the shape of one node.
import * as dims from '../tensor/dims.ts';
import type { Dim } from '../tensor/dims.ts';
import type { Variable } from './model.ts';

export const wholeShape = (variable: Variable): readonly Dim[] => [
  ...variable.binders.map((b) => dims.subtract(b.to, b.from)),
  ...variable.domain.shape,
];
