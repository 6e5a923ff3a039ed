// Which backend `auto` takes, on machines made up for it: estimates from the work of programs, and what is looked for at all.
import { describe, expect, it } from 'vitest';
import { choose, type Surroundings } from '../../../src/backend/auto/choose.ts';
import { secondsOn, times, type Choosable } from '../../../src/backend/auto/times.ts';
import { repeated, together, workOf, type Work } from '../../../src/backend/auto/work.ts';
import type { Backend } from '../../../src/backend/backend.ts';
import { Builder } from '../../../src/tensor/builder.ts';
import { constant, size } from '../../../src/tensor/dims.ts';

/** A machine with these backends; `asked` notes which of them was looked for. */
const machineWith = (
  here: Partial<Record<Choosable, { readonly gpu?: boolean }>>,
  mayHaveGpu = false,
): Surroundings & { readonly asked: string[] } => {
  const asked: string[] = [];
  const find = (name: Choosable): Backend => ({
    name,
    precision: 'float32',
    describe: '',
    detect: async () => {
      asked.push(name);
      const { [name]: status } = here;
      return status === undefined
        ? { name, available: false, detail: `no ${name}`, remedy: `get ${name}` }
        : { name, available: true, detail: name, remedy: null, ...status };
    },
    load: () => Promise.reject(new Error('nothing is run here')),
  });
  return { find, threads: () => 2, mayHaveGpu: () => mayHaveGpu, asked };
};

const everything = { reference: {}, native: {}, wasm: {}, webgpu: { gpu: true }, cuda: { gpu: true } };
const tiny: Work = { operations: 1e4, launches: 50, instructions: 50 };
const middling: Work = { operations: 1e10, launches: 1e5, instructions: 300 };
const large: Work = { operations: 1e13, launches: 1e4, instructions: 300 };
/** Each step waits for the one before. */
const long: Work = { operations: 1e10, launches: 1e9, instructions: 300 };

describe('the work of a program', () => {
  it('counts arithmetic with what is written, instructions, and turns of loops', () => {
    const b = new Builder();
    const [x, y] = [b.input('x', [size('N'), size('K')]), b.input('y', [size('K'), size('M')])];
    const once = workOf(b.finish({ z: b.matmul(x, y) }), { N: 100, K: 50, M: 20 });
    // A few for each of N K M products, and N M numbers.
    expect(once.operations).toBeGreaterThanOrEqual(100 * 50 * 20);
    expect(once.operations).toBeLessThanOrEqual(4 * 100 * 50 * 20);
    expect(once).toMatchObject({ launches: 1, instructions: 1 });

    const c = new Builder();
    const v = c.input('v', [constant(8)]);
    const scan = c.scan({ length: size('T'), carry: [v] }, (d, [h]) => ({ carry: [d.tanh(d.mul(h!, h!))], ys: [] }));
    const steps = (T: number) => workOf(c.finish({ v: scan.carry[0]! }), { T });
    expect(steps(1000).launches).toBe(1000 * steps(1).launches);
    expect(steps(1000).operations).toBe(1000 * steps(1).operations);
    expect(steps(1000).instructions).toBe(steps(1).instructions);
    expect(steps(1).launches).toBe(2);
  });

  it('adds, and repeats without growing in text', () => {
    expect(repeated(tiny, 10)).toEqual({ operations: 1e5, launches: 500, instructions: 50 });
    expect(together([tiny, tiny])).toEqual({ operations: 2e4, launches: 100, instructions: 100 });
  });
});

describe('the choice', () => {
  const chosenFor = async (work: Work, on: Surroundings) => (await choose(work, on)).backend.name;

  it('small work stays where nothing starts, and nothing else is looked for', async () => {
    const on = machineWith(everything, true);
    expect(await chosenFor(tiny, on)).toBe('reference');
    expect(on.asked).toEqual(['reference']);
  });

  it('the rest goes to native, and no device is opened', async () => {
    const on = machineWith(everything, true);
    expect(await chosenFor(middling, on)).toBe('native');
    expect(on.asked).toEqual(['native']);
  });

  it('large work goes to a GPU, where there is a real one', async () => {
    expect(['webgpu', 'cuda']).toContain(await chosenFor(large, machineWith(everything, true)));
    const software = { ...everything, webgpu: { gpu: false }, cuda: { gpu: false } };
    expect(await chosenFor(large, machineWith(software, true))).toBe('native');
    const { cuda: _, ...withoutCuda } = everything;
    expect(await chosenFor(large, machineWith(withoutCuda, true))).toBe('webgpu');
  });

  it('where the system shows no GPU, none is looked for', async () => {
    const on = machineWith(everything, false);
    expect(await chosenFor(large, on)).toBe('native');
    expect(on.asked).toEqual(['native']);
  });

  it('many small steps are no work for a GPU', async () => {
    expect(await chosenFor(long, machineWith(everything, true))).toBe('native');
  });

  it('without a compiler wasm computes, and what is missing is told; a missing GPU is not', async () => {
    const { backend, lacking, then } = await choose(large, machineWith({ reference: {}, wasm: {} }, true));
    expect(backend.name).toBe('wasm');
    expect(lacking.map(({ name, status }) => [name, status.detail, status.remedy])).toEqual([
      ['native', 'no native', 'get native'],
    ]);
    expect(then.map(({ name }) => name)).toEqual(['reference']);
  });

  it('where small work runs anyway, a missing compiler is not told', async () => {
    expect((await choose(tiny, machineWith({ reference: {} }))).lacking).toEqual([]);
  });

  it('is the same whatever is compiled already, and says what it compared', async () => {
    const { why } = await choose(middling, machineWith(everything));
    expect(why).toMatch(/^about [\d.]+ s, against about [\d.]+ s on wasm and about [\d.]+ s on reference$/);
    expect((await choose(tiny, machineWith(everything))).why).toMatch(/^under 0\.01 s, against /);
  });
});

describe('the table of times', () => {
  it('has a reason for each backend', () => {
    for (const { why } of Object.values(times)) expect(why.length).toBeGreaterThan(20);
  });

  it('more threads make native faster, and nothing else', () => {
    for (const name of Object.keys(times) as Choosable[]) {
      const [one, eight] = [1, 8].map((threads) => secondsOn(name, middling, threads)) as [number, number];
      if (name === 'native') expect(eight).toBeLessThan(one);
      else expect(eight).toBe(one);
    }
  });

  it('only native64 and others that must be named are left out', () => {
    expect(Object.keys(times).sort()).toEqual(['cuda', 'native', 'reference', 'wasm', 'webgpu']);
  });
});
