// Writes a random discrete model: declarations, pieces of energy and factors, each as text and as a function.
import type { NestedData } from '../../src/api.ts';
import type { Assignment, Axis, DiscreteModel, Indices, Kind, ModelFactor, Piece, Unknown } from './discrete-model.ts';
import { valueOf } from './discrete-model.ts';
import type { Tape } from './tape.ts';
import { nested, number } from './tape.ts';

const domainText = (u: Unknown): string =>
  ({
    binary: 'binary',
    spin: 'spin',
    category: `category(${u.states})`,
    integer: `integer(${u.from}..${u.from + u.states})`,
    onehot: `onehot[${u.states}]`,
  })[u.kind];
/** One index of a slot: `t - 1`, `a[e]`, `0`. */
export interface Position {
  readonly text: string;
  readonly value: (at: Indices) => number;
}

export interface Slot {
  readonly unknown: Unknown;
  readonly text: string;
  readonly state: (states: Assignment, at: Indices) => number;
}
export class Writer {
  readonly consts: string[] = [];
  readonly declarations: string[] = [];
  readonly data: Record<string, NestedData> = {};
  readonly unknowns: Unknown[] = [];
  readonly factors: ModelFactor[] = [];
  readonly lines: string[] = [];
  readonly sizes = new Map<string, number>();
  private count = 0;
  /** Largest product of state counts over all nodes. */
  private room: number;

  constructor(
    readonly tape: Tape,
    limit: number,
  ) {
    this.room = limit;
  }

  name(stem: string): string {
    return `${stem}${this.count++}`;
  }

  axis(size: string, index: string, length: number): Axis {
    this.sizes.set(size, length);
    return { size, index, length };
  }

  /** A new unknown over axes, with as many states as there is room for; null when there is none. */
  unknown(
    axes: readonly Axis[],
    kinds: readonly Kind[] = ['binary', 'spin', 'category', 'integer', 'onehot'],
    array = false,
  ): Unknown | null {
    const { tape } = this;
    const kind = tape.pick(kinds);
    const wanted = kind === 'binary' || kind === 'spin' ? 2 : 2 + tape.below(2);
    const nodes = axes.reduce((n, a) => n * a.length, 1);
    const fits = (states: number): boolean => states ** nodes <= this.room;
    const states = fits(wanted) ? wanted : 2;
    if (!fits(states)) return null;
    this.room = Math.floor(this.room / states ** nodes);
    const u: Unknown = {
      name: this.name('x'),
      role: tape.below(2) === 0 ? 'latent' : 'target',
      kind,
      states,
      from: kind === 'integer' ? tape.below(3) - 1 : 0,
      axes,
      inPlates: axes.length > (array ? 1 : 0) && tape.below(2) === 1,
      array,
    };
    this.unknowns.push(u);
    const own = `${u.role} ${u.name}`;
    const around = array ? axes.slice(0, -1) : axes;
    const domain = `${domainText(u)}${array ? `[${axes.at(-1)!.size}]` : ''}`;
    if (u.inPlates) {
      const open = around.map((a) => `plate ${a.index} in ${a.size} {`).join(' ');
      this.lines.push(`${open} ${own} : ${domain} ${around.map(() => '}').join(' ')}`);
    } else {
      const index = around.length === 0 ? '' : `[${around.map((a) => `${a.index} in ${a.size}`).join(', ')}]`;
      this.lines.push(`${own}${index} : ${domain}`);
    }
    return u;
  }

  slot(u: Unknown, at: readonly Position[]): Slot {
    const text = at.length === 0 ? u.name : `${u.name}[${at.map((p) => p.text).join(', ')}]`;
    return {
      unknown: u,
      text,
      state: (states, indices) => {
        let flat = 0;
        u.axes.forEach((a, i) => (flat = flat * a.length + at[i]!.value(indices)));
        return states[u.name]![flat]!;
      },
    };
  }

  /** Each axis at its own index. */
  plain(u: Unknown): Slot {
    return this.slot(
      u,
      u.axes.map((a) => position(a.index, 0)),
    );
  }

  // -------------------------------------------------------------- pieces

  constant(): Piece {
    const x = this.tape.real();
    return { text: number(x), value: () => x };
  }

  table(lengths: readonly number[]): { readonly name: string; readonly values: readonly number[] } {
    const name = this.name('table');
    const values = Array.from({ length: lengths.reduce((a, b) => a * b, 1) }, () => this.tape.real());
    const row = (start: number, dims: readonly number[]): string => {
      if (dims.length === 0) return String(values[start]!);
      const step = dims.slice(1).reduce((a, b) => a * b, 1);
      return `[${Array.from({ length: dims[0]! }, (_, i) => row(start + i * step, dims.slice(1))).join(', ')}]`;
    };
    this.consts.push(`const ${name} = ${row(0, lengths)}`);
    return { name, values };
  }

  /** Given numbers over axes, read at their indices. */
  datum(axes: readonly Axis[]): Piece {
    const name = this.name('h');
    const values = Array.from({ length: axes.reduce((n, a) => n * a.length, 1) }, () => this.tape.real());
    this.declarations.push(`observed ${name}[${axes.map((a) => `${a.index} in ${a.size}`).join(', ')}] : real`);
    this.data[name] = nested(
      values,
      axes.map((a) => a.length),
    );
    return {
      text: `${name}[${axes.map((a) => a.index).join(', ')}]`,
      value: (_, at) => values[axes.reduce((flat, a) => flat * a.length + at[a.index]!, 0)]!,
    };
  }

  /** A number made of one slot. */
  single(s: Slot): Piece {
    const { tape } = this;
    const { unknown: u } = s;
    const raw = (states: Assignment, at: Indices): number => valueOf(u, s.state(states, at));
    const looked = (): Piece => {
      const t = this.table([u.states]);
      return { text: `${t.name}[${s.text}]`, value: (states, at) => t.values[s.state(states, at)]! };
    };
    switch (u.kind) {
      case 'binary': {
        if (tape.below(2) === 0) return { text: s.text, value: raw };
        const [a, b] = [tape.real(), tape.real()];
        return {
          text: `(if ${s.text} then ${a} else ${b})`,
          value: (states, at) => (s.state(states, at) === 1 ? a : b),
        };
      }
      case 'spin':
        return { text: s.text, value: raw };
      case 'category': {
        if (tape.below(2) === 0) return looked();
        const [k, a, b] = [tape.below(u.states), tape.real(), tape.real()];
        return {
          text: `(if ${s.text} == ${k} then ${a} else ${b})`,
          value: (states, at) => (s.state(states, at) === k ? a : b),
        };
      }
      case 'onehot': {
        if (tape.below(2) === 0) return looked();
        const t = this.table([u.states]);
        return { text: `(${t.name} @ ${s.text})`, value: (states, at) => t.values[s.state(states, at)]! };
      }
      case 'integer':
        switch (tape.below(4)) {
          case 0:
            return { text: s.text, value: raw };
          case 1:
            return { text: `${s.text}^2`, value: (states, at) => raw(states, at) ** 2 };
          case 2:
            return {
              text: `mod(${s.text}, 2)`,
              value: (states, at) => raw(states, at) - 2 * Math.floor(raw(states, at) / 2),
            };
          default: {
            const c = tape.real();
            return { text: `abs(${s.text} - ${number(c)})`, value: (states, at) => Math.abs(raw(states, at) - c) };
          }
        }
    }
  }

  /** A number made of two slots. */
  pair(a: Slot, b: Slot): Piece {
    const { tape } = this;
    const indexes = (u: Unknown): boolean => u.kind === 'category' || u.kind === 'onehot';
    if (indexes(a.unknown) && indexes(b.unknown) && tape.below(2) === 0) {
      const t = this.table([a.unknown.states, b.unknown.states]);
      return {
        text: `${t.name}[${a.text}, ${b.text}]`,
        value: (s, at) => t.values[a.state(s, at) * b.unknown.states + b.state(s, at)]!,
      };
    }
    const same =
      a.unknown.kind === 'category' && b.unknown.kind === 'category' && a.unknown.states === b.unknown.states;
    if (same && tape.below(2) === 0) {
      const [x, y] = [tape.real(), tape.real()];
      return {
        text: `(if ${a.text} == ${b.text} then ${x} else ${y})`,
        value: (s, at) => (a.state(s, at) === b.state(s, at) ? x : y),
      };
    }
    const [p, q] = [this.single(a), this.single(b)];
    return tape.pick([product, product, larger, smaller, distance])(p, q);
  }

  /** An energy over slots, with a coefficient from data, an index or a number. */
  energy(slots: readonly Slot[], axes: readonly Axis[]): Piece {
    const { tape } = this;
    const [first, ...rest] = slots as [Slot, ...Slot[]];
    let body = rest.length === 0 ? this.single(first) : this.pair(first, rest[0]!);
    for (const s of rest.slice(1)) body = tape.pick([product, sum])(body, this.single(s));
    switch (tape.below(axes.length === 0 ? 2 : 4)) {
      case 0:
        return product(this.constant(), body);
      case 1:
        return sum(product(this.constant(), body), product(this.constant(), this.single(first)));
      case 2:
        return product(this.datum(axes), body);
      default: {
        const { index } = tape.pick(axes);
        const weight: Piece = { text: `(${index} - 1)`, value: (_, at) => at[index]! - 1 };
        return product(weight, body);
      }
    }
  }

  // -------------------------------------------------------------- factors

  factor(
    axes: readonly Axis[],
    energy: Piece,
    options: {
      from?: Readonly<Record<string, number>>;
      to?: Readonly<Record<string, number>>;
      where?: Piece | null;
      constraint?: boolean;
    } = {},
  ): void {
    const name = this.name(options.constraint === true ? 'c' : 'f');
    const where = options.where ?? null;
    const binders = axes.map((a) => {
      const [from, to] = [options.from?.[a.index] ?? 0, options.to?.[a.index] ?? a.length];
      const range = to === a.length ? (from === 0 ? a.size : `${from}..${a.size}`) : `${from}..${to}`;
      return { index: a.index, from, to, text: `${a.index} in ${range}` };
    });
    const clause =
      axes.length === 0
        ? ''
        : `[${binders.map((b) => b.text).join(', ')}${where === null ? '' : ` where ${where.text}`}]`;
    const keyword = options.constraint === true ? 'constraint' : this.tape.rarely(6) ? 'regularizer' : 'factor';
    let { text } = energy;
    if (keyword !== 'constraint' && this.tape.rarely(5)) {
      // Through a let, declared over the same indices without the filter.
      const open = binders.length === 0 ? '' : `[${binders.map((b) => b.text).join(', ')}]`;
      this.lines.push(`let let_${name}${open} = ${text}`);
      text = `let_${name}${binders.length === 0 ? '' : `[${axes.map((a) => a.index).join(', ')}]`} + 0.5`;
      energy = sum(energy, { text: '0.5', value: () => 0.5 });
    }
    this.lines.push(`${keyword} ${name}${clause} = ${text}`);
    this.factors.push({
      name,
      constraint: options.constraint === true,
      binders,
      where: axes.length === 0 ? null : where,
      energy,
    });
  }

  /** A condition on indices and data, sometimes. */
  where(axes: readonly Axis[]): Piece | null {
    const { tape } = this;
    if (axes.length === 0 || !tape.rarely(4)) return null;
    const { index, length } = tape.pick(axes);
    const k = tape.below(length);
    const other = axes.find((a) => a.index !== index);
    if (other !== undefined && tape.below(2) === 0)
      return { text: `${index} <= ${other.index}`, value: (_, at) => Number(at[index]! <= at[other.index]!) };
    return { text: `${index} != ${k}`, value: (_, at) => Number(at[index]! !== k) };
  }

  /** A relation between two slots that not every state satisfies. */
  relation(a: Slot, b: Slot): Piece {
    const [p, q] = [this.single(a), this.single(b)];
    if (a.unknown.kind === 'category' && b.unknown.kind === 'category' && a.unknown.states === b.unknown.states)
      return { text: `${a.text} != ${b.text}`, value: (s, at) => Number(a.state(s, at) !== b.state(s, at)) };
    return { text: `${p.text} <= ${q.text} + 1`, value: (s, at) => Number(p.value(s, at) <= q.value(s, at) + 1) };
  }

  finish(family: string): DiscreteModel {
    const sizes = [...this.sizes].map(([size, length]) => `${size} = ${length}`);
    const text = [
      'model m',
      ...(sizes.length > 0 ? [`size ${sizes.join(', ')}`] : []),
      ...this.consts,
      ...this.declarations,
      ...this.lines,
      '',
    ].join('\n');
    return { family, text, data: this.data, unknowns: this.unknowns, factors: this.factors };
  }
}
export const position = (index: string, offset: number): Position => ({
  text: offset === 0 ? index : `${index} ${offset < 0 ? '-' : '+'} ${Math.abs(offset)}`,
  value: (at) => at[index]! + offset,
});
export const fixed = (at: number, text = String(at)): Position => ({ text, value: () => at });

export const binary =
  (write: (a: string, b: string) => string, compute: (a: number, b: number) => number) =>
  (a: Piece, b: Piece): Piece => ({
    text: write(a.text, b.text),
    value: (s, at) => compute(a.value(s, at), b.value(s, at)),
  });
export const product = binary(
  (a, b) => `${a} * ${b}`,
  (a, b) => a * b,
);
export const sum = binary(
  (a, b) => `(${a} + ${b})`,
  (a, b) => a + b,
);
export const larger = binary((a, b) => `max(${a}, ${b})`, Math.max);
export const smaller = binary((a, b) => `min(${a}, ${b})`, Math.min);
export const distance = binary(
  (a, b) => `abs(${a} - ${b})`,
  (a, b) => Math.abs(a - b),
);
