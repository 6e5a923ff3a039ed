// The values given for one variable: none missing where none may be, vectors whole, all inside the domain.
// In: the variable, its table, its shape in numbers. Out: at most one diagnostic, at the first offending cell.
import { diagnoseData } from '../diagnostics/messages/data.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { Variable } from '../semantics/model.ts';
import { cellsPerValue, findOffence } from './check-domain.ts';
import type { DomainFacts } from './check-domain.ts';
import type { Table } from './table.ts';

interface Place {
  readonly place: { readonly file: string; readonly line?: number; readonly column?: number };
  /** Words for messages, where line and column do not say it. */
  readonly where: string | null;
}

const placeOf = (table: Table, index: number, wholeRow: boolean): Place => {
  const { line, column, words } = table.source.locate(index);
  const { file } = table.source;
  if (line === undefined) return { place: { file }, where: words };
  return { place: wholeRow || column === undefined ? { file, line } : { file, line, column }, where: null };
};

const missingProblem = (
  variable: Variable,
  table: Table,
  facts: DomainFacts,
  step: number,
  mayMiss: boolean,
): Diagnostic | null => {
  const { missing } = table;
  if (missing === null) return null;
  const { name, role } = variable;
  if (!mayMiss) {
    const { place, where } = placeOf(table, missing.indexOf(1), false);
    return diagnoseData('EBM627', null, { name, role, where }, { place });
  }
  if (step === 1) return null;
  for (let start = 0; start < missing.length; start += step) {
    const absent = missing.subarray(start, start + step).reduce((n, cell) => n + cell, 0);
    if (absent === 0 || absent === step) continue;
    const { place, where } = placeOf(table, start, true);
    return diagnoseData('EBM628', null, { name, domain: facts.kind, where }, { place });
  }
  return null;
};

export const checkValues = (
  variable: Variable,
  table: Table,
  shape: readonly number[],
  facts: DomainFacts,
  mayMiss: boolean,
): readonly Diagnostic[] => {
  const step = cellsPerValue(facts.kind, shape);
  const absent = missingProblem(variable, table, facts, step, mayMiss);
  if (absent !== null) return [absent];
  const { missing, padding, data } = table;
  const offence = findOffence(facts, shape, data, (i) => missing?.[i] === 1 || padding?.[i] === 1);
  if (offence === null) return [];
  const { name } = variable;
  const { place, where } = placeOf(table, offence.index, offence.problem !== null);
  const { problem, hint } = offence;
  return [
    problem === null
      ? diagnoseData('EBM625', null, { name, value: data[offence.index]!, domain: facts.text, where, hint }, { place })
      : diagnoseData('EBM626', null, { name, domain: facts.text, problem, where, hint }, { place }),
  ];
};
