// Puts a module's text where `import` finds our copy of tfjs for it. In: the text. Out: the path of a file with exactly it.
// The place is node_modules/.cache/ebmc; where that cannot be written, a folder in the system's temp with a link to node_modules.
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { InternalError } from '../../diagnostics/diagnostic.ts';
import { coreFolder } from './packages.ts';

/** Written whole under another name first, so that a concurrent reader never sees half a module. */
const writeWhole = async (folder: string, name: string, text: string): Promise<string> => {
  await mkdir(folder, { recursive: true });
  const path = join(folder, name);
  const existing = await readFile(path, 'utf8').catch(() => null);
  if (existing === text) return path;
  const partial = `${path}.${randomUUID()}`;
  await writeFile(partial, text);
  await rename(partial, path);
  return path;
};

export const writeModule = async (text: string): Promise<string> => {
  const core = coreFolder();
  if (core === null) throw new InternalError('@tensorflow/tfjs-core is not installed');
  const modules = dirname(dirname(core));
  const name = `${createHash('sha256').update(text).digest('hex').slice(0, 24)}.mjs`;
  try {
    return await writeWhole(join(modules, '.cache', 'ebmc'), name, text);
  } catch {
    const folder = join(tmpdir(), `ebmc-${userInfo().username}`);
    await mkdir(folder, { recursive: true });
    await symlink(modules, join(folder, 'node_modules'), 'junction').catch(() => undefined);
    return writeWhole(folder, name, text);
  }
};
