// What `ebmc explain` says. In: a plan, its module, options. Out: the plan in words, and where it would be computed and why.
// Throws DiagnosticError (EBM513) where --backend names none.
import type { RunOptions } from '../api.ts';
import type { ModuleSpec } from '../backend/backend.ts';
import type { Checked } from '../diagnostics/diagnostic.ts';
import { explainPlan } from '../plan/explain.ts';
import type { Plan } from '../plan/plan.ts';
import { chooseBackend, requireBackend } from './choose-backend.ts';

export const explainRun = async (plan: Plan, spec: ModuleSpec, options: RunOptions): Promise<Checked<string>> => {
  requireBackend(options.backend);
  const { why } = await chooseBackend(options, plan, spec);
  return { value: `${explainPlan(plan).trimEnd()}\n\ncomputed on ${why}\n`, diagnostics: [] };
};
