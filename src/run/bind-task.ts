// From what the user gave to a task: data bound and checked, sizes known, the model's temperature as a number.
// In: an analysis and run options. Out: the bound values and the planner's task, or diagnostics.
import type { Analysis, DataInput, RunOptions } from '../api.ts';
import { bind, requireSizes } from '../data/bind.ts';
import type { Bound } from '../data/bind.ts';
import { tableOf } from '../data/json.ts';
import type { Table } from '../data/table.ts';
import type { Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import { hasErrors } from '../diagnostics/diagnostic.ts';
import { diagnoseData } from '../diagnostics/messages/data.ts';
import { diagnosePlanning } from '../diagnostics/messages/planning.ts';
import { evaluateScalar, isUnevaluable } from '../graph/evaluate.ts';
import type { SizeValue } from '../methods/method.ts';
import type { Expr, Model, Role } from '../semantics/model.ts';
import { variablesRead } from '../semantics/reads.ts';
import type { Task } from '../plan/task.ts';
import { checkArguments } from './check-arguments.ts';
import { emptySets } from './empty-sets.ts';

export interface BoundTask {
  readonly bound: Bound;
  readonly task: Task;
  /** The value of `beta = …`; null when the model has none. */
  readonly beta: number | null;
}

/** Stands in for sizes that nothing determines, for cost estimates only. */
export const nominalSize = 100;

const isTable = (input: DataInput): input is Table => typeof input === 'object' && input !== null && 'source' in input;

const tablesOf = (inputs: Readonly<Record<string, DataInput>>, diagnostics: Diagnostic[]): Record<string, Table> => {
  const tables: Record<string, Table> = {};
  for (const [name, input] of Object.entries(inputs)) {
    if (isTable(input)) tables[name] = input;
    else {
      const read = tableOf(input, name);
      diagnostics.push(...read.diagnostics);
      if (read.value !== null) tables[name] = read.value;
    }
  }
  return tables;
};

/** `assume`: without any data, plan as if observed and data variables (and targets, while that leaves something unknown)
 *  were given. A run never assumes. */
export const bindTask = (analysis: Analysis, options: RunOptions, assume: boolean): Checked<BoundTask | null> => {
  const model = analysis.model!;
  const diagnostics: Diagnostic[] = [];
  const data = tablesOf(options.data, diagnostics);
  const params = tablesOf(options.params, diagnostics);
  const consts = tablesOf(options.consts, diagnostics);
  if (hasErrors(diagnostics)) return { value: null, diagnostics };
  const scalarOf = (expr: Expr, sizes: Readonly<Record<string, number>>, arrays: Bound['values']): number | null => {
    const value = evaluateScalar(expr, {}, { model, sizes, arrays });
    return isUnevaluable(value) ? null : value;
  };
  const constArrays = Object.fromEntries(
    Object.entries(consts).map(([name, t]) => [name, { shape: t.shape, data: t.data }]),
  );
  const checked = bind(model, {
    data,
    params,
    sizes: options.sizes,
    consts,
    ask: options.ask,
    show: options.show,
    minimize: options.minimize,
    marginalize: options.marginalize,
    evaluate: (e) => scalarOf(e, {}, constArrays),
  });
  diagnostics.push(...checked.diagnostics);
  if (checked.value === null) return { value: null, diagnostics };
  const bound = checked.value;
  const partial = new Set(Object.keys(bound.missing).filter((name) => !options.ask.includes(name)));
  const unknown = new Set([...options.ask, ...partial, ...bound.empty]);
  const supplied = new Set(Object.keys(bound.values).filter((name) => !unknown.has(name)));
  diagnostics.push(...checkAsked(model, options, bound));
  const given = assume ? assumed(model, supplied, options) : supplied;
  if (!assume) diagnostics.push(...checkGiven(model, given, options.show), ...checkComplete(model, given, bound));
  const sizes: Record<string, SizeValue> = { ...bound.sizes };
  for (const open of bound.openSizes) sizes[open] = { value: nominalSize, source: 'nominal' };
  const known = Object.fromEntries(Object.entries(bound.sizes).map(([name, s]) => [name, s.value]));
  diagnostics.push(...contradictions(analysis, given, bound, known));
  const beta = model.beta === null ? null : scalarOf(model.beta, known, bound.consts);
  if (beta !== null && !(beta > 0))
    diagnostics.push(
      diagnoseData('EBM625', model.beta!.span, {
        name: 'beta',
        value: beta,
        domain: 'positive',
        where: null,
        hint: 'a temperature 1/beta is above 0; beta = inf minimises',
      }),
    );
  // Targets that are supplied and asked for are given while params are learned.
  const targets = model.variables.filter((v) => v.role === 'target' || v.role === 'latent').map((v) => v.name);
  const trainingPartial = new Set(Object.keys(bound.missing));
  const whole = targets.filter(
    (n) => bound.values[n] !== undefined && !trainingPartial.has(n) && !bound.empty.includes(n),
  );
  const training = new Set([...given, ...whole]);
  const task: Task = {
    query: options.query,
    given,
    partial,
    training,
    trainingPartial,
    beta: options.beta,
    minimize: options.minimize,
    marginalize: options.marginalize,
    withoutRegularizers: options.withoutRegularizers,
    sizes,
    indexData: { ...bound.consts, ...bound.values },
    budget: options.budget,
    restarts: options.restarts,
  };
  return { value: hasErrors(diagnostics) ? null : { bound, task, beta }, diagnostics };
};

/** What sizes and data turn out to make impossible or void. Sizes that are open may still become anything. */
const contradictions = (
  analysis: Analysis,
  given: ReadonlySet<string>,
  bound: Bound,
  sizes: Readonly<Record<string, number>>,
): readonly Diagnostic[] => {
  if (bound.openSizes.length > 0) return [];
  const { model, graph } = analysis;
  const known = { model: model!, sizes, arrays: { ...bound.lengths, ...bound.consts, ...bound.values } };
  const unknown = new Set(model!.variables.map((v) => v.name).filter((n) => !given.has(n) || bound.values[n] === undefined)); // prettier-ignore
  return [...emptySets(graph!, given, known), ...checkArguments(model!, graph!, unknown, known)];
};

const assumed = (model: Model, supplied: ReadonlySet<string>, options: RunOptions): ReadonlySet<string> => {
  const roles = (list: readonly string[]) => model.variables.filter((v) => list.includes(v.role)).map((v) => v.name);
  const read = variablesRead(model, options.show);
  const conditions = new Set([...supplied, ...roles(['data', 'observed']).filter((name) => read.has(name))]);
  if (supplied.size > 0) return conditions;
  const asked = new Set(options.ask);
  const full = new Set([...conditions, ...roles(['target'])].filter((name) => !asked.has(name)));
  const open = model.variables.some((v) => ['latent', 'param'].includes(v.role) || asked.has(v.name));
  return open ? full : conditions;
};

const checkAsked = (model: Model, options: RunOptions, bound: Bound): readonly Diagnostic[] =>
  options.ask
    .filter(
      (name) =>
        bound.values[name] === undefined ||
        !['target', 'latent', 'param'].includes(model.variables.find((v) => v.name === name)!.role),
    )
    .map((name) => {
      const variable = model.variables.find((v) => v.name === name);
      const why =
        variable === undefined
          ? 'no such variable'
          : bound.values[name] === undefined
            ? 'it was not supplied, so it is unknown already'
            : `it is ${variable.role}, which is always given`;
      return diagnosePlanning('EBM504', null, {
        name,
        why,
        unknowns: model.variables.filter((v) => v.role === 'target').map((v) => v.name),
      });
    });

/** Sizes without a value; where the data to learn from are missing altogether, that instead. */
const checkComplete = (model: Model, given: ReadonlySet<string>, bound: Bound): readonly Diagnostic[] => {
  if (bound.openSizes.length === 0) return [];
  const open = (role: Role): readonly string[] =>
    model.variables.filter((v) => v.role === role && !given.has(v.name)).map((v) => v.name);
  const [params, targets] = [open('param'), open('target')];
  if (params.length === 0 || targets.length === 0) return requireSizes(model, bound.openSizes);
  return [diagnosePlanning('EBM505', null, { params, targets })];
};

/** What is conditioned on has to be there, where it is read. */
const checkGiven = (model: Model, given: ReadonlySet<string>, shown: readonly string[]): readonly Diagnostic[] => {
  const read = variablesRead(model, shown);
  return model.variables
    .filter((v) => ['data', 'observed'].includes(v.role) && !given.has(v.name) && read.has(v.name))
    .map((v) => diagnosePlanning('EBM512', v.span, { name: v.name, role: v.role }));
};
