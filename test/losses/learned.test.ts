// Losses carried through to the end, as `ebmc run` does: learned by steps, asked for answers, params that stay.
import { describe, expect, it } from 'vitest';
import { flat, runModel } from '../methods/run-model.ts';
import { lossOf } from './objective.ts';

const model = (train: string): string => `model m
size N, D, C = 3
param W : real[C, D]
param b : real[C] = 0
plate n in N {
  observed x : real[D]
  target y : category(C)
  factor score = -(W @ x + b)[y]
}
train { ${train} }`;

// Three classes in three directions: separable.
const angles = [0.1, 0.3, -0.2, 2.2, 2, 1.9, 4.1, 4.3, 4.4];
const x = angles.map((a) => [Math.cos(a), Math.sin(a)]);
const y = [0, 0, 0, 1, 1, 1, 2, 2, 2];

const learned = async (train: string) => {
  const report = await runModel(model(train), { x, y }, { ask: ['y'] });
  const W = flat(report.params['W']);
  const params = { W: [0, 1, 2].map((c) => W.slice(2 * c, 2 * c + 2)), b: [...flat(report.params['b'])] };
  return { report, params, answers: flat(report.variables['y']) };
};

describe('separable classes', () => {
  it.each([
    'loss perceptron  learn by sgd(rate = 0.5)  epochs 60',
    'loss hinge(margin = 0.1)  learn by sgd(rate = 0.5)  epochs 60  batch 3',
    'loss hinge_all(margin = 0.1)  learn by sgd(rate = 0.2)  epochs 60  batch 3',
    'loss = relu(0.1 + F - F(y = violator(y)))  learn by sgd(rate = 0.5)  epochs 120',
  ])('%s ends at loss 0 and right answers', async (train) => {
    const { params, answers } = await learned(train);
    expect(answers).toEqual(y);
    expect(lossOf(model(train), { x, y }).at(params)).toMatchObject({
      loss: 0,
      gradient: { W: [0, 0, 0, 0, 0, 0], b: [0, 0, 0] },
    });
  });
});

it.each(['lbfgs(iterations = 20)', 'sgd(rate = 0.5)  epochs 40'])('params in no learn line stay (%s)', async (by) => {
  const { params, answers } = await learned(`loss nll  learn W by ${by}`);
  expect(params.b).toEqual([0, 0, 0]);
  expect(answers).toEqual(y);
});
