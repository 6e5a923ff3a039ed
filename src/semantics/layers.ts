// The layers of net bodies: options, params with their shapes, shape rule, documentation. Layers act on the last axes;
// leading axes are batch. In: the type of the input and the options as sizes. Out: the type of the output, or what was expected.
import { add, constant, multiply, subtract, type Dim } from '../tensor/dims.ts';
import type { Scalar, Shape, ValueType } from './model.ts';
import { callable, option, required } from './options.ts';
import type { Callable } from './options.ts';
import { real, valueType } from './types.ts';

/** A param that a layer owns: `Net.linear1.weight`. */
export interface LayerParam {
  readonly name: string;
  readonly shape: Shape;
  /** Where it starts: uniform in ±1/√fan, zero or one. */
  readonly start: { readonly kind: 'uniform'; readonly fan: Dim } | { readonly kind: 'zeros' | 'ones' };
}

export interface LayerResult {
  readonly type: ValueType;
  readonly params: readonly LayerParam[];
  /** Sizes inside the layer that follow from its options. */
  readonly sizes?: Readonly<Record<string, Dim>>;
}
export interface LayerContext {
  /** Options that are sizes or counts, defaults filled in. */
  readonly sizes: Readonly<Record<string, Dim>>;
  /** Name for floor(numerator / denominator). */
  readonly quotient: (numerator: Dim, denominator: Dim) => Dim;
  /** Left to be checked when the sizes are known. */
  readonly requireEqual: (left: Dim, right: Dim, why: string) => void;
}

export interface Layer extends Callable {
  /** Entries the input must have. */
  readonly takes: Scalar['kind'];
  /** A string says what input was expected. */
  readonly apply: (input: ValueType, context: LayerContext) => LayerResult | string;
}

const uniform = (name: string, shape: Shape, fan: Dim): LayerParam => ({
  name,
  shape,
  start: { kind: 'uniform', fan },
});
const filled = (name: string, shape: Shape, kind: 'zeros' | 'ones'): LayerParam => ({ name, shape, start: { kind } });

/** Number of window positions: floor((length - width) / stride) + 1. */
const positions = (context: LayerContext, length: Dim, width: Dim): Dim =>
  add(context.quotient(subtract(length, width), context.sizes['stride']!), constant(1));

const families = {
  linear: {
    ...callable('W v + b on the last axis: weight [units, D], bias [units].', {
      units: required('count', 'Length of the result.'),
    }),
    takes: 'real',
    apply: (input, { sizes }) => {
      const inputs = input.shape.at(-1);
      if (inputs === undefined) return 'a vector or an array';
      const units = sizes['units']!;
      return {
        type: valueType(real, [...input.shape.slice(0, -1), units]),
        params: [uniform('weight', [units, inputs], inputs), uniform('bias', [units], inputs)],
      };
    },
  },
  conv1d: {
    ...callable(
      'Cross-correlation along an axis: [L] or [L, C] to [floor((L - width) / stride) + 1, channels]; weight [channels, width, C], bias [channels].',
      {
        channels: required('count', 'Channels of the result.'),
        width: required('count', 'Length of the window.'),
        stride: option('count', '1', 'Distance of windows.'),
      },
    ),
    takes: 'real',
    apply: (input, context) => {
      const [length, depth = constant(1)] = input.shape;
      if (length === undefined || input.shape.length > 2) return 'a signal [L] or [L, C]';
      const { channels, width } = context.sizes as { channels: Dim; width: Dim };
      const fan = multiply(width, depth);
      return {
        type: valueType(real, [positions(context, length, width), channels]),
        params: [uniform('weight', [channels, width, depth], fan), uniform('bias', [channels], fan)],
      };
    },
  },
  conv2d: {
    ...callable(
      'Cross-correlation over two axes: [H, W] or [H, W, C] to […, channels]; weight [channels, width, width, C], bias [channels].',
      {
        channels: required('count', 'Channels of the result.'),
        width: required('count', 'Height and width of the window.'),
        stride: option('count', '1', 'Distance of windows.'),
      },
    ),
    takes: 'real',
    apply: (input, context) => {
      const [height, across, depth = constant(1)] = input.shape;
      if (height === undefined || across === undefined || input.shape.length > 3) return 'an image [H, W] or [H, W, C]';
      const { channels, width } = context.sizes as { channels: Dim; width: Dim };
      const fan = multiply(multiply(width, width), depth);
      return {
        type: valueType(real, [positions(context, height, width), positions(context, across, width), channels]),
        params: [uniform('weight', [channels, width, width, depth], fan), uniform('bias', [channels], fan)],
      };
    },
  },
  layer_norm: {
    ...callable(
      '(v - mean) / √(variance + 1e-5) along the last axis, times scale, plus shift (Ba, Kiros and Hinton 2016).',
    ),
    takes: 'real',
    apply: (input) => {
      const inputs = input.shape.at(-1);
      if (inputs === undefined) return 'a vector or an array';
      return {
        type: valueType(real, input.shape),
        params: [filled('scale', [inputs], 'ones'), filled('shift', [inputs], 'zeros')],
      };
    },
  },
  attention: {
    ...callable(
      'Self-attention over the rows of [T, H] (Vaswani et al. 2017): query, key, value and output [H, H] with biases.',
      {
        heads: option('count', '1', 'Heads; they share the H columns.'),
      },
    ),
    takes: 'real',
    apply: (input, context) => {
      if (input.shape.length !== 2) return 'a sequence [T, H]';
      const width = input.shape[1]!;
      const heads = context.sizes['heads']!;
      const head = context.quotient(width, heads);
      context.requireEqual(multiply(heads, head), width, 'the heads of an attention share its columns evenly');
      const params = ['query', 'key', 'value', 'output'].flatMap((name) => [
        uniform(`${name}.weight`, [width, width], width),
        uniform(`${name}.bias`, [width], width),
      ]);
      return { type: valueType(real, input.shape), params, sizes: { head } };
    },
  },
  embedding: {
    ...callable('A vector for each category: weight [count, units].', {
      units: required('count', 'Length of the vectors.'),
    }),
    takes: 'category',
    apply: (input, { sizes }) => {
      if (input.scalar.kind !== 'category') return 'categories';
      const units = sizes['units']!;
      return {
        type: valueType(real, [...input.shape, units]),
        params: [uniform('weight', [input.scalar.count, units], constant(1))],
      };
    },
  },
  dropout: {
    ...callable(
      'While training, zeroes each entry with probability `rate` and scales up the rest (Srivastava et al. 2014).',
      {
        rate: option('number', '0.5', 'Probability of a zero.'),
      },
    ),
    takes: 'real',
    apply: (input) => ({ type: input, params: [] }),
  },
} satisfies Record<string, Layer>;

export type LayerName = keyof typeof families;
export const layers: Readonly<Record<LayerName, Layer>> = families;
