// Random choices for test models. A tape of numbers is read one by one, so that a failing model shrinks with its tape.
import type { NestedData } from '../../src/api.ts';

/** Choices read off a tape; past its end everything is the first choice. */
export class Tape {
  private at = 0;
  constructor(private readonly tape: readonly number[]) {}
  below(n: number): number {
    return n <= 1 ? 0 : (this.tape[this.at++] ?? 0) % n;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
  /** One in n. */
  rarely(n: number): boolean {
    return this.below(n) === n - 1;
  }
  /** A number with one decimal between -3 and 3. */
  real(): number {
    const k = this.below(61);
    return (k % 2 === 0 ? k / 2 : -(k + 1) / 2) / 10;
  }
  /** A number with one decimal between 0.3 and 2.2. */
  positive(): number {
    return (3 + this.below(20)) / 10;
  }
}

/** As it is written inside an expression. */
export const number = (x: number): string => (x < 0 ? `(${x})` : String(x));

/** Row-major numbers as nested arrays. */
export const nested = (values: readonly number[], shape: readonly number[]): NestedData => {
  if (shape.length === 0) return values[0]!;
  const step = values.length / shape[0]!;
  return Array.from({ length: shape[0]! }, (_, i) => nested(values.slice(i * step, (i + 1) * step), shape.slice(1)));
};
