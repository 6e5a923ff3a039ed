// The minimum against Newton's method, and probabilities of the answers.
import { describe, expect, it } from 'vitest';
import { backends, constIn, numberAt, rowsOf, runExample, testExpected, valueAt } from './example.ts';
import { dot, solve } from './linear-algebra.ts';

const flowers = rowsOf('examples/data/iris.csv').map((row) => [...row, 1]);
const virginica = rowsOf('examples/data/virginica.csv').map(([y]) => y!);
const sigmoid = (a: number): number => 1 / (1 + Math.exp(-a));

const energyOf = (v: readonly number[], lambda: number): number => {
  const surprise = flowers.map((x, n) => Math.log1p(Math.exp(dot(v, x) * (virginica[n] === 1 ? -1 : 1))));
  const weights = v.slice(0, 4);
  return surprise.reduce((a, c) => a + c, 0) + lambda * dot(weights, weights);
};

/** Newton steps (iteratively reweighted least squares) from 0, halved until they descend. */
const newton = (lambda: number): number => {
  let v: readonly number[] = [0, 0, 0, 0, 0];
  for (let i = 0; i < 50; i++) {
    const p = flowers.map((x) => sigmoid(dot(v, x)));
    const decay = (d: number): number => (d < 4 ? 2 * lambda : 0);
    const gradient = v.map(
      (w, d) => decay(d) * w + flowers.reduce((sum, x, n) => sum + (p[n]! - virginica[n]!) * x[d]!, 0),
    );
    const hessian = v.map((_, d) =>
      v.map(
        (_, e) =>
          (d === e ? decay(d) : 0) + flowers.reduce((sum, x, n) => sum + p[n]! * (1 - p[n]!) * x[d]! * x[e]!, 0),
      ),
    );
    const step = solve(hessian, gradient);
    const at = (share: number) => v.map((w, d) => w - share * step[d]!);
    let share = 1;
    while (share > 1e-9 && energyOf(at(share), lambda) > energyOf(v, lambda)) share /= 2;
    v = at(share);
  }
  return energyOf(v, lambda);
};

testExpected('logistic', (result, flags) => {
  const least = newton(constIn(flags, 'lambda', 0.5));
  expect(Math.abs(numberAt(result, 'energy.total') - least)).toBeLessThan(1e-4 * least);
});

describe.each(backends)('logistic regression on %s', (backend) => {
  it('marginals are sigmoids, and the answer is the likelier one', async () => {
    const params = { w: [-0.4, -0.5, 2.9, 2.4], b: -14.4 };
    const options = { params };
    const flags = '--data x=examples/data/iris.csv';
    const asked = await runExample('logistic', `${flags} --query marginals`, backend, options);
    const answers = valueAt(await runExample('logistic', flags, backend, options), 'variables.y') as number[];
    const marginals = valueAt(asked, 'marginals.y') as number[];
    flowers.forEach((x, n) => {
      const p = sigmoid(dot([...params.w, params.b], x));
      expect(marginals[n]).toBeCloseTo(p, 5);
      // One flower lies on the border: its logit is 0.
      if (Math.abs(p - 0.5) > 1e-6) expect(answers[n]).toBe(p > 0.5 ? 1 : 0);
    });
  });
});
