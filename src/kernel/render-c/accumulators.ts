// What each accumulator of a reduction does: its state over all chunks, its passes over one chunk, its result. In: an accumulator.
// Out: pieces of C that reduce.ts puts together.
import type { Accumulator, LocalId, ReduceOp, Scalar } from '../kernel.ts';
import type { Emission } from './emission.ts';
import { exprText, scalarOf } from './expressions.ts';

/** A pass over the iterations of a chunk: variables before it, OpenMP clauses, what each iteration does with its value. */
interface SecondPass {
  readonly before: readonly string[];
  readonly clauses: readonly string[];
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
  /** Whether a second pass needs the values of a chunk again. */
  readonly keepsValues: boolean;
  /** Variables that hold what was seen so far, each of which a double can hold. */
  readonly state: readonly string[];
  readonly declare: () => readonly string[];
  readonly chunk: (facts: ChunkFacts) => ChunkPasses;
  /** Joins another state, given as doubles. */
  readonly join: (other: readonly string[]) => readonly string[];
  /** The value of the local; `some` is a condition that holds where there was any iteration, null where it always does. */
  readonly result: (some: string | null) => string;
}

export const accumulating = (accumulator: Accumulator, e: Emission): Accumulating =>
  make[accumulator.op](accumulator, e);

type Make = (accumulator: Accumulator, e: Emission) => Accumulating;

const orEmpty = (some: string | null, value: string, empty: string): string =>
  some === null ? value : `(${some}) ? ${value} : ${empty}`;

/** The value as a constant, and in the array of values where there is one. */
const kept = (type: string, x: string, text: string, values: string | null, position: string): readonly string[] => [
  `const ${type} ${x} = ${text};`,
  ...(values === null ? [] : [`${values}[${position}] = ${x};`]),
];

const sum: Make = ({ local, value }, e) => {
  const scalar = scalarOf(value, e);
  const [type, wide] = scalar === 'int' ? (['int32_t', 'int32_t'] as const) : (['real', 'double'] as const);
  const state = e.fn.temporary('sum');
  return {
    local,
    scalar,
    keepsValues: false,
    state: [state],
    declare: () => [`${wide} ${state} = 0;`],
    chunk: () => {
      const part = e.fn.temporary('part');
      return {
        before: [`${type} ${part} = 0;`],
        clauses: [`reduction(+ : ${part})`],
        each: (text) => [`${part} += ${text};`],
        second: [],
        after: [`${state} += ${part};`],
      };
    },
    join: ([other]) => [`${state} += ${wide === 'double' ? other : `(int32_t)${other}`};`],
    result: () => `(${type})${state}`,
  };
};

/** NaN takes no part in comparisons: it is counted apart, so that the minimum is one instruction. */
const extremum =
  (sign: '<' | '>', start: string, empty: string): Make =>
  ({ local, value }, e) => {
    const scalar = scalarOf(value, e);
    const op = sign === '<' ? 'min' : 'max';
    const type = scalar === 'int' ? 'int32_t' : 'real';
    const first = scalar === 'int' ? (sign === '<' ? 'INT32_MAX' : 'INT32_MIN') : start;
    const [best, bad] = [e.fn.temporary(op), e.fn.temporary('nan')];
    return {
      local,
      scalar,
      keepsValues: false,
      state: [best, bad],
      declare: () => [`${type} ${best} = ${first};`, `int32_t ${bad} = 0;`],
      chunk: () => ({
        before: [],
        clauses: [`reduction(${op} : ${best}) reduction(| : ${bad})`],
        each: (text) => {
          const x = e.fn.temporary('x');
          return [`const ${type} ${x} = ${text};`, `${best} = ${x} ${sign} ${best} ? ${x} : ${best};`, `${bad} |= ${x} != ${x};`]; // prettier-ignore
        },
        second: [],
        after: [],
      }),
      join: ([other, others]) => [
        `if (${other} ${sign} (double)${best}) ${best} = (${type})${other};`,
        `${bad} |= ${others} != 0;`,
      ],
      result: (some) =>
        scalar === 'int'
          ? orEmpty(some, best, `(int32_t)${empty}`)
          : orEmpty(some, `(${bad} ? (real)NAN : ${best})`, empty),
    };
  };

const argmin: Make = ({ local, value }, e) => {
  const scalar = scalarOf(value, e);
  const [type, first] = scalar === 'int' ? (['int32_t', 'INT32_MAX'] as const) : (['real', '(real)INFINITY'] as const);
  const [best, at] = [e.fn.temporary('best'), e.fn.temporary('at')];
  return {
    local,
    scalar: 'int',
    keepsValues: true,
    state: [best, at],
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
        after: [`if (${least} < ${best}) ${best} = ${least}, ${at} = (int32_t)${from} + ${place};`],
      };
    },
    join: ([other, others]) => [
      `if (${other} < (double)${best}) ${best} = (${type})${other}, ${at} = (int32_t)${others};`,
    ],
    result: () => at,
  };
};

const softMin: Make = ({ local, beta }, e) => {
  const [least, total] = [e.fn.temporary('least'), e.fn.temporary('total')];
  const scale = e.fn.temporary('beta');
  for (const name of ['eb_exp', 'eb_join_soft_min', 'eb_end_soft_min']) e.entry.uses(name);
  return {
    local,
    scalar: 'real',
    keepsValues: true,
    state: [least, total],
    declare: () => [
      `const real ${scale} = ${exprText(beta!, e)};`,
      `real ${least} = (real)INFINITY;`,
      `double ${total} = 0;`,
    ],
    chunk: ({ values }) => {
      const [low, part, bad] = ['low', 'part', 'nan'].map((n) => e.fn.temporary(n)) as [string, string, string];
      return {
        before: [`real ${low} = (real)INFINITY;`, `int32_t ${bad} = 0;`],
        clauses: [`reduction(min : ${low}) reduction(| : ${bad})`],
        each: (text, position) => {
          const x = e.fn.temporary('x');
          return [
            ...kept('real', x, text, values, position),
            `${low} = ${x} < ${low} ? ${x} : ${low};`,
            `${bad} |= ${x} != ${x};`,
          ];
        },
        second: [
          {
            before: [`real ${part} = 0;`],
            clauses: [`reduction(+ : ${part})`],
            each: (text) => [`${part} += eb_exp(${scale} * (${low} - ${text}));`],
          },
        ],
        after: [`eb_join_soft_min(&${least}, &${total}, ${bad} ? (real)NAN : ${low}, ${part}, ${scale});`],
      };
    },
    join: ([other, others]) => [`eb_join_soft_min(&${least}, &${total}, (real)${other}, ${others}, ${scale});`],
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
