// User mistakes that only running can find are thrown as DiagnosticError. In: work. Out: its result, with what was thrown as values.
import type { Checked } from '../diagnostics/diagnostic.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';

export const caught = async <T>(work: () => Promise<Checked<T | null>>): Promise<Checked<T | null>> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DiagnosticError) return { value: null, diagnostics: error.diagnostics };
    throw error;
  }
};
