// One random quadratic model through the compiler and through dense linear algebra. Out: the first disagreement, or null.
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { dot, invert, quadraticForm, valueAt } from './dense.ts';
import type { RealModel } from './real-model.ts';
import { countOf } from './real-model.ts';
import { flat, largestDifference, tryModel } from './run-model.ts';

export interface Verdict {
  readonly disagreement: string | null;
  readonly stopped: readonly Diagnostic[];
  readonly methods: readonly string[];
}

const close = (a: number, b: number, tolerance: number): boolean =>
  Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b));

/** `beta`: Infinity minimises, anything else marginalises. With `asParams` the unknowns are declared as params; with
 *  `mixed` targets are minimised and latents marginalised. */
export const checkQuadratic = async (
  model: RealModel,
  beta: number,
  { backend = 'reference', tolerance = 1e-7, asParams = false, mixed = false } = {},
): Promise<Verdict> => {
  const form = quadraticForm((x) => model.factors.reduce((sum, f) => sum + f.energy(x), 0), model.count);
  const inverted = invert(form.hessian);
  const text = asParams ? model.text.replaceAll(/\b(latent|target)\b/g, 'param') : model.text;
  const options = beta === Infinity || mixed ? { beta } : { beta, query: 'marginals' as const };
  const { result, diagnostics } = await tryModel(text, model.data, { ...options, backend });
  if (result === null) {
    const unfounded = inverted !== null && diagnostics.some((d) => d.code === 'EBM508');
    return { disagreement: unfounded ? 'EBM508 of a definite form' : null, stopped: diagnostics, methods: [] };
  }
  const { json } = result;
  const methods = json.plan.map((p) => p.method);
  const verdict = (disagreement: string | null): Verdict => ({ disagreement, stopped: [], methods });
  if (inverted === null) return verdict('the form is not definite, and the run did not say so');
  const solution = inverted.inverse.map((row) => -dot(row, form.gradient));
  const least = valueAt(form, solution);
  for (const u of model.unknowns) {
    const part = solution.slice(u.first, u.first + countOf(u));
    const found = flat((asParams ? json.params : json.variables)[u.name]);
    if (!(largestDifference(found, part) <= tolerance * 10))
      return verdict(`${u.name} is ${found.join(' ')}, should be ${part.join(' ')}`);
  }
  if (beta === Infinity && !close(json.energy!.total, least, tolerance))
    return verdict(`minimum ${json.energy!.total}, should be ${least}`);
  // The marginalised numbers, and their covariance with the others held: none, all, or those of latents.
  const averaged = beta === Infinity ? [] : model.unknowns.filter((u) => !mixed || u.role === 'latent');
  const inside = averaged.flatMap((u) => Array.from({ length: countOf(u) }, (_, i) => u.first + i));
  const held =
    inside.length === 0
      ? { inverse: [], logDet: 0 }
      : invert(inside.map((i) => inside.map((j) => form.hessian[i]![j]!)))!;
  const free =
    inside.length === 0 ? least : least + (held.logDet + inside.length * Math.log(beta / (2 * Math.PI))) / (2 * beta);
  if (!asParams && !close(json.freeEnergy!, free, tolerance * 10))
    return verdict(`freeEnergy ${json.freeEnergy}, should be ${free}`);
  if (beta !== Infinity && !mixed && !close(json.logPartition!, -beta * free, tolerance * Math.max(1, beta)))
    return verdict(`logPartition ${json.logPartition}, should be ${-beta * free}`);
  for (const u of averaged) {
    const marginal = json.marginals[u.name] as { mean: unknown; sd: unknown } | undefined;
    if (marginal === undefined) return verdict(`no marginals of ${u.name}`);
    const span = Array.from({ length: countOf(u) }, (_, i) => u.first + i);
    const sd = span.map((i) => Math.sqrt(held.inverse[inside.indexOf(i)]![inside.indexOf(i)]! / beta));
    if (!(largestDifference(flat(marginal.sd), sd) <= tolerance * 10))
      return verdict(`sd of ${u.name}: ${flat(marginal.sd).join(' ')}, should be ${sd.join(' ')}`);
    const mean = span.map((i) => solution[i]!);
    if (!(largestDifference(flat(marginal.mean), mean) <= tolerance * 10)) return verdict(`mean of ${u.name}`);
  }
  for (const f of model.factors) {
    const own = quadraticForm(f.energy, model.count);
    const spread = inside.reduce(
      (sum, i, k) =>
        sum +
        dot(
          inside.map((j) => own.hessian[i]![j]!),
          held.inverse[k]!,
        ),
      0,
    );
    const expected = valueAt(own, solution) + (inside.length === 0 ? 0 : spread / 2 / beta);
    const found = json.energy!.factors[f.name];
    if (found === undefined) return verdict(`no energy of ${f.name}`);
    if (!close(found, expected, tolerance * 10)) return verdict(`energy of ${f.name}: ${found}, should be ${expected}`);
  }
  return verdict(null);
};
