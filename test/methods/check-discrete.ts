// One random discrete model through the compiler and through enumeration. In: a model, a temperature, what is asked. Out:
// the first disagreement in words, or null; and what the compiler refused.
import type { RunReport } from '../../src/api.ts';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import type { Assignment, DiscreteModel, Unknown } from './discrete-model.ts';
import { valueOf } from './discrete-model.ts';
import type { Enumerated } from './enumerate.ts';
import { byTargets, enumerate, expectation, freeEnergy, marginal, minimum, probabilities } from './enumerate.ts';
import { flat, largestDifference, tryModel } from './run-model.ts';

export interface Verdict {
  /** null: everything agrees. */
  readonly disagreement: string | null;
  /** Diagnostics, when the run stopped. */
  readonly stopped: readonly Diagnostic[];
  readonly methods: readonly string[];
}

export type Question = 'minimum' | 'marginals' | 'mixed';

/** Relative to the size of the numbers. */
const close = (a: number, b: number, tolerance: number): boolean =>
  a === b || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b));

export const checkDiscrete = async (
  model: DiscreteModel,
  question: Question,
  beta: number,
  { backend = 'reference', tolerance = 1e-8, method = null as string | null } = {},
): Promise<Verdict> => {
  const oracle = enumerate(model);
  const options =
    question === 'minimum'
      ? { beta: Infinity }
      : question === 'marginals'
        ? { beta, query: 'marginals' as const }
        : { beta };
  const { result, diagnostics } = await tryModel(model.text, model.data, { ...options, backend }, method);
  const impossible = minimum(oracle.energies) === Infinity;
  if (result === null) return { disagreement: null, stopped: diagnostics, methods: [] };
  const { json } = result;
  const methods = json.plan.map((p) => p.method);
  const verdict = (disagreement: string | null): Verdict => ({ disagreement, stopped: [], methods });
  if (impossible) return verdict('no assignment is allowed, and the run did not say so');
  if (question === 'minimum') return verdict(compareMinimum(model, oracle, json, tolerance));
  if (question === 'marginals') return verdict(compareMarginals(model, oracle, json, beta, tolerance));
  return verdict(compareMixed(model, oracle, json, beta, tolerance));
};

/** The state of each node in a report, as in the oracle; null where a value is in no state. */
const statesOf = (u: Unknown, report: RunReport): Int32Array | null => {
  const numbers = flat(report.variables[u.name]);
  if (u.kind === 'onehot') {
    const rows = Array.from({ length: numbers.length / u.states }, (_, i) =>
      numbers.slice(i * u.states, (i + 1) * u.states),
    );
    if (rows.some((r) => r.filter((x) => x === 1).length !== 1 || r.filter((x) => x === 0).length !== u.states - 1))
      return null;
    return Int32Array.from(rows, (r) => r.indexOf(1));
  }
  const states = numbers.map((x) => Array.from({ length: u.states }, (_, s) => valueOf(u, s)).indexOf(x));
  return states.includes(-1) ? null : Int32Array.from(states);
};

const indexOf = (model: DiscreteModel, oracle: Enumerated, states: Assignment): number =>
  oracle.assignments.findIndex((a) => model.unknowns.every((u) => a[u.name]!.join() === states[u.name]!.join()));

const assigned = (model: DiscreteModel, report: RunReport): Assignment | string => {
  const states: Record<string, Int32Array> = {};
  for (const u of model.unknowns) {
    const own = statesOf(u, report);
    if (own === null) return `${u.name} is in no state: ${JSON.stringify(report.variables[u.name])}`;
    states[u.name] = own;
  }
  return states;
};

const compareMinimum = (
  model: DiscreteModel,
  oracle: Enumerated,
  report: RunReport,
  tolerance: number,
): string | null => {
  const best = minimum(oracle.energies);
  if (!close(report.energy!.total, best, tolerance)) return `minimum ${report.energy!.total}, enumerated ${best}`;
  const states = assigned(model, report);
  if (typeof states === 'string') return states;
  const at = indexOf(model, oracle, states);
  if (!close(oracle.energies[at]!, best, tolerance))
    return `the assignment has energy ${oracle.energies[at]}, the minimum is ${best}`;
  if (!close(report.freeEnergy!, best, tolerance)) return `freeEnergy ${report.freeEnergy}, minimum ${best}`;
  return compareFactors(model, oracle, report, (list) => list[at]!, tolerance);
};

const compareFactors = (
  model: DiscreteModel,
  oracle: Enumerated,
  report: RunReport,
  expected: (list: readonly number[]) => number,
  tolerance: number,
): string | null => {
  for (const f of model.factors) {
    const [found, wanted] = [report.energy!.factors[f.name]!, expected(oracle.factors.get(f.name)!)];
    if (!close(found, wanted, tolerance * 10)) return `energy of ${f.name}: ${found}, enumerated ${wanted}`;
  }
  return null;
};

const compareProbabilities = (
  oracle: Enumerated,
  report: RunReport,
  unknowns: readonly Unknown[],
  p: readonly number[],
  tolerance: number,
): string | null => {
  for (const u of unknowns) {
    const full = marginal(oracle, u, p);
    const expected = u.kind === 'binary' || u.kind === 'spin' ? full.filter((_, i) => i % 2 === 1) : full;
    const found = report.marginals[u.name];
    if (found === undefined) return `no marginals of ${u.name}`;
    if (!(largestDifference(flat(found), expected) <= tolerance))
      return `marginals of ${u.name}: ${flat(found).join(' ')}, enumerated ${expected.join(' ')}`;
  }
  return null;
};

const compareMarginals = (
  model: DiscreteModel,
  oracle: Enumerated,
  report: RunReport,
  beta: number,
  tolerance: number,
): string | null => {
  const f = freeEnergy(oracle.energies, beta);
  if (!close(report.logPartition!, -beta * f, tolerance * Math.max(1, beta)))
    return `logPartition ${report.logPartition}, enumerated ${-beta * f}`;
  if (!close(report.freeEnergy!, f, tolerance)) return `freeEnergy ${report.freeEnergy}, enumerated ${f}`;
  const p = probabilities(oracle.energies, beta);
  return (
    compareProbabilities(oracle, report, model.unknowns, p, tolerance * 10) ??
    compareFactors(model, oracle, report, (list) => expectation(list, p), tolerance)
  );
};

/** Targets minimised over the free energy of the latents. */
const compareMixed = (
  model: DiscreteModel,
  oracle: Enumerated,
  report: RunReport,
  beta: number,
  tolerance: number,
): string | null => {
  const targets = model.unknowns.filter((u) => u.role === 'target');
  const latents = model.unknowns.filter((u) => u.role === 'latent');
  const groups = byTargets(oracle, targets, beta);
  const best = minimum(groups.map((g) => g.free));
  if (!close(report.freeEnergy!, best, tolerance)) return `freeEnergy ${report.freeEnergy}, enumerated ${best}`;
  const states = assigned(model, report);
  if (typeof states === 'string') return states;
  const at = indexOf(model, oracle, states);
  const group = groups.find((g) => g.members.includes(at))!;
  if (!close(group.free, best, tolerance)) return `the targets have free energy ${group.free}, the best is ${best}`;
  const p = Array<number>(oracle.energies.length).fill(0);
  const within = probabilities(
    group.members.map((i) => oracle.energies[i]!),
    beta,
  );
  group.members.forEach((i, k) => (p[i] = within[k]!));
  return (
    compareProbabilities(oracle, report, latents, p, tolerance * 10) ??
    compareFactors(model, oracle, report, (list) => expectation(list, p), tolerance)
  );
};
