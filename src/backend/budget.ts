// A backend on which no tensor is larger than the user allows. In: a backend and bytes. Out: the same, each of its calls with them.
import type { Backend } from './backend.ts';

export const withBudget = (backend: Backend, budget: number): Backend => ({
  ...backend,
  load: async (module) => {
    const runner = await backend.load(module);
    return {
      ...runner,
      call: (entry, inputs, options = {}) => runner.call(entry, inputs, { budget, ...options }),
    };
  },
});
