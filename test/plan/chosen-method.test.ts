// Which method the planner takes for which structure, that it says why, and that its work does not grow with the data.
import { describe, expect, it } from 'vitest';
import type { RunOptions } from '../../src/api.ts';
import { analyse, compileModule, emit, planTask } from '../../src/compile.ts';
import { defaults, explainModel, runModel, tryModel } from '../methods/run-model.ts';

const methodsOf = async (
  text: string,
  data: Parameters<typeof runModel>[1] = {},
  options: Partial<RunOptions> = {},
): Promise<readonly string[]> => (await runModel(`model m\n${text}\n`, data, options)).plan.map((p) => p.method);

describe('the method follows the structure', () => {
  it('states of single nodes: enumeration', async () => {
    const text =
      'size N\nplate n in N {\n  observed a : real\n  target z : category(3)\n  factor f = a * (if z == 1 then 1 else 0)\n}';
    expect(await methodsOf(text, { a: [1, -1] })).toEqual(['enumeration']);
  });

  it('a tree of nodes in plates: elimination', async () => {
    const text =
      'size N = 3\nlatent c : category(2)\nplate n in N { latent x : spin }\nfactor f[n in N] = (n - 1) * x[n] * (if c == 1 then 2 else -1)';
    expect(await methodsOf(text)).toEqual(['elimination']);
  });

  it('a long chain: Viterbi and forward-backward', async () => {
    const text =
      'size T = 500\nlatent s[t in T] : spin\nfactor pair[t in 1..T] = -s[t-1] * s[t]\nfactor field[t in T] = 0.1 * s[t]';
    expect(await methodsOf(text)).toEqual(['Viterbi']);
    expect(await methodsOf(text, {}, { query: 'logz' })).toEqual(['forward-backward']);
    expect(await methodsOf(text, {}, { beta: 2 })).toEqual(['forward-backward']);
  });

  it('a grid and edges from data: junction elimination', async () => {
    const grid =
      'size H = 4, W = 5\ntarget y[i in H, j in W] : spin\nfactor a[i in H, j in 1..W] = -y[i, j-1] * y[i, j]\nfactor d[i in 1..H, j in W] = y[i-1, j] * y[i, j]';
    expect(await methodsOf(grid)).toEqual(['junction elimination']);
    const edges =
      'size N = 4, M\ndata a[e in M], b[e in M] : index(N)\ntarget x[n in N] : binary\nfactor f[e in M] = if x[a[e]] == x[b[e]] then 1 else 0';
    expect(await methodsOf(edges, { a: [0, 1, 2], b: [1, 2, 3] })).toEqual(['junction elimination']);
  });

  it('independent parts have plans of their own', async () => {
    const text =
      'target x : spin\ntarget y : real\ntarget z : angle\nfactor f = x\nfactor g = (y - 1)^2\nfactor h = -cos(z)';
    expect(await methodsOf(text)).toEqual(['enumeration', 'linear solve', 'grid search']);
  });

  it('reals: a solve, a chain solve, and their integrals', async () => {
    const level =
      'size T\nlatent s[t in T] : real\ntarget y[t in T] : real\ns[0] ~ normal(0, 10)\ns[t in 1..T] ~ normal(s[t-1], 0.5)\ny[t in T] ~ normal(s[t], 1)';
    const y = [1, 2, 1, 3];
    expect(await methodsOf(level, { y })).toEqual(['Kalman smoother']);
    expect(await methodsOf(level, { y }, { minimize: ['s'] })).toEqual(['block-tridiagonal solve']);
    expect(await methodsOf('target x : real[3]\nfactor f = ||x||^2')).toEqual(['linear solve']);
    expect(await methodsOf('target x : real[3]\nfactor f = ||x||^2', {}, { query: 'logz' })).toEqual([
      'Gaussian integral',
    ]);
  });
});

describe('minimise or marginalise', () => {
  const plain =
    'latent z : category(3)\ntarget y : category(3)\nfactor f = if z == y then 0 else 1.5\nfactor g = if z == 0 then 0.2 else 0';
  const operations = async (
    text: string,
    options: Partial<RunOptions> = {},
  ): Promise<Readonly<Record<string, string>>> => {
    const { decisions } = await planned(text, options);
    return decisions;
  };
  const planned = async (text: string, options: Partial<RunOptions>) => {
    const { value } = planTask(analyse(`model m\n${text}\n`, 'm.ebm'), { ...defaults, ...options, ask: [] });
    const { plan } = value as {
      plan: { query: readonly { decisions: ReadonlyMap<string, { operation: string; beta: number }> }[] };
    };
    const all = plan.query.flatMap((q) => [...q.decisions]);
    return {
      decisions: Object.fromEntries(
        all.map(([name, d]) => [name, d.operation === 'minimize' ? 'min' : `sum at ${d.beta}`]),
      ),
    };
  };
  const latents = plain.replace('target', 'latent');
  it.each([
    ['a plain energy', latents, {}, 'min'],
    ['beta = 2 in the model', `${latents}\nbeta = 2`, {}, 'sum at 2'],
    ['beta = inf in the model', `${latents}\nbeta = inf`, {}, 'min'],
    ['--beta over the model', `${latents}\nbeta = inf`, { beta: 3 }, 'sum at 3'],
    ['--beta inf', `${latents}\nbeta = 2`, { beta: Infinity }, 'min'],
    ['the infer block over beta', `${latents}\nbeta = 2\ninfer { minimize z, y }`, {}, 'min'],
    ['an infer block that integrates', `${latents}\ninfer { marginalize z, y }`, {}, 'sum at 1'],
    [
      '--marginalize over the infer block',
      `${latents}\ninfer { minimize z, y }`,
      { marginalize: ['z', 'y'] },
      'sum at 1',
    ],
    ['a task that asks for probabilities', latents, { query: 'marginals' }, 'sum at 1'],
    ['... at beta', `${latents}\nbeta = 4`, { query: 'logz' }, 'sum at 4'],
    [
      'normalised factors only',
      'latent z, y : binary\nz ~ bernoulli(0.3)\ny ~ bernoulli(if z then 0.9 else 0.2)',
      {},
      'sum at 1',
    ],
  ] as const)('%s', async (_, text, options, operation) => {
    expect(await operations(text, options as Partial<RunOptions>)).toEqual({ z: operation, y: operation });
  });

  it('targets over latents: the minimum of the free energy, by hand', async () => {
    const report = await runModel(`model m\n${plain}\n`, {}, { beta: 2 });
    // F(y) = -1/2 log Σ_z exp(-2 E): z = y costs nothing but 0.2 at 0, the two others 1.5 more.
    const free = (own: number, others: readonly number[]): number =>
      -Math.log(Math.exp(-2 * own) + others.reduce((s, e) => s + Math.exp(-2 * (e + 1.5)), 0)) / 2;
    const best = Math.min(free(0.2, [0, 0]), free(0, [0.2, 0]));
    expect(report.freeEnergy).toBeCloseTo(best, 10);
    expect([1, 2]).toContain(report.variables['y']);
    expect(report.plan[0]!.operation).toBe('marginalize');
  });

  it('probabilities at zero temperature are refused', async () => {
    const { result, diagnostics } = await tryModel(`model m\n${latents}\nbeta = inf\n`, {}, { query: 'marginals' });
    expect(result).toBeNull();
    expect(diagnostics.map((d) => d.code)).toEqual(['EBM503']);
  });

  it('explain gives the reason, the certificate and what was not taken', () => {
    const text = explainModel(`model m\n${latents}\n`, {}, { query: 'marginals' });
    expect(text).toContain('the task asks for probabilities');
    expect(text).toContain('[exact]');
    expect(text).toMatch(/not Gaussian integral: [zy] ranges over category/);
  });
});

it.each([
  ['x[0] != x[1] and x[1] != x[2] and x[0] != x[2]', 2],
  ['x[0] != x[0]', 3],
] as const)('constraints that nothing satisfies: %s', async (condition, states) => {
  const text = `model m\nsize N = 3\ntarget x[n in N] : category(${states})\nconstraint c = ${condition}\n`;
  for (const query of ['map', 'marginals'] as const) {
    const { result, diagnostics } = await tryModel(text, {}, { query });
    expect(result).toBeNull();
    expect(diagnostics.map((d) => d.code)).toEqual(['EBM514']);
    expect(diagnostics[0]!.message).toContain('c');
  }
});

describe('a plate of a million points plans and compiles like one of ten', () => {
  const models: Readonly<Record<string, { readonly text: string; readonly size: string }>> = {
    'k-means': {
      text: 'size N, D = 4, K = 3\nparam w : real[D, K]\nplate n in N {\n  target y : real[D]\n  latent z : onehot[K]\n  factor distance = ||y - w @ z||^2\n}',
      size: 'N',
    },
    'a mixture': {
      text: 'size N, D = 2, K = 3\nparam pi : simplex[K]\nparam mu : real[K, D]\nparam S : spd[K, D, D]\nplate n in N {\n  latent z : category(K) ~ categorical(pi)\n  target y : real[D] ~ multivariate_normal(mu[z], S[z])\n}',
      size: 'N',
    },
    'a hidden Markov model': {
      text: 'size T, S = 4, V = 5\nparam pi : simplex[S]\nparam A : simplex[S, S]\nparam B : simplex[S, V]\nlatent s[t in T] : category(S)\ntarget x[t in T] : category(V)\ns[0] ~ categorical(pi)\ns[t in 1..T] ~ categorical(A[s[t-1]])\nx[t in T] ~ categorical(B[s[t]])',
      size: 'T',
    },
    'a local level': {
      text: 'size T\nlatent s[t in T] : real\ntarget y[t in T] : real\ns[0] ~ normal(0, 10)\ns[t in 1..T] ~ normal(s[t-1], 0.5)\ny[t in T] ~ normal(s[t], 1)',
      size: 'T',
    },
    regression: {
      text: 'size N, D = 3\nparam w : real[D]\nplate n in N {\n  observed x : real[D]\n  target y : real\n  factor f = (y - w @ x)^2\n}',
      size: 'N',
    },
  };
  it.each(Object.keys(models))('%s', (name) => {
    const { text, size } = models[name]!;
    const analysis = analyse(`model m\n${text}\n`, 'm.ebm');
    const made = (n: number): { readonly program: string | null; readonly seconds: number } => {
      const options = { ...defaults, sizes: { [size]: n }, budget: 2 ** 40, restarts: 2 };
      const started = performance.now();
      const plan = planTask(analysis, options);
      expect(plan.value, plan.diagnostics.map((d) => d.message).join()).not.toBeNull();
      compileModule(plan.value!);
      const seconds = (performance.now() - started) / 1000;
      return { program: emit('program', analysis, options).value, seconds };
    };
    const few = made(10);
    const many = made(1_000_000);
    expect(many.program).toBe(few.program);
    expect(many.seconds).toBeLessThan(2 * few.seconds + 0.5);
  });
});
