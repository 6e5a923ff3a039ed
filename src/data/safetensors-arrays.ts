// The tensors of a .safetensors file as data. In: bytes. Out: named arrays, each a Table when it is asked for.
import type { Checked } from '../diagnostics/diagnostic.ts';
import type { NamedArrays } from './named-arrays.ts';
import { decodeTensor, parseSafetensors } from './safetensors.ts';
import { tableOfNumbers } from './table.ts';

export const readSafetensors = (bytes: Buffer, file: string): Checked<NamedArrays | null> => {
  const { value, diagnostics } = parseSafetensors(bytes, file);
  if (value === null) return { value, diagnostics };
  const { tensors } = value;
  const read: NamedArrays['read'] = (name) => {
    const { shape, data } = decodeTensor(tensors.get(name)!);
    return tableOfNumbers(shape, data, `${file}:${name}`);
  };
  return { value: { file, names: [...tensors.keys()], read }, diagnostics: [] };
};
