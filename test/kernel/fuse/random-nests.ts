// Random sequences of nests over shared loops: elementwise chains, reductions of every kind, products, scatters, updates in place,
// reads of other rows, scans and whiles. In: a recipe of small numbers, which shrinks. Out: kernels as lowering writes them.
import * as fc from 'fast-check';
import { constant, size, subtract } from '../../../src/tensor/dims.ts';
import { addIndex, constantIndex, scaleIndex } from '../../../src/kernel/index-arithmetic.ts';
import type { BufferId, Expr, Index, KernelProgram } from '../../../src/kernel/kernel.ts';
import { computed, KernelWriter, map, num, parity } from './write-kernels.ts';

export interface Recipe {
  readonly steps: readonly (readonly number[])[];
}

export const recipes = fc.record({
  steps: fc.array(fc.array(fc.nat(999), { minLength: 6, maxLength: 6 }), { minLength: 2, maxLength: 14 }),
});

type Axes = readonly string[];
interface Made {
  readonly buffer: BufferId;
  readonly axes: Axes;
}

const shapes: readonly Axes[] = [['N'], ['N', 'K'], ['N', 'D'], ['K'], ['K', 'D'], ['K', 'N'], []];

/** The entry of a row counted from the end. */
const mirrored = (index: Index, extent: string): Index =>
  addIndex(constantIndex(subtract(size(extent), constant(1))), scaleIndex(index, constant(-1)));

class Nests {
  readonly k = new KernelWriter();
  private readonly reals: Made[] = [];
  private readonly ints: Made[] = [];
  private names = 0;

  constructor() {
    for (const axes of shapes) this.reals.push({ buffer: this.k.input(`x${axes.join('')}`, axes), axes });
    this.ints.push({ buffer: this.k.input('labels', ['N'], 'int'), axes: ['N'] });
  }

  private pick<T>(from: readonly T[], at: number): T {
    // The latest first: programs are chains.
    return from[from.length - 1 - (at % from.length)]!;
  }

  /** A load at the loops of `axes`; axes that they lack are at 0. */
  private read(made: Made, axes: Axes, at: readonly Index[], lead: readonly Index[] = []): Expr {
    const index = made.axes.map((axis) => at[axes.indexOf(axis)] ?? constantIndex([]));
    return this.k.load(made.buffer, [...lead, ...index]);
  }

  private value(axes: Axes, at: readonly Index[], picks: readonly number[]): Expr {
    const [a, b] = [this.pick(this.reals, picks[0]!), this.pick(this.reals, picks[1]!)];
    const [x, y] = [this.read(a, axes, at), this.read(b, axes, at)];
    switch (picks[2]! % 5) {
      case 0:
        return map('add', x, y);
      case 1:
        return map('tanh', map('sub', x, y));
      case 2:
        return map('mul', x, map('sigmoid', y));
      case 3:
        return map('max', x, num(0.1));
      default: {
        // Another row than the loop's.
        const turned = at.map((index, i) => (axes[i] === 'N' ? mirrored(index, 'N') : index));
        return map('add', x, map('tanh', this.read(b, axes, turned)));
      }
    }
  }

  private made(axes: Axes, lead: readonly (string | number)[] = []): BufferId {
    return this.k.arena(`b${this.names++}`, [...lead, ...axes]);
  }

  /** One more nest; `steps` that hold nests are made where `depth` is 0. */
  add(picks: readonly number[], depth: number): void {
    const [kind, , a, b, c] = picks as [number, number, number, number, number];
    const axes = shapes[picks[1]! % shapes.length]!;
    switch (kind % 9) {
      case 0:
      case 1:
        return this.elementwise(axes, picks.slice(2));
      case 2:
        return this.reduction(axes, a, picks.slice(3));
      case 3:
        return this.product(a, b);
      case 4:
        return this.scatter(a, b);
      case 5:
        return this.update(a, picks.slice(3));
      case 6:
        return this.argmin(a);
      case 7:
        return depth === 0 ? this.scan(a, [picks.slice(1), picks.slice(2)]) : this.elementwise(axes, picks.slice(2));
      default:
        return depth === 0 ? this.loop(a, b, c) : this.reduction(axes, a, picks.slice(3));
    }
  }

  private elementwise(axes: Axes, picks: readonly number[]): void {
    const buffer = this.made(axes);
    this.k.nest(axes, (...at) => this.k.store(buffer, at, this.value(axes, at, picks)));
    this.reals.push({ buffer, axes });
  }

  private reduction(axes: Axes, op: number, picks: readonly number[]): void {
    const over = (['N', 'K', 'D'] as const).filter((axis) => !axes.includes(axis))[picks[0]! % 2] ?? 'N';
    if (axes.includes(over)) return this.elementwise(axes, [...picks, ...picks]);
    const buffer = this.made(axes);
    this.k.nest(axes, (...at) => {
      const term = (inner: Index): Expr => this.value([...axes, over], [...at, inner], [...picks, ...picks]);
      const kinds = ['sum', 'min', 'max', 'soft-min'] as const;
      const kind = kinds[op % kinds.length]!;
      const found = this.k.reduce(kind, [over], term, kind === 'soft-min' ? num(1.5) : undefined);
      // With a tail in half of the cases.
      this.k.store(buffer, at, op % 2 === 0 ? found : map('tanh', found));
    });
    this.reals.push({ buffer, axes });
  }

  private product(a: number, b: number): void {
    const left = this.pick(this.reals.filter(({ axes }) => axes.length === 2), a); // prettier-ignore
    const rights = this.reals.filter(({ axes }) => axes.length === 2 && axes.includes(left.axes[b % 2]!));
    const right = this.pick(rights, b);
    const inner = left.axes[b % 2]!;
    const rows = left.axes[(b + 1) % 2]!;
    const columns = right.axes[(right.axes.indexOf(inner) + 1) % 2]!;
    if (rows === columns || columns === inner) return;
    const buffer = this.made([rows, columns]);
    const at = ({ buffer: id, axes }: Made, where: Readonly<Record<string, Index>>) =>
      this.k.at(id, axes.map((axis) => where[axis]!)); // prettier-ignore
    this.k.product(
      [rows, columns, inner],
      (i, j) => this.k.at(buffer, [i, j]),
      (i, l) => at(left, { [rows]: i, [inner]: l }),
      (l, j) => at(right, { [columns]: j, [inner]: l }),
    );
    this.reals.push({ buffer, axes: [rows, columns] });
  }

  private scatter(a: number, b: number): void {
    const labels = this.pick(this.ints, a);
    const buffer = this.made(['K']);
    const from = this.pick(this.reals.filter(({ axes }) => axes[0] === 'N' && axes.length === 1), b); // prettier-ignore
    this.k.nest(['K'], (c) => this.k.store(buffer, [c!], num(b % 2)));
    this.k.loop('serial', ['N'], (n) =>
      this.k.store(buffer, [computed(this.k.load(labels.buffer, [n!]))], this.k.load(from.buffer, [n!]), 'sum'),
    );
    this.reals.push({ buffer, axes: ['K'] });
  }

  /** Where it stands: readers before and after see different numbers. */
  private update(a: number, picks: readonly number[]): void {
    const own = this.reals.filter(({ buffer }) => this.k.buffers[buffer]!.storage === 'arena');
    if (own.length === 0) return this.elementwise(['N'], [...picks, ...picks]);
    const { buffer, axes } = this.pick(own, a);
    this.k.nest(axes, (...at) =>
      this.k.store(buffer, at, map('mul', map('tanh', this.k.load(buffer, at)), num(0.5 + (picks[0]! % 3)))),
    );
  }

  private argmin(a: number): void {
    const from = this.pick(this.reals.filter(({ axes }) => axes[0] === 'N' && axes[1] === 'K'), a); // prettier-ignore
    const buffer = this.k.arena(`i${this.names++}`, ['N'], 'int');
    this.k.nest(['N'], (n) => this.k.store(buffer, [n!], this.k.reduce('argmin', ['K'], (c) => this.k.load(from.buffer, [n!, c!])))); // prettier-ignore
    this.ints.push({ buffer, axes: ['N'] });
  }

  private inside(steps: readonly (readonly number[])[], write: () => void): void {
    const [reals, ints] = [this.reals.length, this.ints.length];
    for (const step of steps) this.add(step, 1);
    write();
    // What was made in a step is not seen after the loop.
    this.reals.splice(reals);
    this.ints.splice(ints);
  }

  private scan(a: number, steps: readonly (readonly number[])[]): void {
    const axes = shapes[a % 2]!;
    const [carry, all, last] = [this.made(axes, [2]), this.made(axes, [3]), this.made(axes)];
    this.k.nest(axes, (...at) => this.k.store(carry, [constantIndex([]), ...at], this.value(axes, at, [a, a + 1, a])));
    this.k.loop('serial', [3], (t) =>
      this.inside(steps, () => {
        this.k.nest(axes, (...at) => {
          const now = this.k.load(carry, [parity(t!, 0), ...at]);
          this.k.store(carry, [parity(t!, 1), ...at], map('tanh', map('add', now, this.value(axes, at, [0, a, 0]))));
        });
        this.k.nest(axes, (...at) => this.k.store(all, [t!, ...at], this.k.load(carry, [parity(t!, a % 2 === 0 ? 0 : 1), ...at]))); // prettier-ignore
      }),
    );
    this.k.nest(axes, (...at) => this.k.store(last, at, map('add', this.k.load(carry, [constantIndex(constant(1)), ...at]), this.k.load(all, [constantIndex(constant(2)), ...at])))); // prettier-ignore
    this.reals.push({ buffer: last, axes });
  }

  private loop(a: number, b: number, c: number): void {
    const [flag, count] = [this.k.arena(`f${this.names++}`, []), this.k.arena(`c${this.names++}`, [], 'int')];
    const [state, total, out] = [this.made(['N', 'K'], [2]), this.made([], [2]), this.made([])];
    this.k.nest(['N', 'K'], (...at) => this.k.store(state, [constantIndex([]), ...at], this.value(['N', 'K'], at, [a, b, c]))); // prettier-ignore
    this.k.store(total, [constantIndex([])], num(1));
    this.k.while(
      3,
      flag,
      count,
      (t) => this.k.store(flag, [], map('gt', this.k.load(total, [parity(t, 0)]), num(-1e9))),
      (t) =>
        this.inside(
          [
            [a, b, c, a, b, c],
            [b, c, a, b, c, a],
          ],
          () => {
            this.k.nest(
              ['N', 'K'],
              (...at) =>
            this.k.store(state, [parity(t, 1), ...at], map('tanh', map('add', this.k.load(state, [parity(t, 0), ...at]), this.value(['N', 'K'], at, [0, 1, c])))), // prettier-ignore
            );
            this.k.store(total, [parity(t, 1)], this.k.reduce('sum', ['N', 'K'], (...at) => this.k.load(state, [parity(t, 1), ...at]))); // prettier-ignore
          },
        ),
    );
    this.k.store(out, [], this.k.load(total, [constantIndex(constant(1))]));
    this.reals.push({ buffer: out, axes: [] });
  }

  finish(): KernelProgram {
    // The last of each shape come out.
    for (const axes of shapes) {
      const found = this.reals.findLast((made) => made.axes.join() === axes.join())!;
      const out = this.k.output(`out${axes.join('')}`, axes);
      this.k.nest(axes, (...at) => this.k.store(out, at, this.k.load(found.buffer, at)));
    }
    const { buffer } = this.ints.at(-1)!;
    const labels = this.k.output('outlabels', ['N'], 'int');
    this.k.nest(['N'], (n) => this.k.store(labels, [n!], this.k.load(buffer, [n!])));
    return this.k.finish();
  }
}

export const nestsOf = ({ steps }: Recipe): KernelProgram => {
  const nests = new Nests();
  for (const step of steps) nests.add(step, 0);
  return nests.finish();
};
