// No tensor outlives its call, whether it returns or throws, and memory does not grow with the steps of a loop.
import { expect, it } from 'vitest';
import { startTfjs } from '../../src/backend/tfjs/start.ts';
import { Builder } from '../../src/tensor/builder.ts';
import { constant, size } from '../../src/tensor/dims.ts';
import { moduleOf, numbersOf, randomNumbers } from './agreement.ts';
import { onEveryBackend } from './devices.ts';
import { chain, kmeans } from './programs.ts';

onEveryBackend((name, backend) => {
  it('100 runs leave as many tensors as before', async () => {
    const tf = await startTfjs(name);
    const next = randomNumbers(1);
    const [T, B, S, N, D, K] = ['T', 'B', 'S', 'N', 'D', 'K'].map(size) as [never, never, never, never, never, never];
    const sizes = { T: 4, B: 2, S: 3, N: 12, D: 2, K: 3 };
    const first = await backend.load(chain());
    const second = await backend.load(kmeans());
    const inputs = {
      emission: numbersOf([T, B, S], sizes, next),
      transition: numbersOf([S, S], sizes, next),
      beta: { shape: [], data: Float32Array.of(1) },
    };
    const points = { y: numbersOf([N, D], sizes, next), start: numbersOf([K, D], sizes, next) };
    const before = tf.memory();
    for (let i = 0; i < 100; i++) {
      await first.call('infer', inputs);
      await second.call('infer', points);
    }
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numBytes).toBe(before.numBytes);
  });

  it('routines, random numbers, gathers and scatters leave none', async () => {
    const tf = await startTfjs(name);
    const b = new Builder();
    const x = b.input('x', [constant(3), constant(3)]);
    const spd = b.add(b.matmul(x, b.transpose(x, [1, 0])), b.eye(constant(3)));
    const [values, vectors] = b.routine('eigh', spd);
    const order = b.routine('sort', x)[1]!;
    const noise = b.random('normal', [constant(3)], b.input('seed', []), 0);
    const picked = b.gather(x, b.argmin(x, 1), 0);
    const added = b.scatterAdd(x, b.argmin(x, 1), 0, constant(4));
    const runner = await backend.load(
      moduleOf({
        infer: b.finish({
          values: values!,
          vectors: vectors!,
          order,
          noise,
          picked,
          added,
          lgamma: b.lgamma(b.abs(x)),
        }),
      }),
    );
    const before = tf.memory().numTensors;
    for (let i = 0; i < 3; i++)
      await runner.call('infer', { x: numbersOf([constant(3), constant(3)], {}, randomNumbers(i)) });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('a call that throws leaves none', async () => {
    const tf = await startTfjs(name);
    const b = new Builder();
    const x = b.input('x', [constant(2)]);
    const runner = await backend.load(moduleOf({ infer: b.finish({ y: b.gather(b.exp(x), b.cast(x, 'int')) }) }));
    const before = tf.memory().numTensors;
    await expect(runner.call('infer', { x: { shape: [2], data: Float32Array.of(0, 7) } })).rejects.toThrow(
      'index 7 is outside 0..2',
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  it('tensors alive during a loop do not grow with its steps', async () => {
    const tf = await startTfjs(name);
    const b = new Builder();
    const loop = b.while_(
      { max: 60, carry: [b.input('x', [constant(5)])] },
      (c) => c.constant(1),
      (c, [x]) => [c.tanh(c.add(c.mul(x!, 0.9), c.sum(c.cos(x!))))],
    );
    const runner = await backend.load(moduleOf({ infer: b.finish({ x: loop.carry[0]! }) }));
    const alive: number[] = [];
    await runner.call(
      'infer',
      { x: numbersOf([constant(5)], {}, randomNumbers(6)) },
      { onStep: () => alive.push(tf.memory().numTensors) },
    );
    expect(alive.length).toBe(60);
    expect(new Set(alive).size).toBe(1);
  });
});
