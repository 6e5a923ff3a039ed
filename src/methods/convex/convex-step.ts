// Params in which the expected energy is convex with simple parts: a dictionary with columns in the ball, nonnegative factors that
// are coupled, weights with an l1 penalty. In an alternation some accelerated proximal steps from where the params stand, which
// never raise the energy; alone, the whole problem with its gap.
import type { Environment } from '../../lower/environment.ts';
import { sumOfEnergies } from '../../lower/group.ts';
import { dependsOn } from '../../graph/expressions.ts';
import { wholeShape } from '../../semantics/whole-shape.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import { bindArrays } from '../continuous/joint-transform.ts';
import type { BlockFacts, Candidate, ParameterStep, Refusal, WeightsOf } from '../method.ts';
import { dimValue, refusal } from '../method.ts';
import type { QuadraticWitness } from '../quadratic/method.ts';
import { denseCount, quadraticWitness } from '../quadratic/method.ts';
import { coordinates } from '../quadratic/system.ts';
import { assemble } from '../quadratic/system.ts';
import { splitUnknowns } from '../quadratic/solve.ts';
import type { GradientOf } from './lipschitz.ts';
import type { ConvexWitness } from './method.ts';
import { convexGap, isPlain, looks, plainReason, proposeConvex, solveConvex } from './method.ts';
import type { Arrays } from './parts.ts';
import type { ConvexProblem } from './problem.ts';
import { convexProblem } from './problem.ts';
import { someSteps, stepsPerSweep } from './some-steps.ts';
import { convexWords, noProximalMap } from './words.ts';

interface StepWitness {
  /** All unknowns iterated, none eliminated. */
  readonly problem: ConvexProblem;
  /** The smooth part as a matrix; null: its gradient is taken of the energy. */
  readonly matrix: QuadraticWitness | null;
  /** The problem by itself; null where latents weigh the energy. */
  readonly alone: ConvexWitness | null;
}

const name = 'proximal gradient';

const propose = (facts: BlockFacts): Candidate<StepWitness> | Refusal => {
  const problem = convexProblem(facts, false);
  if (typeof problem === 'string') return refusal(name, problem);
  if (isPlain(problem)) return refusal(name, plainReason);
  const averaged = facts.groups.filter((g) => dependsOn(g.energy, facts.enumerated));
  const penalties = problem.composite.penalties.map((p) => p.term);
  const affine = problem.composite.affine[0];
  if (affine !== undefined) return refusal(name, noProximalMap(affine));
  const loose = penalties.find((t) => dependsOn(t.energy, facts.enumerated));
  if (loose !== undefined) return refusal(name, `${loose.name} is not smooth and weighed by latents`);
  const smooth = [...problem.squares, ...problem.linear, ...problem.others];
  const found = quadraticWitness({ ...facts, groups: smooth }, facts.enumerated);
  const witness = typeof found === 'string' || found.layout.chain !== null ? null : found;
  if (witness === null && averaged.length > 0)
    return refusal(name, typeof found === 'string' ? found : 'a chain under latents');
  const matrix = witness !== null && fits(facts, witness) ? witness : null;
  if (matrix === null && averaged.length > 0) return refusal(name, 'the matrix of its quadratic form exceeds --budget');
  const alone = facts.enumerated.size > 0 ? null : proposeConvex(facts);
  const count = facts.block.reduce((n, v) => n + (dimValue(dims.product(wholeShape(v.variable)), facts.sizes) ?? 1), 0);
  return {
    kind: 'candidate',
    method: 'FISTA',
    certificate: 'globally optimal',
    cost: { operations: count * stepsPerSweep, bytes: count * 4 * 8 },
    summary: convexWords(problem),
    witness: { problem, matrix, alone: alone === null || alone.kind === 'refusal' ? null : alone.witness },
  };
};

const fits = (facts: BlockFacts, { layout }: QuadraticWitness): boolean => {
  const n = denseCount(facts, layout);
  const copies = layout.batch.reduce((m, c) => m * (dimValue(c.dim, facts.sizes) ?? 1), 1);
  return n * n * copies * 4 <= facts.budget / 4;
};

/** x ↦ Hx + g, with the posterior weights inside H and g. */
const matrixGradient = (
  env: Environment,
  facts: BlockFacts,
  { layout, polynomials }: QuadraticWitness,
  weightsOf: WeightsOf,
): GradientOf => {
  const variables = facts.block.map((v) => v.variable);
  const system = assemble(env, variables, layout, polynomials, weightsOf);
  const { shared, dense, count } = coordinates(layout, variables);
  const joint = (b: Builder, arrays: Arrays): Value =>
    b.concat(
      variables.map((v) => {
        const names = [...shared, ...dense.get(v.name)!].map((a) => a.id);
        const own = layout.axes.get(v.name)!.map((cls, i) => cls ?? `${v.name}.${i}`);
        const turned = b.transpose(
          arrays.get(v.name)!,
          names.map((id) => own.indexOf(id)),
        );
        return b.reshape(turned, [...shared.map((a) => a.dim), count(v.name)]);
      }),
      shared.length,
    );
  return (b, arrays) => {
    const x = joint(b, arrays);
    const batch = shared.map((_, i) => i);
    const [row, column] = [shared.length, shared.length + 1];
    const product = b.contract(
      'sum-product',
      [
        { value: system.hessian, axes: [...batch, row, column] },
        { value: x, axes: [...batch, column] },
      ],
      [...batch, row],
    );
    return splitUnknowns({ ...env, builder: b }, layout, variables, b.add(product, system.gradient));
  };
};

const lower = (
  { problem, matrix }: StepWitness,
  facts: BlockFacts,
  env: Environment,
  weightsOf: WeightsOf,
  current: Arrays,
): Arrays =>
  someSteps(env, {
    problem,
    start: current,
    gradient: matrix === null ? null : matrixGradient(env, facts, matrix, weightsOf),
    energy: (arrays) => sumOfEnergies(bindArrays(env, arrays), facts.groups),
  });

export const convexStep: ParameterStep<StepWitness> = {
  name,
  documentation:
    'Params in which the expected energy is convex, with weighted absolute values and norms, over boxes, simplices and norm ' +
    'balls: accelerated proximal gradient (Beck, Teboulle 2009). Globally optimal.',
  propose,
  lower,
  gapAt: {
    evaluations: looks,
    of: ({ problem, alone }, _, env, point) => convexGap(alone ?? { problem, iterations: 0 }, env, point),
  },
  solve: ({ problem, alone }, facts, env) => solveConvex(alone ?? { problem, iterations: 10_000 }, facts, env),
};
