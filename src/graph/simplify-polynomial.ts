// Rewrites of single terms once an energy has been read. In: a term. Out: an equal one with fewer labels or factors.
import type { ExtractContext, Known, Label, LabelRange, Term } from './polynomial.ts';
import { equal } from '../tensor/dims.ts';
import { exprKey, freeIndices, indexExpr, substituteIndices } from './expressions.ts';

/** A one-hot node that is enumerated is 1 at its state and 0 elsewhere: z_k ties the axis k to the slot. So w @ z reads the
 *  column of the state, and the quadratic form of a centre is diagonal in the states. */
export const identifyStates = (context: ExtractContext, term: Term, ranges: Map<Label, LabelRange>): Term => {
  for (const [i, k] of term.known.entries()) {
    const [label] = k.labels;
    if (k.expr.kind !== 'ref' || k.labels.length !== 1 || !label!.startsWith('%') || !term.bound.includes(label!))
      continue;
    const slot = context.slot(k.expr);
    if (slot === null) continue;
    ranges.set(slot.label, { dim: slot.count, from: [] });
    const rest = { ...term, known: term.known.toSpliced(i, 1), bound: term.bound.filter((l) => l !== label) };
    return identifyStates(context, renameIndex(rest, label!, slot.label), ranges);
  }
  return term;
};

/** `a[user[e]]` twice in one term reads one node twice: the axes that are tied to the same index by data are one axis. So the
 *  squares of a factorisation are block-diagonal in the users, and each user's part is a small system of its own. */
export const identifyChoices = (term: Term, ranges: ReadonlyMap<Label, LabelRange>): Term => {
  const chosen = new Map<string, Label>();
  for (const [i, { expr }] of term.known.entries()) {
    if (expr.kind !== 'call' || expr.fn !== 'eq' || expr.args[0]!.kind !== 'index') continue;
    const label = expr.args[0]!.id;
    if (!label.startsWith('%') || !term.bound.includes(label)) continue;
    const key = exprKey(expr.args[1]!);
    const first = chosen.get(key);
    if (first === undefined) chosen.set(key, label);
    else if (first !== label && sameRange(ranges.get(first)!, ranges.get(label)!)) {
      const rest = { ...term, known: term.known.toSpliced(i, 1), bound: term.bound.filter((l) => l !== label) };
      return identifyChoices(renameIndex(rest, label, first), ranges);
    }
  }
  return term;
};

const sameRange = (a: LabelRange, b: LabelRange): boolean => equal(a.dim, b.dim) && equal(a.from, b.from);

/** Renames a label everywhere in a term, free indices of known expressions included. */
const renameIndex = (term: Term, from: Label, to: Label): Term => ({
  ...term,
  known: term.known.map((k) => ({
    expr: substituteIndices(k.expr, new Map([[from, indexExpr(to, k.expr)]])),
    labels: k.labels.map((l) => (l === from ? to : l)),
  })),
  unknown: term.unknown.map((o) => ({
    ...o,
    positions: o.positions.map((p) => (p.label === from ? { ...p, label: to } : p)),
  })),
});

/** `i == 1` and `i == 2` in one term make it 0; the same one twice counts once. */
export const simplify = (terms: readonly Term[]): readonly Term[] =>
  terms.flatMap((term) => {
    const fixed = new Map<Label, number>();
    const known: Known[] = [];
    for (const k of term.known) {
      const [left, right] = k.expr.kind === 'call' && k.expr.fn === 'eq' ? k.expr.args : [];
      if (left?.kind === 'index' && right?.kind === 'number') {
        const seen = fixed.get(left.id);
        if (seen !== undefined && seen !== right.value) return [];
        if (seen !== undefined) continue;
        fixed.set(left.id, right.value);
      }
      known.push(k);
    }
    return term.coefficient === 0 ? [] : [{ ...term, known }];
  });

/** The labels that a known factor has beside its positional ones. */
export const knownLabels = (k: Known): ReadonlySet<Label> => new Set([...k.labels, ...freeIndices(k.expr)]);
