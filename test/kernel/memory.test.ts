// The memory plan: lives by hand, and random statement trees that must give the same numbers when buffers share places. The
// interpreter knows who wrote each entry last, so reading what another buffer overwrote is an error and not just another number.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ofLoop } from '../../src/kernel/index-arithmetic.ts';
import { interpretKernels } from '../../src/kernel/interpret.ts';
import type { Buffer, Expr, KernelProgram, Statement } from '../../src/kernel/kernel.ts';
import { placesOf, planMemory, verifyMemory } from '../../src/kernel/memory.ts';
import { InternalError } from '../../src/diagnostics/diagnostic.ts';
import { print } from '../../src/tensor/dims.ts';
import {
  accessTo,
  at,
  buffer,
  dim,
  kernelsOf,
  load,
  local,
  loop,
  map,
  nest,
  number,
  reduce,
  store,
} from './writing.ts';

const facts = { sizes: { N: 5 }, bytesOfEntry: () => 8 };

describe('a plan', () => {
  const buffers = [
    buffer('x', 'input', ['N']),
    buffer('a', 'arena', ['N']),
    buffer('b', 'arena', ['N']),
    buffer('c', 'arena', [8]),
    buffer('y', 'output', ['N']),
  ];
  const to = accessTo(buffers);
  const copy = (id: number, from: number, into: number): Statement =>
    nest('parallel', loop(id, 'N'), [store(to(into, id), load(to(from, id)))]);
  const together = (body: readonly Statement[], a: number, b: number): boolean => {
    const { arena } = planMemory(kernelsOf(buffers, body), facts);
    return arena.place.get(a) === arena.place.get(b);
  };

  it('lets buffers of disjoint lives share, and a slot has the most of their bytes', () => {
    const body = [copy(0, 0, 1), copy(1, 1, 4), nest('parallel', loop(2, 8), [store(to(3, 2), number(1))])];
    const { arena } = planMemory(kernelsOf(buffers, body), facts);
    expect(arena.slots.map((slot) => slot.bytes.map(print))).toEqual([['64', '8*N']]);
    expect([...arena.place]).toEqual([
      [3, 0],
      [1, 0],
    ]);
  });

  it('keeps buffers apart that one statement touches', () => {
    expect(together([copy(0, 0, 1), copy(1, 1, 2), copy(2, 2, 4)], 1, 2)).toBe(false);
  });

  it('keeps a buffer through a loop that reads it again', () => {
    const body = (read: Statement): readonly Statement[] => [
      copy(0, 0, 1),
      nest('serial', loop(9, 3), [read, copy(2, 0, 2), copy(3, 2, 4)]),
    ];
    expect(together(body(copy(1, 1, 4)), 1, 2)).toBe(false);
  });

  it('lets two buffers share that every iteration writes anew', () => {
    const body = (last: number): readonly Statement[] => [
      nest('serial', loop(9, 3), [copy(0, 0, 1), copy(1, 1, 4), copy(2, 0, 2), copy(3, last, 4)]),
    ];
    expect(together(body(2), 1, 2)).toBe(true);
    expect(together(body(1), 1, 2)).toBe(false);
  });

  it('keeps what an iteration takes over from the one before', () => {
    const entry = nest('serial', loop(0, 3), [
      nest('parallel', loop(1, 1), [store(to(3, 0), number(1))]),
      copy(2, 0, 1),
      copy(3, 1, 4),
    ]);
    expect(together([entry], 1, 3)).toBe(false);
  });

  it('keeps what is read before the loop that writes it all came to it', () => {
    const body = (entry: number | ReturnType<typeof at>): readonly Statement[] => [
      nest('serial', loop(9, 3), [
        nest('serial', loop(0, 8), [store(to(3, 0), number(1)), store(to(4, at(0)), load(to(3, entry)))]),
        copy(2, 0, 1),
        copy(3, 1, 4),
      ]),
    ];
    expect(together(body(0), 1, 3)).toBe(true);
    expect(together(body(at(7)), 1, 3)).toBe(false);
  });

  it('sees a whole write in the loops over tiles', () => {
    const row = {
      constant: [],
      terms: [{ coef: dim(4), atom: { kind: 'loop', loop: 5 } as const }, ...ofLoop(6).terms],
    };
    const tiles = nest('parallel', { id: 5, extent: { kind: 'tiles', of: dim('N'), size: 4 } }, [
      nest('serial', { id: 6, extent: { kind: 'tile', of: dim('N'), tile: 5, size: 4 } }, [
        store(to(1, row), number(1)),
      ]),
    ]);
    expect(together([nest('serial', loop(9, 3), [tiles, copy(1, 1, 4), copy(2, 0, 2), copy(3, 2, 4)])], 1, 2)).toBe(
      true,
    );
  });

  it('that puts two live buffers in one place is refused', () => {
    const kernels = kernelsOf(buffers, [copy(0, 0, 1), copy(1, 1, 2), copy(2, 2, 4)]);
    const place = new Map([1, 2].map((id) => [id, 0] as const));
    const arena = { slots: [{ buffers: [1, 2], bytes: [] }], place };
    const none = { slots: [], place: new Map<number, number>() };
    expect(verifyMemory(kernels, { arena, scratch: none })).toEqual(['%1 a and %2 b live at once in one place']);
    expect(verifyMemory(kernels, { arena: none, scratch: none })).toEqual(['%1 a has no place', '%2 b has no place']);
  });
});

// ---------------------------------------------------------------- random statement trees

const length = 3;
const arenas = 6;
const scratches = 3;

/** Writes a tree from a list of small numbers; the same numbers give the same tree, lower ones mostly a simpler one. */
class Writer {
  private next = 0;
  private loops = 0;
  private locals = 0;
  readonly buffers: Buffer[] = [
    buffer('x', 'input', [length]),
    buffer('y', 'output', [length]),
    ...Array.from({ length: arenas }, (_, i) => buffer(`a${i}`, 'arena', [length])),
  ];
  private readonly to = accessTo(this.buffers);

  constructor(private readonly numbers: readonly number[]) {}

  below(count: number): number {
    const number = this.numbers[this.next++ % this.numbers.length]!;
    return (number + (this.next > this.numbers.length ? this.next : 0)) % count;
  }

  /** Arena buffers, and the scratch in sight. */
  private any(scratch: readonly number[]): number {
    const all = [...Array.from({ length: arenas }, (_, i) => i + 2), ...scratch];
    return all[this.below(all.length)]!;
  }

  /** A buffer known to be written, now and then any. */
  private value(
    entry: Parameters<typeof this.to>[1],
    ready: readonly number[],
    outer: readonly number[],
    scratch: readonly number[],
  ): Expr {
    const kind = this.below(6);
    if (kind === 0 && outer.length > 0) {
      // What an earlier iteration left.
      const tests = [{ index: ofLoop(outer[this.below(outer.length)]!), from: dim(1), to: dim(99) }];
      return { kind: 'within', tests, then: load(this.to(this.any(scratch), entry)), otherwise: number(1) };
    }
    const from = ready.length === 0 || kind === 1 ? 0 : ready[this.below(ready.length)]!;
    return map('add', load(this.to(from, entry)), number(0.5 * this.below(8)));
  }

  list(depth: number, ready: number[], outer: readonly number[], scratch: readonly number[]): readonly Statement[] {
    return Array.from({ length: 1 + this.below(4) }, () => this.statement(depth, ready, outer, scratch)).flat();
  }

  private statement(
    depth: number,
    ready: number[],
    outer: readonly number[],
    scratch: readonly number[],
  ): readonly Statement[] {
    const kind = this.below(depth > 2 ? 5 : 10);
    const into = this.any(scratch);
    switch (kind) {
      case 0:
      case 1: {
        const i = this.loops++;
        const body = [store(this.to(into, i), this.value(i, ready, outer, scratch))];
        ready.push(into);
        return [nest(scratch.length > 0 ? 'serial' : 'parallel', loop(i, length), body)];
      }
      case 2: {
        const entry = at(this.below(length));
        return [store(this.to(into, entry), this.value(entry, ready, outer, scratch))];
      }
      case 3: {
        // A sum into one entry of what is ready.
        const [i, sum] = [this.loops++, this.locals++];
        const all = reduce([loop(i, length)], [{ local: sum, op: 'sum', value: this.value(i, ready, outer, scratch) }]);
        return [all, store(this.to(into, at(this.below(length))), local(sum))];
      }
      case 4: {
        if (outer.length === 0 || ready.length === 0) return [];
        const entry = outer[this.below(outer.length)]!;
        const mode = this.below(2) === 0 ? ('set' as const) : ('sum' as const);
        const target = mode === 'set' ? into : ready[this.below(ready.length)]!;
        return [store(this.to(target, entry), this.value(entry, ready, outer, scratch), mode)];
      }
      case 5:
        return [
          {
            kind: 'if',
            test: map('lt', this.value(at(0), ready, outer, scratch), number(2)),
            then: this.list(depth + 1, [...ready], outer, scratch),
          },
        ];
      case 6: {
        if (scratch.length > 0) return [];
        // A row block: every iteration has its own scratch, and writes one entry of an arena buffer.
        const i = this.loops++;
        const own = Array.from({ length: scratches }, () => this.buffers.push(buffer('s', 'scratch', [length])) - 1);
        const readable = ready.filter((id) => id !== into);
        const body = this.rowBody(depth + 1, readable, own);
        const last = store(this.to(into, i), load(this.to(own[0]!, i)));
        ready.push(into);
        return [nest('parallel', loop(i, length), [...body, last], { scratch: own })];
      }
      default: {
        const i = this.loops++;
        const body = this.list(depth + 1, ready, [...outer, i], scratch);
        if (kind > 7) return [nest('serial', loop(i, length), body)];
        const flag = this.buffers.push(buffer('flag', 'arena', [])) - 1;
        const count = this.buffers.push(buffer('count', 'arena', [], 'int')) - 1;
        const test = [store(this.to(flag), map('lt', this.value(at(0), ready, outer, scratch), number(4)))];
        return [{ kind: 'while', loop: loop(i, length), every: 2, flag, count, test, body }];
      }
    }
  }

  /** Statements on the scratch of an iteration alone, which read the arena. */
  private rowBody(depth: number, ready: readonly number[], own: readonly number[]): readonly Statement[] {
    const first = own.map((id) => {
      const i = this.loops++;
      return nest('serial', loop(i, length), [store(this.to(id, i), this.value(i, ready, [], []))]);
    });
    const order = first.slice(this.below(first.length));
    const mixed = Array.from({ length: 2 + this.below(3) }, () => {
      const i = this.loops++;
      const [from, into] = [own[this.below(own.length)]!, own[this.below(own.length)]!];
      const body = [store(this.to(into, i), map('mul', load(this.to(from, i)), number(0.5)))];
      return this.below(depth) === 1
        ? nest('serial', loop(this.loops++, 2), [nest('serial', loop(i, length), body)])
        : nest('serial', loop(i, length), body);
    });
    const final = this.loops++;
    const anything = own[this.below(own.length)]!;
    return [
      ...order,
      ...mixed,
      nest('serial', loop(final, length), [store(this.to(own[0]!, final), load(this.to(anything, final)))]),
    ];
  }

  program(): KernelProgram {
    const ready: number[] = [];
    const body = [...this.list(0, ready, [], []), ...this.list(0, ready, [], []), ...this.list(0, ready, [], [])];
    const i = this.loops++;
    const shown = ready.length === 0 ? 0 : ready.at(-1 - this.below(ready.length))!;
    const kernels = kernelsOf(this.buffers, [
      ...body,
      nest('parallel', loop(i, length), [store(this.to(1, i), load(this.to(shown, i)))]),
    ]);
    return kernels;
  }
}

const result = (kernels: KernelProgram, places?: ReadonlyMap<number, string>): readonly number[] | null => {
  const x = { shape: [length], data: Float64Array.of(0.25, 1.5, 3) };
  try {
    return [...interpretKernels(kernels, { x }, {}, places === undefined ? {} : { places })['y']!.data];
  } catch (error) {
    // Random trees may read what was never written; those are no programs.
    if (places === undefined && error instanceof InternalError) return null;
    throw error;
  }
};

describe('random statement trees', () => {
  it('give the same numbers with and without shared places', () => {
    let [valid, shared] = [0, 0];
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 999 }), { minLength: 10, maxLength: 60 }), (numbers) => {
        const kernels = new Writer(numbers).program();
        const alone = result(kernels);
        if (alone === null) return;
        valid++;
        const plan = planMemory(kernels, { sizes: {}, bytesOfEntry: () => 8 });
        if (plan.arena.slots.some((slot) => slot.buffers.length > 1)) shared++;
        expect(result(kernels, placesOf(plan))).toEqual(alone);
      }),
      { seed: 1, numRuns: Number(process.env['RUNS'] ?? 3000) },
    );
    // Enough of them say something.
    expect(valid).toBeGreaterThan(500);
    expect(shared).toBeGreaterThan(200);
  });
});
