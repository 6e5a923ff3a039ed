// Warnings of a model without errors: declarations never used, factors that touch no unknown, unknowns that no factor touches.
// In: the model and the names that were used. Out: diagnostics.
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnoseGraph } from '../diagnostics/messages/graph.ts';
import { diagnoseName } from '../diagnostics/messages/names.ts';
import type { Factor, Model } from './model.ts';
import { settingsExpressions, toucher } from './reads.ts';
import type { GlobalSymbol } from './symbols.ts';

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
