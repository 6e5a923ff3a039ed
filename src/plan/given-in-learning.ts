// Missing cells that drop out of learning. While params are learned a missing cell is eliminated like a latent; where nothing
// but one squared residual (minimum 0) or its own normalised `~` factor (integral 1) reads it, what is left of that factor is
// nothing, and the factor counts for the given cells alone: a matrix factorisation with missing ratings is least squares on the
// ratings that there are. In: a factor graph and a task. Out: the graph that learning sees.
import type { Checked } from '../diagnostics/diagnostic.ts';
import {
  affineIndex,
  dependsOn,
  letInliner,
  mapChildren,
  numberExpr,
  referenceKey,
  visit,
} from '../graph/expressions.ts';
import type { FactorGraph, FactorGroup } from '../graph/factor-graph.ts';
import { isNonnegative, rangeFinder } from '../graph/value-range.ts';
import type { Binder, Expr, Model, Variable } from '../semantics/model.ts';
import { builtins } from '../semantics/builtins.ts';
import { shapesEqual } from '../tensor/dims.ts';
import type { Decision } from './operations.ts';
import { components, decide, finiteBeta } from './operations.ts';
import { givenAt, missingAsUnknowns, missingAt, present, withCellData } from './missing-cells.ts';
import type { LossRequest } from './requests.ts';
import type { Task } from './task.ts';

/** The arrays with missing cells that drop out are given at their given cells, the others are latents; both are no targets
 *  any more. What drops out may leave a number behind, which minimising the energy does not feel: other losses keep all
 *  cells. `beta`: the value of the model's beta. */
export const cellsInLearning = (
  graph: FactorGraph,
  task: Task,
  beta: number | null,
  losses: readonly Pick<LossRequest, 'name'>[],
): Checked<FactorGraph> => {
  const partial = task.trainingPartial;
  if (partial.size === 0) return { value: graph, diagnostics: [] };
  const mayDrop = losses.every((l) => l.name === 'energy');
  const inline = letInliner(graph.model);
  const asLatents = graph.variables.map((v) => (partial.has(v.name) ? ({ ...v, role: 'latent' } as const) : v));
  const model = { ...graph.model, variables: asLatents };
  let groups: readonly FactorGroup[] = graph.groups.map((g) => ({ ...g, energy: inline(g.energy) }));
  const open = asLatents.filter((v) => v.role === 'latent' && !task.training.has(v.name));
  const dropped = new Set<string>();
  for (const block of components(open, groups))
    for (const variable of block.filter((v) => partial.has(v.name))) {
      const names = new Set(block.map((v) => v.name));
      const decision = decide(model, { ...task, query: 'map' }, beta, variable, names, groups);
      const next = mayDrop ? withoutMissing(model, groups, variable, decision) : null;
      if (next === null) continue;
      groups = next;
      dropped.add(variable.name);
    }
  const known = asLatents.filter((v) => dropped.has(v.name));
  const variables = withCellData(asLatents, known).filter((v) => !dropped.has(v.name));
  const seen = { ...graph, model: { ...model, variables }, variables, groups };
  const rest = new Set([...partial].filter((name) => !dropped.has(name)));
  return missingAsUnknowns(seen, rest, finiteBeta(task, beta));
};

/** The groups with the missing cells of one array left out; null where they do not drop out. */
export const withoutMissing = (
  model: Model,
  groups: readonly FactorGroup[],
  variable: Variable,
  decision: Decision,
): readonly FactorGroup[] | null => {
  const own = new Set([variable.name]);
  const reading = groups.filter((g) => dependsOn(g.energy, own));
  const next = new Map<FactorGroup, FactorGroup>();
  for (const g of reading) {
    const alone = reading.length === 1 ? withResidualOfGiven(model, g, variable, decision) : null;
    const changed = normalisedOverGiven(g, variable, decision) ?? alone;
    if (changed === null) return null;
    next.set(g, changed);
  }
  return reading.length === 0 ? null : groups.map((g) => next.get(g) ?? g);
};

type Reference = Expr & { readonly kind: 'ref' };

const isReference = (e: Expr, name: string): e is Reference =>
  e.kind === 'ref' && e.of === 'variable' && e.name === name;

const call = (fn: 'and' | 'not' | 'mul', args: readonly Expr[], like: Expr['type'], span: Expr['span']): Expr => ({
  kind: 'call',
  fn,
  args,
  type: like,
  span,
});

/** Whether each cell is read by one instance: positions are plain indices, and every index is one of them. */
const readsEachOnce = (at: readonly Expr[], binders: readonly Binder[]): boolean => {
  const indices = at.map((e) => affineIndex(e));
  if (indices.some((a) => a === null)) return false;
  const used = indices.flatMap((a) => (a!.index === null ? [] : [a!.index]));
  return new Set(used).size === used.length && binders.every((b) => used.includes(b.id));
};

// ---------------------------------------------------------------- normalised factors

/** ∫ p(y | rest) dy = 1: at β = 1 the factor of a marginalised cell that nothing else reads is 1. */
const normalisedOverGiven = (g: FactorGroup, variable: Variable, decision: Decision): FactorGroup | null => {
  const { name, type, span } = variable;
  const own = new Set([name]);
  if (decision.operation !== 'marginalize' || decision.beta !== 1) return null;
  if (g.distribution?.variable !== name || g.distribution.args.some((arg) => dependsOn(arg, own))) return null;
  const references = new Map<string, Reference>();
  visit(g.energy, (e) => {
    if (isReference(e, name)) references.set(referenceKey(name, e.at), e);
  });
  const [ref] = references.values();
  if (references.size !== 1 || !readsEachOnce(ref!.at, g.binders)) return null;
  const given = (e: Expr): Expr => (isReference(e, name) ? givenAt(e) : mapChildren(e, given));
  if (type.shape.length === 0 || variable.domain.kind === 'onehot') {
    const missing = missingAt(ref!);
    const cell = type.shape.length === 0 ? missing : firstEntry(missing);
    const kept = call('not', [cell], { scalar: { kind: 'boolean' }, shape: [] }, span);
    const where = g.where === null ? kept : call('and', [g.where, kept], kept.type, span);
    return { ...g, energy: given(g.energy), where };
  }
  // Entry by entry, and then summed.
  const { energy } = g;
  if (energy.kind !== 'call' || energy.fn !== 'sum' || !isEntrywise(energy.args[0]!, name)) return null;
  const entries = energy.args[0]!;
  return {
    ...g,
    energy: { ...energy, args: [call('mul', [present(missingAt(ref!)), given(entries)], entries.type, span)] },
  };
};

const firstEntry = (vector: Expr): Expr => {
  const subscripts = [...vector.type.shape.slice(0, -1).map(() => ({ kind: 'all' }) as const), { kind: 'at', at: numberExpr(0, vector) } as const]; // prettier-ignore
  const type = { scalar: vector.type.scalar, shape: vector.type.shape.slice(0, -1) };
  return { kind: 'subscript', base: vector, subscripts, type, span: vector.span };
};

/** Entry d of the value depends on entry d of the array alone. */
const isEntrywise = (expr: Expr, name: string): boolean => {
  if (!dependsOn(expr, new Set([name]))) return true;
  if (isReference(expr, name)) return true;
  return expr.kind === 'call' && builtins[expr.fn].elementwise === true && expr.args.every((a) => isEntrywise(a, name));
};

// ---------------------------------------------------------------- squared residuals

/** c (y - f)² with c ≥ 0 is 0 at y = f; its integral is a number, where c is one. */
const withResidualOfGiven = (
  model: Model,
  g: FactorGroup,
  variable: Variable,
  decision: Decision,
): FactorGroup | null => {
  if (g.kind === 'constraint') return null;
  const found = new Residual(model, variable, decision.operation === 'marginalize');
  const energy = found.total(g.energy);
  if (energy === null || found.at === null || !readsEachOnce(found.at, [...g.binders, ...found.binders])) return null;
  return { ...g, energy };
};

/** Lives while one energy is read: it finds the one residual that reads the array, and the indices around it. */
class Residual {
  readonly binders: Binder[] = [];
  /** The positions that the residual reads; null until it is found. */
  at: readonly Expr[] | null = null;
  private readonly names: ReadonlySet<string>;
  private readonly range: ReturnType<typeof rangeFinder>;

  constructor(
    model: Model,
    private readonly variable: Variable,
    private readonly integrated: boolean,
  ) {
    this.names = new Set([variable.name]);
    this.range = rangeFinder(model);
  }

  private reads(e: Expr): boolean {
    return dependsOn(e, this.names);
  }

  /** The energy with its residual masked; null where the array is read in another way, or twice. */
  total(e: Expr): Expr | null {
    if (e.kind === 'reduce') {
      if (e.reducer !== 'sum' || (e.where !== null && this.reads(e.where))) return null;
      this.binders.push(...e.binders);
      const body = this.total(e.body);
      return body === null ? null : { ...e, body };
    }
    if (e.kind !== 'call') return null;
    const [a, c] = e.args as [Expr, Expr];
    const inFirst = (): Expr | null => this.replace(e, 0, this.total(a));
    switch (e.fn) {
      case 'squared-norm2':
      case 'squared-normF':
        return this.replace(e, 0, this.masked(a));
      case 'pow':
        return c.kind === 'number' && c.value === 2 ? this.replace(e, 0, this.masked(a)) : null;
      case 'sum':
        return inFirst();
      case 'add':
        if (this.reads(a) && this.reads(c)) return null;
        return this.reads(a) ? inFirst() : this.replace(e, 1, this.total(c));
      case 'sub':
        return this.reads(c) ? null : inFirst();
      case 'mul':
        if (this.reads(a)) return this.isWeight(c) ? inFirst() : null;
        return this.isWeight(a) ? this.replace(e, 1, this.total(c)) : null;
      case 'div':
        return this.isWeight(c) ? inFirst() : null;
      default:
        return null;
    }
  }

  private replace(e: Expr & { kind: 'call' }, i: number, by: Expr | null): Expr | null {
    return by === null ? null : { ...e, args: e.args.map((arg, k) => (k === i ? by : arg)) };
  }

  /** A factor that does not change where the least energy is, nor, where the cell is integrated, the params. */
  private isWeight(e: Expr): boolean {
    return !this.reads(e) && isNonnegative(this.range(e)) && this.isScale(e);
  }

  private isScale(e: Expr): boolean {
    let open = false;
    visit(e, (x) => {
      if (x.kind === 'ref' && x.of === 'variable') open = true;
    });
    return !this.reads(e) && !(open && this.integrated);
  }

  private masked(residual: Expr): Expr | null {
    const found = this.residual(residual);
    if (found === null || !shapesEqual(found.missing.type.shape, residual.type.shape)) return null;
    return call('mul', [present(found.missing), found.given], residual.type, residual.span);
  }

  /** `y - f`, with the given cells in place of y. */
  private residual(e: Expr): { readonly given: Expr; readonly missing: Expr } | null {
    if (isReference(e, this.variable.name)) return this.read(e, e.at, (ref) => ref);
    if (e.kind === 'subscript' && isReference(e.base, this.variable.name)) {
      const at = e.subscripts.map((s) => (s.kind === 'at' ? s.at : null));
      if (at.includes(null)) return null;
      return this.read(e.base, [...e.base.at, ...(at as Expr[])], (base) => ({
        ...e,
        base,
        type: { ...e.type, scalar: base.type.scalar },
      }));
    }
    if (e.kind !== 'call') return null;
    const [a, c] = e.args as [Expr, Expr | undefined];
    const i = this.reads(a) ? 0 : 1;
    const other = i === 0 ? c : a;
    if (other !== undefined && this.reads(other)) return null;
    const allowed = e.fn === 'sub' || e.fn === 'add' || e.fn === 'neg' || ((e.fn === 'mul' || (e.fn === 'div' && i === 0)) && this.isScale(other!)); // prettier-ignore
    if (!allowed || !this.reaches(e, other)) return null;
    const inner = this.residual(e.args[i]!);
    return inner === null ? null : { ...inner, given: this.replace(e, i, inner.given)! };
  }

  private read(ref: Reference, at: readonly Expr[], select: (ref: Expr) => Expr) {
    if (this.at !== null) return null;
    this.at = at;
    return { given: select(givenAt(ref)), missing: select(missingAt(ref)) };
  }

  /** Whether y can be what it is compared with. */
  private reaches(e: Expr & { kind: 'call' }, other: Expr | undefined): boolean {
    const { kind } = this.variable.domain;
    if (kind === 'real') return true;
    const halfLine = kind === 'nonnegative' || kind === 'positive';
    return halfLine && !this.integrated && e.fn === 'sub' && isNonnegative(this.range(other!));
  }
}
