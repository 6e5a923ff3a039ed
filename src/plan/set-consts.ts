// Consts that were set from outside, as if they had been written so: whether an energy is convex may depend on the sign of one.
// In: a factor graph and the values of consts. Out: the graph whose model declares those values.
import type { FactorGraph } from '../graph/factor-graph.ts';
import { numberExpr } from '../graph/expressions.ts';
import type { ConstSymbol, Expr } from '../semantics/model.ts';
import type { Task } from './task.ts';

/** Longer arrays stay as they are written: nothing reads signs of so many numbers. */
const mostEntries = 1000;

export const withSetConsts = (graph: FactorGraph, { indexData }: Task): FactorGraph => {
  if (!graph.model.consts.some((c) => indexData[c.name] !== undefined)) return graph;
  const consts = graph.model.consts.map((c): ConstSymbol => {
    const set = indexData[c.name];
    if (set === undefined || set.data.length > mostEntries || set.shape.length !== c.type.shape.length) return c;
    return { ...c, value: literal(Array.from(set.data), set.shape, c.value, c.type) };
  });
  return { ...graph, model: { ...graph.model, consts } };
};

const literal = (data: readonly number[], shape: readonly number[], like: Expr, type: Expr['type']): Expr => {
  if (shape.length === 0) return { ...numberExpr(data[0]!, like), type };
  const [length, ...rest] = shape as [number, ...number[]];
  const size = data.length / length;
  const inner: Expr['type'] = { scalar: type.scalar, shape: type.shape.slice(1) };
  const elements = Array.from({ length }, (_, i) => literal(data.slice(i * size, (i + 1) * size), rest, like, inner));
  return { kind: 'array', elements, type, span: like.span };
};
