// Giving up when the caller says so (control[0] is 2). Whoever gives up returns at once, and so do all functions around it: what
// follows must not run on entries that were never written. In: where a statement stands. Out: a line that leaves the function.
import type { Emission } from './emission.ts';

export const giveUp = (e: Emission): void => e.fn.line('if (*call->control == 2) return;');
