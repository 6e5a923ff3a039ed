// The arguments of distributions that are known before inference: a scale above 0, probabilities that sum to 1, a covariance
// that is positive definite. What is inferred has its own domain. In: the graph, what is known. Out: diagnostics that name the
// argument, where in the data it is wrong, and how.
import { findOffence } from '../data/check-domain.ts';
import { elementCount, locateByIndex, subscripts } from '../data/table.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnoseData } from '../diagnostics/messages/data.ts';
import { exprText } from '../graph/draw/index-text.ts';
import { compileScalar, isUnevaluable } from '../graph/evaluate.ts';
import type { Known } from '../graph/evaluate.ts';
import { dependsOn, indexExpr, letInliner, visit } from '../graph/expressions.ts';
import type { FactorGraph, FactorGroup } from '../graph/factor-graph.ts';
import { distributions } from '../semantics/distributions.ts';
import type { DistributionName } from '../semantics/distributions.ts';
import type { Requirement } from '../semantics/distribution.ts';
import type { Expr, Model } from '../semantics/model.ts';
import { evaluate } from '../tensor/dims.ts';
import { indexWalk } from './each-index.ts';
import type { IndexWalk } from './each-index.ts';

interface Argument {
  readonly expr: Expr;
  readonly parameter: string;
  readonly distribution: string;
  readonly requires: Requirement;
}

const argumentsOf = ({ distribution }: FactorGroup): readonly Argument[] => {
  if (distribution === null) return [];
  const { parameters } = distributions[distribution.name as DistributionName];
  return distribution.args.flatMap((expr, i) => {
    const { name, requires } = parameters[i]!;
    return requires === undefined ? [] : [{ expr, parameter: name, distribution: distribution.name, requires }];
  });
};

/** Reads the whole array of an expression at given indices. */
const arrayReader = (
  expr: Expr,
  shape: readonly number[],
  { frame }: IndexWalk,
  known: Known,
): ((values: Int32Array) => Float64Array) | null => {
  const positions = shape.map((_, axis) => `position ${axis}`);
  const places = positions.map((id) => frame.place(id));
  const entry: Expr = {
    kind: 'subscript',
    base: expr,
    subscripts: positions.map((id) => ({ kind: 'at', at: indexExpr(id, expr) }) as const),
    type: { scalar: expr.type.scalar, shape: [] },
    span: expr.span,
  };
  const read = compileScalar(shape.length === 0 ? expr : entry, frame, known);
  if (isUnevaluable(read)) return null;
  return (values) => {
    const out = new Float64Array(elementCount(shape));
    for (let i = 0; i < out.length; i++) {
      const at = subscripts(shape, i);
      places.forEach((place, axis) => (values[place] = at[axis]!));
      out[i] = read(values);
    }
    return out;
  };
};

const usesIndex = (expr: Expr, id: string): boolean => {
  let uses = false;
  visit(expr, (e) => (uses ||= e.kind === 'index' && e.id === id));
  return uses;
};

const checkArgument = (group: FactorGroup, argument: Argument, known: Known): Diagnostic | null => {
  const { expr, parameter, distribution, requires } = argument;
  // An argument that is the same everywhere is looked at once.
  const inFilter = (id: string): boolean => group.where !== null && usesIndex(group.where, id);
  const binders = group.binders.filter((b) => usesIndex(expr, b.id) || inFilter(b.id));
  const walk = indexWalk(binders, group.where, known);
  if (walk === null) return null;
  const shape = expr.type.shape.map((dim) => evaluate(dim, known.sizes));
  const read = arrayReader(expr, shape, walk, known);
  if (read === null) return null;
  const facts = { kind: requires, from: null, to: null, text: requires };
  let found: Diagnostic | null = null;
  walk.each((values) => {
    const cells = read(values);
    const offence = findOffence(facts, shape, cells, () => false);
    if (offence === null) return true;
    const indices = binders.map((b) => `${b.name} = ${values[walk.frame.place(b.id)]}`);
    const whole = offence.problem !== null && shape.length <= (requires === 'spd' ? 2 : 1);
    const within = shape.length === 0 || whole ? [] : [locateByIndex(shape)(offence.index).words];
    found = diagnoseData('EBM634', expr.span, {
      argument: exprText(expr, (id) => binders.find((b) => b.id === id)?.name ?? id),
      parameter,
      distribution,
      requires,
      problem: offence.problem ?? `it is ${cells[offence.index]}`,
      where: [...indices, ...within].join(', '),
    });
    return false;
  });
  return found;
};

/** `unknown`: variables whose value inference finds. */
export const checkArguments = (
  model: Model,
  graph: FactorGraph,
  unknown: ReadonlySet<string>,
  known: Known,
): readonly Diagnostic[] => {
  const inline = letInliner(model);
  return graph.groups.flatMap((group) =>
    argumentsOf(group).flatMap((argument) => {
      const expr = inline(argument.expr);
      if (dependsOn(expr, unknown)) return [];
      const diagnostic = checkArgument(group, { ...argument, expr }, known);
      return diagnostic === null ? [] : [diagnostic];
    }),
  );
};
