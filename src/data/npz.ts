// NumPy's .npz: a zip archive of .npy files, stored (savez) or deflated (savez_compressed). In: bytes. Out: the arrays by
// name, each unpacked only when it is asked for.
import { unzipSync } from 'fflate';
import type { UnzipFileInfo } from 'fflate';
import { diagnoseData } from '../diagnostics/messages/data.ts';
import type { Checked } from '../diagnostics/diagnostic.ts';
import { largestFile } from './gzip.ts';
import type { NamedArrays } from './named-arrays.ts';
import { readNpy } from './npy.ts';
import { failed } from './table.ts';

/** Every zip archive begins with an entry, or, when empty, with the end of its directory. */
export const isZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);

const arrayName = (member: string): string => member.replace(/\.npy$/, '');
const sizeText = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

/** `limit`: bytes that one unpacked array may take; what the directory declares is checked before anything is unpacked. */
export const readNpz = (bytes: Buffer, file: string, limit = largestFile): Checked<NamedArrays | null> => {
  const problem = (text: string) => diagnoseData('EBM616', null, { problem: text }, { place: { file } });
  /** Damaged archives make fflate throw: FlateError, or RangeError from an offset that leads nowhere. */
  const unzip = (filter: (member: UnzipFileInfo) => boolean): Readonly<Record<string, Uint8Array>> | string => {
    try {
      return unzipSync(bytes, { filter });
    } catch (error) {
      return error instanceof Error ? `it is damaged or cut off (${error.message})` : 'it is damaged or cut off';
    }
  };
  const members: UnzipFileInfo[] = [];
  const directory = unzip((member) => (members.push(member), false));
  if (typeof directory === 'string') return { value: null, diagnostics: [problem(directory)] };
  if (members.length === 0) return { value: null, diagnostics: [problem('it holds no arrays')] };
  const read = (name: string) => {
    const wanted = members.find((member) => arrayName(member.name) === name)!;
    const { originalSize, size } = wanted;
    // fflate writes into a buffer of the declared size and not beyond: a stream that goes on longer costs nothing.
    if (originalSize > limit)
      return failed(problem(`${name} would unpack to ${sizeText(originalSize)}, more than ${sizeText(limit)}`));
    if (wanted.compression === 0 && size !== originalSize)
      return failed(problem(`${name} is stored in ${size} bytes, but declared to have ${originalSize}`));
    const content = unzip((member) => member.name === wanted.name);
    if (typeof content === 'string') return failed(problem(content));
    const array = content[wanted.name];
    if (array === undefined) return failed(problem(`${name} cannot be found in it`));
    return readNpy(Buffer.from(array.buffer, array.byteOffset, array.byteLength), `${file}:${name}`);
  };
  return { value: { file, names: members.map(({ name }) => arrayName(name)), read }, diagnostics: [] };
};
