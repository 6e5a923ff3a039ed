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
  /** The array that keeps the values for a second pass; null where they are evaluated again. */
  readonly values: string | null;
}
export interface ChunkPasses {
  readonly before: readonly string[];
  readonly clauses: readonly string[];
  readonly each: (value: string, position: string) => readonly string[];
  readonly second: readonly SecondPass[];
  /** Joins the chunk to the state. */
  readonly after: readonly string[];
}

export interface Accumulating {
  readonly local: LocalId;
  readonly scalar: Scalar;
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

/** The value as a constant, and in the array of values where there is one. */
const kept = (type: string, x: string, text: string, values: string | null, position: string): readonly string[] => [
  `const ${type} ${x} = ${text};`,
  ...(values === null ? [] : [`${values}[${position}] = ${x};`]),
];

const sum: Make = ({ local, value }, terms, e) => {
  const scalar = scalarOf(value, e);
  const type = scalar === 'int' ? 'int32_t' : 'real';
  const typeIf = (inReal: boolean): string => (scalar === 'int' ? 'int32_t' : inReal ? 'real' : 'double');
  const wide = typeIf(terms.allInReal);
  const state = e.fn.temporary('sum');
  return {
    local,
    scalar,
    declare: () => [`${wide} ${state} = 0;`],
    chunk: () => {
      const part = e.fn.temporary('part');
      return {
        before: [`${typeIf(terms.chunkInReal)} ${part} = 0;`],
        clauses: [`reduction(+ : ${part})`],
        each: (text) => [`${part} += ${text};`],
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
  { best, bad, x }: { readonly best: string; readonly bad: string; readonly x: string },
  e: Emission,
): { readonly each: readonly string[]; readonly second: readonly SecondPass[] } => {
  const better = (y: string): string => `${best} = ${y} ${sign} ${best} ? ${y} : ${best};`;
  if (!vector) return { each: [better(x), `${bad} |= ${x} != ${x};`], second: [] };
  const limit = sign === '<' ? '-(real)INFINITY' : '(real)INFINITY';
  const y = e.fn.temporary('y');
  return {
    each: [`const real ${y} = ${x} == ${x} ? ${x} : ${limit};`, better(y)],
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
      declare: () => [`${type} ${best} = ${first};`, ...(isInt ? [] : [`int32_t ${bad} = 0;`])],
      chunk: ({ values }) => {
        const x = e.fn.temporary('x');
        const { each, second } = isInt
          ? { each: [`${best} = ${x} ${sign} ${best} ? ${x} : ${best};`], second: [] }
          : withNaN(sign, terms, { best, bad, x }, e);
        return {
          before: [],
          clauses: [`reduction(${op} : ${best})`],
          each: (text, position) => [...kept(type, x, text, values, position), ...each],
          second,
          after: [],
        };
      },
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
    declare: () => [`${type} ${best} = ${first};`, `int32_t ${at} = 0;`],
    chunk: ({ from, values }) => {
      const [least, place] = [e.fn.temporary('least'), e.fn.temporary('place')];
      return {
        before: [`${type} ${least} = ${first};`],
        clauses: [`reduction(min : ${least})`],
        each: (text, position) => {
          const x = e.fn.temporary('x');
          return [...kept(type, x, text, values, position), `${least} = ${x} < ${least} ? ${x} : ${least};`];
        },
        second: [
          {
            before: [`int32_t ${place} = INT32_MAX;`],
            clauses: [`reduction(min : ${place})`],
            each: (text, position) => {
              const k = e.fn.temporary('k');
              return [
                `const int32_t ${k} = ${text} == ${least} ? (int32_t)(${position}) : INT32_MAX;`,
                `${place} = ${k} < ${place} ? ${k} : ${place};`,
              ];
            },
          },
        ],
        after: [
          `if (${least} < ${best}) ${best} = ${least}, ${at} = ${from === '0' ? '' : `(int32_t)${from} + `}${place};`,
        ],
      };
    },
    result: () => at,
  };
};

const softMin: Make = ({ local, beta }, terms, e) => {
  const [least, total] = [e.fn.temporary('least'), e.fn.temporary('total')];
  const scale = e.fn.temporary('beta');
  for (const name of ['eb_exp', 'eb_join_soft_min', 'eb_end_soft_min']) e.entry.uses(name);
  return {
    local,
    scalar: 'real',
    declare: () => [
      `const real ${scale} = ${exprText(beta!, e)};`,
      `real ${least} = (real)INFINITY;`,
      `double ${total} = 0;`,
    ],
    chunk: ({ values }) => {
      const [low, part, bad, x] = ['low', 'part', 'nan', 'x'].map((n) => e.fn.temporary(n)) as [string, string, string, string]; // prettier-ignore
      const { each, second } = withNaN('<', terms, { best: low, bad, x }, e);
      return {
        before: [`real ${low} = (real)INFINITY;`, `int32_t ${bad} = 0;`],
        clauses: [`reduction(min : ${low})`],
        each: (text, position) => [...kept('real', x, text, values, position), ...each],
        second: [
          ...second,
          {
            before: [`real ${part} = 0;`],
            clauses: [`reduction(+ : ${part})`],
            each: (text) => [`${part} += eb_exp(${scale} * (${low} - ${text}));`],
          },
        ],
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
