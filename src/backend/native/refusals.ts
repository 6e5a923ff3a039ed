// What goes wrong with native programs, as diagnostics. In: what was found. Out: DiagnosticErrors to throw.
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import { diagnoseBackend } from '../../diagnostics/messages/backends.ts';
import { diagnosePlanning } from '../../diagnostics/messages/planning.ts';
import type { Lack } from './toolchain.ts';

/** EBM513: the backend cannot run on this machine. */
export const lacking = (name: string, { detail, remedy }: Lack): DiagnosticError =>
  new DiagnosticError([diagnosePlanning('EBM513', null, { name, known: [], lack: { detail, remedy } })]);

/** EBM517: the compiler worked before, and not with this program. */
export const compilerFailed = (
  compiler: string,
  problem: 'failed' | 'late' | 'unloadable',
  said: readonly string[],
): DiagnosticError => new DiagnosticError([diagnoseBackend('EBM517', null, { compiler, problem, said })]);

/** EBM516: the sizes of this call need more than there is. */
export const tooLarge = (name: string, said: string): DiagnosticError =>
  new DiagnosticError([diagnosePlanning('EBM516', null, { name, problem: 'memory', said })]);
