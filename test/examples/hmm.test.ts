// Both eliminations of the chain against all S^T paths, Baum-Welch that never lowers the likelihood, and what it finds in
// English.
import { describe, expect, it } from 'vitest';
import { backends, expectDescending, numberAt, rounding, runExample, testExpected, valueAt } from './example.ts';

/** The two states of letters are vowels and consonants, and the likelihood never falls on the way. */
testExpected('hmm', (result, flags, backend) => {
  if (!flags.includes('letters.csv')) return;
  expectDescending(result.trace!, rounding[backend]);
  const b = valueAt(result, 'params.B') as number[][];
  const stateOf = (letter: string): number => {
    const column = b.map((row) => row[letter.charCodeAt(0) - 97]!);
    return column.indexOf(Math.max(...column));
  };
  const vowel = stateOf('e');
  expect([...'aeiou'].map(stateOf)).toEqual(Array(5).fill(vowel));
  expect([...'bcdfghlmnprstvw'].map(stateOf)).toEqual(Array(15).fill(1 - vowel));
});

const model = {
  pi: [0.5, 0.2, 0.3],
  A: [
    [0.7, 0.2, 0.1],
    [0.05, 0.8, 0.15],
    [0.3, 0.3, 0.4],
  ],
  B: [
    [0.1, 0.2, 0.3, 0.4],
    [0.6, 0.2, 0.1, 0.1],
    [0.05, 0.15, 0.7, 0.1],
  ],
};
const x = [3, 0, 2, 2, 1, 0, 3];

/** Every path with its energy, minus its log-probability. */
const paths = Array.from({ length: 3 ** x.length }, (_, code) => {
  const states = x.map((_, t) => Math.floor(code / 3 ** t) % 3);
  const energy = states.reduce((sum, s, t) => {
    const move = t === 0 ? model.pi[s]! : model.A[states[t - 1]!]![s]!;
    return sum - Math.log(move) - Math.log(model.B[s]![x[t]!]!);
  }, 0);
  return { states, energy };
});
const given = { data: { x }, params: model };

describe.each(backends)('hidden Markov model on %s', (backend) => {
  it.each([0.5, 1, 3])('marginals and log Z over all paths at beta %d', async (beta) => {
    const result = await runExample('hmm', '--query marginals --size S=3', backend, { ...given, beta });
    const weights = paths.map((p) => Math.exp(-beta * p.energy));
    const z = weights.reduce((a, c) => a + c);
    expect(numberAt(result, 'logPartition')).toBeCloseTo(Math.log(z), 4);
    expect(numberAt(result, 'freeEnergy')).toBeCloseTo(-Math.log(z) / beta, 4);
    const marginals = valueAt(result, 'marginals.s') as number[][];
    x.forEach((_, t) =>
      [0, 1, 2].forEach((s) => {
        const exact = weights.reduce((sum, w, i) => sum + (paths[i]!.states[t] === s ? w : 0), 0) / z;
        expect(marginals[t]![s]).toBeCloseTo(exact, 5);
      }),
    );
    const mean = weights.reduce((sum, w, i) => sum + w * paths[i]!.energy, 0) / z;
    expect(numberAt(result, 'energy.total')).toBeCloseTo(mean, 4);
  });

  it('the path of least energy', async () => {
    const result = await runExample('hmm', '--size S=3 --minimize s', backend, given);
    const best = paths.reduce((a, c) => (c.energy < a.energy ? c : a));
    expect(valueAt(result, 'variables.s')).toEqual(best.states);
    expect(numberAt(result, 'energy.total')).toBeCloseTo(best.energy, 5);
  });
});
