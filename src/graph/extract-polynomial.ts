// Reads an energy as a polynomial in a block of unknowns (polynomial.ts). In: an energy with lets expanded, the ranges of
// its indices, the block, and which other variables are enumerated (their slots are labels). Out: the terms, or why not.
import type { Binder, Expr, SubscriptExpr } from '../semantics/model.ts';
import type { Dim } from '../tensor/dims.ts';
import * as dims from '../tensor/dims.ts';
import { affineIndex, dependsOn, indexExpr, numberExpr, substituteIndices } from './expressions.ts';
import { callExpr, equals, shifted } from './small-expressions.ts';
import { identifyChoices, identifyStates, simplify } from './simplify-polynomial.ts';
import type {
  Atom,
  ExtractContext,
  Known,
  Label,
  LabelRange,
  NotPolynomial,
  Polynomial,
  Position,
  Term,
} from './polynomial.ts';
import { multiplyTerms, scaleTerms } from './polynomial.ts';

type Outcome = readonly Term[] | NotPolynomial;
const ZERO: Dim = [];
/** Of a product of sums that is multiplied out. */
const mostTerms = 10_000;

export const extractPolynomial = (
  context: ExtractContext,
  energy: Expr,
  indices: readonly Binder[],
): Polynomial | NotPolynomial => {
  const ranges = new Map<Label, LabelRange>();
  for (const i of indices) ranges.set(i.id, { dim: dims.subtract(i.to, i.from), from: i.from });
  const terms = new Extraction(context, ranges).terms(energy, []);
  if (refused(terms)) return terms;
  const bound = indices.map((i) => i.id);
  const closed = terms.map((t) => ({ ...t, bound: [...t.bound, ...bound] }));
  return { terms: simplify(closed.map((t) => identifyChoices(identifyStates(context, t, ranges), ranges))), ranges };
};

const refused = (x: Outcome): x is NotPolynomial => !Array.isArray(x);
const refuse = (expr: Expr, reason: string): NotPolynomial => ({ kind: 'not-polynomial', expr, reason });
const one = (known: readonly Known[]): readonly Term[] => [{ coefficient: 1, known, unknown: [], bound: [] }];

/** How many of the last axes an atom joins: it commutes with selecting entries along the others only. */
const joinedAxes: Readonly<Record<Atom, number>> = {
  value: 0,
  log: 0,
  'log-complement': 0,
  reciprocal: 0,
  log_softmax: 1,
  inverse: 2,
  log_abs_det: 2,
};

const keepsLastAxes = ({ base, subscripts }: Expr & { kind: 'subscript' }, count: number): boolean =>
  subscripts.slice(Math.max(base.type.shape.length - count, 0)).every((s) => s.kind === 'all');

/** How many terms a reduction has; 1 where a filter leaves none, whose mean is 0. */
const countOf = (expr: Expr & { kind: 'reduce' }): Expr => {
  const { binders, where, span } = expr;
  const one = numberExpr(1, expr);
  const { type } = one;
  if (where === null)
    return { kind: 'dim', dim: dims.product(binders.map((b) => dims.subtract(b.to, b.from))), type, span };
  const count: Expr = { kind: 'reduce', reducer: 'sum', binders, where, body: one, type, span };
  return { kind: 'call', fn: 'maximum', args: [count, one], type, span };
};

/** Lives while one energy is read: it hands out labels. */
class Extraction {
  private count = 0;
  private readonly ids = new Map<Expr, number>();
  constructor(
    private readonly context: ExtractContext,
    private readonly ranges: Map<Label, LabelRange>,
  ) {}

  private fresh(dim: Dim, from: Dim = ZERO): Label {
    const label = `%${this.count++}`;
    this.ranges.set(label, { dim, from });
    return label;
  }

  /** The terms of an expression whose positional axes are called `out`. */
  terms(expr: Expr, out: readonly Label[]): Outcome {
    if (!dependsOn(expr, this.context.block)) return this.known(expr, out);
    switch (expr.kind) {
      case 'ref':
        return this.reference(expr, out);
      case 'call':
        return this.call(expr, out);
      case 'reduce':
        return this.reduction(expr, out);
      case 'stack': {
        const by = new Map<string, Expr>();
        expr.binders.forEach((b, i) => by.set(b.id, shifted(indexExpr(out[i]!, expr), b.from)));
        return this.terms(substituteIndices(expr.body, by), out.slice(expr.binders.length));
      }
      case 'array':
        return this.sum(
          expr.elements.map((e, j) => {
            const here = this.known(equals(indexExpr(out[0]!, e), numberExpr(j, e)), []);
            return this.product(here, this.terms(e, out.slice(1)));
          }),
        );
      case 'if': {
        if (dependsOn(expr.condition, this.context.block)) return refuse(expr.condition, 'a condition on the unknown');
        const otherwise = callExpr('not', [expr.condition], expr.condition);
        return this.sum([
          this.product(this.known(expr.condition, []), this.terms(expr.then, out)),
          this.product(this.known(otherwise, []), this.terms(expr.else, out)),
        ]);
      }
      case 'subscript':
        return this.subscript(expr, out);
      default:
        return refuse(expr, `'${expr.kind}' is not a polynomial of its arguments`);
    }
  }

  private known(expr: Expr, out: readonly Label[]): readonly Term[] {
    if (expr.kind === 'number') return [{ coefficient: expr.value, known: [], unknown: [], bound: [] }];
    const labels: Label[] = [];
    const deltas: Known[] = [];
    const bound: Label[] = [];
    for (const label of out) {
      if (!labels.includes(label)) labels.push(label);
      else {
        const twin = this.fresh(this.ranges.get(label)!.dim, this.ranges.get(label)!.from);
        labels.push(twin);
        bound.push(twin);
        deltas.push({ expr: equals(indexExpr(label, expr), indexExpr(twin, expr)), labels: [] });
      }
    }
    return [{ coefficient: 1, known: [{ expr, labels }, ...deltas], unknown: [], bound }];
  }

  private sum(parts: readonly Outcome[]): Outcome {
    const bad = parts.find(refused);
    return bad ?? this.merged(parts.flatMap((p) => p as readonly Term[]));
  }

  private product(a: Outcome, b: Outcome, whole?: Expr): Outcome {
    if (refused(a)) return a;
    if (refused(b)) return b;
    if (whole !== undefined && a.length * b.length > mostTerms) return refuse(whole, 'a product of too many terms');
    return this.merged(multiplyTerms(a, b));
  }

  /** x + x is 2 x: equal terms become one, so that lets built on lets stay as small as what they say. Terms with sums of
   *  their own keep their labels apart and stay. */
  private merged(terms: readonly Term[]): readonly Term[] {
    if (terms.length < 2) return terms;
    const byKey = new Map<string, number>();
    const result: Term[] = [];
    for (const t of terms) {
      const at = t.bound.length > 0 ? undefined : byKey.get(this.key(t));
      if (at !== undefined) result[at] = { ...result[at]!, coefficient: result[at]!.coefficient + t.coefficient };
      else {
        if (t.bound.length === 0) byKey.set(this.key(t), result.length);
        result.push(t);
      }
    }
    return result.length === terms.length ? terms : result;
  }

  private key({ known, unknown }: Term): string {
    const exprs = known.map((k) => `${this.idOf(k.expr)}[${k.labels.join()}]`).toSorted();
    const atoms = unknown.map(
      (o) => `${o.atom} ${o.variable}[${o.positions.map((p) => `${p.label}+${dims.print(p.offset)}`).join()}]`,
    );
    return `${exprs.join(' ')} ${atoms.toSorted().join(' ')}`;
  }

  private idOf(expr: Expr): number {
    const id = this.ids.get(expr) ?? this.ids.size;
    this.ids.set(expr, id);
    return id;
  }

  private closed(terms: Outcome, bound: readonly Label[]): Outcome {
    return refused(terms) ? terms : terms.map((t) => ({ ...t, bound: [...t.bound, ...bound] }));
  }

  /** An argument of an elementwise operation: scalars broadcast. */
  private broadcast(expr: Expr, out: readonly Label[]): Outcome {
    return this.terms(expr, expr.type.shape.length === 0 ? [] : out);
  }

  private freshFor(expr: Expr): readonly Label[] {
    return expr.type.shape.map((dim) => this.fresh(dim));
  }

  // -------------------------------------------------------------- calls

  private call(expr: Expr & { kind: 'call' }, out: readonly Label[]): Outcome {
    const [a, b] = expr.args as [Expr, Expr];
    switch (expr.fn) {
      case 'add':
        return this.sum([this.broadcast(a, out), this.broadcast(b, out)]);
      case 'sub':
        return this.sum([this.broadcast(a, out), this.scaled(this.broadcast(b, out), -1)]);
      case 'neg':
        return this.scaled(this.terms(a, out), -1);
      case 'mul':
        return this.product(this.broadcast(a, out), this.broadcast(b, out), expr);
      case 'div':
        return this.product(this.broadcast(a, out), this.reciprocal(b, b.type.shape.length === 0 ? [] : out));
      case 'pow':
        return this.power(expr, a, b, out);
      case 'matmul':
        return this.matmul(a, b, out);
      case 'transpose':
        return this.terms(a, a.type.shape.length < 2 ? out : [...out.slice(0, -2), out.at(-1)!, out.at(-2)!]);
      case 'squared-norm2':
      case 'squared-normF': {
        const labels = this.freshFor(a);
        return this.closed(this.product(this.terms(a, labels), this.terms(a, labels)), labels);
      }
      case 'sum':
      case 'mean':
        return this.arraySum(expr, a, out);
      case 'trace': {
        const label = this.fresh(a.type.shape[0]!);
        return this.closed(this.terms(a, [label, label]), [label]);
      }
      case 'log':
        return this.logarithm(expr, a, out);
      case 'log_softmax':
      case 'inverse':
        return this.atom(expr.fn, expr, a, out);
      case 'log_abs_det': {
        const rows = a.type.shape.slice(-2).map((dim) => this.fresh(dim));
        const terms = this.atom('log_abs_det', expr, a, [...out, ...rows]);
        return refused(terms)
          ? terms
          : terms.map((t) => ({
              ...t,
              unknown: t.unknown.map((o) => ({ ...o, positions: o.positions.slice(0, -2) })),
            }));
      }
      default:
        return refuse(expr, `${expr.fn} of the unknown`);
    }
  }

  private scaled(terms: Outcome, by: number): Outcome {
    return refused(terms) ? terms : scaleTerms(terms, by);
  }

  private power(whole: Expr, base: Expr, exponent: Expr, out: readonly Label[]): Outcome {
    const n = exponent.kind === 'number' ? exponent.value : NaN;
    if (!Number.isInteger(n) || n < 1 || n > 4) return refuse(whole, 'a power that is not 1, 2, 3 or 4');
    let result: Outcome = this.terms(base, out);
    for (let i = 1; i < n; i++) result = this.product(result, this.terms(base, out), whole);
    return result;
  }

  private reciprocal(expr: Expr, out: readonly Label[]): Outcome {
    if (!dependsOn(expr, this.context.block)) {
      const value = callExpr('div', [numberExpr(1, expr), expr], expr);
      return expr.kind === 'number'
        ? [{ coefficient: 1 / expr.value, known: [], unknown: [], bound: [] }]
        : this.known(value, out);
    }
    if (expr.kind === 'call' && expr.fn === 'mul')
      return expr.args.reduce<Outcome>(
        (product, a) => this.product(product, this.reciprocal(a, a.type.shape.length === 0 ? [] : out)),
        one([]),
      );
    if (expr.kind === 'call' && expr.fn === 'pow' && expr.args[1]!.kind === 'number' && expr.args[1]!.value === 2)
      return this.product(this.reciprocal(expr.args[0]!, out), this.reciprocal(expr.args[0]!, out));
    return this.atom('reciprocal', expr, expr, out);
  }

  private logarithm(expr: Expr, arg: Expr, out: readonly Label[]): Outcome {
    const complement =
      arg.kind === 'call' && arg.fn === 'sub' && arg.args[0]!.kind === 'number' && arg.args[0]!.value === 1;
    return complement ? this.atom('log-complement', expr, arg.args[1]!, out) : this.atom('log', expr, arg, out);
  }

  /** A function of the bare unknown (or of entries of it): the occurrence is marked with the atom. */
  private atom(atom: Atom, whole: Expr, arg: Expr, out: readonly Label[]): Outcome {
    let inner = arg;
    let intact = true;
    for (; inner.kind === 'subscript'; inner = inner.base) intact &&= keepsLastAxes(inner, joinedAxes[atom]);
    const bare = inner.kind === 'ref' && intact;
    const terms = bare ? this.terms(arg, out) : refuse(whole, `${atom} of an expression of the unknown`);
    if (refused(terms)) return terms;
    const [term] = terms;
    // What is known in the term only selects entries, and selecting commutes with a function of the entries.
    if (terms.length !== 1 || term!.unknown.length !== 1)
      return refuse(whole, `${atom} of an expression of the unknown`);
    return [{ ...term!, unknown: [{ ...term!.unknown[0]!, atom }] }];
  }

  private matmul(a: Expr, b: Expr, out: readonly Label[]): Outcome {
    const [ra, rb] = [a.type.shape.length, b.type.shape.length];
    if (ra === 1 && b.type.row === true && a.type.row !== true)
      return this.product(this.terms(a, [out[0]!]), this.terms(b, [out[1]!]));
    if (ra > 2 || rb > 2) return refuse(a, 'a product of stacks of matrices');
    const k = this.fresh(a.type.shape.at(-1)!);
    const left = ra === 1 ? [k] : [out[0]!, k];
    const right = rb === 1 ? [k] : [k, out.at(-1)!];
    return this.closed(this.product(this.terms(a, left), this.terms(b, right)), [k]);
  }

  private arraySum(expr: Expr & { kind: 'call' }, arg: Expr, out: readonly Label[]): Outcome {
    const reduced = arg.type.shape.slice(expr.type.shape.length);
    const labels = reduced.map((dim) => this.fresh(dim));
    const total = this.closed(this.terms(arg, [...out, ...labels]), labels);
    if (expr.fn === 'sum') return total;
    const count: Expr = { kind: 'dim', dim: dims.product(reduced), type: numberExpr(0, expr).type, span: expr.span };
    return this.product(total, this.reciprocal(count, []));
  }

  private reduction(expr: Expr & { kind: 'reduce' }, out: readonly Label[]): Outcome {
    if (expr.reducer !== 'sum' && expr.reducer !== 'mean') return refuse(expr, `${expr.reducer} over the unknown`);
    const labels = expr.binders.map((b) => this.fresh(dims.subtract(b.to, b.from), b.from));
    const by = new Map(expr.binders.map((b, i) => [b.id, indexExpr(labels[i]!, expr)] as const));
    let terms = this.terms(substituteIndices(expr.body, by), out);
    if (expr.where !== null) terms = this.product(this.known(substituteIndices(expr.where, by), []), terms);
    if (expr.reducer === 'mean') terms = this.product(terms, this.reciprocal(countOf(expr), []));
    return this.closed(terms, labels);
  }

  // -------------------------------------------------------------- references

  /** The label that an index expression selects, with what ties a new label to it. */
  private select(at: Expr, dim: Dim): { position: Position; known: readonly Known[]; bound: readonly Label[] } {
    const affine = affineIndex(at);
    if (affine !== null && affine.index !== null)
      return { position: { label: affine.index, offset: affine.offset }, known: [], bound: [] };
    if (affine !== null) {
      const label = this.fresh(dims.constant(1), affine.offset);
      return { position: { label, offset: ZERO }, known: [], bound: [label] };
    }
    const slot = at.kind === 'ref' ? this.context.slot(at) : null;
    if (slot !== null) {
      this.ranges.set(slot.label, { dim: slot.count, from: ZERO });
      return { position: { label: slot.label, offset: ZERO }, known: [], bound: [] };
    }
    const label = this.fresh(dim);
    const vector = at.type.shape.length === 1;
    const known = vector ? { expr: at, labels: [label] } : { expr: equals(indexExpr(label, at), at), labels: [] };
    return { position: { label, offset: ZERO }, known: [known], bound: [label] };
  }

  private reference(expr: Expr & { kind: 'ref' }, out: readonly Label[]): Outcome {
    const variable = this.context.model.variables.find((v) => v.name === expr.name)!;
    const known: Known[] = [];
    const bound: Label[] = [];
    const positions: Position[] = expr.at.map((at, i) => {
      const binder = variable.binders[i]!;
      const selected = this.select(at, dims.subtract(binder.to, binder.from));
      known.push(...selected.known);
      bound.push(...selected.bound);
      return selected.position;
    });
    positions.push(...out.map((label) => ({ label, offset: ZERO })));
    return [{ coefficient: 1, known, unknown: [{ variable: expr.name, atom: 'value', positions }], bound }];
  }

  private subscript(expr: Expr & { kind: 'subscript' }, out: readonly Label[]): Outcome {
    const labels: Label[] = [];
    const known: Known[] = [];
    const bound: Label[] = [];
    const rest = [...out];
    const subscripts: readonly SubscriptExpr[] = [
      ...expr.subscripts,
      ...expr.base.type.shape.slice(expr.subscripts.length).map(() => ({ kind: 'all' }) as const),
    ];
    subscripts.forEach((s, i) => {
      const dim = expr.base.type.shape[i]!;
      if (s.kind === 'all') return void labels.push(rest.shift()!);
      if (s.kind === 'range') {
        const label = this.fresh(dim);
        const target = callExpr('add', [indexExpr(rest.shift()!, expr), s.from], expr);
        known.push({ expr: equals(indexExpr(label, expr), target), labels: [] });
        bound.push(label);
        return void labels.push(label);
      }
      const selected = this.select(s.at, dim);
      known.push(...selected.known);
      bound.push(...selected.bound);
      if (selected.position.offset.length === 0) return void labels.push(selected.position.label);
      const label = this.fresh(dim);
      known.push({ expr: equals(indexExpr(label, expr), s.at), labels: [] });
      bound.push(label);
      labels.push(label);
    });
    const base = this.terms(expr.base, labels);
    return this.product([{ coefficient: 1, known, unknown: [], bound }], base);
  }
}
