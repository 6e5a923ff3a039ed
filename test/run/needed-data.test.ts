// Which data a run has to have: what factors, filters and declarations read, and lets that are shown.
import { describe, expect, it } from 'vitest';
import { analyse, energy } from '../../src/compile.ts';
import { defaults, explainModel, tryModel } from '../methods/run-model.ts';

const model = (rest: string): string => `model m
size N
target y[n in N] : real
data known : real[N]
factor f = sum[n in N] (y[n] - n)^2
${rest}`;
const codes = async (source: string, show: readonly string[] = []): Promise<readonly string[]> => {
  const { diagnostics } = await tryModel(source, {}, { show, sizes: { N: 3 } });
  return diagnostics.filter((d) => d.severity === 'error').map((d) => d.code);
};
const error = 'let error = sum[n in N] (y[n] - known[n])^2\n';

describe('data that only a let reads', () => {
  it('are needed where the let is shown', async () => {
    expect(await codes(model(error))).toEqual([]);
    expect(await codes(model(error), ['error'])).toEqual(['EBM512']);
    const { result } = await tryModel(model(error), { known: [1, 1, 4] }, { show: ['error'] });
    // y = 0, 1, 2.
    expect(result!.json.shown!['error']).toBeCloseTo(1 + 0 + 4, 9);
  });

  it('are needed where another let that is shown reads the let, or filters by it', async () => {
    const half = `${error}let half = error / 2\n`;
    expect(await codes(model(half), ['half'])).toEqual(['EBM512']);
    expect(await codes(model(`${half}let total = sum[n in N] y[n]\n`), ['total'])).toEqual([]);
    expect(await codes(model('let some = sum[n in N where known[n] > 0] y[n]\n'), ['some'])).toEqual(['EBM512']);
    expect(await codes(model('let each[n in N where known[n] > 0] = y[n]\n'), ['each'])).toEqual(['EBM512']);
  });

  it('are not needed for an energy', async () => {
    const analysis = analyse(model(error), 'm.ebm');
    const { value, diagnostics } = await energy(analysis, { ...defaults, data: { y: [0, 2, 2] } });
    expect(diagnostics).toEqual([]);
    expect(value!.energy.total).toBeCloseTo(1, 12);
  });

  it('are not among what is given', () => {
    const said = (source: string): string => explainModel(source, {}, { sizes: { N: 3 } });
    const [plain, used] = [model(error), model('factor g = known @ known\n')];
    expect(said(plain).split('\n')[0]).not.toContain('known');
    expect(said(used).split('\n')[0]).toContain('given known');
  });
});

it.each([
  ['a factor', 'factor g[n in N] = (y[n] - known[n])^2\n'],
  ['a let in a factor', `${error}factor g = error\n`],
  ['a filter', 'factor g[n in N where known[n] > 0] = (y[n] - 4)^2\n'],
  ['a sum with a filter', 'factor g = sum[n in N where known[n] > 0] (y[n] - 4)^2\n'],
  ['a start', 'param w : real = known[0]\nfactor g = (w - y[0])^2\n'],
  ['a bound', 'target z : interval(0, known[0])\nfactor g = (z - y[0])^2\n'],
  ['a distribution', 'y[n in N] ~ normal(known[n], 1)\n'],
])('data that %s reads are needed', async (_, rest) => {
  expect(await codes(model(rest))).toEqual(['EBM512']);
});
