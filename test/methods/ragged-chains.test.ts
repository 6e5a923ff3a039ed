// Chains of different lengths batched over a plate, as one scan of the longest: log Z, marginals, minima and their gradients
// against all assignments of each sequence by itself.
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../src/backend/reference.ts';
import { analyse } from '../../src/compile.ts';
import { nest } from '../../src/data/nest.ts';
import { withBindings } from '../../src/lower/environment.ts';
import { inputBindings } from '../../src/plan/lower-energy.ts';
import { lowerPlan } from '../../src/plan/lower-plan.ts';
import { planTask } from '../../src/plan/plan-task.ts';
import { programEnvironment } from '../../src/plan/program-environment.ts';
import { bindTask } from '../../src/run/bind-task.ts';
import { Builder } from '../../src/tensor/builder.ts';
import { gradient } from '../../src/tensor/differentiate.ts';
import * as dims from '../../src/tensor/dims.ts';
import type { Instr } from '../../src/tensor/program.ts';
import { withNative } from '../backend/native/compiler.ts';
import { randomNumbers } from '../tensor/finite-differences.ts';
import { defaults, flat, runFully, runModel } from './run-model.ts';

const crf = `model crf
size N, T[n in N], V, S
param emit : real[V, S]
param trans : real[S, S]
plate n in N {
  observed x[t in T[n]] : category(V)
  target   y[t in T[n]] : category(S)
  factor emission[t in T[n]]      = -emit[x[t], y[t]]
  factor transition[t in 1..T[n]] = -trans[y[t-1], y[t]]
}`;
const hmm = `model hmm
size N, T[n in N], S, V
param pi : simplex[S]
param A : simplex[S, S]
param B : simplex[S, V]
plate n in N {
  latent s[t in T[n]] : category(S)
  target x[t in T[n]] : category(V)
  s[0] ~ categorical(pi)
  s[t in 1..T[n]] ~ categorical(A[s[t-1]])
  x[t in T[n]] ~ categorical(B[s[t]])
}`;
const [S, V] = [3, 4];
const rows = (numbers: readonly number[], width: number): number[][] =>
  Array.from({ length: numbers.length / width }, (_, i) => numbers.slice(i * width, (i + 1) * width));
const simplexRows = (seed: number, count: number, width: number): number[][] =>
  rows(randomNumbers(count * width, seed, 0.1, 1), width).map((r) => r.map((p) => p / r.reduce((a, c) => a + c)));

/** Words of lengths 5, 1, 3, 6, 2. */
const x = [5, 1, 3, 6, 2].map((length, n) => randomNumbers(length, 40 + n, 0, V).map(Math.floor));
const emit = rows(randomNumbers(V * S, 1, -2, 2), S);
const trans = rows(randomNumbers(S * S, 2, -2, 2), S);
const params = { pi: simplexRows(3, 1, S)[0]!, A: simplexRows(4, S, S), B: simplexRows(5, S, V) };

type Energy = (states: readonly number[], words: readonly number[]) => number;
const crfEnergy =
  (e: readonly (readonly number[])[], m: readonly (readonly number[])[]): Energy =>
  (states, words) =>
    states.reduce((sum, s, t) => sum - e[words[t]!]![s]! - (t > 0 ? m[states[t - 1]!]![s]! : 0), 0);
const hmmEnergy: Energy = (states, words) =>
  states.reduce(
    (sum, s, t) =>
      sum - Math.log(t === 0 ? params.pi[s]! : params.A[states[t - 1]!]![s]!) - Math.log(params.B[s]![words[t]!]!),
    0,
  );

/** All assignments of one sequence. */
const enumerate = (words: readonly number[], energy: Energy, beta: number) => {
  const paths = Array.from({ length: S ** words.length }, (_, code) => {
    const states = words.map((_, t) => Math.floor(code / S ** t) % S);
    return { states, energy: energy(states, words) };
  });
  const best = paths.reduce((a, c) => (c.energy < a.energy ? c : a));
  const weights = paths.map((p) => Math.exp(-beta * (p.energy - best.energy)));
  const z = weights.reduce((a, c) => a + c);
  const marginals = words.map((_, t) =>
    Array.from(
      { length: S },
      (_, s) => weights.reduce((sum, w, i) => sum + (paths[i]!.states[t] === s ? w : 0), 0) / z,
    ),
  );
  const mean = weights.reduce((sum, w, i) => sum + w * paths[i]!.energy, 0) / z;
  return { best, marginals, mean, logZ: Math.log(z) - beta * best.energy };
};

const near = (found: unknown, expected: readonly number[], digits: number): void => {
  const numbers = flat(found);
  expect(numbers).toHaveLength(expected.length);
  numbers.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, digits));
};
const nested = (value: unknown) => nest(value as Parameters<typeof nest>[0]);

const models = [
  {
    name: 'a conditional random field',
    source: crf,
    chain: 'y',
    energy: crfEnergy(emit, trans),
    given: { x, emit, trans },
  },
  { name: 'a hidden Markov model', source: hmm, chain: 's', energy: hmmEnergy, given: { x, ...params } },
] as const;

describe.each(models)('$name over sequences of different lengths', ({ source, chain, energy, given }) => {
  it.each([
    ['reference', 1],
    ['reference', 0.5],
    ['wasm', 1],
  ] as const)('marginals and log Z on %s at beta %d', async (backend, beta) => {
    const { json, pointFreeEnergies } = await runFully(source, given, { query: 'marginals', beta, backend });
    const each = x.map((words) => enumerate(words, energy, beta));
    const total = each.reduce((sum, e) => sum + e.logZ, 0);
    expect(json.logPartition).toBeCloseTo(total, backend === 'reference' ? 9 : 4);
    const found = nested(json.marginals[chain]) as number[][][];
    expect(found.map((row) => row.length)).toEqual(x.map((words) => words.length));
    each.forEach((e, n) => near(found[n], e.marginals.flat(), backend === 'reference' ? 9 : 4));
    expect(json.energy!.total).toBeCloseTo(
      each.reduce((sum, e) => sum + e.mean, 0),
      backend === 'reference' ? 9 : 4,
    );
    near(
      [...pointFreeEnergies!],
      each.map((e) => -e.logZ / beta),
      backend === 'reference' ? 9 : 4,
    );
  });

  it.each(withNative(withNative(['reference', 'wasm'])))('the sequences of least energy on %s', async (backend) => {
    const { json } = await runFully(source, given, { minimize: [chain], backend });
    const best = x.map((words) => enumerate(words, energy, 1).best);
    expect(nested(json.variables[chain])).toEqual(best.map((b) => b.states));
    expect(json.energy!.total).toBeCloseTo(
      best.reduce((sum, b) => sum + b.energy, 0),
      backend === 'reference' ? 9 : 4,
    );
  });

  it('is one scan as long as the longest, and its reverse', () => {
    const { plan, bound } = planned(source, given, { query: 'logz' });
    const { instrs } = lowerPlan(plan, bound.consts, '', []).entries['infer']!;
    const scans = instrs.flatMap((i: Instr) => (i.op === 'scan' ? [dims.print(i.length)] : []));
    expect(scans).toEqual(['T - 1', 'T - 1']);
  });
});

const planned = (source: string, given: Parameters<typeof runFully>[1], options: Parameters<typeof runFully>[2]) => {
  const analysis = analyse(source, 'model.ebm');
  const { value } = bindTask(analysis, { ...defaults, ...options, data: given! }, false);
  const { value: plan } = planTask(analysis.graph!, value!.task, value!.beta);
  return { plan: plan!, bound: value!.bound };
};

describe('gradients in the params', () => {
  /** F of all sequences at β = 1, or the least energy, as a function of `trans`. */
  const objective = (m: readonly (readonly number[])[], how: 'sum' | 'least'): number =>
    x.reduce((sum, words) => {
      const e = enumerate(words, crfEnergy(emit, m), 1);
      return sum + (how === 'sum' ? -e.logZ : e.best.energy);
    }, 0);

  it.each(['sum', 'least'] as const)('of the %s of all sequences', (how) => {
    const options = how === 'sum' ? ({ query: 'logz' } as const) : { minimize: ['y'] };
    const { plan, bound } = planned(crf, { x, emit, trans }, options);
    const b = new Builder();
    const variables = plan.model.variables.filter((v) => plan.task.given.has(v.name));
    const bindings = inputBindings(b, variables);
    const env = withBindings(programEnvironment(b, plan.model, bound.consts, 1), bindings);
    const [block] = plan.query;
    const { value } = block!.method.lower(block!.chosen.witness, block!.facts, env);
    const wrt = new Map(bindings).get('trans')!;
    if (wrt.kind !== 'given') throw new Error('trans is given');
    const program = b.finish({ value, gradient: gradient(b, value, [wrt.value])[0]! });
    const inputs = Object.fromEntries(variables.map((v) => [v.name, bound.values[v.name]!]));
    const found = runProgram(program, inputs, { sizes: { N: x.length, T: 6, V, S } });
    expect(found['value']!.data[0]).toBeCloseTo(objective(trans, how), 9);
    const step = 1e-5;
    const differences = trans.flatMap((row, i) =>
      row.map((_, j) => {
        const moved = (by: number) => trans.map((r, k) => r.map((v, l) => (k === i && l === j ? v + by : v)));
        return (objective(moved(step), how) - objective(moved(-step), how)) / (2 * step);
      }),
    );
    near([...found['gradient']!.data], differences, 6);
  });
});

it('the likelihood of sequences of different lengths is learned, to a slope of zero over all assignments', async () => {
  const source = `${crf}
regularizer small = 0.1 * ||emit||_F^2 + 0.1 * ||trans||_F^2
train { loss nll  learn emit, trans by lbfgs }`;
  const y = x.map((words, n) => randomNumbers(words.length, 60 + n, 0, S).map(Math.floor));
  const { params } = await runModel(source, { x, y }, { sizes: { V, S } });
  const learned = [rows(flat(params['emit']), S), rows(flat(params['trans']), S)] as const;
  const objective = (e: readonly (readonly number[])[], m: readonly (readonly number[])[]): number => {
    const energy = crfEnergy(e, m);
    const likelihood = x.reduce((sum, words, n) => sum + energy(y[n]!, words) + enumerate(words, energy, 1).logZ, 0);
    return likelihood + 0.1 * [...e, ...m].flat().reduce((sum, v) => sum + v * v, 0);
  };
  const moved = (w: readonly (readonly number[])[], i: number, j: number, by: number) =>
    w.map((row, k) => (k === i ? row.with(j, row[j]! + by) : row));
  const [e, m] = learned;
  const step = 1e-4;
  e.forEach((row, i) =>
    row.forEach((_, j) =>
      expect((objective(moved(e, i, j, step), m) - objective(moved(e, i, j, -step), m)) / (2 * step)).toBeCloseTo(0, 3),
    ),
  );
  m.forEach((row, i) =>
    row.forEach((_, j) =>
      expect((objective(e, moved(m, i, j, step)) - objective(e, moved(m, i, j, -step))) / (2 * step)).toBeCloseTo(0, 3),
    ),
  );
});
