// Params without a closed form: some steps of descent on the expected energy, from where they stand. In: the params, the
// energies that touch them with the weights of the latents, current values. Out: new values; the best point seen is returned,
// so a sweep never raises the objective. L-BFGS in free coordinates where all of them have some, else Riemannian or projected
// gradients.
import type { FactorGroup } from '../../graph/factor-graph.ts';
import type { Environment } from '../../lower/environment.ts';
import { lowerGroup, totalEnergy } from '../../lower/group.ts';
import { contractNamed, mapNamed, scalar } from '../../lower/named-tensor.ts';
import type { Weights } from '../../lower/polynomial.ts';
import { wholeShape } from '../../semantics/whole-shape.ts';
import type { Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import { standardCoordinates } from '../continuous/coordinates.ts';
import { isConvex, lowerDescent, roughness } from '../continuous/descent.ts';
import type { OptimizerChoice } from '../continuous/optimizer.ts';
import { forSweep, optimizerChoice, optimizerTitles } from '../continuous/optimizer.ts';
import { readableIn } from '../continuous/projections.ts';
import { descendFromStarts } from '../continuous/starts.ts';
import type { BlockFacts, Candidate, ParameterStep, Refusal } from '../method.ts';
import { dimValue, refusal } from '../method.ts';

const name = 'descent step';

const propose = (facts: BlockFacts): Candidate<OptimizerChoice> | Refusal => {
  const variables = facts.block.map((v) => v.variable);
  const found = standardCoordinates(variables, readableIn(facts.model));
  if (typeof found === 'string') return refusal(name, found);
  const { optimizer, kinds } = found;
  const rough = roughness(facts, optimizer);
  if (rough !== null) return refusal(name, rough);
  const convex = kinds.projected.length > 0 && isConvex(facts, kinds);
  const witness = optimizerChoice(optimizer);
  const { iterations } = forSweep(witness);
  const count = variables.reduce((n, v) => n + (dimValue(dims.product(wholeShape(v)), facts.sizes) ?? 1), 0);
  const where = kinds.projected.map((p) => `, ${p.variable.name} in ${p.projection.title}`).join('');
  return {
    kind: 'candidate',
    method: `${optimizerTitles[optimizer]} steps`,
    certificate: convex ? 'globally optimal' : 'local',
    cost: { operations: count * iterations, bytes: count * 4 * 24 },
    summary: `${convex ? 'convex and smooth' : 'smooth'}${where}: at most ${iterations} steps a sweep`,
    witness,
  };
};

/** Σ of the group's energy under the weights of its slots. */
const expectedEnergy = (env: Environment, group: FactorGroup, weights: Weights | null): Value => {
  if (weights === null) return totalEnergy(env, group).value;
  const b = env.builder;
  const table = lowerGroup(env, group);
  const operands = [table, weights.tensor].map((tensor) => ({ tensor, labels: [] }));
  const total = contractNamed(b, 'sum-product', operands, []);
  // An index that neither has repeats the energy, unless the weights were summed over it.
  const seen = new Set([...table.axes, ...weights.tensor.axes].map((a) => a.id));
  const repeated = group.binders.filter((i) => !seen.has(i.id) && !weights.covers.has(i.id));
  const times = dims.product(repeated.map((i) => dims.subtract(i.to, i.from)));
  return mapNamed(b, 'mul', total, scalar(b.dim(times))).value;
};

export const descentStep: ParameterStep<OptimizerChoice> = {
  name,
  documentation:
    'Params in which the expected energy is smooth, in sets with a transform or a nearest point: some iterations of L-BFGS, ' +
    'projected or Riemannian gradients from where they stand. Local; globally optimal for a convex energy over convex sets.',
  propose,
  lower: (choice, facts, env, weightsOf, current) => {
    const unknowns = facts.block.map((v) => v.variable);
    const objective = (inner: Environment): Value =>
      facts.groups.reduce(
        (sum, g) => inner.builder.add(sum, expectedEnergy(inner, g, weightsOf(g.name))),
        inner.builder.constant(0),
      );
    const problem = { unknowns, restarts: 1, optimizer: forSweep(choice), objective };
    return descendFromStarts(problem, { ...env, starts: current }).arrays;
  },
  solve: lowerDescent,
};
