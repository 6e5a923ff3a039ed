// Giving up when the caller says so (control[0] is 2). Whoever gives up returns at once, and so do all functions around it: what
// follows must not run on entries that were never written. In: where a statement stands. Out: a line that leaves the function.
import { constantValue } from '../../tensor/dims.ts';
import { mostIterations } from '../extents.ts';
import type { Loop, Statement } from '../kernel.ts';
import { workOf } from '../work.ts';
import type { Emission } from './emission.ts';

export const giveUp = (e: Emission): void => e.fn.line('if (*call->control == 2) return;');

/** Operations that take no time that anyone would notice. */
const fewOperations = 1_000_000;
/** Beside so many operations a look up costs nothing. */
const manyOperations = 256;

/** In each iteration of the loop, or in one of many, where all of them may take long. Not in a loop of lanes: nothing leaves it. */
export const giveUpIn = (loop: Loop, variable: string, body: readonly Statement[], e: Emission): void => {
  const each = constantValue(workOf(body, e.entry.kernels.buffers)) ?? Infinity;
  const times = constantValue(mostIterations(loop.extent)) ?? Infinity;
  if (each * times < fewOperations) return;
  if (each >= manyOperations) giveUp(e);
  else e.fn.line(`if ((${variable} & 1023) == 1023 && *call->control == 2) return;`);
};
