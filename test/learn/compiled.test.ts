// A compiled module of a model that is learned by steps says how to learn with it, in its header and in its types.
import { expect, test } from 'vitest';
import { analyse, compileModule, planTask } from '../../src/compile.ts';
import { defaults } from '../methods/run-model.ts';

const compiled = (train: string): ReturnType<typeof compileModule> => {
  const source = `model line
size N
param w : real
plate n in N { target y : real  factor fit = (y - w)^2 }
train { ${train} }`;
  const { value, diagnostics } = planTask(analyse(source, 'line.ebm'), defaults);
  if (value === null) throw new Error(diagnostics.map((d) => d.message).join('\n'));
  return compileModule(value);
};

test('batches and what an optimizer remembers are explained', () => {
  const { js, dts } = compiled('learn w by adam  batch 2');
  expect(js).toContain('batch indices: a row of points of n for each step that a call does');
  expect(dts).toContain('/** first moment of w between steps : real, shape [] */');
  expect(dts).toMatch(/points of each step : index, shape \[\$steps, N\]/);
  expect(dts).toContain('export declare function step(inputs: StepInputs, options?: Options): Promise<StepOutputs>;');
});

test('without batches the number of steps is a size', () => {
  const { js, dts } = compiled('learn w by sgd');
  expect(js).toContain('sizes: { $steps } says how many steps a call does');
  expect(dts).not.toContain('batch indices');
});

test('what one program learns has no such entries', () => {
  const { js, dts } = compiled('learn w by exact');
  expect(js).not.toContain('step by step');
  expect(dts).not.toContain('function step');
});
