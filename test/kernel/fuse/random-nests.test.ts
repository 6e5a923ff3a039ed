// Random nests mean the same after fusion, whatever the order of parallel iterations and the number of threads.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fusions } from '../../../src/kernel/fuse/index.ts';
import { mergeNests } from '../../../src/kernel/fuse/merge-nests.ts';
import { rowBlocks } from '../../../src/kernel/fuse/row-blocks.ts';
import type { Statement } from '../../../src/kernel/kernel.ts';
import { expectSame, fused } from './agree.ts';
import { nestsOf, recipes } from './random-nests.ts';
import { targetOf } from './write-kernels.ts';

/** Many rows to plan for, few bytes: tiles of 8 rows, of which the small sizes make several. */
const target = targetOf({ N: 100_000, K: 6, D: 5 }, { blockBytes: 2048 });
const sizes = { N: 21, K: 6, D: 5 };

const hasBlock = (list: readonly Statement[]): boolean =>
  list.some((s) => {
    if (s.kind === 'loop') return s.loop.extent.kind === 'tiles' || hasBlock(s.body);
    return s.kind === 'while' && hasBlock(s.body);
  });

describe('random nests', () => {
  const same = (passes: Parameters<typeof expectSame>[3], seed: number, numRuns: number): void =>
    fc.assert(
      fc.property(recipes, (recipe) => void expectSame(nestsOf(recipe), target, sizes, passes)),
      { seed, numRuns },
    );

  it('mean the same when merged', () => same([{ name: 'merge nests', run: mergeNests }], 1, 60));
  it('mean the same in row blocks', () => same([{ name: 'row blocks', run: rowBlocks }], 2, 60));
  it('mean the same after all passes', () => same(fusions, 3, 100));
  it('mean the same after all passes for many columns', () => {
    const many = targetOf({ N: 40, K: 4000, D: 300 }, { blockBytes: 1024 });
    fc.assert(
      fc.property(recipes, (recipe) => void expectSame(nestsOf(recipe), many, { N: 5, K: 19, D: 9 }, fusions)),
      { seed: 4, numRuns: 40 },
    );
  });

  it('are put into row blocks, most of them', () => {
    const drawn = fc.sample(recipes, { seed: 5, numRuns: 100 });
    const blocked = drawn.filter((recipe) => hasBlock(fused(nestsOf(recipe), target, fusions).body));
    expect(blocked.length).toBeGreaterThan(60);
  });
});
