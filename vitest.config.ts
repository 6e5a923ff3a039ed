import { defineConfig } from 'vitest/config';

// Under CI the counts go into a file too, from which .ci/run prints its closing line.
const reporters: (string | [string, Record<string, string>])[] =
  process.env['CI'] === undefined ? ['default'] : ['default', ['json', { outputFile: 'out/tests.json' }]];

export default defineConfig({
  test: { include: ['test/**/*.test.ts'], pool: 'forks', testTimeout: 30_000, hookTimeout: 30_000, reporters },
});
