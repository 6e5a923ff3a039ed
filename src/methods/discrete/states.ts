// The states of a discrete node. In: a variable. Out: how many states it has and what they stand for, or null.
import type { Variable } from '../../semantics/model.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
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

/** The one state of number `index`, a scalar that is known when the program runs. */
export const stateAt = (b: Builder, variable: Variable, index: Value): States => {
  const one = [dims.constant(1)];
  const position = b.reshape(index, one);
  const states = statesOf(b, variable);
  const chosen = (): Value =>
    b.cast(
      b.eq(
        b.reshape(position, [...one, ...one]),
        b.reshape(b.iota([states.count], 0, 'float'), [...one, states.count]),
      ),
      'float',
    );
  switch (states.kind) {
    case 'number':
      return { count: dims.constant(1), kind: 'values', values: position };
    case 'onehot':
      return { count: dims.constant(1), kind: 'values', values: chosen() };
    case 'values':
      return { count: dims.constant(1), kind: 'values', values: b.gather(states.values!, b.cast(position, 'int'), 0) };
  }
};
