// The text that the worker runs is what its source becomes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { workerTextSource } from '../../../src/backend/native/worker/generate.ts';

it('is current (npm run generate renews it)', async () => {
  const path = join(import.meta.dirname, '..', '..', '..', 'src', 'backend', 'native', 'worker-text.ts');
  expect(readFileSync(path, 'utf8')).toBe(await workerTextSource());
});
