// Directories for results: made with their parents, or refused at once with the reason.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeDirectory } from '../../src/cli/write-files.ts';

const root = mkdtempSync(join(tmpdir(), 'ebmc-write-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('makeDirectory', () => {
  it('makes all missing parents, and again changes nothing', async () => {
    const path = join(root, 'a', 'b', 'c');
    expect(await makeDirectory(path)).toEqual([]);
    expect(existsSync(path)).toBe(true);
    expect(await makeDirectory(path)).toEqual([]);
  });

  it('says that a file is in the way', async () => {
    const file = join(root, 'file');
    writeFileSync(file, '');
    const [first] = await makeDirectory(join(file, 'x'));
    expect(first).toMatchObject({ code: 'EBM612' });
  });

  // Where there is no /proc the path is refused or made like any other, and there is nothing to test.
  it.skipIf(!existsSync('/proc/self'))(
    'returns where nothing can be made (skipped without /proc)',
    async () => {
      const [first] = await makeDirectory('/proc/ebmc-results/x');
      expect(first).toMatchObject({ code: 'EBM612' });
    },
    5_000,
  );
});
