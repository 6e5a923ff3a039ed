// Domains as written to typed domains. In: `interval(-4, 4)[D, K]`. Out: a Domain with its shape; null with an error reported.
import { diagnoseName } from '../diagnostics/messages/names.ts';
import { diagnoseShape } from '../diagnostics/messages/shapes.ts';
import type { DomainSyntax, Expression } from '../syntax/ast.ts';
import { constantValue, equal, print, printShape, subtract, type Dim } from '../tensor/dims.ts';
import { isNegative, isNonPositive } from './dim-sign.ts';
import { type DomainParameters, domainKinds, domains, eventRank, scalarOf } from './domains.ts';
import { isKnownOnLoad } from './index-clauses.ts';
import type { Domain, DomainKind, Expr } from './model.ts';
import { nearestName } from '../diagnostics/nearest-name.ts';
import { elsewhere } from './other-languages.ts';
import { elaborate, type Context, type ParameterType } from './session.ts';
import { sizeOf } from './sizes.ts';
import { describeType, integer, isNumeric, isScalar, valueType } from './types.ts';

const expectations: Readonly<Record<DomainParameters, string>> = {
  none: 'no parameters',
  bounds: 'two bounds, `(a, b)`',
  count: 'a size, `(K)`',
  range: 'a range, `(a..b)`',
};

const isKind = (name: string): name is DomainKind => Object.hasOwn(domains, name);

const shapeOf = (context: Context, syntax: DomainSyntax): readonly Dim[] | null => {
  const shape = syntax.shape.map((e) => {
    const dim = sizeOf(context, e);
    if (dim === null || !isNonPositive(dim)) return dim;
    return context.session.report(
      diagnoseShape('EBM309', e.span, { found: print(dim), hint: 'a length is at least 1' }),
    );
  });
  return shape.some((d) => d === null) ? null : (shape as readonly Dim[]);
};

/** A bound of an interval: a number. */
const boundOf = (context: Context, e: Expression): Expr | null => {
  const expr = elaborate(context, e);
  if (expr === null || !isKnownOnLoad(context, expr)) return null;
  if (isScalar(expr.type) && isNumeric(expr.type)) return expr;
  return context.session.report(
    diagnoseShape('EBM303', e.span, { name: 'interval', expected: 'a number', found: describeType(expr.type) }),
  );
};

type Parameters =
  | { readonly from: Expr; readonly to: Expr }
  | { readonly count: Dim }
  | { readonly from: Dim; readonly to: Dim }
  | object;

const parametersOf = (context: Context, kind: DomainKind, syntax: DomainSyntax): Parameters | null => {
  const { session } = context;
  const expected = domains[kind].parameters;
  const given = syntax.parameters;
  const refuse = (): null => {
    const found = given.length === 0 ? 'none' : given.some((r) => r.to !== null) ? 'a range' : `${given.length}`;
    const span = given.length === 0 ? syntax.name.span : { start: given[0]!.span.start, end: given.at(-1)!.span.end };
    const parameters = { domain: kind, expected: expectations[expected], found };
    // The parameters are not printed: they may be anything.
    const hint = expected === 'none' ? { hint: `the shape of a node stands in brackets: \`${kind}[…]\`` } : {};
    return session.report(diagnoseShape('EBM307', span, { ...parameters, ...hint }));
  };
  switch (expected) {
    case 'none':
      return given.length === 0 ? {} : refuse();
    case 'bounds': {
      if (given.length !== 2 || given.some((r) => r.to !== null)) return refuse();
      const [from, to] = given.map((r) => boundOf(context, r.from));
      return from == null || to == null ? null : { from, to };
    }
    case 'count': {
      if (given.length !== 1 || given[0]!.to !== null) return refuse();
      const count = sizeOf(context, given[0]!.from);
      if (count !== null && isNonPositive(count))
        return session.report(
          diagnoseShape('EBM309', given[0]!.span, { found: print(count), hint: 'a count is at least 1' }),
        );
      return count === null ? null : { count };
    }
    case 'range': {
      if (given.length !== 1 || given[0]!.to === null) return refuse();
      const [from, to] = [sizeOf(context, given[0]!.from), sizeOf(context, given[0]!.to)];
      if (from === null || to === null) return null;
      if (isNonPositive(subtract(to, from)))
        return session.report(
          diagnoseShape('EBM307', given[0]!.span, {
            domain: kind,
            expected: 'a range a..b with a < b',
            found: `${print(from)}..${print(to)}`,
          }),
        );
      return { from, to };
    }
  }
};

const shapeWords = {
  entry: 'any shape',
  vector: 'a vector, `[K]`',
  matrix: 'a matrix, `[D, K]`',
  square: 'a square matrix, `[D, D]`',
} as const;

const checkShape = (context: Context, kind: DomainKind, shape: readonly Dim[], syntax: DomainSyntax): boolean => {
  const { event } = domains[kind];
  const found = shape.length === 0 ? 'no shape' : printShape(shape);
  const refuse = (expected: string): false => {
    const span =
      syntax.shape.length === 0
        ? syntax.name.span
        : { start: syntax.shape[0]!.span.start, end: syntax.shape.at(-1)!.span.end };
    context.session.report(diagnoseShape('EBM308', span, { domain: kind, expected, found }));
    return false;
  };
  if (shape.length < eventRank[event]) return refuse(shapeWords[event]);
  if (event === 'square' && !equal(shape.at(-1)!, shape.at(-2)!)) return refuse(shapeWords.square);
  if (kind === 'orthonormal') {
    const spare = subtract(shape.at(-2)!, shape.at(-1)!);
    if (isNegative(spare)) return refuse('at least as many rows as columns');
    if (constantValue(spare) === null)
      context.session.requirements.push({
        left: shape.at(-1)!,
        relation: '<=',
        right: shape.at(-2)!,
        why: 'orthonormal columns need at least as many rows',
        span: syntax.span,
      });
  }
  return true;
};

export const elaborateDomain = (context: Context, syntax: DomainSyntax): Domain | null => {
  const kind = syntax.name.text;
  if (kind === '') return null;
  if (!isKind(kind)) {
    // The shape and parameters may hold mistakes of their own.
    shapeOf(context, syntax);
    return context.session.report(
      diagnoseName('EBM205', syntax.name.span, {
        name: kind,
        nearest: nearestName(kind, domainKinds),
        ...elsewhere('domain', kind),
      }),
    );
  }
  const parameters = parametersOf(context, kind, syntax);
  const shape = shapeOf(context, syntax);
  if (parameters === null || shape === null || !checkShape(context, kind, shape, syntax)) return null;
  return { kind, shape, span: syntax.span, ...parameters } as Domain;
};

/** The type of a parameter of a fn or net: `integer` may stand without its range. */
export const elaborateParameterType = (context: Context, syntax: DomainSyntax): ParameterType | null => {
  if (syntax.name.text === 'integer' && syntax.parameters.length === 0) {
    const shape = shapeOf(context, syntax);
    return shape === null ? null : { type: valueType(integer, shape), domain: null };
  }
  const domain = elaborateDomain(context, syntax);
  return domain === null ? null : { type: valueType(scalarOf(domain), domain.shape), domain };
};
