// The states of a discrete node. In: a variable. Out: how many states it has and what they stand for, or null.
import type { Variable } from '../../semantics/model.ts';
import type { Builder } from '../../tensor/builder.ts';
import type { Dim } from '../../tensor/dims.ts';
import * as dims from '../../tensor/dims.ts';
import type { States } from '../../lower/environment.ts';

/** Number of states of one node; null when the domain is not discrete or one node is an array of discrete entries. */
export const stateCount = (variable: Variable): Dim | null => {
  const { domain } = variable;
  switch (domain.kind) {
    case 'binary':
    case 'spin':
      return domain.shape.length === 0 ? dims.constant(2) : null;
    case 'category':
    case 'index':
      return domain.shape.length === 0 ? domain.count : null;
    case 'integer':
      return domain.shape.length === 0 ? dims.subtract(domain.to, domain.from) : null;
    case 'onehot':
      return domain.shape.length === 1 ? domain.shape[0]! : null;
    default:
      return null;
  }
};

export const statesOf = (b: Builder, variable: Variable): States => {
  const count = stateCount(variable)!;
  const { domain } = variable;
  switch (domain.kind) {
    case 'onehot':
      return { count, kind: 'onehot', values: null };
    case 'spin':
      return { count, kind: 'values', values: b.literal([-1, 1], [dims.constant(2)]) };
    case 'integer':
      if (domain.from.length === 0) return { count, kind: 'number', values: null };
      return { count, kind: 'values', values: b.add(b.iota([count], 0, 'float'), b.dim(domain.from)) };
    default:
      return { count, kind: 'number', values: null };
  }
};
