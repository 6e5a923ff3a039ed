// The exact likelihood against all taggings of three short sentences, its gradient against finite differences, and the tags of
// held-out sentences against those of the parameters that made them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backends, numberAt, runExample, testExpected, valueAt } from './example.ts';
import type { BackendName } from './example.ts';
import type { Matrix } from './linear-algebra.ts';

testExpected('crf_tagger');

// Three words, two tags; sentences of different lengths.
const start = {
  emit: [
    [0.5, -0.3],
    [-1, 0.4],
    [0.2, 0.9],
  ],
  trans: [
    [0.6, -0.7],
    [-0.1, 0.3],
  ],
};
const x = [[0, 1, 2, 2], [2], [1, 0, 0]];
const y = [[0, 1, 1, 0], [1], [1, 0, 1]];
const lambda = 0.1;

type Params = { readonly emit: Matrix; readonly trans: Matrix };

const scoreOf = ({ emit, trans }: Params, words: readonly number[], tags: readonly number[]): number =>
  words.reduce((sum, word, t) => sum + emit[word]![tags[t]!]! + (t === 0 ? 0 : trans[tags[t - 1]!]![tags[t]!]!), 0);

/** All 2^T taggings. */
const taggings = (length: number): readonly (readonly number[])[] =>
  Array.from({ length: 2 ** length }, (_, code) => Array.from({ length }, (_, t) => (code >> t) & 1));

const logZ = (params: Params, words: readonly number[]): number =>
  Math.log(taggings(words.length).reduce((sum, tags) => sum + Math.exp(scoreOf(params, words, tags)), 0));

const objective = (params: Params): number => {
  const nll = x.reduce((sum, words, n) => sum + logZ(params, words) - scoreOf(params, words, y[n]!), 0);
  const squares = [...params.emit.flat(), ...params.trans.flat()].reduce((sum, v) => sum + v * v, 0);
  return nll + lambda * squares;
};

/** Central differences in float64. */
const slopeOf = (name: keyof Params, i: number, j: number): number => {
  const moved = (by: number): Params => ({
    ...start,
    [name]: start[name].map((row, r) => row.map((v, c) => (r === i && c === j ? v + by : v))),
  });
  return (objective(moved(1e-5)) - objective(moved(-1e-5))) / 2e-5;
};

/** One step of rate 1 on all sentences at once, from `start`: a mean over the three of them. */
const oneStep = (text: string): string =>
  text
    .replace('V = 12, S = 4', '')
    .replace('T[n in N], ', 'T[n in N]')
    .replace('param emit : real[V, S]', `const e = ${JSON.stringify(start.emit)}\nparam emit : real[3, 2] = e`)
    .replace('param trans : real[S, S]', `const a = ${JSON.stringify(start.trans)}\nparam trans : real[2, 2] = a`)
    .replace('category(V)', 'category(3)')
    .replace('category(S)', 'category(2)')
    .replace('learn by lbfgs', 'learn by sgd(rate = 1)\n  epochs 1');

const read = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../examples/data/${name}.json`), 'utf8'));
const [trainWords, trainTags, testWords, testTags] = ['train-words', 'train-tags', 'test-words', 'test-tags'].map(
  (name) => read(`sentences-${name}`) as number[][],
) as [number[][], number[][], number[][], number[][]];

/** Share of the test words that are tagged right. */
const accuracyOf = async (params: Params, backend: BackendName): Promise<number> => {
  const given = { data: { x: testWords }, params: { ...params } };
  const result = await runExample('crf_tagger', '', backend, given);
  const tags = valueAt(result, 'variables.y') as (number | null)[][];
  const right = testTags.flatMap((row, n) => row.map((tag, t) => (tags[n]![t] === tag ? 1 : 0) as number));
  return right.reduce((sum, r) => sum + r, 0) / right.length;
};

describe.each(backends)('tagger on %s', (backend) => {
  it('the likelihood is that of all taggings, its gradient that of finite differences', async () => {
    const result = await runExample('crf_tagger', '', backend, { data: { x, y } }, oneStep);
    expect(numberAt(result, 'objective')).toBeCloseTo(objective(start) / x.length, 5);
    for (const name of ['emit', 'trans'] as const) {
      const after = valueAt(result, `params.${name}`) as Matrix;
      start[name].forEach((row, i) =>
        row.forEach((v, j) => expect((v - after[i]![j]!) * x.length).toBeCloseTo(slopeOf(name, i, j), 4)),
      );
    }
  });

  it('log Z and the best tags over all taggings', async () => {
    const given = { data: { x }, params: start, sizes: { V: 3, S: 2 } };
    const sums = await runExample('crf_tagger', '--query logz', backend, given);
    expect(numberAt(sums, 'freeEnergy')).toBeCloseTo(-x.reduce((sum, words) => sum + logZ(start, words), 0), 4);
    const best = await runExample('crf_tagger', '', backend, given);
    const tags = valueAt(best, 'variables.y') as (number | null)[][];
    x.forEach((words, n) => {
      const least = taggings(words.length).reduce((a, c) =>
        scoreOf(start, words, c) > scoreOf(start, words, a) ? c : a,
      );
      expect(tags[n]!.slice(0, words.length)).toEqual(least);
    });
  });

  // No tagger is right more often, on average, than the marginals of the parameters that made the sentences; the best path
  // under them is right on 0.9371 of the test words (test/examples/oracles.py), the likeliest tag of each word alone on 0.80.
  it('tags sentences that it has not seen as well as the parameters that made them', { timeout: 60_000 }, async () => {
    const learned = await runExample('crf_tagger', '', backend, { data: { x: trainWords, y: trainTags } });
    const found = {
      emit: valueAt(learned, 'params.emit') as Matrix,
      trans: valueAt(learned, 'params.trans') as Matrix,
    };
    const truth = read('tagger') as Params;
    const wordsAlone = { emit: truth.emit, trans: truth.trans.map((row) => row.map(() => 0)) };
    const [reached, best, alone] = [
      await accuracyOf(found, backend),
      await accuracyOf(truth, backend),
      await accuracyOf(wordsAlone, backend),
    ];
    // Two best paths of one sentence have the same energy and differ in two words: rounding chooses between them.
    const words = testTags.flat().length;
    expect(Math.abs(best - 0.937116564417)).toBeLessThan(2.5 / words);
    expect(Math.abs(reached - best)).toBeLessThan(0.01);
    expect(alone).toBeLessThan(best - 0.1);
  });
});
