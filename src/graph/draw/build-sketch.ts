// In: a factor graph. Out: its sketch (sketch.ts). Nets are one node each, consts and data that only choose indices are not
// drawn, a variable one step away (s[t-1] beside s[t]) is a node of its own.
import type { Expr, Role, Variable } from '../../semantics/model.ts';
import { constantValue } from '../../tensor/dims.ts';
import { isDiscrete } from '../domain-facts.ts';
import { childrenOf } from '../expressions.ts';
import type { FactorGraph, FactorGroup, IndexMap, Slot } from '../factor-graph.ts';
import { indexNames } from './index-names.ts';
import { exprText, indexOf, mapText, rangeText, stepText, withoutHull } from './index-text.ts';
import type { Membership } from './membership.ts';
import { membershipOf } from './membership.ts';
import type { Sketch, SketchEdge, SketchNode, SketchPlate } from './sketch.ts';

export const buildSketch = (graph: FactorGraph): Sketch => {
  const { model } = graph;
  const asValue = new Set(graph.groups.flatMap((g) => [...readAsValue(g.energy)]));
  const drawn = graph.variables.filter((v) => v.net === null && (v.role !== 'data' || asValue.has(v.name)));
  const membership = membershipOf(graph, drawn);
  const nameOf = indexNames(graph);
  const placed = graph.groups.map((group) => placeSlots(graph, group, drawn, membership, nameOf));

  const stepped = new Set(placed.flatMap((p) => p.neighbours.flatMap((n) => n.plates)));
  const nodes: SketchNode[] = [];
  const members = new Map<string, string[]>(membership.boxes.map((box) => [box.id, []]));
  const put = (node: SketchNode, boxes: readonly string[]): void => {
    if (nodes.some((n) => n.id === node.id)) return;
    nodes.push(node);
    for (const box of boxes) members.get(box)!.push(node.id);
  };
  const variableNode = (v: Variable): void => {
    const own = v.binders.filter((b) => stepped.has(membership.plateOf.get(b.id)!));
    const label = { text: v.name, subscript: own.map((b) => b.name).join(',') };
    const base = { id: v.name, name: v.name, span: v.span, role: v.role, discrete: isDiscrete(v.domain.kind) };
    put({ ...base, kind: 'variable', label }, membership.boxesOfVariable.get(v.name)!);
  };
  for (const v of drawn) variableNode(v);
  for (const { neighbours } of placed)
    for (const { id, variable: v, steps } of neighbours) {
      const subscript = v.binders
        .flatMap((b, k) => (stepped.has(membership.plateOf.get(b.id)!) ? [stepText(b.name, steps[k]!)] : []))
        .join(',');
      const base = { id, name: v.name, span: v.span, role: v.role, discrete: isDiscrete(v.domain.kind) };
      put({ ...base, kind: 'neighbour', label: { text: v.name, subscript } }, membership.boxesOfVariable.get(v.name)!);
    }
  const netsUsed = new Set(placed.flatMap((p) => p.edges.map((e) => e.variable)).filter((id) => id.startsWith('net:')));
  for (const net of model.nets)
    if (netsUsed.has(`net:${net.name}`))
      put(
        { id: netId(net.name), kind: 'net', label: { text: net.name, subscript: '' }, name: net.name, span: net.span },
        [],
      );

  const own: SketchPlate[] = [];
  graph.groups.forEach((group, i) => {
    const { name, kind, span } = group;
    const label = { text: group.distribution?.name ?? name, subscript: '' };
    const id = factorId(group);
    put({ id, kind: 'factor', factor: kind, label, name, span }, membership.boxesOfFactor.get(name)!);
    const text = placed[i]!.ownIndices;
    if (text === '') return;
    const box = own.find((p) => p.label === text && sameBoxes(p.id, id, members));
    if (box === undefined) own.push({ id: `own:${id}`, label: text, members: [id] });
    else own[own.indexOf(box)] = { ...box, members: [...box.members, id] };
  });
  const plates = membership.boxes.map((box): SketchPlate => ({
    id: box.id,
    label: rangeText(box.plates, model.sizes),
    members: members.get(box.id)!,
  }));
  const links = model.nets.flatMap((net) =>
    net.derived !== null && netsUsed.has(netId(net.name)) && netsUsed.has(netId(net.derived.from))
      ? [{ from: netId(net.derived.from), to: netId(net.name), label: net.derived.how }]
      : [],
  );
  return { title: model.name, nodes, edges: placed.flatMap((p) => p.edges), links, plates: [...plates, ...own] };
};

const factorId = (group: FactorGroup): string => `factor:${group.name}`;
/** `Body.Block1`, made by `repeat`, is part of Body. */
const netId = (name: string): string => `net:${name.replace(/\..*$/, '')}`;

const sameBoxes = (ownBox: string, factor: string, members: ReadonlyMap<string, readonly string[]>): boolean =>
  [...members.values()].every((list) => list.includes(ownBox.slice('own:'.length)) === list.includes(factor));

/** Variables that the expression reads elsewhere than inside a subscript. */
const readAsValue = (energy: Expr): ReadonlySet<string> => {
  const found = new Set<string>();
  const seen = new Set<Expr>();
  const read = (e: Expr): void => {
    if (seen.has(e)) return;
    seen.add(e);
    if (e.kind === 'ref') {
      if (e.of === 'variable') found.add(e.name);
      return;
    }
    if (e.kind === 'subscript') return read(e.base);
    if (e.kind === 'reduce') return read(e.body);
    childrenOf(e).forEach(read);
  };
  read(energy);
  return found;
};

interface Neighbour {
  readonly id: string;
  readonly variable: Variable;
  /** By axis. */
  readonly steps: readonly number[];
  /** Plates along which it is a step away. */
  readonly plates: readonly string[];
}

interface Placed {
  readonly edges: readonly SketchEdge[];
  readonly neighbours: readonly Neighbour[];
  /** Range and filter of the indices that belong to no plate; '' when there are none. */
  readonly ownIndices: string;
}

const placeSlots = (
  graph: FactorGraph,
  group: FactorGroup,
  drawn: readonly Variable[],
  membership: Membership,
  nameOf: (id: string) => string,
): Placed => {
  const along = membership.platesOfFactor.get(group.name)!;
  const variables = new Map(graph.variables.map((v) => [v.name, v]));
  /** '' when the position is the one of the same index. */
  const positions = (slot: Slot, v: Variable): readonly { text: string; step: number | null }[] =>
    slot.at.map((position, k) => {
      const axis = v.binders[k]!;
      const map = indexOf(position, axis.from);
      const step = stepOf(map, along, membership.plateOf.get(axis.id)!);
      if (step === 0) return { text: '', step };
      const text = mapText(map, nameOf);
      return { text: text === '' || text === axis.name ? '' : `${axis.name} = ${text}`, step };
    });
  const unshifted = new Set(
    group.slots
      .filter((s) => s.at.length > 0 && positions(s, variables.get(s.variable)!).every((p) => p.step === 0))
      .map((s) => s.variable),
  );
  const shared = group.slots.map((s) => levelOf(variables.get(s.variable)!));
  const lowest = Math.max(0, ...shared);

  const edges = new Map<string, SketchEdge>();
  const neighbours: Neighbour[] = [];
  for (const slot of group.slots) {
    const v = variables.get(slot.variable)!;
    if (v.net === null && !drawn.includes(v)) continue;
    const places = v.net === null ? positions(slot, v) : [];
    const steps = places.map((p) => p.step);
    const isStep = unshifted.has(v.name) && steps.every((s) => s !== null) && steps.some((s) => s !== 0);
    let id = v.net === null ? v.name : netId(v.net);
    if (isStep) {
      const plates = v.binders.flatMap((b, k) => (steps[k] === 0 ? [] : [membership.plateOf.get(b.id)!]));
      id = `${v.name}[${steps.join()}]`;
      neighbours.push({ id, variable: v, steps: steps as number[], plates });
    }
    const label = isStep ? '' : places.flatMap((p) => (p.text === '' ? [] : [p.text])).join(', ');
    const main =
      group.distribution === null ? levelOf(v) === lowest : group.distribution.variable === v.name && !isStep;
    const key = `${id} ${label}`;
    const known = edges.get(key);
    const detached = slot.detached === true && (known === undefined || known.detached);
    edges.set(key, { factor: factorId(group), variable: id, label, detached, into: main });
  }
  const own = group.binders.filter((b) => !along.has(b.id));
  const ranges = own.length === 0 ? '' : rangeText(withoutHull(own, group.where), graph.model.sizes);
  const filter = group.where === null || own.length === 0 ? '' : exprText(group.where, nameOf);
  const short = filter !== '' && !filter.includes('…') && filter.length <= 40;
  return { edges: [...edges.values()], neighbours, ownIndices: short ? `${ranges}, ${filter}` : ranges };
};

/** Steps from the node of the factor's own index; null when the position comes about otherwise. */
const stepOf = (map: IndexMap, along: ReadonlyMap<string, string>, plate: string): number | null =>
  map.kind === 'affine' && along.get(map.index) === plate ? constantValue(map.offset) : null;

/** What a reader expects further down: parameters on top, then what is hidden, then what is seen. */
const levels: Readonly<Record<Role, number>> = { param: 0, data: 0, noise: 1, latent: 1, observed: 2, target: 2 };
const levelOf = (v: Variable): number => levels[v.role];
