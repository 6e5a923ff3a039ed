// Exact methods on random discrete models against enumeration: minima with their assignments, log-partition functions,
// marginals, free energies and expected energies at several temperatures, and targets minimised over marginalised latents.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { methods } from '../../src/methods/index.ts';
import type { Question } from './check-discrete.ts';
import { checkDiscrete } from './check-discrete.ts';
import type { FamilyName } from './discrete-families.ts';
import { discreteModel, families } from './discrete-families.ts';

const tape = fc.array(fc.nat(999), { minLength: 100, maxLength: 100 });
const temperature = fc.constantFrom(0.1, 1, 3, 20);
const questions: readonly Question[] = ['minimum', 'marginals', 'mixed'];
const settings = (runs: number) => ({
  numRuns: Number(process.env['RUNS'] ?? runs),
  seed: Number(process.env['SEED'] ?? 1),
});

/** What may stop a run: only that no assignment is allowed. */
const infeasible = 'EBM514';

describe.each(Object.keys(families) as FamilyName[])('random models: %s', (family) => {
  it.each(questions)('%s', async (question) => {
    await fc.assert(
      fc.asyncProperty(tape, temperature, async (numbers, beta) => {
        const model = discreteModel(family, numbers, 1024);
        const { disagreement, stopped } = await checkDiscrete(model, question, beta);
        const refused = stopped.filter((d) => d.code !== infeasible).map((d) => `${d.code} ${d.message}`);
        expect(disagreement ?? refused.join('\n'), model.text).toBe('');
      }),
      settings(20),
    );
  });
});

// The planner takes the cheapest method; here each takes every model that it offers itself for.
const discrete = ['elimination', 'chain elimination', 'junction elimination'];
const suited: Readonly<Record<string, readonly FamilyName[]>> = {
  elimination: ['plates', 'arrays'],
  'chain elimination': ['chains', 'mixed', 'grids'],
  'junction elimination': ['chains', 'plates', 'mixed'],
};

describe.each(discrete)('%s on every model that it fits', (name) => {
  it('is in the list of methods', () => expect(methods.map((m) => m.name)).toContain(name));
  it.each(suited[name]!)('%s', async (family) => {
    let served = 0;
    await fc.assert(
      fc.asyncProperty(tape, temperature, fc.constantFrom(...questions), async (numbers, beta, question) => {
        const model = discreteModel(family, numbers, 1024);
        const verdict = await checkDiscrete(model, question, beta, { method: name });
        expect(verdict.disagreement, model.text).toBeNull();
        served += verdict.methods.length > 0 ? 1 : 0;
      }),
      settings(30),
    );
    expect(served).toBeGreaterThan(0);
  });
});
