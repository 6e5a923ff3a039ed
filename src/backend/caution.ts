// What a backend says of where it computes, as a warning. In: its name, and the caution of a started runner. Out: EBM515, or
// nothing.
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnosePlanning } from '../diagnostics/messages/planning.ts';

export const cautionsOf = (name: string, caution: string | null): readonly Diagnostic[] =>
  caution === null ? [] : [diagnosePlanning('EBM515', null, { name, why: caution })];
