// Minimise or marginalise: the rule, first match wins. In: an unknown that is not learned (params that are come in
// plan-fit.ts), its block and the task. Out: operation, temperature and a sentence that says which row decided.
import type { FactorGroup } from '../graph/factor-graph.ts';
import { dependsOn } from '../graph/expressions.ts';
import type { Beta, Operation } from '../methods/method.ts';
import type { Model, Variable } from '../semantics/model.ts';
import type { Task } from './task.ts';

export interface Decision {
  readonly operation: Operation;
  readonly beta: Beta;
  readonly reason: string;
}

const printBeta = (beta: number): string => (beta === Infinity ? 'inf' : String(beta));

/** The temperature of what is marginalised although nothing, or `inf`, is said. */
export const finiteBeta = (task: Task, modelBeta: number | null): number => {
  const beta = task.beta ?? modelBeta;
  return beta === null || beta === Infinity ? 1 : beta;
};

/** `modelBeta`: the value of the model's `beta = …`, null when absent. `block`: the latents connected to this one. */
export const decide = (
  model: Model,
  task: Task,
  modelBeta: number | null,
  variable: Variable,
  block: ReadonlySet<string>,
  groups: readonly FactorGroup[],
): Decision => {
  const beta = task.beta ?? modelBeta;
  const finite = finiteBeta(task, modelBeta);
  const { name, role } = variable;
  const marginalize = (reason: string, at = finite): Decision => ({ operation: 'marginalize', beta: at, reason });
  const minimize = (reason: string): Decision => ({ operation: 'minimize', beta: Infinity, reason });

  if (task.minimize.includes(name)) return minimize(`--minimize ${name}`);
  if (task.marginalize.includes(name)) return marginalize(`--marginalize ${name}`);
  const setting = model.infer.find((s) => s.variables.length === 0 || s.variables.includes(name));
  if (setting !== undefined)
    return setting.operation === 'minimize'
      ? minimize('the infer block says so')
      : marginalize('the infer block says so');
  if (task.query !== 'map')
    return marginalize(
      `the task asks for ${{ marginals: 'probabilities', logz: 'the log-partition function', sample: 'samples' }[task.query]}`,
    );
  if (role === 'target')
    return withLatents(model, task, modelBeta, variable, block, groups) ?? minimize('an asked target is minimised');
  if (beta !== null) {
    const source = task.beta === null ? `beta = ${printBeta(beta)} in the model` : `--beta ${printBeta(beta)}`;
    return beta === Infinity ? minimize(source) : marginalize(source, beta);
  }
  const touching = groups.filter((g) => g.filler !== true && dependsOn(g.energy, block));
  if (touching.length > 0 && touching.every((g) => g.kind === 'distribution'))
    return marginalize(`every factor on ${[...block].join(', ')} is a normalised distribution`, 1);
  return minimize('a plain energy has no temperature of its own: it is taken to zero');
};

/** The missing cells of a target that is given in part are inside with the latents that they are joined to: at the same β,
 *  where those are marginalised. null where they are not. */
const withLatents = (
  model: Model,
  task: Task,
  modelBeta: number | null,
  { name }: Variable,
  block: ReadonlySet<string>,
  groups: readonly FactorGroup[],
): Decision | null => {
  if (!task.partial.has(name)) return null;
  const latents = model.variables.filter((v) => v.role === 'latent' && block.has(v.name));
  const decisions = latents.map((v) => decide(model, task, modelBeta, v, block, groups));
  const [first] = decisions;
  if (first === undefined || decisions.some((d) => d.operation !== 'marginalize' || d.beta !== first.beta)) return null;
  const { beta } = first;
  const reason = `its missing cells are inside with ${latents.map((v) => v.name).join(', ')}`;
  return { operation: 'marginalize', beta, reason };
};

/** Sets of unknowns connected through factor groups, in order of declaration. */
export const components = (
  unknowns: readonly Variable[],
  groups: readonly FactorGroup[],
): readonly (readonly Variable[])[] => {
  const parent = new Map(unknowns.map((v) => [v.name, v.name] as const));
  const find = (x: string): string => (parent.get(x) === x ? x : find(parent.get(x)!));
  for (const g of groups) {
    const touched = unknowns.filter((v) => dependsOn(g.energy, new Set([v.name])));
    for (const v of touched.slice(1)) parent.set(find(v.name), find(touched[0]!.name));
  }
  const roots = [...new Set(unknowns.map((v) => find(v.name)))];
  return roots.map((root) => unknowns.filter((v) => find(v.name) === root));
};
