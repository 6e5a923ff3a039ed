// Where runs are computed: small ones at once, larger ones through the C compiler, and what is said where there is none. What needs
// a compiler is skipped where there is none.
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RunOptions } from '../../src/api.ts';
import type { Choosable } from '../../src/backend/auto/times.ts';
import { findBackend, thisMachine } from '../../src/backend/registry.ts';
import { analyse, explain, planTask, run } from '../../src/compile.ts';
import { lowerPlan } from '../../src/plan/lower-plan.ts';
import { planTask as makePlan } from '../../src/plan/plan-task.ts';
import { bindTask } from '../../src/run/bind-task.ts';
import { chooseBackend, chooseFloat64 } from '../../src/run/choose-backend.ts';
import { hasCompiler } from '../backend/native/compiler.ts';
import { defaults } from '../methods/run-model.ts';

const kmeans = analyse(
  `model kmeans
size N, D, K = 3
param w : real[D, K]
plate n in N {
  target y : real[D]
  latent z : onehot[K]
  factor distance = ||y - w @ z||^2
}
`,
  'kmeans.ebm',
);
const classes = analyse(
  `model classes
size N, D, K
param W : real[K, D]
plate n in N {
  observed x : real[D]
  target y : category(K)
  factor score = -(W @ x)[y]
}
train {
  loss nll
  learn by sgd(rate = 0.1)
  epochs 50
  batch 32
}
`,
  'classes.ebm',
);

const points = (n: number) => Array.from({ length: n }, (_, i) => [Math.sin(i), (i % 3) * 4 + Math.cos(i)]);
const options = (n: number, rest: Partial<RunOptions> = {}): RunOptions => ({
  ...defaults,
  backend: 'auto',
  data: { y: points(n) },
  ...rest,
});

const planned = (n: number) => {
  const { value: bound } = bindTask(kmeans, options(n), false);
  const { value: plan } = makePlan(kmeans.graph!, bound!.task, bound!.beta);
  return { plan: plan!, spec: lowerPlan(plan!, bound!.bound.consts, '', []) };
};
/** This machine, as if its compiler were not there. */
const withoutCompiler = {
  ...thisMachine,
  find: (name: Choosable) =>
    name === 'native'
      ? {
          ...findBackend(name)!,
          detect: async () => ({ name, available: false, detail: 'no C compiler was found', remedy: 'get one' }),
        }
      : findBackend(name)!,
};

describe('auto', () => {
  const small = planned(150);
  const large = planned(20_000);

  it('computes small runs on the spot', async () => {
    const { backend, why } = await chooseBackend(options(150), small.plan, small.spec);
    expect(backend.name).toBe('reference');
    expect(why).toMatch(/^reference: /);
  });

  it.skipIf(!hasCompiler)('compiles larger ones', async () => {
    const { backend, why } = await chooseBackend(options(20_000), large.plan, large.spec);
    expect(backend.name).toBe('native');
    expect(why).toMatch(/^native: about .* s, against about .* s on wasm and about .* s on reference$/);
  });

  it('without a compiler takes wasm, and says so when it runs', async () => {
    const { backend } = await chooseBackend(options(20_000), large.plan, large.spec, withoutCompiler);
    expect(backend.name).toBe('wasm');
    const runner = await backend.load(large.spec);
    expect(runner.warnings!().map((d) => [d.code, d.message, d.hints])).toEqual([
      ['EBM518', 'wasm computes, for native cannot: no C compiler was found', ['`get one` gets what is missing']],
    ]);
    await runner.dispose();
  });

  it('names what it took in the report', async () => {
    const { value } = await run(kmeans, options(30));
    expect(value!.json.backend).toBe('reference');
  });
});

describe('explain', () => {
  const lastLine = async (analysis: typeof kmeans, given: RunOptions): Promise<string> => {
    const { value: plan, diagnostics } = planTask(analysis, given);
    expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
    const { value } = await explain(plan!);
    return value!.trimEnd().split('\n').at(-1)!;
  };

  it('ends with where and why', async () => {
    expect(await lastLine(kmeans, options(150))).toMatch(/^computed on reference: .* s, against .* s on native and .* s on wasm$/); // prettier-ignore
    expect(await lastLine(kmeans, options(150, { backend: 'wasm' }))).toBe('computed on wasm: --backend names it');
  });

  it('with sizes that have no value yet', async () => {
    expect(await lastLine(kmeans, { ...defaults, backend: 'auto' })).toMatch(/^computed on \w+: /);
  });

  it('counts all the steps of a fit', async () => {
    const time = async (epochs: number): Promise<number> => {
      const text = classes.source.replace('epochs 50', `epochs ${epochs}`);
      const line = await lastLine(analyse(text, 'm.ebm'), {
        ...defaults,
        backend: 'auto',
        sizes: { N: 1000, D: 10, K: 3 },
      });
      return Number(/([\d.]+) s on wasm/.exec(line)![1]);
    };
    // 32 steps an epoch, some microseconds each on top of what starting takes.
    expect(await time(2000)).toBeGreaterThan(5 * (await time(20)));
  });

  it('refuses a backend that there is not', async () => {
    const { value: plan } = planTask(kmeans, options(9, { backend: 'quantum' }));
    expect((await explain(plan!)).diagnostics.map((d) => d.code)).toEqual(['EBM513']);
  });
});

describe('float64', () => {
  afterEach(() => vi.restoreAllMocks());

  it('of what is small is the interpreter', async () => {
    const { plan, spec } = planned(150);
    expect((await chooseFloat64(plan, spec)).name).toBe('reference');
  });

  it.skipIf(!hasCompiler)('of what takes it long is compiled', async () => {
    const { plan, spec } = planned(200_000);
    expect((await chooseFloat64(plan, spec)).name).toBe('native64');
  });

  it('is the interpreter where there is no compiler', async () => {
    const { plan, spec } = planned(200_000);
    const status = { name: 'native64', available: false, detail: 'none', remedy: null };
    vi.spyOn(findBackend('native64')!, 'detect').mockResolvedValue(status);
    expect((await chooseFloat64(plan, spec)).name).toBe('reference');
  });
});
