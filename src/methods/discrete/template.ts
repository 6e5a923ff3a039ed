// The width and order of a template: the graph of variables of a regular block, plates collapsed. Nodes with more plates go
// first (their copies must be gone before the outer node can be), then min-fill; minimised nodes after marginalised ones.
import type { RegularGraph } from '../../graph/regular.ts';
import type { BlockFacts, BlockVariable } from '../method.ts';
import { dimValue } from '../method.ts';
import { stateCount } from './states.ts';

export interface TemplateNode {
  readonly name: string;
  readonly block: BlockVariable;
  readonly classes: readonly string[];
}

export const templateNodes = (facts: BlockFacts, graph: RegularGraph): readonly TemplateNode[] =>
  facts.block.map((block) => ({ name: block.variable.name, block, classes: graph.axes.get(block.variable.name)! }));

export interface TemplateOrder {
  readonly order: readonly string[];
  /** The node eliminated at each step, then its neighbours at that time. */
  readonly scopes: readonly (readonly string[])[];
  /** Two nodes that no order can part, because each entry of one is joined to many of the other; else null. */
  readonly obstacle: { readonly node: string; readonly neighbour: string } | null;
}

/** Cliques over names; names that are not nodes stay (the frontier of a chain). Order: operation stage, then plates, then
 *  fewest fill-in edges. A node can be eliminated only when its neighbours are repeated along no class that it is not
 *  repeated along: otherwise one entry of it is joined to several of theirs, which the template does not tell apart
 *  (Obermeyer et al. 2019, the condition under which plates are tractable). */
export const templateOrder = (
  nodes: readonly TemplateNode[],
  cliques: readonly (readonly string[])[],
): TemplateOrder => {
  const classesOf = new Map(nodes.map((n) => [n.name, n.classes] as const));
  const names = new Set([...nodes.map((n) => n.name), ...cliques.flat()]);
  const neighbours = new Map([...names].map((name) => [name, new Set<string>()] as const));
  for (const clique of cliques) for (const a of clique) for (const c of clique) if (a !== c) neighbours.get(a)!.add(c);
  const remaining = new Map(nodes.map((n) => [n.name, n] as const));
  const order: string[] = [];
  const scopes: string[][] = [];
  const fill = (name: string): number => {
    const list = [...neighbours.get(name)!];
    let missing = 0;
    for (let i = 0; i < list.length; i++)
      for (let j = i + 1; j < list.length; j++) if (!neighbours.get(list[i]!)!.has(list[j]!)) missing++;
    return missing;
  };
  while (remaining.size > 0) {
    const list = [...remaining.values()];
    const inner = list.some((n) => n.block.operation === 'marginalize');
    const stage = list.filter((n) => !inner || n.block.operation === 'marginalize');
    const wider = (n: TemplateNode): string | undefined =>
      [...neighbours.get(n.name)!].find((m) => classesOf.get(m)?.some((c) => !n.classes.includes(c)));
    const ready = stage.filter((n) => wider(n) === undefined);
    if (ready.length === 0) return { order, scopes, obstacle: { node: stage[0]!.name, neighbour: wider(stage[0]!)! } };
    const plates = Math.max(...ready.map((n) => n.classes.length));
    const candidates = ready.filter((n) => n.classes.length === plates);
    let best = candidates[0]!;
    let bestFill = fill(best.name);
    for (const c of candidates.slice(1)) {
      const f = fill(c.name);
      if (f < bestFill) [best, bestFill] = [c, f];
    }
    const scope = [...neighbours.get(best.name)!];
    for (const a of scope) for (const c of scope) if (a !== c) neighbours.get(a)!.add(c);
    for (const a of scope) neighbours.get(a)!.delete(best.name);
    neighbours.delete(best.name);
    remaining.delete(best.name);
    order.push(best.name);
    scopes.push([best.name, ...scope]);
  }
  return { order, scopes, obstacle: null };
};

/** Entries of the largest table over these scopes, with all copies along the classes listed; unknown sizes count as 1. */
export const largestTable = (
  facts: BlockFacts,
  graph: RegularGraph,
  scopes: readonly (readonly string[])[],
): number => {
  const byName = new Map(facts.block.map((v) => [v.variable.name, v.variable] as const));
  const dimOf = new Map(graph.classes.map((c) => [c.id, c.dim] as const));
  let largest = 1;
  for (const scope of scopes) {
    const classes = new Set(scope.flatMap((name) => graph.axes.get(name.replace(/@.*/, '')) ?? []));
    let entries = 1;
    for (const name of scope) entries *= dimValue(stateCount(byName.get(name.replace(/@.*/, ''))!)!, facts.sizes) ?? 1;
    for (const c of classes) if (dimOf.has(c)) entries *= dimValue(dimOf.get(c)!, facts.sizes) ?? 1;
    largest = Math.max(largest, entries);
  }
  return largest;
};
