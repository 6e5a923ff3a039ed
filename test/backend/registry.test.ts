// The list of backends: what there is, what each says of itself, that looking loads nothing of tfjs, and that one which is not
// here is refused with its reason.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { auto, backendNames, backends, detectBackends, findBackend } from '../../src/backend/registry.ts';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { kmeans } from './programs.ts';

it('finds backends by name', () => {
  for (const backend of backends) expect(findBackend(backend.name)).toBe(backend);
  expect(backendNames).toEqual([
    'auto',
    'native',
    'native64',
    'wasm',
    'cpu',
    'webgpu',
    'tfjs-webgpu',
    'cuda',
    'tensorflow',
    'reference',
  ]);
  // It is no backend: one of the others is chosen.
  expect(findBackend(auto)).toBeNull();
  expect(findBackend('abacus')).toBeNull();
});

it('reports every backend once: wasm and the reference run anywhere', async () => {
  const found = await detectBackends();
  expect(found.map((status) => status.name)).toEqual(backendNames.filter((name) => name !== auto));
  for (const { name, available, detail } of found) {
    if (['wasm', 'cpu', 'reference'].includes(name)) expect(available).toBe(true);
    expect(detail).not.toBe('');
  }
});

describe('what is not here', async () => {
  const absent = (await detectBackends()).filter((status) => !status.available);
  it.skipIf(absent.length === 0)(
    'is refused by EBM513 with the reason and the command that gets it (skipped where everything is here)',
    async () => {
      for (const { name, detail, remedy } of absent) {
        const refusal = await findBackend(name)!
          .load(kmeans())
          .catch((error: unknown) => error);
        expect(refusal).toBeInstanceOf(DiagnosticError);
        const [diagnostic] = (refusal as DiagnosticError).diagnostics;
        expect(diagnostic!.code).toBe('EBM513');
        expect(diagnostic!.message).toBe(`the backend ${name} cannot run here: ${detail}`);
        if (remedy !== null) expect(diagnostic!.hints.join()).toContain(remedy);
      }
    },
  );
});

it('loads nothing of tfjs before a module is loaded', async () => {
  const code = `
    import { detectBackends } from './src/backend/registry.ts';
    import { createRequire } from 'node:module';
    await detectBackends();
    const require = createRequire(import.meta.url);
    console.log(Object.keys(require.cache).filter((path) => path.includes('@tensorflow')).length);
  `;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--import',
    'tsx',
    '--input-type=module',
    '-e',
    code,
  ]);
  expect(stdout.trim()).toBe('0');
});
