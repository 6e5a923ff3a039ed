// The examples on every backend, against the numbers written down for them, which come from other libraries and closed forms.
// wasm and the reference run all of them in test/examples; here are those that take seconds even on SwiftShader.
import { expect, it } from 'vitest';
import { expectedRuns, runExpected } from '../examples/example.ts';
import { onEveryBackend } from './devices.ts';

/** Learning by Lloyd, enumeration, eigenvectors, scans both ways, block-tridiagonal systems. */
const chosen: readonly (readonly [string, (flags: string) => boolean])[] = [
  ['kmeans', () => true],
  ['boltzmann', () => true],
  ['pca', () => true],
  ['hmm', (flags) => flags.includes('casino.json')],
  ['local_level', (flags) => flags.includes('nile.json')],
];

onEveryBackend((_key, { name: backend }) => {
  const runs = chosen.flatMap(([name, wanted]) =>
    expectedRuns(name)
      .filter(wanted)
      .map((flags) => [name, flags] as const),
  );
  it('has runs', () => expect(runs.length).toBeGreaterThan(chosen.length));
  it.each(runs)('%s %s', { timeout: 120_000 }, async (name, flags) => {
    const { json } = await runExpected(name, flags, backend);
    expect(json.backend).toBe(backend);
  });
});
