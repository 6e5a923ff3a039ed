// What merges, what stays in locals, what is gone; and what must not.
import { describe, expect, it } from 'vitest';
import { deadStores } from '../../../src/kernel/fuse/dead-stores.ts';
import { conflicts, disjoint, effectsOf } from '../../../src/kernel/fuse/dependences.ts';
import { forwardStores } from '../../../src/kernel/fuse/forward-stores.ts';
import { mergeNests } from '../../../src/kernel/fuse/merge-nests.ts';
import { addIndex, constantIndex, ofAtom, ofLoop, scaleIndex } from '../../../src/kernel/index-arithmetic.ts';
import type { Index, KernelProgram, Statement } from '../../../src/kernel/kernel.ts';
import { printKernels } from '../../../src/kernel/print.ts';
import { visitStatements } from '../../../src/kernel/visit.ts';
import { constant, size } from '../../../src/tensor/dims.ts';
import { expectSame } from './agree.ts';
import { KernelWriter, map, num, parity, plus, targetOf } from './write-kernels.ts';

const passes = [
  { name: 'merge nests', run: mergeNests },
  { name: 'forward stores', run: forwardStores },
  { name: 'dead stores', run: deadStores },
];
const sizes = { N: 7, K: 4 };
const after = (kernels: KernelProgram): KernelProgram => expectSame(kernels, targetOf(sizes), sizes, passes);
const kindsIn = (list: readonly Statement[], kind: Statement['kind']): number => {
  let count = 0;
  visitStatements(list, { statement: (s) => void (count += s.kind === kind ? 1 : 0) });
  return count;
};
const mirrored = (n: Index): Index => addIndex(constantIndex(size('N')), plus(scaleIndex(n, constant(-1)), -1));

describe('merging', () => {
  it('makes one nest of an elementwise chain, which reads its input once and keeps no intermediate', () => {
    const k = new KernelWriter();
    const [x, out] = [k.input('x', ['N', 'K']), k.output('out', ['N', 'K'])];
    const [a, b] = [k.arena('a', ['N', 'K']), k.arena('b', ['N', 'K'])];
    k.nest(['N', 'K'], (...at) => k.store(a, at, map('exp', k.load(x, at))));
    k.nest(['N', 'K'], (...at) => k.store(b, at, map('sin', k.load(a, at))));
    k.nest(['N', 'K'], (...at) => k.store(out, at, map('add', k.load(a, at), k.load(b, at))));
    const { body } = after(k.finish());
    expect(kindsIn(body, 'loop')).toBe(2);
    expect(kindsIn(body, 'store')).toBe(1);
  });

  it('makes one pass of the minimum, where it is, and a sum', () => {
    const k = new KernelWriter();
    const [x, least, where, total] = [k.input('x', ['N', 'K']), k.output('least', ['N']), k.output('where', ['N'], 'int'), k.output('total', ['N'])]; // prettier-ignore
    k.nest(['N'], (n) =>
      k.store(
        least,
        [n!],
        k.reduce('min', ['K'], (c) => k.load(x, [n!, c!])),
      ),
    );
    k.nest(['N'], (n) =>
      k.store(
        where,
        [n!],
        k.reduce('argmin', ['K'], (c) => k.load(x, [n!, c!])),
      ),
    );
    k.nest(['N'], (n) =>
      k.store(
        total,
        [n!],
        k.reduce('sum', ['K'], (c) => k.load(x, [n!, c!])),
      ),
    );
    const { body } = after(k.finish());
    expect(body).toHaveLength(1);
    expect(kindsIn(body, 'reduce')).toBe(1);
  });

  it('takes the elementwise tail of a reduction in', () => {
    const k = new KernelWriter();
    const [x, out, sums] = [k.input('x', ['N', 'K']), k.output('out', ['N']), k.arena('sums', ['N'])];
    k.nest(['N'], (n) =>
      k.store(
        sums,
        [n!],
        k.reduce('sum', ['K'], (c) => k.load(x, [n!, c!])),
      ),
    );
    k.nest(['N'], (n) => k.store(out, [n!], map('log', map('abs', k.load(sums, [n!])))));
    const { body } = after(k.finish());
    expect(body).toHaveLength(1);
    expect(kindsIn(body, 'store')).toBe(1);
  });

  it('leaves a nest that reads other rows where it is', () => {
    const k = new KernelWriter();
    const [x, out, a] = [k.input('x', ['N']), k.output('out', ['N']), k.arena('a', ['N'])];
    k.nest(['N'], (n) => k.store(a, [n!], map('exp', k.load(x, [n!]))));
    k.nest(['N'], (n) => k.store(out, [n!], map('add', k.load(a, [n!]), k.load(a, [mirrored(n!)]))));
    expect(after(k.finish()).body).toHaveLength(2);
  });

  it('leaves what is overwritten in between', () => {
    const k = new KernelWriter();
    const [x, out, again, a] = [k.input('x', ['N']), k.output('out', ['N']), k.output('again', ['N']), k.arena('a', ['N'])]; // prettier-ignore
    k.nest(['N'], (n) => k.store(a, [n!], map('exp', k.load(x, [n!]))));
    k.nest(['N'], (n) => k.store(out, [n!], map('neg', k.load(a, [n!]))));
    k.nest(['N'], (n) => k.store(a, [n!], map('sin', k.load(x, [n!]))));
    k.nest(['N'], (n) => k.store(again, [n!], map('neg', k.load(a, [n!]))));
    after(k.finish());
  });

  it('knows the places of a carry apart', () => {
    const k = new KernelWriter();
    const [x, out, carry] = [k.input('x', ['N']), k.output('out', ['N']), k.arena('carry', [2, 'N'])];
    k.nest(['N'], (n) => k.store(carry, [constantIndex([]), n!], k.load(x, [n!])));
    k.loop('serial', [3], (t) =>
      k.nest(['N'], (n) =>
        k.store(carry, [parity(t!, 1), n!], map('add', k.load(carry, [parity(t!, 0), mirrored(n!)]), num(1))),
      ),
    );
    k.nest(['N'], (n) => k.store(out, [n!], k.load(carry, [constantIndex(constant(1)), n!])));
    after(k.finish());
  });
});

describe('forwarding', () => {
  it('stops where the same buffer is written elsewhere', () => {
    const k = new KernelWriter();
    const [x, out, a] = [k.input('x', ['N']), k.output('out', ['N']), k.arena('a', ['N', 3])];
    const [first, second] = [constantIndex([]), constantIndex(constant(1))];
    k.nest(['N'], (n) => {
      k.store(a, [n!, first], k.load(x, [n!]));
      k.store(a, [n!, first], num(2), 'sum');
      k.store(a, [n!, second], map('exp', k.load(a, [n!, first])));
      k.store(out, [n!], map('mul', k.load(a, [n!, first]), k.load(a, [n!, second])));
    });
    after(k.finish());
  });

  it('stops at a loop that writes the buffer', () => {
    const k = new KernelWriter();
    const [x, out, a] = [k.input('x', ['N']), k.output('out', ['N']), k.arena('a', ['N'])];
    k.nest(['N'], (n) => {
      k.store(a, [n!], k.load(x, [n!]));
      k.loop('serial', ['K'], () => k.store(a, [n!], map('mul', k.load(a, [n!]), num(1.5))));
      k.store(out, [n!], map('neg', k.load(a, [n!])));
    });
    after(k.finish());
  });

  it('makes no local that goes from nest to nest', () => {
    const k = new KernelWriter();
    const [x, out, a] = [k.input('x', ['N']), k.output('out', ['N']), k.arena('a', [])];
    k.store(a, [], map('exp', num(1)));
    k.nest(['N'], (n) => k.store(out, [n!], map('mul', k.load(x, [n!]), k.load(a, []))));
    expect(kindsIn(after(k.finish()).body, 'let')).toBe(0);
  });
});

describe('dead stores', () => {
  it('go with all that was computed for them', () => {
    const k = new KernelWriter();
    const [x, out, a, b] = [k.input('x', ['N', 'K']), k.output('out', ['N']), k.arena('a', ['N']), k.arena('b', ['N'])];
    k.nest(['N'], (n) =>
      k.store(
        a,
        [n!],
        k.reduce('sum', ['K'], (c) => k.load(x, [n!, c!])),
      ),
    );
    k.nest(['N'], (n) => k.store(b, [n!], map('exp', k.load(a, [n!]))));
    k.nest(['N'], (n) => k.store(out, [n!], k.load(x, [n!, constantIndex([])])));
    const kernels = deadStores(k.finish());
    expect(kernels.body).toHaveLength(1);
    expect(printKernels(kernels)).not.toContain('exp');
  });
});

describe('dependences', () => {
  const k = new KernelWriter();
  const a = k.arena('a', [2, 'N']);
  const [i, j] = [ofLoop(100), ofLoop(101)];

  it('tell neighbouring parities and different numbers apart', () => {
    const read = (index: Index) => k.at(a, [index, i]);
    expect(disjoint(read(parity(j, 0)), read(parity(j, 1)))).toBe(true);
    expect(disjoint(read(parity(j, 0)), read(parity(j, 0)))).toBe(false);
    expect(disjoint(read(parity(j, 0)), read(parity(plus(j, 1), 1)))).toBe(false);
    expect(disjoint(read(constantIndex([])), read(constantIndex(constant(1))))).toBe(true);
    expect(disjoint(read(parity(j, 0)), read(constantIndex([])))).toBe(false);
  });

  it('do not tell loops of other nests apart', () => {
    expect(disjoint(k.at(a, [constantIndex([]), i]), k.at(a, [constantIndex([]), plus(j, 1)]))).toBe(false);
    expect(disjoint(k.at(a, [constantIndex([]), i]), k.at(a, [constantIndex([]), plus(i, 1)]))).toBe(true);
    const third = ofAtom({ kind: 'mod', of: j, by: constant(3) });
    expect(disjoint(k.at(a, [third, i]), k.at(a, [parity(j, 1), i]))).toBe(false);
  });

  it('are no matter between readers', () => {
    const store = (buffer: number, from: number): Statement => ({
      kind: 'store',
      to: k.at(buffer, [constantIndex([]), i]),
      value: k.load(from, [constantIndex([]), i]),
      mode: 'set',
    });
    const [b, c] = [k.arena('b', [2, 'N']), k.arena('c', [2, 'N'])];
    expect(conflicts(effectsOf([store(b, a)]), effectsOf([store(c, a)]))).toEqual([]);
    expect(conflicts(effectsOf([store(b, a)]), effectsOf([store(c, b)]))).toEqual([b]);
    expect(conflicts(effectsOf([store(b, a)]), effectsOf([store(a, c)]))).toEqual([a]);
    expect(conflicts(effectsOf([store(b, a)]), effectsOf([store(b, c)]))).toEqual([b]);
  });
});
