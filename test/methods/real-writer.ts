// Writes a random model in real unknowns: declarations, linear forms and factors, each as text and as a function.
import type { NestedData } from '../../src/api.ts';
import type { Axis, Indices, Piece, RealFactor, RealModel, RealUnknown } from './real-model.ts';
import { countOf } from './real-model.ts';
import type { Tape } from './tape.ts';
import { nested, number } from './tape.ts';

export interface Position {
  readonly text: string;
  readonly value: (at: Indices) => number;
}
export const written = (value: NestedData): string =>
  Array.isArray(value) ? `[${value.map((v) => written(v as NestedData)).join(', ')}]` : String(value);
export class Writer {
  readonly lines: string[] = [];
  readonly head: string[] = [];
  readonly data: Record<string, NestedData> = {};
  readonly unknowns: RealUnknown[] = [];
  readonly factors: RealFactor[] = [];
  readonly sizes = new Map<string, number>();
  private names = 0;
  count = 0;

  constructor(readonly tape: Tape) {}

  name(stem: string): string {
    return `${stem}${this.names++}`;
  }

  axis(size: string, index: string, length: number): Axis {
    this.sizes.set(size, length);
    return { size, index, length };
  }

  unknown(axes: readonly Axis[], shape: readonly Axis[] = []): RealUnknown {
    const role = this.tape.pick(['latent', 'target'] as const);
    const u: RealUnknown = { name: this.name('x'), role, axes, shape, first: this.count };
    this.unknowns.push(u);
    this.count += countOf(u);
    const domain = shape.length === 0 ? 'real' : `real[${shape.map((a) => a.size).join(', ')}]`;
    if (axes.length > 0 && this.tape.below(2) === 1) {
      const open = axes.map((a) => `plate ${a.index} in ${a.size} {`).join(' ');
      this.lines.push(`${open} ${role} ${u.name} : ${domain} ${axes.map(() => '}').join(' ')}`);
    } else {
      const index = axes.length === 0 ? '' : `[${axes.map((a) => `${a.index} in ${a.size}`).join(', ')}]`;
      this.lines.push(`${role} ${u.name}${index} : ${domain}`);
    }
    return u;
  }

  /** Numbers in the text (a const) or given as data. */
  numbers(
    lengths: readonly Axis[],
    draw: () => number = () => this.tape.real(),
  ): { name: string; values: readonly number[] } {
    const values = Array.from({ length: lengths.reduce((n, a) => n * a.length, 1) }, draw);
    const shape = lengths.map((a) => a.length);
    if (this.tape.below(2) === 0 && lengths.length > 0) {
      const name = this.name('c');
      this.head.push(`const ${name} = ${written(nested(values, shape))}`);
      return { name, values };
    }
    const name = this.name('h');
    this.head.push(
      `observed ${name} : real${lengths.length === 0 ? '' : `[${lengths.map((a) => a.size).join(', ')}]`}`,
    );
    this.data[name] = nested(values, shape);
    return { name, values };
  }

  /** One number of an unknown. */
  entry(u: RealUnknown, at: readonly Position[]): Piece {
    const dims = [...u.axes, ...u.shape];
    return {
      text: at.length === 0 ? u.name : `${u.name}[${at.map((p) => p.text).join(', ')}]`,
      value: (x, i) => x[u.first + dims.reduce((flat, a, k) => flat * a.length + at[k]!.value(i), 0)]!,
    };
  }

  /** A given number along axes. */
  datum(axes: readonly Axis[]): Piece {
    if (axes.length === 0) {
      const c = this.tape.real();
      return { text: number(c), value: () => c };
    }
    const name = this.name('h');
    const values = Array.from({ length: axes.reduce((n, a) => n * a.length, 1) }, () => this.tape.real());
    this.head.push(`observed ${name}[${axes.map((a) => `${a.index} in ${a.size}`).join(', ')}] : real`);
    this.data[name] = nested(
      values,
      axes.map((a) => a.length),
    );
    return {
      text: `${name}[${axes.map((a) => a.index).join(', ')}]`,
      value: (_, i) => values[axes.reduce((flat, a) => flat * a.length + i[a.index]!, 0)]!,
    };
  }

  factor(
    axes: readonly Axis[],
    energy: Piece,
    options: { from?: Readonly<Record<string, number>>; where?: Piece | null } = {},
  ): void {
    const name = this.name('f');
    const clause = this.clause(axes, options);
    const keyword = this.tape.below(6) === 5 ? 'regularizer' : 'factor';
    let { text } = energy;
    if (this.tape.below(5) === 4) {
      // Through a let, declared over the same indices without the filter.
      this.lines.push(`let let_${name}${this.clause(axes, { ...options, where: null })} = ${text}`);
      text = `let_${name}${axes.length === 0 ? '' : `[${axes.map((a) => a.index).join(', ')}]`}`;
    }
    this.lines.push(`${keyword} ${name}${clause} = ${text}`);
    this.add(name, axes, energy, options);
  }

  clause(
    axes: readonly Axis[],
    { from = {}, where = null }: { from?: Readonly<Record<string, number>>; where?: Piece | null } = {},
  ): string {
    if (axes.length === 0) return '';
    const binders = axes.map(
      (a) => `${a.index} in ${from[a.index] === undefined ? '' : `${from[a.index]}..`}${a.size}`,
    );
    return `[${binders.join(', ')}${where === null ? '' : ` where ${where.text}`}]`;
  }

  add(
    name: string,
    axes: readonly Axis[],
    energy: Pick<Piece, 'value'>,
    { from = {}, where = null }: { from?: Readonly<Record<string, number>>; where?: Piece | null } = {},
  ): void {
    this.factors.push({
      name,
      energy: (x) => {
        let total = 0;
        const at: Record<string, number> = {};
        const descend = (k: number): void => {
          const axis = axes[k];
          if (axis === undefined) {
            if (where === null || where.value(x, at) !== 0) total += energy.value(x, at);
            return;
          }
          for (let i = from[axis.index] ?? 0; i < axis.length; i++) {
            at[axis.index] = i;
            descend(k + 1);
          }
        };
        descend(0);
        return total;
      },
    });
  }

  finish(): RealModel {
    const sizes = [...this.sizes].map(([size, length]) => `${size} = ${length}`);
    const text = [
      'model m',
      ...(sizes.length > 0 ? [`size ${sizes.join(', ')}`] : []),
      ...this.head,
      ...this.lines,
      '',
    ];
    const { data, unknowns, count, factors } = this;
    return { text: text.join('\n'), data, unknowns, count, factors };
  }
}
export const position = (index: string, offset = 0): Position => ({
  text: offset === 0 ? index : `${index} ${offset < 0 ? '-' : '+'} ${Math.abs(offset)}`,
  value: (at) => at[index]! + offset,
});
export const fixed = (at: number, text = String(at)): Position => ({ text, value: () => at });

export const combine = (
  parts: readonly Piece[],
  write: (texts: readonly string[]) => string,
  f: (v: readonly number[]) => number,
): Piece => ({
  text: write(parts.map((p) => p.text)),
  value: (x, at) => f(parts.map((p) => p.value(x, at))),
});
export const square = (p: Piece): Piece =>
  combine(
    [p],
    ([a]) => `(${a})^2`,
    ([a]) => a! ** 2,
  );
export const times = (p: Piece, q: Piece): Piece =>
  combine(
    [p, q],
    ([a, b]) => `${a} * ${b}`,
    ([a, b]) => a! * b!,
  );
export const minus = (p: Piece, q: Piece): Piece =>
  combine(
    [p, q],
    ([a, b]) => `(${a} - ${b})`,
    ([a, b]) => a! - b!,
  );
export const plus = (p: Piece, q: Piece): Piece =>
  combine(
    [p, q],
    ([a, b]) => `(${a} + ${b})`,
    ([a, b]) => a! + b!,
  );
export const literal = (c: number): Piece => ({ text: number(c), value: () => c });
