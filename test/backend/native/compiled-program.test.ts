// Programs that this build has compiled are found without being translated again; those of another build, of other programs, of sizes
// that matter, or with damage, are not. Skipped where there is no compiler.
import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ModuleSpec } from '../../../src/backend/backend.ts';
import { nativeBackendsOn } from '../../../src/backend/native/run.ts';
import type { Translation } from '../../../src/backend/native/translation.ts';
import type { Machine } from '../../../src/backend/native/trial.ts';
import { Builder } from '../../../src/tensor/builder.ts';
import { size } from '../../../src/tensor/dims.ts';
import { hasCompiler } from './compiler.ts';
import { machine, source, twice, vectorModule } from './hand-written.ts';

const translation: Translation = {
  source: source(twice),
  symbol: 'ebmc_infer',
  sizes: ['N'],
  inputs: [{ name: 'x', element: 'float32' }],
  outputs: [{ name: 'y', element: 'float32', shape: [size('N')] }],
  stored: [],
};

describe.skipIf(!hasCompiler)('a program', () => {
  let on: Machine;
  beforeEach(() => {
    on = machine();
  });

  /** How often it is translated when a new process calls it on so many numbers. */
  const translations = async (numbers: number, identity: string | null, module: ModuleSpec = vectorModule()) => {
    let made = 0;
    const compiler = { identity: () => identity, load: async () => () => (made++, translation) };
    const runner = await nativeBackendsOn(on, compiler).native.load(module);
    const x = { shape: [numbers], data: new Float32Array(numbers).fill(3) };
    const { y } = await runner.call('infer', { x });
    expect(y!.data).toHaveLength(numbers);
    expect(y!.data.every((v) => v === 6)).toBe(true);
    return made;
  };

  it('is translated once by a build', async () => {
    expect(await translations(1000, 'build')).toBe(1);
    expect(await translations(1000, 'build')).toBe(0);
    expect(await translations(1000, 'another build')).toBe(1);
  });

  it('is translated always where builds have no names', async () => {
    expect(await translations(1000, null)).toBe(1);
    expect(await translations(1000, null)).toBe(1);
  });

  it('serves sizes that are near, for only the cost of a program depends on them', async () => {
    expect(await translations(1000, 'build')).toBe(1);
    expect(await translations(1001, 'build')).toBe(0);
    expect(await translations(100_000, 'build')).toBe(1);
    // Small sizes are numbers in it.
    expect(await translations(100, 'build')).toBe(1);
    expect(await translations(101, 'build')).toBe(1);
    expect(await translations(100, 'build')).toBe(0);
  });

  it('is not taken for another', async () => {
    const b = new Builder();
    const x = b.input('x', [size('N')]);
    const other: ModuleSpec = { ...vectorModule(), entries: { infer: b.finish({ y: b.mul(x, 2) }) } };
    expect(await translations(1000, 'build')).toBe(1);
    expect(await translations(1000, 'build', other)).toBe(1);
  });

  it.each([
    ['what was remembered is damaged', /^[0-9a-f]{32}\.json$/, '["0", "{}"]'],
    ['what was remembered is no JSON', /^[0-9a-f]{32}\.json$/, '{'],
    ['the library is damaged', /\.so$/, 'no library'],
  ])('is translated again where %s', async (_, pattern, text) => {
    await translations(1000, 'build');
    const place = on.environment['EBMC_CACHE']!;
    for (const name of readdirSync(place).filter((file) => pattern.test(file))) {
      // Beside the old one, which is loaded in this process.
      const path = join(place, name);
      renameSync(path, `${path}.before`);
      writeFileSync(path, text);
    }
    expect(await translations(1000, 'build')).toBe(1);
    expect(await translations(1000, 'build')).toBe(0);
  });
});
