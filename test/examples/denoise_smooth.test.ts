// The closed form in the cosine basis, which makes D'D diagonal with eigenvalues 4 sin²(πk/2T) (Strang 1999, The discrete cosine
// transform); and the levels of the local level model, the same energy but for its prior.
import { describe, expect, it } from 'vitest';
import { backends, constIn, rowsOf, runExample, testExpected, valueAt } from './example.ts';

const flow = rowsOf('examples/data/nile.csv').map(([x]) => x!);

const smoothed = (lambda: number): readonly number[] => {
  const size = flow.length;
  const waves = flow.map((_, k) => flow.map((_, t) => Math.cos((Math.PI * k * (t + 0.5)) / size)));
  const shares = waves.map((wave, k) => {
    const product = wave.reduce((sum, c, t) => sum + c * flow[t]!, 0) / (k === 0 ? size : size / 2);
    return product / (1 + lambda * 4 * Math.sin((Math.PI * k) / (2 * size)) ** 2);
  });
  return flow.map((_, t) => shares.reduce((sum, share, k) => sum + share * waves[k]![t]!, 0));
};

testExpected('denoise_smooth', (result, flags) => {
  const y = valueAt(result, 'variables.y') as number[];
  smoothed(constIn(flags, 'lambda', 10.2777)).forEach((v, t) => expect(Math.abs(y[t]! - v)).toBeLessThan(0.05));
});

describe.each(backends)('Tikhonov smoothing on %s', (backend) => {
  it('is the Kalman smoother of the local level model', async () => {
    const kalman = await runExample(
      'local_level',
      '--data y=examples/data/nile.csv --params examples/data/nile.json --minimize level',
      backend,
    );
    const smooth = await runExample('denoise_smooth', '--data x=examples/data/nile.csv', backend);
    const [levels, y] = [valueAt(kalman, 'variables.level'), valueAt(smooth, 'variables.y')] as [number[], number[]];
    levels.forEach((v, t) => expect(Math.abs(y[t]! - v)).toBeLessThan(0.1));
  });
});
