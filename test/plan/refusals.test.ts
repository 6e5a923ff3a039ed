// What the planner must not do silently: temperatures at or below 0, an order of eliminations that no method has, requests
// that are not met, unknowns that nothing determines. In: small models. Out: the codes, or the method taken.
import { describe, expect, it } from 'vitest';
import { runModel, tryModel } from '../methods/run-model.ts';

const codes = async (source: string, data = {}, options = {}): Promise<readonly string[]> => {
  const { result, diagnostics } = await tryModel(source, data, options);
  return result === null ? diagnostics.filter((d) => d.severity === 'error').map((d) => d.code) : ['answered'];
};

it.each(['0', '-1'])('beta = %s', async (beta) => {
  expect(await codes(`model m\nlatent z : binary\nfactor f = z\nbeta = ${beta}`)).toEqual(['EBM625']);
});

describe('integrals of minima', () => {
  const energy = 'if k == z then -2 else (if z == 0 then 0 else 1)';
  it.each(['target', 'param'])('of a %s', async (role) => {
    const source = `model m\n${role} k : category(2)\nlatent z : binary\nfactor f = ${energy}`;
    const options = { marginalize: ['k'], minimize: ['z'] };
    expect(await codes(source, {}, options)).toEqual(['EBM501']);
  });

  it('minima of integrals are what they are', async () => {
    const source = `model m\ntarget k : category(2)\nlatent z : binary\nfactor f = ${energy}`;
    const { freeEnergy } = await runModel(source, {}, { marginalize: ['z'], minimize: ['k'] });
    // k = 0: z costs -2 and 1, k = 1: 0 and -2, which weighs more.
    expect(freeEnergy).toBeCloseTo(-Math.log(Math.exp(2) + 1), 9);
  });
});

it('stop_gradient of an unknown', async () => {
  const source = 'model m\nlatent z, q : binary\nfactor f = (z - 1)^2 + 3 * (q - stop_gradient(z))^2';
  expect(await codes(source)).toEqual(['EBM501']);
});

describe('learning by', () => {
  const model = (by: string, beta = ''): string => `model m
size N, K = 2
param w : real[K]
plate n in N {
  target y : real
  latent z : category(K)
  factor f = (y - w[z])^2
}
${beta}
${by}`;
  const y = [0, 0.1, 5, 5.2];
  it.each([
    ['lloyd', 'beta = 1', 'EBM509'],
    ['lloyd(restarts = 2)', '', 'answered'],
    ['em', 'beta = 1', 'answered'],
    ['em', '', 'EBM509'],
    ['als', '', 'answered'],
    ['exact', '', 'EBM509'],
  ])('%s with %s', async (by, beta, answer) => {
    expect(await codes(model(`train { loss energy learn w by ${by} }`, beta), { y })).toEqual([answer]);
  });

  it('what the infer block names', async () => {
    const { plan } = await runModel(model('infer { minimize w by adam }'), { y });
    expect(plan[0]!.method).toBe('Adam');
  });

  it('one iteration, which does not converge', async () => {
    const source = model('train { loss energy learn w by lloyd(restarts = 1, iterations = 1) }');
    const { result } = await tryModel(source, { y });
    expect(result!.exitCode).toBe(3);
    expect(result!.json.iterations).toBe(1);
  });

  it('a param that nothing touches', async () => {
    const source = model('param free : real');
    expect(await codes(source, { y })).toEqual(['EBM508']);
  });
});

it('two methods for one block', async () => {
  const source = `model m
latent z, q : binary
factor f = z * q - z
infer { minimize z by enumerate  minimize q by elimination }`;
  expect(await codes(source)).toEqual(['EBM509']);
});
