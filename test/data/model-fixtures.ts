// Typed models made by hand, for tests of binding: as small as each test needs, without parser or checker.
import type { Binder, ConstSymbol, Domain, Expr, Model, SizeSymbol, Variable } from '../../src/semantics/model.ts';
import type { Role } from '../../src/syntax/ast.ts';
import { constant, size } from '../../src/tensor/dims.ts';
import type { Dim } from '../../src/tensor/dims.ts';

const span = { start: 0, end: 0 };

export const dim = (value: string | number): Dim => (typeof value === 'number' ? constant(value) : size(value));

export const binder = (name: string, to: string | number | Dim, from: string | number = 0): Binder => ({
  id: name,
  name,
  from: dim(from),
  to: typeof to === 'object' ? to : dim(to),
  span,
});

export const number = (value: number): Expr => ({
  kind: 'number',
  value,
  type: { scalar: { kind: 'real' }, shape: [] },
  span,
});

type DomainSpec =
  | { kind: Exclude<Domain['kind'], 'interval' | 'category' | 'index' | 'integer'> }
  | { kind: 'interval'; from: Expr; to: Expr }
  | { kind: 'category' | 'index'; count: Dim }
  | { kind: 'integer'; from: Dim; to: Dim };

export const variable = (
  name: string,
  role: Role,
  spec: DomainSpec,
  binders: readonly Binder[] = [],
  shape: readonly (string | number)[] = [],
): Variable => {
  const domain = { ...spec, shape: shape.map(dim), span } as Domain;
  return {
    name,
    role,
    domain,
    binders,
    where: null,
    type: { scalar: { kind: 'real' }, shape: domain.shape },
    conditions: [],
    start: null,
    net: null,
    span,
  };
};

export const sizeSymbol = (name: string, byDefault: Dim | null = null, ragged: readonly Binder[] = []): SizeSymbol => ({
  name,
  default: byDefault,
  ragged,
  span,
});

export const constSymbol = (name: string, shape: readonly number[]): ConstSymbol => ({
  name,
  value: number(0),
  type: { scalar: { kind: 'real' }, shape: shape.map(dim) },
  span,
});

export const modelOf = (parts: Partial<Model>): Model => ({
  name: 'm',
  sizes: [],
  consts: [],
  variables: [],
  lets: [],
  factors: [],
  nets: [],
  beta: null,
  infer: [],
  train: null,
  plates: [],
  derivedSizes: [],
  requirements: [],
  span,
  ...parts,
});
