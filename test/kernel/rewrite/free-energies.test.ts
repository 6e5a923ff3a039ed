// Free energies of two tables and their gradients as products of scaled exponentials: the same numbers where everything is near,
// where everything underflows, with forbidden entries, at every β; and what is left in loops.
import { describe, expect, test } from 'vitest';
import { moveAccumulatedFactors } from '../../../src/kernel/rewrite/accumulated-factors.ts';
import { multiplyPosteriors } from '../../../src/kernel/rewrite/posterior-sums.ts';
import { multiplySoftMinima } from '../../../src/kernel/rewrite/soft-min-products.ts';
import { Builder, type Value } from '../../../src/tensor/builder.ts';
import { gradient } from '../../../src/tensor/differentiate.ts';
import { size } from '../../../src/tensor/dims.ts';
import { optimise } from '../../../src/tensor/passes/index.ts';
import type { Program } from '../../../src/tensor/program.ts';
import { array, expectSame, instructions, normals, rewritten, targetOf } from './agreement.ts';

const [N, S, T] = [size('N'), size('S'), size('T')];
const sizes = { N: 12, S: 10, T: 4 };
const target = targetOf(sizes);
const forbidden = 1e30;

/** x [N, S], y [S, S], β → the free energy [N, S]; with `g`, its gradients onto x and y for that adjoint. */
const pair = (withGradients: boolean): Program => {
  const b = new Builder();
  const [x, y, beta] = [b.input('x', [N, S]), b.input('y', [S, S]), b.input('beta', [])];
  const free = b.contract({ kind: 'soft-min', beta }, [{ value: x, axes: [0, 1] }, { value: y, axes: [1, 2] }], [0, 2]); // prettier-ignore
  const outputs: Record<string, Value> = { free: b.minimum(free, forbidden) };
  if (withGradients) {
    const [dx, dy] = gradient(b, b.sum(b.mul(free, b.input('g', [N, S]))), [x, y]);
    return optimise(b.finish({ ...outputs, dx: dx!, dy: dy! }));
  }
  return b.finish(outputs);
};

const one = { shape: [], data: Float64Array.of(1) };
const near = { x: normals([12, 10], 1), y: normals([10, 10], 2), g: normals([12, 10], 3), beta: one };
/** The smallest x of a row and the smallest y of a column stand far apart: every product of exponentials underflows. */
const far = {
  ...near,
  x: array([12, 10], (i) => (i % 10 < 5 ? 0.1 * i : 900 + 0.2 * i)),
  y: array([10, 10], (i) => (i < 50 ? 800 + 0.3 * i : 0.1 * i)),
};
/** Steps of at most one state upwards, from one state. */
const upwards = {
  ...near,
  x: array([12, 10], (i) => (i % 10 === Math.floor(i / 10) % 10 ? 0 : forbidden)),
  y: array([10, 10], (i) => ([0, 1].includes((i % 10) - Math.floor(i / 10)) ? 0.5 : forbidden)),
};
const impossible = { ...near, x: array([12, 10], (i) => (i < 30 ? forbidden : 0.01 * i)) };
const broken = { ...near, x: array([12, 10], (i) => (i === 17 ? NaN : 0.01 * i)) };

const cases = { near, far, upwards, impossible, broken };

describe('one contraction', () => {
  test.each(Object.entries(cases))('%s', (_, inputs) => {
    const program = pair(false);
    const after = multiplySoftMinima(program, target);
    const products = instructions(after, 'contract').filter((i) => i.semiring.kind === 'sum-product');
    expect(products.filter((i) => i.operands.length === 2)).toHaveLength(1);
    for (const beta of [1e-3, 1, 30, 1e30, Infinity])
      expectSame(program, after, { ...inputs, beta: { shape: [], data: Float64Array.of(beta) } }, sizes);
  });
  test('of no states at all', () => {
    const program = pair(false);
    const empty = { ...near, x: normals([12, 0], 1), y: normals([0, 0], 1) };
    expectSame(program, multiplySoftMinima(program, target), empty, { ...sizes, S: 0 });
  });
  test('in float64 the exact way begins later', () => {
    const after = multiplySoftMinima(pair(false), { ...target, bytesOfReal: 8 });
    expect(instructions(after, 'constant').map((i) => i.value)).toContain(1e-280);
    expectSame(pair(false), after, far, sizes);
  });
  test('small ones, and those without a matrix structure, stay', () => {
    const small = multiplySoftMinima(pair(false), targetOf({ ...sizes, S: 2 }));
    expect(instructions(small, 'contract')).toHaveLength(1);
    const b = new Builder();
    const [x, y] = [b.input('x', [N, S]), b.input('y', [N, S, S])];
    const free = b.contract({ kind: 'soft-min', beta: 1 }, [{ value: x, axes: [0, 1] }, { value: y, axes: [0, 1, 2] }], [0, 2]); // prettier-ignore
    expect(instructions(multiplySoftMinima(b.finish({ free }), target), 'contract')).toHaveLength(1);
  });
});

describe('gradients', () => {
  test.each(Object.entries(cases).filter(([name]) => name !== 'impossible'))('%s', (_, inputs) => {
    const program = pair(true);
    const after = multiplyPosteriors(program, target);
    // The tables over three axes are left for the exact way alone.
    const products = instructions(after, 'contract').filter((i) => i.operands.length === 2 && i.keep.length === 2);
    expect(products.length).toBeGreaterThanOrEqual(5);
    for (const beta of [1e-3, 1, 3])
      expectSame(program, after, { ...inputs, beta: { shape: [], data: Float64Array.of(beta) } }, sizes, 1e-9);
  });
});

/** log Z of chains and its gradients: what forward-backward is made of. Batches of sequences, params shared. */
const chain = (): Program => {
  const b = new Builder();
  const [unary, pairwise, start] = [b.input('unary', [T, N, S]), b.input('pairwise', [S, S]), b.input('start', [N, S])];
  const last = b.scan({ length: T, carry: [start], xs: [unary] }, (c, [message], [energy]) => {
    const free = c.contract({ kind: 'soft-min', beta: 1 }, [{ value: message!, axes: [0, 1] }, { value: pairwise, axes: [1, 2] }], [0, 2]); // prettier-ignore
    return { carry: [c.add(free, energy!)] };
  }).carry[0]!;
  const total = b.sum(b.softMin(1, last, [1]));
  const [du, dp] = gradient(b, total, [unary, pairwise]);
  return optimise(b.finish({ total, du: du!, dp: dp! }));
};

describe('chains', () => {
  const inputs = { unary: normals([4, 12, 10], 5), pairwise: normals([10, 10], 6), start: normals([12, 10], 7) };
  test('exponentials of the transitions leave the loops; their gradient is multiplied by them at the end', () => {
    const after = rewritten(chain(), inputs, sizes);
    const loops = instructions(after, 'scan');
    expect(loops).toHaveLength(2);
    for (const { body } of loops) {
      const tables = body.instrs.filter((i) => i.op === 'map' && i.fn === 'exp' && body.values[i.out[0]]!.shape.length < 3); // prettier-ignore
      expect(tables.map((i) => body.values[i.out[0]!]!.shape)).not.toContainEqual([S, S]);
    }
    const backwards = loops.find((loop) => loop.reverse)!;
    expect(backwards.carry).toHaveLength(3);
  });
  test('far from equilibrium', () => {
    const steep = { ...inputs, pairwise: normals([10, 10], 6, 300), unary: normals([4, 12, 10], 5, 200) };
    rewritten(chain(), steep, sizes, 1e-9);
  });
});

test('factors of sums that begin elsewhere than at zero, beside other terms', () => {
  const b = new Builder();
  const [w, start, xs] = [b.input('w', [S]), b.input('start', [S]), b.input('xs', [T, S])];
  const { carry } = b.scan({ length: T, carry: [start, start], xs: [xs] }, (c, [sum, other], [x]) => ({
    carry: [c.add(sum!, c.add(c.mul(w, c.sin(x!)), c.cos(x!))), c.add(other!, c.mul(c.exp(x!), w))],
  }));
  const program = b.finish({ a: carry[0]!, b: carry[1]! });
  const after = moveAccumulatedFactors(program);
  const body = instructions(after, 'scan')[0]!.body;
  expect(body.instrs.filter((i) => i.op === 'map' && i.fn === 'mul').length).toBe(2);
  expect(instructions(after, 'map').filter((i) => i.fn === 'mul')).toHaveLength(4);
  const inputs = { w: normals([10], 1), start: normals([10], 2), xs: normals([4, 10], 3) };
  expectSame(program, after, inputs, sizes);
});
