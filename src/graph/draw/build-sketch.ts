// In: a factor graph. Out: its sketch (sketch.ts). Nets are one node each, consts and data that only choose indices are not
// drawn, a variable one step away (s[t-1] beside s[t]) is a node of its own.
import type { Expr, Let, Role, SizeSymbol, Variable } from '../../semantics/model.ts';
import { constantValue } from '../../tensor/dims.ts';
import { childrenOf, letInliner } from '../expressions.ts';
import type { FactorGraph, FactorGroup, IndexMap, Slot } from '../factor-graph.ts';
import { slotCollector } from '../slots.ts';
import { drawnLets } from './drawn-lets.ts';
import { indexNames } from './index-names.ts';
import { exprText, indexOf, mapText, rangeText, stepText, withoutHull } from './index-text.ts';
import type { Membership } from './membership.ts';
import { membershipOf } from './membership.ts';
import type { Sketch, SketchEdge, SketchNode, SketchPlate } from './sketch.ts';

/** A variable, or a let that is drawn. */
type Owner = Variable | Let;

/** A factor, or a let that is drawn: what it reads. */
interface Reader {
  readonly node: string;
  readonly group: FactorGroup;
  /** null for lets. */
  readonly factor: FactorGroup | null;
}

export const buildSketch = (graph: FactorGraph): Sketch => {
  const { model } = graph;
  const lets = drawnLets(model);
  const readers = readersOf(graph, lets);
  const asValue = new Set(readers.flatMap((r) => [...readAsValue(r.group.energy)]));
  const variables = graph.variables.filter((v) => v.net === null && (v.role !== 'data' || asValue.has(v.name)));
  const drawn: readonly Owner[] = [...variables, ...lets];
  const groups = readers.map((r) => r.group);
  const membership = membershipOf([...graph.variables, ...lets], drawn, groups);
  const nameOf = indexNames(graph);
  const owners = new Map<string, Owner>([...graph.variables, ...lets].map((o) => [o.name, o]));
  const placed = readers.map((reader) => placeSlots(reader, owners, new Set(drawn), membership, nameOf, model.sizes));

  const stepped = new Set(placed.flatMap((p) => p.neighbours.flatMap((n) => n.plates)));
  const nodes: SketchNode[] = [];
  const members = new Map<string, string[]>(membership.boxes.map((box) => [box.id, []]));
  const put = (node: SketchNode, boxes: readonly string[]): void => {
    if (nodes.some((n) => n.id === node.id)) return;
    nodes.push(node);
    for (const box of boxes) members.get(box)!.push(node.id);
  };
  const subscriptOf = (owner: Owner, steps: readonly number[]): string =>
    owner.binders
      .flatMap((b, k) => (stepped.has(membership.plateOf.get(b.id)!) ? [stepText(b.name, steps[k] ?? 0)] : []))
      .join(',');
  for (const v of variables) {
    const label = { text: v.name, subscript: subscriptOf(v, []) };
    put(
      { id: v.name, name: v.name, span: v.span, kind: 'variable', role: v.role, label },
      membership.boxesOf.get(v.name)!,
    );
  }
  for (const { neighbours } of placed)
    for (const { id, owner, steps } of neighbours) {
      const label = { text: owner.name, subscript: subscriptOf(owner, steps) };
      const role = 'role' in owner ? owner.role : 'latent';
      put(
        { id, name: owner.name, span: owner.span, kind: 'neighbour', role, label },
        membership.boxesOf.get(owner.name)!,
      );
    }
  const netsUsed = new Set(placed.flatMap((p) => p.edges.map((e) => e.variable)).filter((id) => id.startsWith('net:')));
  for (const { name, span } of model.nets)
    if (netsUsed.has(`net:${name}`))
      put({ id: netId(name), kind: 'net', label: { text: name, subscript: '' }, name, span }, []);
  for (const l of lets) {
    const label = { text: l.name, subscript: subscriptOf(l, []) };
    put({ id: l.name, name: l.name, span: l.span, kind: 'let', label }, membership.boxesOf.get(l.name)!);
  }

  const own: SketchPlate[] = [];
  readers.forEach(({ node, factor }, i) => {
    if (factor === null) return;
    const { name, kind, span } = factor;
    const label = { text: factor.distribution?.name ?? name, subscript: '' };
    put({ id: node, kind: 'factor', factor: kind, label, name, span }, membership.boxesOfFactor.get(name)!);
    const text = placed[i]!.ownIndices;
    if (text === '') return;
    const box = own.find((p) => p.label === text && sameBoxes(p.members[0]!, node, members));
    if (box === undefined) own.push({ id: `own:${node}`, label: text, members: [node] });
    else own[own.indexOf(box)] = { ...box, members: [...box.members, node] };
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

/** All factors and the drawn lets, with their slots where drawn lets count as variables. */
const readersOf = (graph: FactorGraph, lets: readonly Let[]): readonly Reader[] => {
  const { model } = graph;
  const inline = letInliner(model, new Set(lets.map((l) => l.name)));
  const { collect } = slotCollector(model, lets);
  const factors = graph.groups.map((group): Reader => {
    const declared = model.factors.find((f) => f.name === group.name);
    const energy = inline(declared?.energy ?? group.energy);
    const slots = collect(energy, group.binders);
    const missing = group.slots.filter(
      (s) => s.variable === group.distribution?.variable && !slots.some((t) => t.variable === s.variable),
    );
    return { node: factorId(group), group: { ...group, energy, slots: [...missing, ...slots] }, factor: group };
  });
  const computed = lets.map((l): Reader => {
    const energy = inline(l.value);
    const { binders, where, span } = l;
    const slots = collect(energy, binders);
    const group: FactorGroup = {
      name: `let ${l.name}`,
      kind: 'factor',
      binders,
      where,
      slots,
      energy,
      distribution: null,
      span,
    };
    return { node: l.name, group, factor: null };
  });
  return [...factors, ...computed];
};

const factorId = (group: FactorGroup): string => `factor:${group.name}`;
/** `Body.Block1`, made by `repeat`, is part of Body. */
const netId = (name: string): string => `net:${name.replace(/\..*$/, '')}`;

const sameBoxes = (a: string, b: string, members: ReadonlyMap<string, readonly string[]>): boolean =>
  [...members.values()].every((list) => list.includes(a) === list.includes(b));

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
  readonly owner: Owner;
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
  { node, group, factor }: Reader,
  owners: ReadonlyMap<string, Owner>,
  drawn: ReadonlySet<Owner>,
  membership: Membership,
  nameOf: (id: string) => string,
  sizes: readonly SizeSymbol[],
): Placed => {
  const along = membership.platesOfFactor.get(group.name)!;
  /** `text` is '' and `step` 0 where the index is the factor's own. */
  const positions = (slot: Slot, owner: Owner): readonly { text: string; step: number | null }[] =>
    slot.at.map((position, k) => {
      const axis = owner.binders[k]!;
      const map = indexOf(position, axis.from);
      const step = stepOf(map, along, membership.plateOf.get(axis.id)!);
      if (step === 0) return { text: '', step };
      const text = mapText(map, nameOf);
      return { text: text === '' || text === axis.name ? '' : `${axis.name} = ${text}`, step };
    });
  const unshifted = new Set(
    group.slots
      .filter((s) => s.at.length > 0 && positions(s, owners.get(s.variable)!).every((p) => p.step === 0))
      .map((s) => s.variable),
  );
  const lowest = Math.max(...group.slots.map((s) => levelOf(owners.get(s.variable)!)));

  const edges = new Map<string, SketchEdge>();
  const neighbours: Neighbour[] = [];
  for (const slot of group.slots) {
    const owner = owners.get(slot.variable)!;
    const net = 'net' in owner ? owner.net : null;
    if (net === null && !drawn.has(owner)) continue;
    const places = net === null ? positions(slot, owner) : [];
    const steps = places.map((p) => p.step);
    const isStep = unshifted.has(owner.name) && steps.every((s) => s !== null) && steps.some((s) => s !== 0);
    let id = net === null ? owner.name : netId(net);
    if (isStep) {
      id = `${owner.name}[${steps.join()}]`;
      const plates = owner.binders.flatMap((b, k) => (steps[k] === 0 ? [] : [membership.plateOf.get(b.id)!]));
      neighbours.push({ id, owner, steps: steps as number[], plates });
    }
    const label = isStep ? '' : places.flatMap((p) => (p.text === '' ? [] : [p.text])).join(', ');
    const level = levelOf(owner);
    const into =
      factor !== null &&
      (factor.distribution === null
        ? level === lowest && level !== levels.let
        : factor.distribution.variable === owner.name && !isStep);
    const key = `${id} ${label}`;
    const known = edges.get(key);
    const detached = slot.detached === true && (known === undefined || known.detached);
    edges.set(key, { factor: node, variable: id, label, detached, into });
  }
  const own = group.binders.filter((b) => !along.has(b.id));
  const ranges = own.length === 0 ? '' : rangeText(withoutHull(own, group.where), sizes);
  const filter = group.where === null || own.length === 0 ? '' : exprText(group.where, nameOf);
  const short = filter !== '' && !filter.includes('…') && filter.length <= 40;
  return { edges: [...edges.values()], neighbours, ownIndices: short ? `${ranges}, ${filter}` : ranges };
};

/** Steps from the node of the factor's own index; null when the position comes about otherwise. */
const stepOf = (map: IndexMap, along: ReadonlyMap<string, string>, plate: string): number | null =>
  map.kind === 'affine' && along.get(map.index) === plate ? constantValue(map.offset) : null;

/** What a reader expects further down: parameters on top, then what is computed, then what is hidden, then what is seen. */
const levels: Readonly<Record<Role | 'let', number>> = {
  param: 0,
  data: 0,
  let: 0.5,
  noise: 1,
  latent: 1,
  observed: 2,
  target: 2,
};
const levelOf = (owner: Owner): number => levels['role' in owner ? owner.role : 'let'];
