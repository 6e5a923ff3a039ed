// In: a model. Out: the lets that are drawn as nodes: what a net computes, and what several factors share. Others are looked
// through.
import type { Expr, Let, Model } from '../../semantics/model.ts';
import { visit } from '../expressions.ts';

export const drawnLets = (model: Model): readonly Let[] => {
  /** Who reads a let, lets that are not drawn being looked through. */
  const readers = new Map<string, Set<string>>(model.lets.map((l) => [l.name, new Set()]));
  const note = (expr: Expr, reader: ReadonlySet<string>): void =>
    visit(expr, (e) => {
      if (e.kind === 'ref' && e.of === 'let') for (const name of reader) readers.get(e.name)?.add(name);
    });
  for (const f of model.factors) note(f.energy, new Set([`factor ${f.name}`]));
  // A let reads only earlier ones, so that all readers of a let are known when it is reached from the end.
  return model.lets
    .toReversed()
    .filter((l) => {
      const drawn = callsNet(l.value) || readers.get(l.name)!.size > 1;
      note(l.value, drawn ? new Set([`let ${l.name}`]) : readers.get(l.name)!);
      return drawn;
    })
    .reverse();
};

const callsNet = (expr: Expr): boolean => {
  let found = false;
  visit(expr, (e) => {
    if (e.kind === 'net') found = true;
  });
  return found;
};
