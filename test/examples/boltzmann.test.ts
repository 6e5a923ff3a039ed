// Only differences of energy matter: a constant added to every level changes log Z by -beta times it and no probability.
import { describe, expect, it } from 'vitest';
import { backends, numberAt, runExample, testExpected, valueAt } from './example.ts';

testExpected('boltzmann');

describe.each(backends)('Boltzmann on %s', (backend) => {
  it.each([0.1, 1, 10])('shifted levels at beta %d', async (beta) => {
    const flags = `--query marginals --beta ${beta}`;
    const plain = await runExample('boltzmann', flags, backend);
    const shifted = await runExample('boltzmann', flags, backend, { consts: { levels: [3, 3.5, 4, 5, 7] } });
    expect(numberAt(shifted, 'logPartition')).toBeCloseTo(numberAt(plain, 'logPartition') - 3 * beta, 4);
    const [p, q] = [plain, shifted].map((r) => valueAt(r, 'marginals.y') as number[]);
    p!.forEach((value, i) => expect(q![i]).toBeCloseTo(value, 5));
    // F = <E> - S / beta.
    const entropy = -p!.reduce((sum, v) => sum + v * Math.log(v), 0);
    expect(numberAt(plain, 'freeEnergy')).toBeCloseTo(numberAt(plain, 'energy.total') - entropy / beta, 3);
  });
});
