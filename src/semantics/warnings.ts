// Warnings of a model without errors: declarations never used, factors that touch no unknown, unknowns that no factor touches.
// In: the model and the names that were used. Out: diagnostics.
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnoseGraph } from '../diagnostics/messages/graph.ts';
import { diagnoseName } from '../diagnostics/messages/names.ts';
import type { Expr, Factor, Model } from './model.ts';
import type { GlobalSymbol } from './symbols.ts';
import { walk } from './traverse.ts';

/** Variables that an expression depends on, through lets and nets. */
const toucher = (model: Model): ((expr: Expr) => ReadonlySet<string>) => {
  const lets = new Map(model.lets.map((l) => [l.name, l]));
  const nets = new Map(model.nets.map((n) => [n.name, n]));
  const ofLet = new Map<string, ReadonlySet<string>>();
  const touched = (expr: Expr): ReadonlySet<string> => {
    const found = new Set<string>();
    const addAll = (names: Iterable<string>): void => {
      for (const name of names) found.add(name);
    };
    walk(expr, (e) => {
      if (e.kind === 'ref' && e.of === 'variable') found.add(e.name);
      if (e.kind === 'ref' && e.of === 'let') addAll(throughLet(e.name));
      if (e.kind === 'net' || e.kind === 'weights') addAll(nets.get(e.net)?.params ?? []);
      if (e.kind === 'layer') addAll(e.params);
      if (e.kind === 'negatives') addAll(lets.has(e.of) ? throughLet(e.of) : [e.of]);
    });
    return found;
  };
  const throughLet = (name: string): ReadonlySet<string> => {
    const known = ofLet.get(name);
    if (known !== undefined) return known;
    const value = lets.get(name)?.value;
    const found = value === undefined ? new Set<string>() : touched(value);
    ofLet.set(name, found);
    return found;
  };
  return touched;
};

/** Expressions of losses and of the arguments of methods. */
const settingsExpressions = (model: Model): readonly Expr[] => {
  const calls = [
    ...model.infer.map((s) => s.by),
    ...(model.train?.losses ?? []).flatMap((l) => [l.named, ...l.learn.map((x) => x.by)]),
  ].filter((c) => c !== null);
  return [
    ...calls.flatMap((c) => [
      ...Object.values(c.options),
      ...c.args.flatMap((a) => a.args),
      ...Object.values(c.methods).flatMap((m) => Object.values(m.options)),
    ]),
    ...(model.train?.losses ?? []).flatMap((l) => (l.expression === null ? [] : [l.expression])),
  ];
};

const unknownRoles: ReadonlySet<string> = new Set(['target', 'latent', 'param', 'noise']);

export const warn = (
  model: Model,
  symbols: readonly GlobalSymbol[],
  used: ReadonlySet<string>,
): readonly Diagnostic[] => {
  const touched = toucher(model);
  const roles = new Map(model.variables.map((v) => [v.name, v.role]));
  const isUnknown = (name: string): boolean => unknownRoles.has(roles.get(name) ?? '');
  const touchedBy = (f: Factor): readonly string[] => [
    ...touched(f.energy),
    ...(f.distribution === null ? [] : [f.distribution.variable]),
  ];
  const constant = model.factors.filter((f) => !touchedBy(f).some(isUnknown));
  const reached = new Set([
    ...model.factors.flatMap(touchedBy),
    ...settingsExpressions(model).flatMap((e) => [...touched(e)]),
  ]);
  const untouched = model.variables.filter(
    (v) => v.net === null && (v.role === 'target' || v.role === 'latent' || v.role === 'param') && !reached.has(v.name),
  );
  const unreached = new Set(untouched.map((v) => v.name));
  const idle = symbols.filter((s) => s.kind !== 'let' && !used.has(s.name.text) && !unreached.has(s.name.text));
  return [
    ...constant.map((f) => diagnoseGraph('EBM406', f.span, { name: f.name })),
    ...untouched.map((v) => diagnoseGraph('EBM407', v.span, { role: v.role, name: v.name })),
    ...idle.map((s) =>
      diagnoseName('EBM220', s.name.span, {
        kind: s.kind === 'variable' ? s.declaration.role : s.kind === 'function' ? 'fn' : s.kind,
        name: s.name.text,
      }),
    ),
  ];
};
