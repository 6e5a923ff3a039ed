// Data files compressed by gzip. In: the bytes of a .gz file. Out: the bytes of the file inside, or one diagnostic.
import { gunzipSync } from 'node:zlib';
import { diagnoseData } from '../diagnostics/messages/data.ts';
import type { Checked } from '../diagnostics/diagnostic.ts';

/** What Node reads of an uncompressed file at once; compressed ones may not unpack to more. */
export const largestFile = 2 ** 31 - 1;

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

const problems: Readonly<Record<string, string>> = {
  Z_BUF_ERROR: 'it is cut off',
  Z_DATA_ERROR: 'it is damaged, or not compressed by gzip',
  ERR_BUFFER_TOO_LARGE: 'it would unpack to more bytes than a file may have',
};

export const gunzip = (bytes: Buffer, file: string, limit = largestFile): Checked<Buffer | null> => {
  try {
    return { value: gunzipSync(bytes, { maxOutputLength: limit }), diagnostics: [] };
  } catch (error) {
    const problem = error instanceof Error && 'code' in error ? problems[String(error.code)] : undefined;
    if (problem === undefined) throw error;
    return { value: null, diagnostics: [diagnoseData('EBM616', null, { problem }, { place: { file } })] };
  }
};
