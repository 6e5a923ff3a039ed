// The exit codes of the command line, and which one a set of diagnostics means.
import type { Diagnostic } from '../diagnostics/diagnostic.ts';

export const exitCodes = {
  done: 0,
  wrongInput: 1,
  wrongUsage: 2,
  notConverged: 3,
  notServed: 4,
  bug: 70,
  /** Ctrl-C: 128 + SIGINT, as shells have it. */
  interrupted: 130,
} as const;

/** The model and the data are right, and no method, loss or backend serves them. */
const notServedCodes: ReadonlySet<string> = new Set([
  'EBM501',
  'EBM502',
  'EBM506',
  'EBM509',
  'EBM513',
  'EBM516',
  'EBM517',
  'EBM520',
]);
const isNotServed = (code: string): boolean => notServedCodes.has(code);

/** It ran, and its numbers went nowhere. */
const divergedCodes: ReadonlySet<string> = new Set(['EBM653']);

/** 1 when the model or the data are wrong; 3 when it ran and diverged; 4 when they are right and no method or backend serves. */
export const exitCodeOf = (diagnostics: readonly Diagnostic[], denyWarnings = false): number => {
  const counting = diagnostics.filter((d) => d.severity === 'error' || (denyWarnings && d.severity === 'warning'));
  if (counting.length === 0) return exitCodes.done;
  if (counting.every((d) => divergedCodes.has(d.code))) return exitCodes.notConverged;
  return counting.every((d) => isNotServed(d.code)) ? exitCodes.notServed : exitCodes.wrongInput;
};
