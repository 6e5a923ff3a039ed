// What the model's own settings ask for: `infer { minimize z by lbfgs }`, `train { loss nll  learn w by adam(rate = 1e-2) }`.
// In: a model and what is known of its numbers. Out: requests as plain numbers, or diagnostics for what contradicts itself.
import type { Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnoseLoss } from '../diagnostics/messages/losses.ts';
import { evaluateScalar, isUnevaluable } from '../graph/evaluate.ts';
import { paramsNamed } from '../graph/nets/params.ts';
import type { Requested } from '../methods/method.ts';
import type { LossName } from '../semantics/losses.ts';
import type { LossSetting, MethodCall, Model, TrainSettings, Variable } from '../semantics/model.ts';
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

/** A learn line with the params that it moves. */
export interface LearnRequest {
  /** Unknown params, in order of declaration. */
  readonly params: readonly string[];
  readonly request: Requested | null;
  readonly call: MethodCall | null;
}

/** A loss with the learn lines that it governs. */
export interface LossRequest {
  readonly name: LossName | 'expression';
  readonly setting: LossSetting;
  readonly learn: readonly LearnRequest[];
}

export interface TrainingRequest {
  /** Losses that move at least one unknown param. */
  readonly losses: readonly LossRequest[];
  /** Params in no learn line: they stay at their starts. */
  readonly kept: readonly string[];
  readonly train: TrainSettings | null;
}

type Line = LossSetting['learn'][number];

/** Without a train block, and for a loss without learn lines, everything that nobody names is learned. */
const everyParam: Line = { names: [], by: null, span: { start: 0, end: 0 } };
const plainEnergy: LossSetting = { named: null, expression: null, learn: [everyParam], span: null };

const lossName = (loss: LossSetting): LossName | 'expression' =>
  loss.expression === null ? ((loss.named?.name ?? 'energy') as LossName) : 'expression';

/** `params`: those without a value. Those of moving averages follow others and are not among them. */
export const trainingRequest = (model: Model, task: Task, params: readonly Variable[]): Checked<TrainingRequest> => {
  const { train } = model;
  const settings = train === null || train.losses.length === 0 ? [plainEnergy] : train.losses;
  const losses = settings.map((l) =>
    l.learn.length === 0 ? { ...l, learn: [{ ...everyParam, span: l.span ?? everyParam.span }] } : l,
  );
  const lines = losses.flatMap((l) => l.learn);
  const named = new Set(lines.flatMap((line) => paramsNamed(model, line.names)));
  const unknown = params.map((v) => v.name);
  const paramsOfLine = (line: Line): readonly string[] => {
    const own = new Set(paramsNamed(model, line.names));
    return unknown.filter((n) => (line.names.length === 0 ? !named.has(n) : own.has(n)));
  };
  const diagnostics = [...claimedTwice(model, lines)];
  const everyone = lines.some((l) => l.names.length === 0);
  const kept = everyone ? [] : params.filter((v) => !named.has(v.name));
  const lost = kept.filter((v) => v.start === null && v.initial === undefined).map((v) => v.name);
  if (lost.length > 0) diagnostics.push(diagnoseLoss('EBM522', train!.span, { names: lost }));
  const requests = losses.map((setting): LossRequest => {
    const learn = setting.learn.map((line): LearnRequest => {
      const request = line.by === null ? null : requestOf(model, task, line.by);
      return { params: paramsOfLine(line), request, call: line.by };
    });
    return { name: lossName(setting), setting, learn: learn.filter((l) => l.params.length > 0) };
  });
  const value = { losses: requests.filter((l) => l.learn.length > 0), kept: kept.map((v) => v.name), train };
  return { value, diagnostics };
};

const claimedTwice = (model: Model, lines: readonly Line[]): readonly Diagnostic[] => {
  const seen = new Set<string>();
  for (const line of lines) {
    const claims = line.names.length === 0 ? ['all'] : paramsNamed(model, line.names).map((n) => `param ${n}`);
    const again = claims.find((c) => seen.has(c));
    if (again !== undefined) {
      const parameters = { name: again.replace('param ', ''), everyone: again === 'all' };
      return [diagnoseLoss('EBM521', line.span.end === 0 ? null : line.span, parameters)];
    }
    claims.forEach((c) => seen.add(c));
  }
  return [];
};
