// The objective by iteration: every method that iterates keeps it, it ends at the energy that is reported, and it belongs to one
// iteration alone.
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../src/backend/reference.ts';
import { firstOrderRule, optimizerChoice } from '../../src/methods/continuous/optimizer.ts';
import { descend } from '../../src/optimizers/descend.ts';
import { lbfgs } from '../../src/optimizers/lbfgs.ts';
import { differentiated } from '../../src/optimizers/objective.ts';
import { NOTHING, recorder } from '../../src/optimizers/trace.ts';
import { Builder } from '../../src/tensor/builder.ts';
import { list, random } from './random-data.ts';
import { runFully } from './run-model.ts';

const { normal } = random(5);
const x = list(20, () => [normal(), normal(), normal()]);
const y = x.map(([a, c]) => 2 * a! - c! + normal() / 5);

const regression = (domain: string, rest: string): string => `model m
size N
param w : ${domain}[3]
plate n in N {
  observed x : real[3]
  target y : real
  factor error = (y - w @ x)^2
}
${rest}`;

describe('of a run', () => {
  it.each([
    ['FISTA', regression('real', 'regularizer size = 0.5 * ||w||_1\n'), 10],
    ['ADMM', regression('real', 'regularizer steps = sum[k in 1..3] abs(w[k] - w[k-1])\n'), 20],
    ['L-BFGS', regression('real', 'regularizer bend = sum[k in 3] cosh(w[k])\n'), 1],
    ['projected gradient', regression('real', 'regularizer bend = sum[k in 3] cosh(w[k])\n').replace('real[3]', 'real[3] where ||w|| == 1'), 1], // prettier-ignore
  ])('%s: from step to step down to the energy that is reported', async (_, source, step) => {
    const { json, trace, traceStep } = await runFully(source, { x, y });
    expect(traceStep).toBe(step);
    expect((trace!.length - 1) * step).toBe(json.iterations);
    expect(trace!.length).toBeGreaterThan(1);
    expect(trace!.at(-1)! / json.energy!.total - 1).toBeCloseTo(0, 6);
    expect(trace![0]! - trace!.at(-1)!).toBeGreaterThan(0);
    expect(trace!.at(-1)! - Math.min(...trace!)).toBeLessThan(1e-6);
  });

  it('belongs to what iterates alone: neither to two at once nor to a closed form', async () => {
    const alone = `model m
target y : real
factor f = cosh(y) + (y - 1)^2
`;
    const two = `${alone}target z : real\nfactor g = cosh(z) + (z - 2)^2\n`;
    const one = await runFully(`${two.replace('cosh(z) + ', '')}`, {});
    expect(one.trace!.length - 1).toBe(one.json.iterations);
    expect((await runFully(two, {})).trace).toBeNull();
    expect((await runFully(alone.replace('cosh(y) + ', ''), {})).trace).toBeNull();
  });

  it('of several starts is that of the best', async () => {
    // Two valleys; the deeper one, near -2, has -2 - 4/12 + … below it.
    const source = 'model m\ntarget y : real\nfactor f = (y^2 - 4)^2 / 16 + y / 4 + cosh(y / 9)\n';
    const { json, trace } = await runFully(source, {}, { restarts: 6 });
    expect(json.variables['y']).toBeLessThan(-1.5);
    expect(trace!.at(-1)).toBeCloseTo(json.energy!.total, 9);
  });
});

describe('of a loop', () => {
  const rule = firstOrderRule(optimizerChoice('adam'));
  const bowl = differentiated((b, at) => b.sum(b.mul(b.literal([1, 10], [2]), b.square(at))));
  const valuesOf = (minimise: (b: Builder) => ReturnType<typeof lbfgs>) => {
    const b = new Builder();
    const { trace, iterations, value } = minimise(b);
    const out = runProgram(b.finish({ trace: trace.values, iterations, value }), {});
    const seen = [...out['trace']!.data].filter((v) => v < NOTHING);
    return { seen, every: trace.every, iterations: out['iterations']!.data[0]!, value: out['value']!.data[0]! };
  };
  const start = (b: Builder) => b.literal([3, 1], [2]);

  it('has an entry for each step, and none for those of a converged problem between two looks', () => {
    for (const found of [
      valuesOf((b) => lbfgs(b, start(b), bowl, { every: 7 })),
      valuesOf((b) => descend(b, start(b), bowl, rule, undefined, { maxIterations: 900, every: 7 })),
    ]) {
      expect(found.every).toBe(1);
      expect(found.iterations % 7).not.toBe(0);
      expect(found.seen).toHaveLength(found.iterations + 1);
      expect(found.seen[0]).toBe(19);
      expect(found.seen.at(-1)).toBe(found.value);
    }
  });

  it('of very many steps has an entry for every few', () => {
    const b = new Builder();
    const { every, begin, record } = recorder(b, 2500);
    expect(every).toBe(3);
    const after = (steps: number) =>
      list(steps, (i) => i + 1).reduce(
        (values, i) => record(b, values, b.constant(i), b.constant(-i)),
        begin(b.constant(9)),
      );
    const out = runProgram(b.finish({ seven: after(7), six: after(6) }), {});
    expect([...out['seven']!.data.slice(0, 5)]).toEqual([9, -3, -6, -7, NOTHING]);
    expect([...out['six']!.data.slice(0, 5)]).toEqual([9, -3, -6, NOTHING, NOTHING]);
    expect(out['six']!.data).toHaveLength(835);
  });
});
