// Whether a minimum that is called global is one, asked again in float64: do steps from there lower the energy still, and how large
// is the gap there. In: a plan and the values that it found. Out: the verdict, or null where nothing is claimed or where to ask
// would take longer than to answer.
import type { ModuleSpec, TensorData } from '../backend/backend.ts';
import { referenceBackend } from '../backend/reference.ts';
import { effortOf, lowerOptimality } from '../plan/lower-optimality.ts';
import type { Plan } from '../plan/plan.ts';
import type { ConstValues } from '../plan/program-environment.ts';
import * as dims from '../tensor/dims.ts';
import { flopsOf } from '../tensor/passes/cost.ts';
import { pick } from './inputs.ts';

type Arrays = Readonly<Record<string, TensorData>>;

export interface Verdict {
  readonly holds: boolean;
  /** As near as float64 comes: nothing is won by computing it again there. */
  readonly sharp: boolean;
  /** In float64; null where the method has none. */
  readonly gap: number | null;
  /** The whole fit is cheap enough to be repeated. */
  readonly repeatable: boolean;
}

/** Operations that take about a second in float64, and so many that a whole descent takes some. */
const affordable = 5e7;
const affordableEvaluation = 5e5;
/** Shares of the energy that steps from a minimum may still gain, and that its gap may be: for the claim to hold, and for float32
 *  to have lost nothing. */
const shares = { holds: 1e-5, sharp: 1e-6 } as const;
/** Energies below this share of that of a start are 0: a perfect fit is one. */
const nothing = 1e-6;

/** `inputs`: what was given; `found`: what came of it; `inFloat64`: it came of float64 already. */
export const checkOptimality = async (
  plan: Plan,
  consts: ConstValues,
  spec: ModuleSpec,
  inputs: Arrays,
  found: Arrays,
  sizes: Readonly<Record<string, number>>,
  inFloat64: boolean,
): Promise<Verdict | null> => {
  const questions = (['fit', 'query'] as const).map((part) => ({ part, inFloat64 }));
  const effort = questions.reduce((sum, q) => sum + effortOf(plan, q), 0);
  if (effort === 0) return null;
  const flops = dims.evaluate(flopsOf(spec.entries['energy']!), sizes);
  const repeatable = flops <= affordableEvaluation;
  if (flops * effort > affordable) return { holds: true, sharp: true, gap: null, repeatable };
  const verdicts: Omit<Verdict, 'repeatable'>[] = [];
  for (const q of questions) {
    // Targets that learning is given and the query asks for have two values.
    const arrays = { ...inputs, ...(q.part === 'fit' ? paramsOf(plan, found) : found) };
    const check = lowerOptimality(plan, q, new Set(Object.keys(arrays)), consts, spec.source);
    if (check !== null) verdicts.push(await judge(check, arrays, sizes));
  }
  // The gap that a report has is that of what is learned, where something is.
  const all = (what: 'holds' | 'sharp'): boolean => verdicts.every((v) => v[what]);
  return { holds: all('holds'), sharp: all('sharp'), gap: verdicts[0]!.gap, repeatable };
};

const judge = async (
  check: ModuleSpec,
  arrays: Arrays,
  sizes: Readonly<Record<string, number>>,
): Promise<Omit<Verdict, 'repeatable'>> => {
  const runner = await referenceBackend.load(check);
  const seen = await runner.call('optimality', pick(check, 'optimality', arrays), { sizes });
  await runner.dispose();
  const numbers = ['before', 'after', 'start'].map((name) => seen[name]!.data[0]!);
  const [before, after, start] = numbers as [number, number, number];
  const gap = seen['gap']?.data[0] ?? null;
  const scale = Math.max(Math.abs(before), Number.isFinite(start) ? nothing * start : 0);
  // Written so that NaN does not hold.
  const within = (share: number): boolean => before - after <= share * scale && (gap === null || gap <= share * scale);
  return { holds: within(shares.holds), sharp: within(shares.sharp), gap };
};

const paramsOf = (plan: Plan, found: Arrays): Arrays =>
  Object.fromEntries(
    plan.model.variables
      .filter((v) => v.role === 'param' && found[v.name] !== undefined)
      .map((v) => [v.name, found[v.name]!] as const),
  );
