// In: a factor graph. Out: the JSON form that `ebmc graph -o G.json` and `--emit graph` write.
//
//   { schema_version: 1, model,
//     variables: [{ name, role, domain, shape: ["D", "K"], indices: [{ name, from, to, plate }], net }],
//     nets:      [{ name, params: ["Enc.0.weight", …], derived: { how, from } | null }],
//     factors:   [{ name, kind, distribution, indices: [{ name, from, to }], where,
//                   slots: [{ variable, at: ["t-1"], detached }] }],
//     plates:    [{ id, name, from, to, inside: [id, …] }],
//     structure: { unknowns: [{ variable, domain, curvature, degree, convexity, smooth, because, factors: { name: class },
//                               constraints, separableAxes }],
//                  blocks:   [{ of: ["latent"], components: [{ variables, shape,
//                               axes: [{ name, coupling, order, factor, reason }] }] }] } }
//
// Sizes are written as in the file (`N`, `K + 1`); `at` holds the index of the node along each of its axes, `:` for all of
// them. `degree` is null where the energy is no polynomial. A block is what is unknown together, all else being given.
import type { Binder } from '../../semantics/model.ts';
import { print } from '../../tensor/dims.ts';
import type { FactorGraph, IndexMap, Slot } from '../factor-graph.ts';
import { findPlates } from '../plates.ts';
import type { ComponentFacts, UnknownFacts } from '../structure.ts';
import { structureOf } from '../structure.ts';
import { exprText, indexOf } from './index-text.ts';
import { indexNames } from './index-names.ts';

export const jsonOf = (graph: FactorGraph): object => {
  const { model } = graph;
  const nameOf = indexNames(graph);
  const { plateOf } = findPlates(graph.variables, graph.groups);
  const axesOf = (slot: Slot): readonly Binder[] => graph.variables.find((v) => v.name === slot.variable)!.binders;
  const range = ({ name, from, to }: Binder): object => ({ name, from: print(from), to: print(to) });
  const ofRoles = (...roles: readonly string[]): ReadonlySet<string> =>
    new Set(graph.variables.filter((v) => roles.includes(v.role)).map((v) => v.name));
  const blocks = [['latent'], ['target', 'latent'], ['param']].filter((roles) =>
    graph.variables.some((v) => v.role === roles[0]),
  );
  return {
    schema_version: 1,
    model: model.name,
    variables: graph.variables.map((v) => ({
      name: v.name,
      role: v.role,
      domain: v.domain.kind,
      shape: v.type.shape.map(print),
      indices: v.binders.map((b) => ({ ...range(b), plate: plateOf.get(b.id) ?? null })),
      net: v.net,
    })),
    nets: model.nets.map((n) => ({
      name: n.name,
      params: n.params,
      derived: n.derived === null ? null : { how: n.derived.how, from: n.derived.from },
    })),
    factors: graph.groups.map((g) => ({
      name: g.name,
      kind: g.kind,
      distribution: g.distribution?.name ?? null,
      indices: g.binders.map(range),
      where: g.where === null ? null : ascii(exprText(g.where, nameOf)),
      slots: g.slots.map((s) => slotJson(s, axesOf(s), nameOf)),
    })),
    plates: graph.plates.map(({ id, name, from, to, inside }) => ({
      id,
      name,
      from: print(from),
      to: print(to),
      inside,
    })),
    structure: {
      unknowns: structureOf(graph, ofRoles('latent', 'target', 'param')).unknowns.map(unknownJson),
      blocks: blocks.map((roles) => ({
        of: roles,
        components: structureOf(graph, ofRoles(...roles)).components.map(componentJson),
      })),
    },
  };
};

const ascii = (text: string): string => text.replaceAll('\u2212', '-');

const slotJson = (slot: Slot, axes: readonly Binder[], nameOf: (id: string) => string): object => ({
  variable: slot.variable,
  at: slot.at.map((map, k) => ascii(indexJson(indexOf(map, axes[k]!.from), nameOf))),
  detached: slot.detached === true,
});

const indexJson = (map: IndexMap, nameOf: (id: string) => string): string => {
  switch (map.kind) {
    case 'affine': {
      if (map.offset.length === 0) return nameOf(map.index);
      const offset = print(map.offset);
      return `${nameOf(map.index)}${offset.startsWith('-') ? '' : '+'}${offset}`;
    }
    case 'fixed':
      return print(map.at);
    case 'all':
      return ':';
    case 'gather':
    case 'unknown':
      return exprText(map.expr, nameOf);
  }
};

const finite = (x: number): number | null => (Number.isFinite(x) ? x : null);

const unknownJson = (u: UnknownFacts): object => ({
  variable: u.variable,
  domain: u.domain,
  curvature: u.curvature,
  degree: finite(u.degree),
  convexity: u.convexity,
  smooth: u.smooth,
  because: u.witness,
  factors: Object.fromEntries(u.factors.map((f) => [f.factor, f.curvature])),
  constraints: u.constraints,
  separableAxes: u.separableAxes,
});

const componentJson = (c: ComponentFacts): object => ({
  variables: c.variables,
  shape: c.shape,
  axes: c.axes.map(({ name, coupling }) => ({
    name,
    coupling: coupling.kind,
    order: coupling.kind === 'chain' ? coupling.order : null,
    factor: coupling.kind === 'independent' ? null : coupling.factor,
    reason: coupling.kind === 'coupled' ? coupling.reason : null,
  })),
});
