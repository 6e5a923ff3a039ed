// The examples of planning messages: each that is a model produces the very code, when it is planned or when it is run.
import { describe, expect, test } from 'vitest';
import type { RunOptions } from '../../src/api.ts';
import { analyse, planTask, run } from '../../src/compile.ts';
import { planningMessages } from '../../src/diagnostics/messages/planning.ts';

const options: RunOptions = {
  data: {},
  ask: [],
  show: [],
  sizes: {},
  consts: {},
  query: 'map',
  params: {},
  beta: null,
  minimize: [],
  marginalize: [],
  withoutRegularizers: false,
  seed: 0,
  backend: 'reference',
  budget: 2 ** 30,
  restarts: null,
  plot: false,
};

const models = Object.entries(planningMessages).filter(([, { example }]) => example.startsWith('model'));

describe('planning messages', () => {
  test('most have a model as their example', () => expect(models.length).toBeGreaterThan(5));

  test.each(models)('the example of %s', async (code, { example }) => {
    const analysis = analyse(example, 'example.ebm');
    expect(analysis.diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
    const planned = (['map', 'marginals'] as const).flatMap(
      (query) => planTask(analysis, { ...options, query }).diagnostics,
    );
    const found = planned.length > 0 ? planned : (await run(analysis, options)).diagnostics;
    expect(found.map((d) => d.code)).toContain(code);
  });
});
