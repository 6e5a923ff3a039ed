// Whether given values lie in a variable's domain. In: an array laid out as [nodes, node shape], sizes known.
// Out: the first cell, row or matrix outside, in words, or null. Domains of one number are judged cell by cell; domains
// of a vector or matrix by their last one or two axes.
import { eigh } from '../tensor/host-routines/eigh.ts';
import type { DomainKind } from '../semantics/model.ts';

/** A domain with its numbers filled in. */
export interface DomainFacts {
  readonly kind: DomainKind;
  /** Bounds of interval and integer (half-open for integer); [0, count) of category and index. null: not known. */
  readonly from: number | null;
  readonly to: number | null;
  /** As the user reads it: `category(3)`. */
  readonly text: string;
}

export interface Offence {
  /** Flat index of the offending cell, or of the first cell of the offending row or matrix. */
  readonly index: number;
  /** null: the cell itself is outside; else what is wrong with the row or matrix. */
  readonly problem: string | null;
  readonly hint: string | null;
}

/** Data are written with few digits: a simplex row of ten numbers with four decimals sums to 1 within this. */
const tolerance = 1e-3;

/** `vector` and `matrix` rules get the cells of one row or one (rows × columns) matrix; a text is what is wrong. */
type Rule =
  | { readonly over: 'cell'; readonly inside: (value: number, facts: DomainFacts) => boolean; readonly hint?: string }
  | { readonly over: 'vector'; readonly problem: (cells: Float64Array) => string | null; readonly hint?: string }
  | {
      readonly over: 'matrix';
      readonly problem: (cells: Float64Array, rows: number, columns: number) => string | null;
      readonly hint?: string;
    };

const counted: Rule = {
  over: 'cell',
  inside: (value, { from, to }) =>
    Number.isInteger(value) && (from === null || value >= from) && (to === null || value < to),
  hint: 'these are whole numbers; categories and indices count from 0',
};

const sumOf = (cells: Float64Array): number => cells.reduce((a, b) => a + b, 0);
const normOf = (cells: Float64Array): number => Math.sqrt(cells.reduce((a, b) => a + b * b, 0));
const short = (value: number): string => String(Number(value.toPrecision(6)));

const onehotRow = (cells: Float64Array): string | null => {
  const other = cells.find((value) => value !== 0 && value !== 1);
  if (other !== undefined) return `${short(other)} is neither 0 nor 1`;
  const ones = sumOf(cells);
  return ones === 1 ? null : `a row has ${ones === 0 ? 'no 1' : `${ones} ones`} instead of one`;
};

const simplexRow = (cells: Float64Array): string | null => {
  const negative = cells.find((value) => value < 0);
  if (negative !== undefined) return `${short(negative)} is negative`;
  const sum = sumOf(cells);
  return Math.abs(sum - 1) <= tolerance ? null : `a row sums to ${short(sum)}, not 1`;
};

const sphereRow = (cells: Float64Array): string | null =>
  Math.abs(normOf(cells) - 1) <= tolerance ? null : `a row has length ${short(normOf(cells))}, not 1`;

const ballRow = (cells: Float64Array): string | null =>
  normOf(cells) <= 1 + tolerance ? null : `a row has length ${short(normOf(cells))}, more than 1`;

const permutationRow = (cells: Float64Array): string | null => {
  const seen = new Set<number>();
  for (const value of cells) {
    if (!Number.isInteger(value) || value < 0 || value >= cells.length)
      return `${short(value)} is not one of 0 to ${cells.length - 1}`;
    if (seen.has(value)) return `${value} occurs twice`;
    seen.add(value);
  }
  return null;
};

/** Larger matrices are refused without their eigenvalues: finding them takes n³ steps. */
const largestForEigenvalues = 500;

const notDefinite = (a: Float64Array, rows: number, row: number, pivot: number): string => {
  const least = rows <= largestForEigenvalues ? eigh(a, 1, rows).values[0]! : null;
  const eigenvalue = least === null ? '' : `its smallest eigenvalue is ${short(least)}, and `;
  return `it is not positive definite: ${eigenvalue}the pivot of row ${row} is ${short(pivot)}`;
};

/** Symmetric, and every pivot of its Cholesky factorisation positive. */
const spdMatrix = (a: Float64Array, rows: number): string | null => {
  const scale = a.reduce((most, x) => Math.max(most, Math.abs(x)), Number.MIN_VALUE);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < i; j++)
      if (Math.abs(a[i * rows + j]! - a[j * rows + i]!) > tolerance * scale)
        return `it is not symmetric: [${i}][${j}] is ${short(a[i * rows + j]!)}, [${j}][${i}] is ${short(a[j * rows + i]!)}`;
  const l = new Float64Array(a.length);
  for (let j = 0; j < rows; j++) {
    for (let i = j; i < rows; i++) {
      let value = a[i * rows + j]!;
      for (let k = 0; k < j; k++) value -= l[i * rows + k]! * l[j * rows + k]!;
      if (i === j && value <= 0) return notDefinite(a, rows, j, value);
      l[i * rows + j] = i === j ? Math.sqrt(value) : value / l[j * rows + j]!;
    }
  }
  return null;
};

const orthonormalMatrix = (w: Float64Array, rows: number, columns: number): string | null => {
  for (let a = 0; a < columns; a++)
    for (let b = 0; b <= a; b++) {
      let dot = 0;
      for (let i = 0; i < rows; i++) dot += w[i * columns + a]! * w[i * columns + b]!;
      if (Math.abs(dot - (a === b ? 1 : 0)) > tolerance)
        return a === b
          ? `column ${a} has length ${short(Math.sqrt(dot))}, not 1`
          : `columns ${b} and ${a} are not orthogonal: their product is ${short(dot)}`;
    }
  return null;
};

const rules: Readonly<Record<DomainKind, Rule>> = {
  real: { over: 'cell', inside: () => true },
  angle: { over: 'cell', inside: () => true },
  nonnegative: { over: 'cell', inside: (value) => value >= 0 },
  positive: { over: 'cell', inside: (value) => value > 0 },
  unit: { over: 'cell', inside: (value) => value >= 0 && value <= 1 },
  interval: {
    over: 'cell',
    inside: (value, { from, to }) => (from === null || value >= from) && (to === null || value <= to),
  },
  binary: { over: 'cell', inside: (value) => value === 0 || value === 1, hint: 'binary values are 0 and 1' },
  spin: { over: 'cell', inside: (value) => value === -1 || value === 1, hint: 'spins are -1 and 1' },
  category: counted,
  index: counted,
  integer: counted,
  onehot: {
    over: 'vector',
    problem: onehotRow,
    hint: 'each row is all 0 with a single 1; labels 0, 1, 2, … belong to category(K)',
  },
  simplex: { over: 'vector', problem: simplexRow },
  sphere: { over: 'vector', problem: sphereRow },
  ball: { over: 'vector', problem: ballRow },
  permutation: { over: 'vector', problem: permutationRow },
  spd: { over: 'matrix', problem: spdMatrix },
  orthonormal: { over: 'matrix', problem: orthonormalMatrix },
};

/** How many cells make one value of the domain, given the full shape of the array. */
export const cellsPerValue = (kind: DomainKind, shape: readonly number[]): number => {
  const { over } = rules[kind];
  return over === 'cell' ? 1 : over === 'vector' ? (shape.at(-1) ?? 1) : (shape.at(-1) ?? 1) * (shape.at(-2) ?? 1);
};

/** The first offence, skipping cells marked in `skip` (missing or padding). */
export const findOffence = (
  facts: DomainFacts,
  shape: readonly number[],
  data: Float64Array,
  skip: (index: number) => boolean,
): Offence | null => {
  const rule = rules[facts.kind];
  const step = cellsPerValue(facts.kind, shape);
  for (let start = 0; start < data.length; start += step) {
    if (skip(start)) continue;
    const infinite = data.subarray(start, start + step).findIndex((value) => !Number.isFinite(value));
    if (infinite >= 0) return { index: start + infinite, problem: null, hint: 'no value is infinite' };
    const hint = rule.hint ?? null;
    if (rule.over === 'cell') {
      if (!rule.inside(data[start]!, facts)) return { index: start, problem: null, hint };
      continue;
    }
    const columns = shape.at(-1) ?? 1;
    const problem = rule.problem(data.subarray(start, start + step), step / columns, columns);
    if (problem !== null) return { index: start, problem, hint };
  }
  return null;
};
