// The list of backends: what there is, what is known but not served, and that looking loads nothing of tfjs.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import {
  backendNames,
  backends,
  defaultBackend,
  detectBackends,
  findBackend,
  isUnserved,
} from '../../src/backend/registry.ts';

it('finds backends by name', () => {
  for (const backend of backends) expect(findBackend(backend.name)).toBe(backend);
  expect(findBackend(defaultBackend)?.name).toBe('wasm');
  expect(findBackend('webgpu')).toBeNull();
  expect(findBackend('abacus')).toBeNull();
  expect(['cuda', 'tensorflow', 'webgpu'].every(isUnserved)).toBe(true);
  expect(isUnserved('wasm')).toBe(false);
});

it('reports every known backend once', async () => {
  const found = await detectBackends();
  expect(found.map((status) => status.name)).toEqual(backendNames);
  for (const { name, available } of found) expect(available).toBe(findBackend(name) !== null);
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
