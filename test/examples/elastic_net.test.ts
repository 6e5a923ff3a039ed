// Optimality by subgradients and by duality; its two ends, ridge regression in closed form and the Lasso.
import { describe, expect, it } from 'vitest';
import { backends, constIn, numberAt, runExample, testExpected } from './example.ts';
import { dot, meanOf, multiply, solve, transpose } from './linear-algebra.ts';
import { diabetes, expectOptimal, measured, progression, weightsOf } from './penalised-regression.ts';

testExpected('elastic_net', (result, flags) =>
  expectOptimal(result, constIn(flags, 'lambda', 200), constIn(flags, 'mu', 0.2), 2e-3),
);

describe.each(backends)('elastic net on %s', (backend) => {
  it('without absolute values is ridge regression', async () => {
    const [mean] = meanOf(progression.map((y) => [y]));
    const centre = meanOf(measured);
    const centred = measured.map((x) => x.map((v, j) => v - centre[j]!));
    const columns = transpose(centred);
    const system = multiply(columns, centred).map((row, i) => row.map((v, j) => v + (i === j ? 0.2 : 0)));
    const rest = progression.map((y) => y - mean!);
    const closed = solve(
      system,
      columns.map((column) => dot(column, rest)),
    );
    const { w } = weightsOf(await runExample('elastic_net', `${diabetes} --set lambda=0`, backend));
    closed.forEach((v, j) => expect(Math.abs(w[j]! - v)).toBeLessThan(0.1));
  });

  it('without the ridge is the Lasso', async () => {
    const net = await runExample('elastic_net', `${diabetes} --set mu=0`, backend);
    const lasso = await runExample('lasso', diabetes, backend);
    expect(Math.abs(numberAt(net, 'energy.total') / numberAt(lasso, 'energy.total') - 1)).toBeLessThan(2e-6);
  });
});
