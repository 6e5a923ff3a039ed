// scan and while: carries without copies, steps read and written in place, the same numbers as the float64 interpreter's.
import { describe, expect, it } from 'vitest';
import { printKernels } from '../../../src/kernel/print.ts';
import { Builder } from '../../../src/tensor/builder.ts';
import { constant, size } from '../../../src/tensor/dims.ts';
import { agree, intermediates, numbers, statementsOf } from './agree.ts';

const [N, K, T] = [size('N'), size('K'), size('T')];
const sizes = { N: 5, K: 3, T: 4 };
const xs = { x: numbers(4, 5), start: numbers(5) };

const shapesNamed = (kernels: ReturnType<typeof agree>, name: RegExp): readonly number[] =>
  kernels.buffers.filter((buffer) => name.test(buffer.name)).map(({ shape }) => shape.length);

describe('a scan', () => {
  for (const reverse of [false, true])
    it(`${reverse ? 'backwards' : 'forwards'} reads and writes steps where they are`, () => {
      const b = new Builder();
      const options = { length: T, carry: [b.input('start', [N])], xs: [b.input('x', [T, N])], reverse };
      const { carry, ys } = b.scan(options, (c, [h], [x]) => {
        const next = c.add(c.mul(h!, 0.5), x!);
        return { carry: [next], ys: [c.sum(next, [0])] };
      });
      const kernels = agree(b.finish({ last: carry[0]!, sums: ys[0]! }), xs, sizes);
      // Initial value, the step, its sum, the last value.
      expect(statementsOf(kernels, 'store')).toHaveLength(4);
      expect(intermediates(kernels)).toEqual([expect.stringMatching(/carry$/)]);
    });

  for (const reverse of [false, true])
    it(`that stacks its carries ${reverse ? 'backwards' : 'forwards'} keeps all of their steps in one place`, () => {
      const b = new Builder();
      const options = { length: T, carry: [b.input('start', [N])], xs: [b.input('x', [T, N])], reverse };
      const { carry, ys } = b.scan(options, (c, [h], [x]) => {
        const next = c.sin(c.add(h!, x!));
        return { carry: [next], ys: [h!, next] };
      });
      const total = b.add(b.sum(ys[0]!, [0]), b.sum(ys[1]!, [0]));
      const kernels = agree(b.finish({ last: carry[0]!, total }), xs, sizes);
      // Initial value, the step, the last value, two sums and their sum.
      expect(statementsOf(kernels, 'store')).toHaveLength(6);
      expect(shapesNamed(kernels, /carry$/)).toEqual([2]);
    });

  it('that adds to a carry adds in place, its products too', () => {
    const b = new Builder();
    const carry = [b.zeros([K, K]), b.zeros([N]), b.input('start', [N])];
    const result = b.scan(
      { length: T, carry, xs: [b.input('x', [T, N]), b.input('z', [T, N, K])] },
      (c, [p, q, h], [x, z]) => {
        const outer = c.contract('sum-product', [{ value: z!, axes: [0, 1] }, { value: c.cos(z!), axes: [0, 2] }], [1, 2]); // prettier-ignore
        const next = c.mul(h!, x!);
        return { carry: [c.add(p!, outer), c.add(c.exp(next), q!), next] };
      },
    );
    const inputs = { ...xs, z: numbers(4, 5, 3) };
    const program = b.finish({ p: result.carry[0]!, q: result.carry[1]!, h: result.carry[2]! });
    const kernels = agree(program, inputs, sizes, { N: 5000, K: 32, T: 10 });
    expect(statementsOf(kernels, 'product').map(({ accumulate }) => accumulate)).toEqual([true]);
    // One carry has two copies; sums are made where they end.
    expect(intermediates(kernels).filter((name) => name.endsWith('carry'))).toHaveLength(1);
  });

  it('that may be resumed rounds its sums after every step', () => {
    const b = new Builder();
    const options = { length: T, carry: [b.zeros([N])], xs: [b.input('x', [T, N])], resumable: true };
    const { carry } = b.scan(options, (c, [sum], [x]) => ({ carry: [c.add(sum!, c.exp(x!))] }));
    const kernels = agree(b.finish({ sum: carry[0]! }), xs, sizes);
    expect(statementsOf(kernels, 'store').every(({ mode }) => mode === 'set')).toBe(true);
  });

  it('hands on, exchanges and counts its carries', () => {
    const b = new Builder();
    const carry = [b.input('start', [N]), b.zeros([N]), b.input('kept', [N]), b.constant(0, 'int')];
    const { carry: last, ys } = b.scan({ length: T, carry, xs: [b.input('x', [T, N])] }, (c, [p, q, kept, i], [x]) => ({
      carry: [c.add(q!, c.mul(x!, kept!)), p!, kept!, c.add(i!, 1)],
      ys: [c.cast(i!, 'float'), kept!],
    }));
    const outputs = Object.fromEntries([...last, ...ys].map((value, i) => [`r${i}`, value]));
    agree(b.finish(outputs), { ...xs, kept: numbers(5) }, sizes);
  });

  it('in a scan starts anew at each step', () => {
    const b = new Builder();
    const result = b.scan({ length: T, carry: [b.input('start', [N])], xs: [b.input('x', [T, N])] }, (c, [h], [x]) => {
      const inner = c.scan({ length: N, carry: [h!, c.constant(0)], xs: [x!], reverse: true }, (d, [p, s], [y]) => ({
        carry: [d.mul(d.cos(p!), y!), d.add(s!, d.square(y!))],
        ys: [d.sum(p!, [0])],
      }));
      return { carry: [c.add(inner.carry[0]!, inner.carry[1]!)], ys: [inner.ys[0]!] };
    });
    agree(b.finish({ last: result.carry[0]!, ys: result.ys[0]! }), xs, sizes);
  });

  it('of no steps leaves its carries, of one step too', () => {
    const b = new Builder();
    const { carry, ys } = b.scan({ length: T, carry: [b.input('start', [N])], xs: [b.input('x', [T, N])] }, (c, [h], [x]) => ({
      carry: [c.sub(x!, h!)],
      ys: [h!],
    })); // prettier-ignore
    const program = b.finish({ last: carry[0]!, ys: ys[0]! });
    for (const steps of [0, 1]) agree(program, { x: numbers(steps, 5), start: numbers(5) }, { ...sizes, T: steps });
  });

  it('computes what it captures once, if that costs something', () => {
    const b = new Builder();
    const table = b.exp(b.input('table', [K, K]));
    const { carry } = b.scan({ length: T, carry: [b.input('start', [K])], xs: [] }, (c, [h]) => ({
      carry: [c.contract('min-plus', [{ value: h!, axes: [0] }, { value: table, axes: [0, 1] }], [1])],
    })); // prettier-ignore
    const kernels = agree(b.finish({ last: carry[0]! }), { table: numbers(3, 3), start: numbers(3) }, sizes, {
      K: 64,
      T: 100,
    });
    expect(intermediates(kernels)).toContainEqual(expect.stringMatching(/exp$/));
    expect(printKernels({ ...kernels, body: statementsOf(kernels, 'loop').filter(({ role }) => role === 'serial') })).not.toContain('exp('); // prettier-ignore
  });
});

describe('a while', () => {
  const loop = (max: number, every: number, limit: number): ReturnType<Builder['finish']> => {
    const b = new Builder();
    const { carry, steps } = b.while_(
      { max, every, carry: [b.input('start', [N]), b.constant(0), b.zeros([N])] },
      (c, [, i, sum]) => c.and(c.lt(i!, limit), c.lt(c.sum(sum!, [0]), 1e6)),
      (c, [h, i, sum]) => [c.mul(h!, 0.5), c.add(i!, 1), c.add(sum!, c.square(h!))],
    );
    return b.finish({ h: carry[0]!, i: carry[1]!, sum: carry[2]!, steps });
  };

  it('takes as many steps as its test says, tested now and then', () => {
    for (const [max, every, limit] of [
      [10, 1, 3.5],
      [10, 3, 3.5],
      [2, 1, 100],
      [10, 1, -1],
      [0, 1, 5],
    ] as const)
      // prettier-ignore
      agree(loop(max, every, limit), { start: numbers(5) }, sizes);
  });

  it('keeps a sum in one copy', () => {
    const kernels = agree(loop(10, 1, 3.5), { start: numbers(5) }, sizes);
    // The count, which its test reads, is one too.
    expect(intermediates(kernels).filter((name) => name.endsWith('carry'))).toHaveLength(1);
  });

  it('in a scan, with a scan in it', () => {
    const b = new Builder();
    const result = b.scan({ length: T, carry: [b.input('start', [N])], xs: [b.input('x', [T, N])] }, (c, [h], [x]) => {
      const inner = c.while_(
        { max: 3, carry: [h!, c.constant(0)] },
        (d, [p]) => d.gt(d.sum(d.square(p!), [0]), 0.05),
        (d, [p, i]) => {
          const scan = d.scan({ length: constant(2), carry: [p!] }, (e, [q]) => ({ carry: [e.mul(q!, x!)] }));
          return [scan.carry[0]!, d.add(i!, d.sum(p!, [0]))];
        },
      );
      return { carry: [inner.carry[0]!], ys: [inner.steps, inner.carry[1]!] };
    });
    agree(b.finish({ last: result.carry[0]!, a: result.ys[0]!, b: result.ys[1]! }), xs, sizes);
  });
});
