// `webgpu`, kernels of our own: every routine against the float64 code of the host, small ones on the device and a large one on the
// host, matrices that are not positive definite, singular and not finite.
import { expect, it } from 'vitest';
import type { TensorData } from '../../src/backend/backend.ts';
import { runProgram } from '../../src/backend/reference.ts';
import { webgpuBackend } from '../../src/backend/webgpu/run.ts';
import { Builder } from '../../src/tensor/builder.ts';
import { constant } from '../../src/tensor/dims.ts';
import type { Program } from '../../src/tensor/program.ts';
import { routineNames, type RoutineName } from '../../src/tensor/routines.ts';
import { close, moduleOf, randomNumbers } from './agreement.ts';
import { onWebgpu, takenFor } from './webgpu-kernels-device.ts';

type Inputs = Readonly<Record<string, TensorData>>;
const batch = 3;

const array = (shape: readonly number[], entry: (at: readonly number[]) => number): TensorData => {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const count = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Float32Array.from({ length: count }, (_, i) => entry(shape.map((n, axis) => Math.floor(i / strides[axis]!) % n))) }; // prettier-ignore
};

/** Arguments of every routine for n × n matrices; symmetric ones have eigenvalues around 2n. */
const argumentsOf = (n: number): Readonly<Record<RoutineName, readonly TensorData[]>> => {
  const next = randomNumbers(n);
  const any = array([batch, n, n], () => 2 * next() - 1);
  const symmetric = (shape: readonly number[]): TensorData => {
    const half = array(shape, () => next() - 0.5);
    return array(shape, (at) => {
      const [k, i, j] = [at.slice(0, -2).reduce((sum, x, axis) => sum * shape[axis]! + x, 0), at.at(-2)!, at.at(-1)!];
      const entry = (r: number, c: number): number => half.data[(k * n + r) * n + c]!;
      return Math.fround(entry(i, j) + entry(j, i)) + (i === j ? 2 * n : 0);
    });
  };
  const positive = symmetric([batch, n, n]);
  const lower = array([batch, n, n], ([, i, j]) => (i === j ? 1 + next() : i! > j! ? next() - 0.5 : 0));
  const columns = array([batch, n, 4], () => 2 * next() - 1);
  const steps = 5;
  return {
    cholesky: [positive],
    'triangular-solve': [lower, columns],
    'triangular-solve-transposed': [lower, columns],
    solve: [any, columns],
    inverse: [positive],
    'log-abs-det': [any],
    eigh: [positive],
    sort: [array([batch, 7 * n], () => Math.floor(9 * next()))],
    'block-tridiagonal': [symmetric([batch, steps, n, n]), array([batch, steps, n, n], () => next() - 0.5), array([batch, steps, n], () => next())], // prettier-ignore
  };
};

const programOf = (name: RoutineName, args: readonly TensorData[]): Program => {
  const b = new Builder();
  const inputs = args.map(({ shape }, i) => b.input(`x${i}`, shape.map(constant)));
  return b.finish(Object.fromEntries(b.routine(name, ...inputs).map((value, i) => [`y${i}`, value])));
};
const inputsOf = (args: readonly TensorData[]): Inputs => Object.fromEntries(args.map((x, i) => [`x${i}`, x]));

const found = async (name: RoutineName, args: readonly TensorData[], backend = webgpuBackend) => {
  const runner = await backend.load(moduleOf({ infer: programOf(name, args) }));
  const result = await runner.call('infer', inputsOf(args));
  await runner.dispose();
  return result;
};

onWebgpu('routines', () => {
  const all = argumentsOf(5);
  it.each(routineNames)('%s on the device is right to float32', { timeout: 30_000 }, async (name) => {
    // Whatever SwiftShader would leave to the host.
    const device = await takenFor({ routine: Infinity }, false);
    const result = await found(name, all[name], device);
    const expected = runProgram(programOf(name, all[name]), inputsOf(all[name]));
    for (const [output, value] of Object.entries(expected)) close(result[output]!, value, 2e-7, `${name}, ${output}`);
  });

  it.each(routineNames)('%s on the host', async (name) => {
    const host = await takenFor({ routine: 0 }, false);
    const result = await found(name, all[name], host);
    const expected = runProgram(programOf(name, all[name]), inputsOf(all[name]));
    for (const [output, value] of Object.entries(expected)) close(result[output]!, value, 2e-7, `${name}, ${output}`);
  });

  it('an ill-conditioned system needs more than float32, and gets it', async () => {
    // Hilbert's matrix of order 5 has condition 5e5; the solution of A x = A·1, rounded, by float64.
    const n = 5;
    const device = await takenFor({ routine: Infinity }, false);
    const args = [array([1, n, n], ([, i, j]) => 1 / (i! + j! + 1)), array([1, n, 1], ([, i]) => 1 + i!)];
    const result = await found('solve', args, device);
    close(result['y0']!, runProgram(programOf('solve', args), inputsOf(args))['y0']!, 1e-6, 'solve');
  });

  it('what has no factor, inverse or eigenvalues is NaN in that entry alone', async () => {
    const pick = (bad: number) => array([2, 2, 2], ([k, i, j]) => (k === 0 ? (i === j ? 2 : 1) : i === j ? 1 : bad));
    const device = await takenFor({ routine: Infinity }, false);
    const cholesky = await found('cholesky', [pick(3)], device);
    expect([...cholesky['y0']!.data].map(Number.isNaN)).toEqual([false, false, false, false, true, true, true, true]);
    const inverse = await found('inverse', [pick(1)], device);
    expect([...inverse['y0']!.data].map(Number.isNaN)).toEqual([false, false, false, false, true, true, true, true]);
    const logDet = await found('log-abs-det', [pick(1)], device);
    expect(logDet['y0']!.data[0]).toBeCloseTo(Math.log(3), 6);
    expect(logDet['y0']!.data[1]).toBe(-Infinity);
    const eigh = await found('eigh', [pick(NaN)], device);
    expect([...eigh['y0']!.data].map(Number.isNaN)).toEqual([false, false, true, true]);
  });

  it('sorts NaN to the end and keeps equals in order', async () => {
    const device = await takenFor({ routine: Infinity }, false);
    const sorted = await found('sort', [{ shape: [6], data: Float32Array.of(2, NaN, 1, 2, -Infinity, 1) }], device);
    expect([...sorted['y0']!.data]).toEqual([-Infinity, 1, 1, 2, 2, NaN]);
    expect([...sorted['y1']!.data]).toEqual([4, 2, 5, 0, 3, 1]);
  });
});
