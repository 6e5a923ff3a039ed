// Files that hold several arrays by name (.npz, .safetensors), and which of them a data argument means.
// In: the arrays, the name after the colon, the variable to be read. Out: one Table.
import { diagnoseData } from '../diagnostics/messages/data.ts';
import { nearestName } from '../diagnostics/nearest-name.ts';
import { failed } from './table.ts';
import type { ReadResult } from './table.ts';

export interface NamedArrays {
  readonly file: string;
  readonly names: readonly string[];
  /** `name` is one of `names`. */
  readonly read: (name: string) => ReadResult;
}

/** `y=FILE:name` reads that array; `y=FILE` the one named y, or the only one. */
export const chooseArray = (
  { file, names, read }: NamedArrays,
  asked: string | null,
  variable: string | null,
): ReadResult => {
  const wanted = asked ?? variable;
  if (wanted !== null && names.includes(wanted)) return read(wanted);
  const [only, another] = names;
  if (asked === null && only !== undefined && another === undefined) return read(only);
  const nearest = wanted === null ? null : nearestName(wanted, names);
  const parameters = { file, asked, variable, names, nearest };
  return failed(diagnoseData('EBM617', null, parameters, { place: { file } }));
};
