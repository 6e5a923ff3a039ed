// What a runner has to say of where it computes, as warnings. In: the name of its backend, and the runner. Out: EBM515 for its
// caution, and its other warnings.
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnosePlanning } from '../diagnostics/messages/planning.ts';
import type { Runner } from './backend.ts';

export const cautionsOf = (name: string, { caution, warnings }: Runner): readonly Diagnostic[] => [
  ...(caution === null ? [] : [diagnosePlanning('EBM515', null, { name, why: caution })]),
  ...(warnings?.() ?? []),
];
