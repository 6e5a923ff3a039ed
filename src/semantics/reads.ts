// What reads what. In: a model. Out: the variables that an expression depends on, and those that a run has to have.
import type { Expr, MethodCall, Model } from './model.ts';
import { walk } from './traverse.ts';

/** Variables that an expression depends on, through lets and nets. */
export const toucher = (model: Model): ((expr: Expr) => ReadonlySet<string>) => {
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
    const { value = null, where = null } = lets.get(name) ?? {};
    const found = new Set(present(value, where).flatMap((e) => [...touched(e)]));
    ofLet.set(name, found);
    return found;
  };
  return touched;
};

const present = (...exprs: readonly (Expr | null)[]): readonly Expr[] => exprs.filter((e) => e !== null);

const argumentsOf = (call: MethodCall): readonly Expr[] => [
  ...Object.values(call.options),
  ...call.args.flatMap((a) => a.args),
  ...Object.values(call.methods).flatMap(argumentsOf),
];

/** Expressions of losses and of the arguments of methods. */
export const settingsExpressions = (model: Model): readonly Expr[] => {
  const losses = model.train?.losses ?? [];
  const calls = [...model.infer.map((s) => s.by), ...losses.flatMap((l) => [l.named, ...l.learn.map((x) => x.by)])];
  return [
    ...calls.filter((c) => c !== null).flatMap(argumentsOf),
    ...losses.flatMap(({ expression }) => present(expression)),
  ];
};

/** Variables that something reads: factors and their filters, declarations of others, settings, and the lets that are shown. What
 *  other lets read is for those who ask for them. */
export const variablesRead = (model: Model, shown: readonly string[]): ReadonlySet<string> => {
  const touched = toucher(model);
  const all = (exprs: readonly Expr[]): readonly string[] => exprs.flatMap((e) => [...touched(e)]);
  return new Set([
    ...model.factors.flatMap((f) => all([...present(f.energy, f.where), ...(f.distribution?.args ?? [])])),
    ...model.factors.flatMap((f) => (f.distribution === null ? [] : [f.distribution.variable])),
    ...model.variables.flatMap((v) => {
      const bounds = v.domain.kind === 'interval' ? [v.domain.from, v.domain.to] : [];
      return all([...present(v.where, v.start), ...v.conditions, ...bounds]).filter((name) => name !== v.name);
    }),
    ...all(model.consts.map((c) => c.value)),
    ...all(model.nets.flatMap((n) => [...n.lets.map((l) => l.value), n.body])),
    ...all(present(model.beta)),
    ...all(settingsExpressions(model)),
    ...model.lets.filter((l) => shown.includes(l.name)).flatMap((l) => all(present(l.value, l.where))),
  ]);
};
