// Which reader standard input gets: its first bytes tell. In: bytes. Out: a format.
import type { DataFormat } from './data-formats.ts';
import { isIdx } from './idx.ts';
import { isNpy } from './npy.ts';
import { isZip } from './npz.ts';

/** A short header length, then the header's brace: no text holds zero bytes. */
const isSafetensors = (bytes: Buffer): boolean => bytes[8] === 0x7b && bytes.subarray(0, 8).includes(0);
const isJson = (bytes: Buffer): boolean => /^\s*\[/.test(bytes.toString('latin1', 0, 256));

/** Asked in order; what none of them recognises is CSV. */
const signs: readonly (readonly [DataFormat, (bytes: Buffer) => boolean])[] = [
  ['npy', isNpy],
  ['npz', isZip],
  ['safetensors', isSafetensors],
  ['idx', isIdx],
  ['json', isJson],
];

export const sniff = (bytes: Buffer): DataFormat => signs.find(([, fits]) => fits(bytes))?.[0] ?? 'csv';
