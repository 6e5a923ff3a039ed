// Row blocks of the programs they are for: what is in them, and that nothing changes.
import { describe, expect, it } from 'vitest';
import { addIndex, scaleIndex } from '../../../src/kernel/index-arithmetic.ts';
import type { Index, KernelProgram, KernelTarget, Statement } from '../../../src/kernel/kernel.ts';
import { constant, size, subtract } from '../../../src/tensor/dims.ts';
import { rowBlocks } from '../../../src/kernel/fuse/row-blocks.ts';
import { expectSame } from './agree.ts';
import { chains, emStep, fista, kmeansStep, network } from './examples.ts';
import { computed, KernelWriter, map, num, parity, targetOf } from './write-kernels.ts';

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

describe('what belongs to a row block', () => {
  const sizes = { N: 37, K: 3, T: 4 };
  const target = targetOf({ N: 100_000, K: 16, T: 50 });
  const after = (k: KernelWriter, more: Partial<KernelTarget> = {}): KernelProgram =>
    expectSame(k.finish(), { ...target, ...more }, sizes, passes);

  it('ends where all rows are needed at once, and goes on behind', () => {
    const k = new KernelWriter();
    const [x, a, total, out] = [k.input('x', ['N', 'K']), k.arena('a', ['N', 'K']), k.arena('total', []), k.output('out', ['N'])]; // prettier-ignore
    k.nest(['N', 'K'], (...at) => k.store(a, at, map('exp', k.load(x, at))));
    k.store(
      total,
      [],
      k.reduce('sum', ['N', 'K'], (...at) => k.load(a, at)),
    );
    k.nest(['N'], (n) => k.store(out, [n!], map('div', k.reduce('max', ['K'], (c) => k.load(a, [n!, c!])), k.load(total, [])))); // prettier-ignore
    const kernels = after(k);
    expect(blocksOf(kernels.body)).toHaveLength(1);
    expect(rowsKept(kernels)).toEqual(['a']);
  });

  it('is no nest that reads other rows of what the block makes', () => {
    const k = new KernelWriter();
    const [x, a, b, out] = [k.input('x', ['N', 'K']), k.arena('a', ['N', 'K']), k.arena('b', ['N', 'K']), k.output('out', ['N', 'K'])]; // prettier-ignore
    const last = (n: Index): Index => addIndex({ constant: subtract(size('N'), constant(1)), terms: [] }, scaleIndex(n, constant(-1))); // prettier-ignore
    k.nest(['N', 'K'], (...at) => k.store(a, at, map('exp', k.load(x, at))));
    k.nest(['N', 'K'], (...at) => k.store(b, at, map('sin', k.load(a, at))));
    k.nest(['N', 'K'], (n, c) => k.store(out, [n!, c!], map('add', k.load(b, [n!, c!]), k.load(b, [last(n!), c!]))));
    const [block] = blocksOf(after(k).body);
    expect(block!.body).toHaveLength(2);
  });

  it('is no sum that each step of a scan makes anew', () => {
    const k = new KernelWriter();
    const [x, carry, sums, out] = [k.input('x', ['T', 'N', 'K']), k.arena('carry', [2, 'N', 'K']), k.arena('sums', ['K']), k.output('out', ['K'])]; // prettier-ignore
    const first: Index = { constant: [], terms: [] };
    k.nest(['N', 'K'], (...at) => k.store(carry, [first, ...at], num(0)));
    k.nest(['K'], (c) => k.store(sums, [c!], num(0)));
    k.loop('serial', ['T'], (t) => {
      k.nest(['N', 'K'], (...at) =>
        k.store(
          carry,
          [parity(t!, 1), ...at],
          map('add', k.load(carry, [parity(t!, 0), ...at]), k.load(x, [t!, ...at])),
        ),
      );
      k.nest(['K'], (c) => k.store(sums, [c!], k.reduce('sum', ['N'], (n) => k.load(carry, [parity(t!, 1), n!, c!])))); // prettier-ignore
    });
    k.nest(['K'], (c) => k.store(out, [c!], k.load(sums, [c!])));
    after(k);
  });

  it('is a sum that each step of a scan adds to', () => {
    const k = new KernelWriter();
    const [x, carry, sums] = [k.input('x', ['T', 'N', 'K']), k.arena('carry', [2, 'N', 'K']), k.output('sums', ['K'])]; // prettier-ignore
    const first: Index = { constant: [], terms: [] };
    k.nest(['N', 'K'], (...at) => k.store(carry, [first, ...at], num(0)));
    k.nest(['K'], (c) => k.store(sums, [c!], num(0)));
    k.loop('serial', ['T'], (t) => {
      k.nest(['N', 'K'], (...at) =>
        k.store(
          carry,
          [parity(t!, 1), ...at],
          map('add', k.load(carry, [parity(t!, 0), ...at]), k.load(x, [t!, ...at])),
        ),
      );
      k.nest(['K'], (c) => k.store(sums, [c!], k.reduce('sum', ['N'], (n) => k.load(carry, [parity(t!, 1), n!, c!])), 'sum')); // prettier-ignore
    });
    const kernels = after(k);
    expect(blocksOf(kernels.body)).toHaveLength(1);
    expect(rowsKept(kernels)).toEqual([]);
  });

  /** Σ_n x[n, k]² by way of a buffer. */
  const squares = (): KernelWriter => {
    const k = new KernelWriter();
    const [x, a, out] = [k.input('x', ['N', 'K']), k.arena('a', ['N', 'K']), k.output('out', ['K'])];
    k.nest(['N', 'K'], (...at) => k.store(a, at, map('square', k.load(x, at))));
    k.nest(['K'], (c) =>
      k.store(
        out,
        [c!],
        k.reduce('sum', ['N'], (n) => k.load(a, [n!, c!])),
      ),
    );
    return k;
  };

  it('is worth it for many rows only', () => {
    expect(blocksOf(after(squares()).body)).toHaveLength(1);
    expect(blocksOf(after(squares(), { sizes: { N: 12, K: 16, T: 50 } }).body)).toEqual([]);
    expect(blocksOf(after(squares(), { sizes: { N: 40, K: 3, T: 50 } }).body)).toEqual([]);
    expect(after(squares(), { rowBlocks: false }).body).toHaveLength(2);
  });

  it('has tiles whose scratch fits, of 8 to 256 rows, and enough of them', () => {
    const tile = (more: Partial<KernelTarget>): number => {
      const [block] = blocksOf(after(squares(), more).body);
      return block?.loop.extent.kind === 'tiles' ? block.loop.extent.size : 0;
    };
    // 16 columns of 4 bytes a row.
    expect(tile({})).toBe(256);
    expect(tile({ blockBytes: 64 * 100 })).toBe(96);
    expect(tile({ blockBytes: 64 * 9 })).toBe(8);
    expect(tile({ blockBytes: 64 * 100, bytesOfReal: 8 })).toBe(48);
    expect(tile({ sizes: { N: 3000, K: 16, T: 50 } })).toBe(80);
    expect(tile({ sizes: { N: 800, K: 16, T: 50 } })).toBe(32);
    expect(tile({ sizes: { N: 600, K: 16, T: 50 } })).toBe(32);
  });

  it('leaves rows that fit nowhere in memory, and sums too large to have copies out', () => {
    const wide = { sizes: { N: 100_000, K: 100_000, T: 50 } };
    const kernels = after(squares(), wide);
    expect(blocksOf(kernels.body).flatMap(({ privates }) => privates)).toEqual([]);
  });

  it('is a long scatter by itself, but no other nest by itself', () => {
    const scatter = new KernelWriter();
    const [where, x, sums] = [scatter.input('where', ['N'], 'int'), scatter.input('x', ['N']), scatter.output('sums', ['N'])]; // prettier-ignore
    const counts = scatter.output('counts', ['K']);
    scatter.nest(['K'], (c) => scatter.store(counts, [c!], num(0)));
    const label = (n: Index): Index => computed(scatter.load(where, [n]));
    scatter.loop('serial', ['N'], (n) => scatter.store(counts, [label(n!)], scatter.load(x, [n!]), 'sum'));
    scatter.nest(['N'], (n) => scatter.store(sums, [n!], map('exp', scatter.load(x, [n!]))));
    const kernels = expectSame(scatter.finish(), target, sizes, passes);
    const [block, ...others] = blocksOf(kernels.body);
    expect(block!.privates).toHaveLength(1);
    expect(others).toEqual([]);
  });
});
