// What each accumulator of a reduction does: its state over all chunks, its passes over one chunk, its result. In: an accumulator.
// Out: pieces of C that reduce.ts puts together.
import type { Accumulator, LocalId, ReduceOp, Scalar } from '../kernel.ts';
import type { Emission } from './emission.ts';
import { exprText, scalarOf } from './expressions.ts';

/** A pass over the iterations of a chunk: variables before it, OpenMP clauses, what each iteration does with its value. */
interface SecondPass {
  readonly before: readonly string[];
  /** null: not as a vector. */
  readonly clauses: readonly string[] | null;
  /** Where it is hardly ever needed: when. */
  readonly when?: string;
  /** `position`: where the iteration stands in its chunk. */
  readonly each: (value: string, position: string) => readonly string[];
}
/** Iterations of the innermost loop that are gone through at once. */
export interface ChunkFacts {
  /** The number of its first iteration. */
  readonly from: string;
  /** The minimum of the same values, NaN as -∞, where another accumulator has it as lanes of a vector; null where none has. */
  readonly minimum: string | null;
}
export interface ChunkPasses {
  readonly before: readonly string[];
  readonly clauses: readonly string[];
  /** What an iteration does with its value, a variable. */
  readonly each: (x: string) => readonly string[];
  readonly second: readonly SecondPass[];
  /** Joins the chunk to the state. */
  readonly after: readonly string[];
}

export interface Accumulating {
  readonly local: LocalId;
  readonly scalar: Scalar;
  /** The variable that has the minimum of a chunk, NaN as -∞, after the first pass; null where there is none. */
  readonly minimum: string | null;
  /** Variables that hold what was seen so far. */
  readonly declare: () => readonly string[];
  readonly chunk: (facts: ChunkFacts) => ChunkPasses;
  /** The value of the local; `some` is a condition that holds where there was any iteration, '' where it always does. */
  readonly result: (some: string) => string;
}

export interface Terms {
  /** Whether they are lanes of vectors. */
  readonly vector: boolean;
  /** Whether one chunk has them all. */
  readonly oneChunk: boolean;
  /** Whether all of a chunk, and of all chunks, may be summed in `real`. */
  readonly chunkInReal: boolean;
  readonly allInReal: boolean;
}

export const accumulating = (accumulator: Accumulator, terms: Terms, e: Emission): Accumulating =>
  make[accumulator.op](accumulator, terms, e);

type Make = (accumulator: Accumulator, terms: Terms, e: Emission) => Accumulating;

const orEmpty = (some: string, value: string, empty: string): string =>
  some === '' ? value : `(${some}) ? ${value} : ${empty}`;

const sum: Make = ({ local, value }, terms, e) => {
  const scalar = scalarOf(value, e);
  const type = scalar === 'int' ? 'int32_t' : 'real';
  const typeIf = (inReal: boolean): string => (scalar === 'int' ? 'int32_t' : inReal ? 'real' : 'double');
  const wide = typeIf(terms.allInReal);
  const state = e.fn.temporary('sum');
  return {
    local,
    scalar,
    minimum: null,
    declare: () => [`${wide} ${state} = 0;`],
    chunk: () => {
      const part = e.fn.temporary('part');
      return {
        before: [`${typeIf(terms.chunkInReal)} ${part} = 0;`],
        clauses: [`reduction(+ : ${part})`],
        each: (x) => [`${part} += ${x};`],
        second: [],
        after: [`${state} ${terms.oneChunk ? '=' : '+='} ${part};`],
      };
    },
    result: () => (wide === type ? state : `(${type})${state}`),
  };
};

/** NaN takes no part in comparisons. One value after another, it is seen by itself. As lanes of a vector it counts as -∞ (∞ for a
 *  maximum), which is one instruction; where the result is that, which is hardly ever, a second look tells them apart. */
const withNaN = (
  sign: '<' | '>',
  { vector }: Terms,
  { best, bad }: { readonly best: string; readonly bad: string },
  e: Emission,
): Pick<ChunkPasses, 'each' | 'second'> => {
  const better = (y: string): string => `${best} = ${y} ${sign} ${best} ? ${y} : ${best};`;
  if (!vector) return { each: (x) => [better(x), `${bad} |= ${x} != ${x};`], second: [] };
  const limit = sign === '<' ? '-(real)INFINITY' : '(real)INFINITY';
  const y = e.fn.temporary('y');
  return {
    each: (x) => [`const real ${y} = ${x} == ${x} ? ${x} : ${limit};`, better(y)],
    second: [{ before: [], clauses: null, when: `${best} == ${limit}`, each: (value) => [`${bad} |= ${value} != ${value};`] }], // prettier-ignore
  };
};

const extremum =
  (sign: '<' | '>', start: string, empty: string): Make =>
  ({ local, value }, terms, e) => {
    const scalar = scalarOf(value, e);
    const op = sign === '<' ? 'min' : 'max';
    const isInt = scalar === 'int';
    const type = isInt ? 'int32_t' : 'real';
    const first = isInt ? (sign === '<' ? 'INT32_MAX' : 'INT32_MIN') : start;
    const [best, bad] = [e.fn.temporary(op), e.fn.temporary('nan')];
    return {
      local,
      scalar,
      minimum: !isInt && op === 'min' && terms.vector && terms.oneChunk ? best : null,
      declare: () => [`${type} ${best} = ${first};`, ...(isInt ? [] : [`int32_t ${bad} = 0;`])],
      chunk: () => ({
        before: [],
        clauses: [`reduction(${op} : ${best})`],
        ...(isInt
          ? { each: (x) => [`${best} = ${x} ${sign} ${best} ? ${x} : ${best};`], second: [] }
          : withNaN(sign, terms, { best, bad }, e)),
        after: [],
      }),
      result: (some) => (isInt ? orEmpty(some, best, `(int32_t)${empty}`) : orEmpty(some, `(${bad} ? (real)NAN : ${best})`, empty)), // prettier-ignore
    };
  };

const argmin: Make = ({ local, value }, _terms, e) => {
  const scalar = scalarOf(value, e);
  const [type, first] = scalar === 'int' ? (['int32_t', 'INT32_MAX'] as const) : (['real', '(real)INFINITY'] as const);
  const [best, at] = [e.fn.temporary('best'), e.fn.temporary('at')];
  return {
    local,
    scalar: 'int',
    minimum: null,
    declare: () => [`${type} ${best} = ${first};`, `int32_t ${at} = 0;`],
    chunk: ({ from, minimum }) => {
      const [least, place] = [e.fn.temporary('least'), e.fn.temporary('place')];
      const lower = (x: string): readonly string[] => [`${least} = ${x} < ${least} ? ${x} : ${least};`];
      const find: SecondPass = {
        before: [`int32_t ${place} = INT32_MAX;`],
        clauses: [`reduction(min : ${place})`],
        each: (text, position) => {
          const k = e.fn.temporary('k');
          return [
            `const int32_t ${k} = ${text} == ${least} ? (int32_t)(${position}) : INT32_MAX;`,
            `${place} = ${k} < ${place} ? ${k} : ${place};`,
          ];
        },
      };
      const start = from === '0' ? '' : `(int32_t)${from} + `;
      const after = [`if (${least} < ${best}) ${best} = ${least}, ${at} = ${start}${place};`];
      if (minimum === null) return { before: [`${type} ${least} = ${first};`], clauses: [`reduction(min : ${least})`], each: lower, second: [find], after }; // prettier-ignore
      // NaN counts for the other, and not here.
      const limit = `${minimum} == -(real)INFINITY`;
      const without: SecondPass = { before: [`real ${least} = ${limit} ? (real)INFINITY : ${minimum};`], clauses: null, when: limit, each: lower }; // prettier-ignore
      return { before: [], clauses: [], each: () => [], second: [without, find], after };
    },
    result: () => at,
  };
};

const softMin: Make = ({ local, beta }, terms, e) => {
  const [least, total, scale] = ['least', 'total', 'beta'].map((n) => e.fn.temporary(n)) as [string, string, string];
  for (const name of ['eb_exp', 'eb_join_soft_min', 'eb_end_soft_min']) e.entry.uses(name);
  return {
    local,
    scalar: 'real',
    minimum: null,
    declare: () => [
      `const real ${scale} = ${exprText(beta!, e)};`,
      `real ${least} = (real)INFINITY;`,
      `double ${total} = 0;`,
    ],
    chunk: () => {
      const [low, part, bad] = ['low', 'part', 'nan'].map((n) => e.fn.temporary(n)) as [string, string, string];
      const { each, second } = withNaN('<', terms, { best: low, bad }, e);
      const weigh: SecondPass = {
        before: [`real ${part} = 0;`],
        clauses: [`reduction(+ : ${part})`],
        each: (text) => [`${part} += eb_exp(${scale} * (${low} - ${text}));`],
      };
      return {
        before: [`real ${low} = (real)INFINITY;`, `int32_t ${bad} = 0;`],
        clauses: [`reduction(min : ${low})`],
        each,
        second: [...second, weigh],
        after: terms.oneChunk
          ? [`${least} = ${bad} ? (real)NAN : ${low};`, `${total} = ${part};`]
          : [`eb_join_soft_min(&${least}, &${total}, ${bad} ? (real)NAN : ${low}, ${part}, ${scale});`],
      };
    },
    result: () => `eb_end_soft_min(${least}, ${total}, ${scale})`,
  };
};

const make: Readonly<Record<ReduceOp, Make>> = {
  sum,
  min: extremum('<', '(real)INFINITY', '(real)1e30'),
  max: extremum('>', '-(real)INFINITY', '(real)-1e30'),
  argmin,
  'soft-min': softMin,
};
