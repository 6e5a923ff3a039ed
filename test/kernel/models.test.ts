// The programs of models as kernels, against the reference interpreter: every entry, on random numbers, with at most two steps of
// each `while` (more would make rounding visible).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { analyse } from '../../src/compile.ts';
import type { TensorData } from '../../src/backend/backend.ts';
import { lowerPlan } from '../../src/plan/lower-plan.ts';
import { planTask } from '../../src/plan/plan-task.ts';
import { bindTask } from '../../src/run/bind-task.ts';
import { evaluate, product, sizesOf } from '../../src/tensor/dims.ts';
import type { Instr, Program } from '../../src/tensor/program.ts';
import { fillRandom } from '../../src/tensor/threefry.ts';
import { defaults } from '../methods/run-model.ts';
import { agreeAtEveryStage, targetOf, withConstants } from './agreement.ts';

const root = join(import.meta.dirname, '..', '..');
/** Every method and what is learned by steps; models whose scans make hundreds of steps would take minutes here. */
const files = [
  ...[
    'boltzmann',
    'classifier',
    'crf_tagger',
    'denoise_signal',
    'denoise_smooth',
    'elastic_net',
    'ellipse',
    'gmm',
    'gmm_full',
  ],
  ...[
    'hinge',
    'hinge_all',
    'hmm',
    'kmeans',
    'lasso',
    'local_level',
    'logistic',
    'matrix_factorisation',
    'pca',
    'ranking',
  ],
  'regression',
]
  .map((name) => join('examples', `${name}.ebm`))
  .concat(
    ['asia', 'autoencoder', 'ica', 'kalman', 'siamese', 'sparse_autoencoder'].map((name) =>
      join('test', 'models', `${name}.ebm`),
    ),
  );

const withFewSteps = (program: Program): Program => ({
  ...program,
  instrs: program.instrs.map((instr): Instr => {
    if (instr.op === 'scan') return { ...instr, body: withFewSteps(instr.body) };
    if (instr.op !== 'while') return instr;
    return { ...instr, max: Math.min(instr.max, 2), body: withFewSteps(instr.body), test: withFewSteps(instr.test) };
  }),
});

/** The programs of a model whose data are not known, and sizes for them: those it fixes, else a few. */
const programsOf = (file: string) => {
  const analysis = analyse(readFileSync(join(root, file), 'utf8'), file);
  const { task, beta, bound } = bindTask(analysis, defaults, true).value!;
  const { entries } = lowerPlan(planTask(analysis.graph!, task, beta).value!, bound.consts, file, []);
  const fixed = Object.entries(task.sizes).flatMap(([name, { value, source }]) => (source === 'nominal' ? [] : [[name, value]])); // prettier-ignore
  return Object.entries(entries).map(([name, program]) => {
    const names = new Set(program.values.flatMap(({ shape }) => shape.flatMap(sizesOf)));
    const few = [...names].map((size, i) => [size, 2 + (i % 3)]);
    const sizes = Object.fromEntries([...few, ...fixed]) as Readonly<Record<string, number>>;
    return { name, program: withFewSteps(program), sizes };
  });
};

const inputsOf = (program: Program, sizes: Readonly<Record<string, number>>): Record<string, TensorData> =>
  Object.fromEntries(
    program.inputs.map(({ name, id }, i) => {
      const { shape, dtype } = program.values[id]!;
      const data = new Float64Array(evaluate(product(shape), sizes));
      fillRandom('uniform', data, 3, i, 0);
      const lengths = shape.map((d) => evaluate(d, sizes));
      return [name, { shape: lengths, data: dtype === 'int' ? Int32Array.from(data, (x) => Math.floor(2 * x)) : data }];
    }),
  );

it.each(files)('%s', { timeout: 60_000 }, (file) => {
  const programs = programsOf(file);
  expect(programs.map(({ name }) => name)).toContain('infer');
  for (const { program, sizes } of programs) {
    const inputs = inputsOf(program, sizes);
    agreeAtEveryStage(program, inputs, sizes, targetOf({ ...sizes, N: 20_000 }));
    agreeAtEveryStage(withConstants(program, sizes, Object.keys(sizes)), inputs, sizes);
  }
});
