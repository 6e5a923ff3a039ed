// The backend of a run: the one that was named, or under `auto` the one that takes the least time. In: its name, a plan and its
// module. Out: a backend with the memory budget of the run, and why it is that one.
import { choose, type Surroundings } from '../backend/auto/choose.ts';
import { withFallback } from '../backend/auto/fallback.ts';
import { secondsOn } from '../backend/auto/times.ts';
import { auto, backendNames, findBackend, thisMachine } from '../backend/registry.ts';
import type { Backend, ModuleSpec } from '../backend/backend.ts';
import { withBudget } from '../backend/budget.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import { diagnoseBackend } from '../diagnostics/messages/backends.ts';
import { diagnosePlanning } from '../diagnostics/messages/planning.ts';
import type { Plan } from '../plan/plan.ts';
import { amountOfWork } from './amount-of-work.ts';

/** Estimated seconds from which on the interpreter is not let compute where compiled float64 would: estimates count more steps than
 *  most descents take, and compiling takes seconds too. */
const patience = 10;

/** What computes a plan in float64: the interpreter, which is there at once, or for what takes it long native64, where there is a
 *  compiler. */
export const chooseFloat64 = async (plan: Plan, spec: ModuleSpec): Promise<Backend> => {
  const work = amountOfWork(plan, spec, sizesOf(plan));
  const interpreter = findBackend('reference')!;
  if (secondsOn('reference', work, 1) < patience) return interpreter;
  const compiled = findBackend('native64')!;
  return (await compiled.detect()).available ? withFallback([compiled, interpreter], []) : interpreter;
};

const sizesOf = ({ task }: Plan): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(task.sizes).map(([size, { value }]) => [size, value]));

export interface ChosenBackend {
  readonly backend: Backend;
  /** `native: about 0.3 s, against 2 s on wasm` */
  readonly why: string;
}

/** Throws DiagnosticError (EBM513) for what --backend cannot take. */
export const requireBackend = (name: string): void => {
  if (!backendNames.includes(name))
    throw new DiagnosticError([diagnosePlanning('EBM513', null, { name, known: backendNames, lack: null })]);
};

/** The name is known. Sizes without a value count as nominal ones. */
export const chooseBackend = async (
  { backend: name, budget }: { readonly backend: string; readonly budget: number },
  plan: Plan,
  spec: ModuleSpec,
  on: Surroundings = thisMachine,
): Promise<ChosenBackend> => {
  if (name !== auto) return { backend: withBudget(findBackend(name)!, budget), why: `${name}: --backend names it` };
  const { backend, then, lacking, why } = await choose(amountOfWork(plan, spec, sizesOf(plan)), on);
  const warnings = lacking.map(({ name: wanted, status: { detail, remedy } }) =>
    diagnoseBackend('EBM518', null, { wanted, instead: backend.name, why: detail, remedy }),
  );
  const all = [backend, ...then].map((each) => withBudget(each, budget));
  return { backend: withFallback(all, warnings), why: `${backend.name}: ${why}` };
};
