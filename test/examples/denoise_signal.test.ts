// Against the taut string, and by the certificate of the dual: the sums 2 Σ_{s<t} (x_s - y_s) stay within ±λ and touch it,
// on the side of the step, where y steps.
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/api.ts';
import { tautString } from '../methods/taut-string.ts';
import { backends, constIn, numberAt, rowsOf, runExample, testExpected, valueAt } from './example.ts';

const flow = rowsOf('examples/data/nile.csv').map(([x]) => x!);

const expectCertificate = (result: RunResult, lambda: number): void => {
  const y = valueAt(result, 'variables.y') as number[];
  let sum = 0;
  for (let t = 1; t <= flow.length; t++) {
    sum += 2 * (flow[t - 1]! - y[t - 1]!);
    expect(Math.abs(sum)).toBeLessThan(1.01 * lambda);
    if (t === flow.length) expect(Math.abs(sum)).toBeLessThan(0.01 * lambda);
    else if (Math.abs(y[t]! - y[t - 1]!) > 1)
      expect(Math.abs(sum + lambda * Math.sign(y[t]! - y[t - 1]!))).toBeLessThan(0.01 * lambda);
  }
};

testExpected('denoise_signal', (result, flags) => expectCertificate(result, constIn(flags, 'lambda', 2000)));

describe.each(backends)('total variation on %s', (backend) => {
  it.each(backend === 'reference' ? [30, 300, 5000, 20_000] : [300])('the taut string at lambda %d', async (lambda) => {
    const result = await runExample('denoise_signal', '--data x=examples/data/nile.csv', backend, {
      consts: { lambda },
    });
    const exact = tautString(flow, lambda / 2);
    const least = exact.reduce(
      (sum, v, t) => sum + (v - flow[t]!) ** 2 + (t === 0 ? 0 : lambda * Math.abs(v - exact[t - 1]!)),
      0,
    );
    expect(Math.abs(numberAt(result, 'energy.total') / least - 1)).toBeLessThan(1e-5);
    const y = valueAt(result, 'variables.y') as number[];
    exact.forEach((v, t) => expect(Math.abs(y[t]! - v)).toBeLessThan(1));
  });
});
