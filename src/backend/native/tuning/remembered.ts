// Tunings that were searched for, in a file of the cache folder, one for each processor. In: the folder. Out: a tuning; what is
// missing, broken or of another processor is the usual one.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { usualTuning, type Tuning } from '../../../kernel/tuning.ts';
import { makeFolder } from '../cache-folder.ts';

const fileIn = (folder: string): string => join(folder, 'tuning.json');

const keyOf = (processor: string): string => createHash('sha256').update(processor).digest('hex').slice(0, 16);

const isChoice = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 8;

const all = (folder: string): Readonly<Record<string, unknown>> => {
  try {
    const found: unknown = JSON.parse(readFileSync(fileIn(folder), 'utf8'));
    return typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : {};
  } catch {
    return {};
  }
};

/** `usual`: of this machine where nothing was searched for. */
export const rememberedTuning = (folder: string, processor: string, usual: Tuning = usualTuning): Tuning => {
  const found = all(folder)[keyOf(processor)];
  if (typeof found !== 'object' || found === null) return usual;
  const choices = Object.keys(usual).filter((name) => isChoice((found as Record<string, unknown>)[name]));
  return { ...usual, ...Object.fromEntries(choices.map((name) => [name, (found as Record<string, number>)[name]!])) };
};

/** Throws what the file system says. */
export const rememberTuning = async (folder: string, processor: string, tuning: Tuning): Promise<string> => {
  await makeFolder(folder);
  const path = fileIn(folder);
  const own = `${path}.${process.pid}`;
  await writeFile(own, `${JSON.stringify({ ...all(folder), [keyOf(processor)]: tuning }, null, 2)}\n`);
  await rename(own, path);
  return path;
};
