// The C runtime of kernels, compiled and run in several builds: every function against its float64 definition.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runtimeTextSource } from '../../../../src/kernel/render-c/runtime/generate.ts';
import { allParts, compile, partsInOrder, whyNot, type Run } from './driver.ts';
import { trials } from './builds.ts';
import { checkElementwise, checkHugeAngles, checkInts, checkIntOfReal } from './elementwise-checks.ts';
import { checkLongSums, checkRandomProducts, checkShapes, checkThreads } from './product-checks.ts';
import { checkRandom } from './random-checks.ts';
import { checkBlockTridiagonal, checkCholesky, checkEigh, checkGeneral, checkSort, checkTriangular } from './routine-checks.ts'; // prettier-ignore

describe('the text of the runtime', () => {
  it('is what `npm run generate` writes', async () => {
    const path = new URL('../../../../src/kernel/render-c/runtime-text.ts', import.meta.url);
    expect(await readFile(path, 'utf8')).toBe(await runtimeTextSource());
  });

  it('names parts that need each other without a circle', () => {
    const order = partsInOrder(allParts);
    expect(new Set(order)).toEqual(new Set(allParts));
    expect(order[0]).toBe('real');
  });
});

for (const trial of trials) {
  const missing = whyNot(trial);
  describe.skipIf(missing !== null)(missing === null ? trial.name : `${trial.name} (not tried: ${missing})`, () => {
    const { scalar, dense } = trial;
    let built: { readonly run: Run; readonly dispose: () => void };
    beforeAll(() => {
      built = compile(trial);
    }, 300_000);
    afterAll(() => built.dispose());

    it('elementwise functions', () => checkElementwise(built.run, scalar, dense ? 60 : 4));
    it('angles beyond all digits', () => checkHugeAngles(built.run));
    it('integers', () => {
      checkIntOfReal(built.run, scalar);
      if (scalar === 'float64') checkInts(built.run);
    });
    it('random numbers', () => checkRandom(built.run, scalar));
    it('products of all shapes', () => checkShapes(built.run, dense));
    it('products at random', () => checkRandomProducts(built.run, dense ? 25 : 3));
    it('long sums', () => checkLongSums(built.run, scalar));
    it('products with any number of threads', () => checkThreads(built.run));
    it('Cholesky factors', () => checkCholesky(built.run, scalar, dense));
    it('triangular systems', () => checkTriangular(built.run, scalar, dense));
    it('general systems', () => checkGeneral(built.run, scalar, dense));
    it('eigenvalues', () => checkEigh(built.run, scalar, dense));
    it('sorts', () => checkSort(built.run, scalar, dense));
    it('block-tridiagonal systems', () => checkBlockTridiagonal(built.run, scalar, dense));
  });
}
