// What the model's own settings ask for: `infer { minimize z by lbfgs }`, `train { learn w by adam(rate = 1e-2) }`.
// In: a model and what is known of its numbers. Out: requests as plain numbers, or diagnostics for what nothing serves.
import type { Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnosePlanning } from '../diagnostics/messages/planning.ts';
import { paramsNamed } from '../graph/nets/params.ts';
import { evaluateScalar, isUnevaluable } from '../graph/evaluate.ts';
import type { Requested } from '../methods/method.ts';
import type { LossSetting, MethodCall, Model, Variable } from '../semantics/model.ts';
import type { Task } from './task.ts';

const requestOf = (model: Model, task: Task, call: MethodCall): Requested => {
  const sizes = Object.fromEntries(Object.entries(task.sizes).map(([name, s]) => [name, s.value]));
  const arrays = Object.fromEntries(
    Object.entries(task.indexData).map(([name, a]) => [name, { shape: a.shape, data: Float64Array.from(a.data) }]),
  );
  const options: Record<string, number> = {};
  for (const [name, expr] of Object.entries(call.options)) {
    const value = evaluateScalar(expr, {}, { model, sizes, arrays });
    if (!isUnevaluable(value)) options[name] = value;
  }
  return { name: call.name, options };
};

/** The method that the infer block names for a variable, with the place where it does. */
export const inferRequest = (
  model: Model,
  task: Task,
  variable: Variable,
): { readonly request: Requested; readonly call: MethodCall } | null => {
  const setting = model.infer.find((s) => s.variables.length === 0 || s.variables.includes(variable.name));
  if (setting === undefined || setting.by === null) return null;
  return { request: requestOf(model, task, setting.by), call: setting.by };
};

export interface TrainingRequest {
  readonly request: Requested | null;
  readonly call: MethodCall | null;
  /** `epochs`: full passes over the data, one step each. */
  readonly epochs: number | null;
}

const lossName = (loss: LossSetting): string => loss.named?.name ?? (loss.expression === null ? 'energy' : 'loss = …');

/** How the params are to be learned. The only loss served is the energy, on all data at once. */
export const trainingRequest = (model: Model, task: Task, params: readonly Variable[]): Checked<TrainingRequest> => {
  const nothing: TrainingRequest = { request: null, call: null, epochs: null };
  const { train } = model;
  if (train === null) return { value: nothing, diagnostics: [] };
  const names = params.map((v) => v.name);
  const diagnostics: Diagnostic[] = [];
  const wrong = train.losses.find((l) => lossName(l) !== 'energy');
  if (wrong !== undefined)
    diagnostics.push(diagnosePlanning('EBM506', wrong.span ?? train.span, { loss: lossName(wrong), params: names }));
  const lines = train.losses.flatMap((l) => l.learn).map((l) => ({ names: paramsNamed(model, l.names), by: l.by }));
  const calls = lines
    .filter((l) => l.by !== null && (l.names.length === 0 || l.names.some((n) => names.includes(n))))
    .map((l) => l.by!);
  const kinds = new Set(calls.map((c) => c.name));
  if (kinds.size > 1)
    diagnostics.push(
      diagnosePlanning('EBM501', calls[1]!.span, { what: 'learning by several optimizers', needs: 'training loops' }),
    );
  // Naming some of the params says that the others stay as they are, which they cannot: they have no values.
  const named = new Set(lines.flatMap((l) => l.names));
  const left = names.filter((n) => !named.has(n));
  const everyone = lines.some((l) => l.names.length === 0) || named.size === 0;
  if (!everyone && left.length > 0) {
    const parameters = {
      what: `a train block that leaves ${left.join(', ')} out`,
      needs: 'params with values to keep',
    };
    diagnostics.push(diagnosePlanning('EBM501', train.span, parameters));
  }
  const stochastic = calls.some((c) => c.name === 'adam' || c.name === 'sgd');
  if (train.batch !== null && stochastic)
    diagnostics.push(diagnosePlanning('EBM501', train.span, { what: 'a batch', needs: 'training on minibatches' }));
  const call = calls[0] ?? null;
  const request = call === null ? null : requestOf(model, task, call);
  return { value: { request, call, epochs: train.epochs }, diagnostics };
};
