// A model's text from a path or standard input: UTF-8, and no longer than a model may be.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { diagnoseData } from '../diagnostics/messages/data.ts';
import type { Checked } from '../diagnostics/diagnostic.ts';
import { cannotRead, isDirectory, isText, notText } from './cannot-read.ts';
import { failed } from './table.ts';
import type { ReadResult } from './table.ts';

/** About a hundred thousand factors, written out one by one. What is longer is data, or another kind of file. */
export const largestModel = 8 * 2 ** 20;

const tooLong = (file: string): ReadResult => failed(diagnoseData('EBM619', null, { file, limit: largestModel }));

/** At most one byte more than a model may have: a device that never ends is read no further. */
const readBeginning = async (path: string): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(path, { end: largestModel })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

const refusal = (bytes: Buffer, path: string): ReadResult | null => {
  if (bytes.length > largestModel) return tooLong(path);
  return isText(bytes) ? null : notText(path, null);
};

/** `-` is standard input. */
export const readSource = async (path: string, stdin: () => Promise<Buffer>): Promise<Checked<string | null>> => {
  try {
    if (path !== '-' && (await stat(path)).isDirectory())
      return { value: null, diagnostics: (await isDirectory(path)).diagnostics };
    const bytes = path === '-' ? await stdin() : await readBeginning(path);
    const refused = refusal(bytes, path === '-' ? '<stdin>' : path);
    if (refused !== null) return { value: null, diagnostics: refused.diagnostics };
    return { value: bytes.toString('utf8'), diagnostics: [] };
  } catch (error) {
    return { value: null, diagnostics: (await cannotRead(path, error)).diagnostics };
  }
};
