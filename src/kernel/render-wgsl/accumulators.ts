// What a reduction keeps while it runs, as variables of WGSL. In: an accumulator and the number of its iterations. Out: lines that
// begin it, take in a value, take in what another invocation kept, and give the result. Sums of more than 4,096 values carry what
// rounding cut off (Knuth's two-sum), since float32 alone would lose it.
import type { Accumulator, ReduceOp, Scalar } from '../kernel.ts';
import { exprText } from './expressions.ts';
import { localName, type ShaderWriter } from './shader-writer.ts';

/** The parts that are kept, in the order of the type: of what other invocations kept, as texts. */
interface Keeping {
  readonly parts: readonly Scalar[];
  readonly begin: (w: ShaderWriter) => readonly string[];
  /** `kept` names the parts; `value` is a variable. */
  readonly take: (kept: readonly string[], value: string, iteration: string, beta: string, w: ShaderWriter) => void;
  readonly merge: (kept: readonly string[], other: readonly string[], beta: string, w: ShaderWriter) => void;
  readonly result: (kept: readonly string[], beta: string, w: ShaderWriter) => string;
}

const longSum = 4096;

const combining = (start: string, combine: (a: string, b: string, w: ShaderWriter) => string): Keeping => ({
  parts: ['real'],
  begin: () => [start],
  take: ([kept], value, _iteration, _beta, w) => w.line(`${kept} = ${combine(kept!, value, w)};`),
  merge: ([kept], [other], _beta, w) => w.line(`${kept} = ${combine(kept!, other!, w)};`),
  result: ([kept]) => kept!,
});

const compensated: Keeping = {
  parts: ['real', 'real'],
  begin: () => ['0f', '0f'],
  take: ([sum, rest], value, _iteration, _beta, w) => {
    const both = w.name('s');
    w.line(`let ${both} = ${w.call('two_sum')}(${sum}, ${value});`);
    w.line(`${sum} = ${both}.x;`);
    w.line(`${rest} = ${rest} + ${both}.y;`);
  },
  merge: ([sum, rest], [other, otherRest], _beta, w) => {
    const both = w.name('s');
    w.line(`let ${both} = ${w.call('two_sum')}(${sum}, ${other});`);
    w.line(`${sum} = ${both}.x;`);
    w.line(`${rest} = ${rest} + ${both}.y + ${otherRest};`);
  },
  // The rest of an infinite sum is no number.
  result: ([sum, rest], _beta, w) => `select(${sum} + ${rest}, ${sum}, ${w.call('is_infinite')}(${sum}))`,
};

const argmin: Keeping = {
  parts: ['real', 'int'],
  begin: (w) => [`${w.call('from_bits')}(0x7f800000u)`, '0i'],
  take: ([best, at], value, iteration, _beta, w) =>
    w.block(`if (${value} < ${best}) {`, () => {
      w.line(`${best} = ${value};`);
      w.line(`${at} = ${iteration};`);
    }),
  merge: ([best, at], [other, otherAt], _beta, w) =>
    w.block(`if (${other} < ${best} || (${other} == ${best} && ${otherAt} < ${at})) {`, () => {
      w.line(`${best} = ${other};`);
      w.line(`${at} = ${otherAt};`);
    }),
  result: ([, at]) => at!,
};

/** -1/β log Σ exp(-β v): the smallest value, and the sum of exp(-β (v - smallest)); both change where a smaller one comes. */
const softMin: Keeping = {
  parts: ['real', 'real'],
  begin: () => ['1e30f', '0f'],
  take: ([least, sum], value, _iteration, beta, w) => {
    const [above, weight] = [w.name('d'), w.name('e')];
    w.line(`let ${above} = ${value} - ${least};`);
    // At β = ∞ the product with 0 would be no number.
    w.line(`let ${weight} = select(${w.call('exp_')}(-${beta} * abs(${above})), 1f, ${above} == 0f);`);
    w.block(`if (${above} < 0f) {`, () => {
      w.line(`${sum} = ${sum} * ${weight} + 1f;`);
      w.line(`${least} = ${value};`);
    });
    w.block('else {', () => w.line(`${sum} = ${sum} + ${weight};`));
  },
  merge: ([least, sum], [other, otherSum], beta, w) => {
    const [above, weight] = [w.name('d'), w.name('e')];
    w.line(`let ${above} = ${other} - ${least};`);
    w.line(`let ${weight} = select(${w.call('exp_')}(-${beta} * abs(${above})), 1f, ${above} == 0f);`);
    w.block(`if (${above} < 0f) {`, () => {
      w.line(`${sum} = ${sum} * ${weight} + ${otherSum};`);
      w.line(`${least} = ${other};`);
    });
    w.block('else {', () => w.line(`${sum} = ${sum} + ${otherSum} * ${weight};`));
  },
  result: ([least, sum], beta, w) => {
    const energy = `${least} - ${w.call('log_')}(${sum}) / ${beta}`;
    return `select(${w.call('least')}(${energy}, 1e30f), 1e30f, ${sum} == 0f)`;
  },
};

const keepings: Readonly<Record<ReduceOp, Keeping>> = {
  sum: combining('0f', (a, b) => `${a} + ${b}`),
  min: combining('1e30f', (a, b, w) => `${w.call('least')}(${a}, ${b})`),
  max: combining('-1e30f', (a, b, w) => `${w.call('most')}(${a}, ${b})`),
  argmin,
  'soft-min': softMin,
};

/** An accumulator under way. */
export interface Running {
  readonly parts: readonly Scalar[];
  readonly kept: readonly string[];
  readonly take: (iteration: string) => void;
  readonly merge: (other: readonly string[]) => void;
  /** Makes the local. */
  readonly finish: () => void;
}

/** Declares the variables. `each` are the iterations of one invocation. */
export const running = (accumulator: Accumulator, each: number, w: ShaderWriter): Running => {
  const { local, op, value } = accumulator;
  const keeping = op === 'sum' && each > longSum ? compensated : keepings[op];
  const kept = keeping.begin(w).map((start, i) => {
    const name = w.name(`k${local}`);
    w.line(`var ${name}: ${keeping.parts[i] === 'real' ? 'f32' : 'i32'} = ${start};`);
    return name;
  });
  let beta = '';
  if (accumulator.beta !== undefined) {
    beta = w.name('beta');
    w.line(`let ${beta} = ${exprText(accumulator.beta, w)};`);
  }
  return {
    parts: keeping.parts,
    kept,
    take: (iteration) => {
      const taken = w.name('x');
      w.line(`let ${taken} = ${exprText(value, w)};`);
      keeping.take(kept, taken, iteration, beta, w);
    },
    merge: (other) => keeping.merge(kept, other, beta, w),
    finish: () => w.line(`let ${localName(local)} = ${keeping.result(kept, beta, w)};`),
  };
};
