// What goes wrong on a device, as diagnostics. In: what was found. Out: DiagnosticErrors to throw.
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import { diagnosePlanning } from '../../diagnostics/messages/planning.ts';

/** EBM513: the backend cannot run on this machine. */
export const lacking = (name: string, lack: { readonly detail: string; readonly remedy: string | null }): DiagnosticError =>
  new DiagnosticError([diagnosePlanning('EBM513', null, { name, known: [], lack })]); // prettier-ignore

/** EBM516: the device broke off, or has no room. */
export const broke = (name: string, problem: 'lost' | 'memory' | 'error', said: string): DiagnosticError =>
  new DiagnosticError([diagnosePlanning('EBM516', null, { name, problem, said })]);
