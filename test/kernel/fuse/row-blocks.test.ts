// Row blocks of the programs they are for: what is in them, and that nothing changes.
import { describe, expect, it } from 'vitest';
import type { KernelProgram, Statement } from '../../../src/kernel/kernel.ts';
import { rowBlocks } from '../../../src/kernel/fuse/row-blocks.ts';
import { expectSame } from './agree.ts';
import { chains, emStep, fista, kmeansStep, network } from './examples.ts';
import { targetOf } from './write-kernels.ts';

const passes = [{ name: 'row blocks', run: rowBlocks }];
const large = { N: 100_000, D: 16, K: 64, S: 32, T: 1000, P: 16, Q: 10, H: 64, steps: 100 };
const small = { N: 533, D: 3, K: 5, S: 4, T: 3, P: 3, Q: 2, H: 5, steps: 4 };

type Loop = Extract<Statement, { kind: 'loop' }>;

const blocksOf = (list: readonly Statement[]): readonly Loop[] =>
  list.flatMap((s) => {
    if (s.kind === 'while') return blocksOf(s.body);
    if (s.kind !== 'loop') return [];
    return s.loop.extent.kind === 'tiles' ? [s] : blocksOf(s.body);
  });

/** Names of buffers as large as all rows that the caller has not given. */
const rowsKept = ({ buffers, body }: KernelProgram): readonly string[] => {
  const read = new Set<string>();
  const text = JSON.stringify(body);
  buffers.forEach((buffer, id) => {
    const long = buffer.shape.some((dim) => dim.some((term) => term.sizes.includes('N')));
    if (long && buffer.storage === 'arena' && text.includes(`"buffer":${id},`)) read.add(buffer.name);
  });
  return [...read];
};

describe('row blocks', () => {
  it('make one pass over the points of a step of k-means', () => {
    const after = expectSame(kmeansStep(), targetOf(large), small, passes);
    const blocks = blocksOf(after.body);
    expect(blocks).toHaveLength(1);
    expect(blocks[0]!.body).toHaveLength(7);
    expect(rowsKept(after)).toEqual([]);
  });

  it('make one pass over the points of a step of expectation-maximisation', () => {
    const after = expectSame(emStep(), targetOf(large), small, passes);
    expect(blocksOf(after.body)).toHaveLength(1);
    expect(rowsKept(after)).toEqual([]);
  });

  it('hold a whole scan over many sequences', () => {
    const after = expectSame(chains(), targetOf({ ...large, N: 64 }), small, passes);
    const blocks = blocksOf(after.body);
    expect(blocks).toHaveLength(1);
    expect(blocks[0]!.body.map((s) => s.kind)).toContain('loop');
    expect(rowsKept(after)).not.toContain('carry');
  });

  it('hold forward and backward pass of a network with few weights', () => {
    const after = expectSame(network(), targetOf(large), small, passes);
    expect(blocksOf(after.body)).toHaveLength(1);
    expect(rowsKept(after)).toEqual([]);
  });

  it('leave a while its test and block the points of its body', () => {
    const after = expectSame(fista(), targetOf(large), small, passes);
    const loop = after.body.find((s) => s.kind === 'while');
    if (loop?.kind !== 'while') throw new Error('no while');
    expect(blocksOf(loop.body)).toHaveLength(1);
    expect(loop.body.filter((s) => s.kind !== 'loop' || s.loop.extent.kind !== 'tiles')).toHaveLength(2);
  });
});
