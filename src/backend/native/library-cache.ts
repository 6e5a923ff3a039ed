// Compiled programs, kept under the hash of what they were made of. In: a key and a way to make the library. Out: the path of a
// library whose content is as it was written. A file is named after its key and the hash of its content, and appears by one
// rename, so that processes that use the cache at once need no lock and a damaged file is known by its name.
import { createHash, randomBytes } from 'node:crypto';
import { copyFile, mkdtemp, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder, privateFolder, problemOf } from './cache-folder.ts';
import type { Memory } from './toolchain.ts';

export interface Bounds {
  readonly bytes: number;
  readonly entries: number;
}
const ordinaryBounds: Bounds = { bytes: 2 ** 30, entries: 500 };

/** What a process that was killed left behind is older than any compilation. */
const abandonedMilliseconds = 3_600_000;
/** The time of the last use is written no more often than this. */
const touchMilliseconds = 3_600_000;

export const hashOf = (...parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex').slice(0, 32);
};

/** Makes a library at the path it is given; throws where it cannot. */
export type MakeLibrary = (path: string) => Promise<void>;

export interface Stored {
  readonly path: string;
  /** Why it is not kept for other processes, or null: it is. */
  readonly unkept: string | null;
}

const rememberedPattern = /^[0-9a-f]{32}\.json$/;
const pattern = /^([0-9a-f]{32})-([0-9a-f]{32})\.so$/;

export class LibraryCache implements Memory {
  private fallback: string | null = null;
  private readonly making = new Map<string, Promise<Stored>>();

  constructor(
    readonly folder: string,
    private readonly bounds: Bounds = ordinaryBounds,
  ) {}

  /** The library of this key, made when it is not there. */
  library(key: string, make: MakeLibrary): Promise<Stored> {
    const underWay = this.making.get(key) ?? this.found(key, make);
    this.making.set(key, underWay);
    // Another call may succeed where this one failed.
    underWay.catch(() => this.making.delete(key));
    return underWay;
  }

  /** What was remembered under this key, or null: nothing, or it is damaged. */
  async recall(key: string): Promise<unknown> {
    const path = join(this.folder, `${key}.json`);
    try {
      const [hash, text] = JSON.parse(await readFile(path, 'utf8')) as readonly [string, string];
      if (hash !== hashOf(text)) return null;
      await touch(path);
      return JSON.parse(text) as unknown;
    } catch {
      return null;
    }
  }

  /** A value as JSON. What cannot be written is found out again next time. */
  async remember(key: string, value: unknown): Promise<void> {
    const text = JSON.stringify(value);
    const write = (path: string): Promise<void> => writeFile(path, JSON.stringify([hashOf(text), text]));
    await this.publish(`${key}.json`, write).catch(problemOf);
  }

  private async found(key: string, make: MakeLibrary): Promise<Stored> {
    const path = await this.kept(key);
    if (path !== null) return { path, unkept: null };
    const workshop = await mkdtemp(join(tmpdir(), 'ebmc-build-'));
    try {
      const made = join(workshop, 'library.so');
      await make(made);
      return await this.stored(key, made);
    } finally {
      await rm(workshop, { recursive: true, force: true });
    }
  }

  private async stored(key: string, made: string): Promise<Stored> {
    const name = `${key}-${hashOf(await readFile(made))}.so`;
    try {
      await this.publish(name, (path) => copyFile(made, path));
    } catch (error) {
      const unkept = `${this.folder} takes no files (${problemOf(error)})`;
      this.fallback ??= privateFolder();
      const path = join(this.fallback, name);
      await copyFile(made, path);
      return { path, unkept };
    }
    // Other processes may be at it too, and take files away meanwhile.
    await this.evict(name).catch(problemOf);
    return { path: join(this.folder, name), unkept: null };
  }

  /** The library of this key, undamaged, or null. */
  async kept(key: string): Promise<string | null> {
    const names = await readdir(this.folder).catch(() => []);
    for (const name of names) {
      if (pattern.exec(name)?.[1] !== key) continue;
      const path = join(this.folder, name);
      const content = await readFile(path).catch(() => null);
      if (content !== null && hashOf(content) === pattern.exec(name)![2]) {
        await touch(path);
        return path;
      }
      await rm(path, { force: true }).catch(() => undefined);
    }
    return null;
  }

  private async publish(name: string, write: (path: string) => Promise<void>): Promise<void> {
    await makeFolder(this.folder);
    const temporary = join(this.folder, `.${process.pid}.${randomBytes(8).toString('hex')}.tmp`);
    try {
      await write(temporary);
      await rename(temporary, join(this.folder, name));
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  /** The least recently used go until the rest is within bounds. A library that a process has loaded lives on without a name. */
  private async evict(newest: string): Promise<void> {
    const now = Date.now();
    const found = await Promise.all(
      (await readdir(this.folder)).map(async (name) => {
        const facts = await stat(join(this.folder, name)).catch(() => null);
        return facts === null ? [] : [{ name, size: facts.size, used: facts.mtimeMs }];
      }),
    );
    const files = found.flat().sort((a, b) => b.used - a.used);
    const abandoned = files.filter(({ name, used }) => name.endsWith('.tmp') && now - used > abandonedMilliseconds);
    const libraries = files.filter(({ name }) => pattern.test(name) && name !== newest);
    let [bytes, count] = [files.find(({ name }) => name === newest)?.size ?? 0, 1];
    const isBeyond = (size: number): boolean => {
      bytes += size;
      count += 1;
      return bytes > this.bounds.bytes || count > this.bounds.entries;
    };
    // What is remembered is small beside a library, and there is more of it: sizes that share one.
    const remembered = files.filter(({ name }) => rememberedPattern.test(name)).slice(4 * this.bounds.entries);
    const old = [...libraries.filter(({ size }) => isBeyond(size)), ...remembered];
    await Promise.all([...abandoned, ...old].map(({ name }) => rm(join(this.folder, name), { force: true })));
  }
}

const touch = async (path: string): Promise<void> => {
  const now = new Date();
  const { mtimeMs } = await stat(path);
  if (now.getTime() - mtimeMs > touchMilliseconds) await utimes(path, now, now).catch(() => undefined);
};
