// Examples end to end on `webgpu`, kernels of our own, against the numbers written down for them, which come from other libraries
// and closed forms.
import { expect, it } from 'vitest';
import { expectedRuns, runExpected } from '../examples/example.ts';
import { onWebgpu } from './webgpu-kernels-device.ts';

/** Learning by Lloyd and by EM, enumeration, eigenvectors, scans both ways, block-tridiagonal systems. */
const chosen: readonly (readonly [string, (flags: string) => boolean])[] = [
  ['kmeans', () => true],
  ['gmm_full', () => true],
  ['boltzmann', () => true],
  ['pca', () => true],
  ['hmm', (flags) => flags.includes('casino.json')],
  ['local_level', (flags) => flags.includes('nile.json')],
];

onWebgpu('examples', () => {
  const runs = chosen.flatMap(([name, wanted]) =>
    expectedRuns(name)
      .filter(wanted)
      .map((flags) => [name, flags] as const),
  );
  it.each(runs)('%s %s', { timeout: 120_000 }, async (name, flags) => {
    const { json } = await runExpected(name, flags, 'webgpu');
    expect(json.backend).toBe('webgpu');
  });
});
