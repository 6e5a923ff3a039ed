// Layers as ordinary expressions: a linear layer is `W @ v + b`. So the planner reads a net like anything else (one linear
// layer is least squares) and one lowering serves all. In: the input, the layer's params and sizes. Out: an expression of the
// type that semantics/layers.ts gave. Tensors of weights are laid out as that table says.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import { layers, type LayerName } from '../../semantics/layers.ts';
import { callExpr, dimExpr, numberExpr, subscriptExpr } from '../../semantics/make.ts';
import type { Binder, Expr, SubscriptExpr, ValueType } from '../../semantics/model.ts';
import type { BuiltinName } from '../../semantics/builtins.ts';
import { integer, isRow, real, valueType } from '../../semantics/types.ts';
import { constant, type Dim } from '../../tensor/dims.ts';

export interface LayerCall {
  /** No row vector. */
  readonly input: Expr;
  readonly type: ValueType;
  readonly sizes: Readonly<Record<string, Dim>>;
  /** The layer's params by the last part of their names: `weight`, `query.bias`. */
  readonly param: (name: string) => Expr;
  readonly write: Writer;
}

/** Writes expressions at one place of a file; every binder gets an id of its own. */
interface Writer {
  readonly call: (fn: BuiltinName, ...args: readonly Expr[]) => Expr;
  readonly number: (value: number) => Expr;
  readonly dim: (dim: Dim) => Expr;
  /** base[i, :, j]: null for a whole axis. */
  readonly at: (base: Expr, ...indices: readonly (Expr | null)[]) => Expr;
  /** `stack[i in …] body(i)`; the body itself over no axes. */
  readonly stack: (shape: readonly Dim[], body: (...indices: readonly Expr[]) => Expr) => Expr;
  readonly sum: (shape: readonly Dim[], body: (...indices: readonly Expr[]) => Expr) => Expr;
}

/** Of one layer call, `scope` telling its binders from all others. */
export const writerFor = (span: Expr['span'], scope: string): Writer => {
  let count = 0;
  const bind = (shape: readonly Dim[]): readonly Binder[] =>
    shape.map((to): Binder => ({ id: `${scope}'${count++}`, name: scope, from: [], to, span }));
  const indices = (binders: readonly Binder[]): readonly Expr[] =>
    binders.map((b): Expr => ({ kind: 'index', id: b.id, type: valueType(integer), span }));
  return {
    call: (fn, ...args) => callExpr(fn, args, span),
    number: (value) => numberExpr(value, span),
    dim: (dim) => dimExpr(dim, span),
    at: (base, ...positions) => {
      const subscripts = positions.map((at): SubscriptExpr => (at === null ? { kind: 'all' } : { kind: 'at', at }));
      return subscriptExpr(base, subscripts, span);
    },
    stack: (shape, body) => {
      if (shape.length === 0) return body();
      const binders = bind(shape);
      const inner = body(...indices(binders));
      const type = valueType(inner.type.scalar, [...shape, ...inner.type.shape]);
      return { kind: 'stack', binders, body: inner, type, span };
    },
    sum: (shape, body) => {
      const binders = bind(shape);
      const inner = body(...indices(binders));
      return { kind: 'reduce', reducer: 'sum', binders, where: null, body: inner, type: valueType(real), span };
    },
  };
};

/** Applies `one` to the vectors along the last axis. */
const alongLast = ({ input, write }: LayerCall, one: (vector: Expr) => Expr): Expr =>
  write.stack(input.type.shape.slice(0, -1), (...lead) => one(write.at(input, ...lead)));

const affine = ({ write }: LayerCall, weight: Expr, bias: Expr, vector: Expr): Expr =>
  write.call('add', write.call('matmul', weight, vector), bias);

/** The position of entry `offset` of window number `window`. */
const position = ({ write, sizes }: LayerCall, window: Expr, offset: Expr): Expr =>
  write.call('add', write.call('mul', write.dim(sizes['stride']!), window), offset);

/** Under the root of a layer norm, as in PyTorch and TensorFlow Addons. */
const floorOfVariance = 1e-5;

const layerNorm = (c: LayerCall): Expr => {
  const { write, param } = c;
  return alongLast(c, (v) => {
    const centred = write.call('sub', v, write.call('mean', v));
    const variance = write.call('mean', write.call('mul', centred, centred));
    const sd = write.call('sqrt', write.call('add', variance, write.number(floorOfVariance)));
    const scaled = write.call('mul', write.call('div', centred, sd), param('scale'));
    return write.call('add', scaled, param('shift'));
  });
};

const conv1d = (c: LayerCall): Expr => {
  const { input, write, param, sizes, type } = c;
  const [, depth] = input.type.shape;
  return write.stack(type.shape, (window, channel) => {
    const product = (k: Expr, d: Expr): Expr =>
      write.call(
        'mul',
        write.at(param('weight'), channel!, k, d),
        write.at(input, position(c, window!, k), ...(depth === undefined ? [] : [d])),
      );
    const total = write.sum([sizes['width']!, depth ?? constant(1)], (k, d) => product(k!, d!));
    return write.call('add', total, write.at(param('bias'), channel!));
  });
};

const conv2d = (c: LayerCall): Expr => {
  const { input, write, param, sizes, type } = c;
  const [, , depth] = input.type.shape;
  const width = sizes['width']!;
  return write.stack(type.shape, (row, column, channel) => {
    const product = (k: Expr, l: Expr, d: Expr): Expr =>
      write.call(
        'mul',
        write.at(param('weight'), channel!, k, l, d),
        write.at(input, position(c, row!, k), position(c, column!, l), ...(depth === undefined ? [] : [d])),
      );
    const total = write.sum([width, width, depth ?? constant(1)], (k, l, d) => product(k!, l!, d!));
    return write.call('add', total, write.at(param('bias'), channel!));
  });
};

/** Multi-head attention (Vaswani et al. 2017, equations 1 and 2): head a has the columns a·d … (a+1)·d - 1, and its weights
 *  are those rows of the matrices, so that activations are never cut up. */
const attention = (c: LayerCall): Expr => {
  const { write, param, sizes, type } = c;
  const [steps, columns] = type.shape as readonly [Dim, Dim];
  const [head, heads] = [sizes['head']!, sizes['heads']!];
  const column = (a: Expr, j: Expr): Expr => write.call('add', write.call('mul', a, write.dim(head)), j);
  const projected = (name: string, a: Expr): Expr => {
    const weight = write.stack([head], (j) => write.at(param(`${name}.weight`), column(a, j!)));
    const bias = write.stack([head], (j) => write.at(param(`${name}.bias`), column(a, j!)));
    return alongLast(c, (v) => affine(c, weight, bias, v));
  };
  const context = (a: Expr): Expr => {
    const products = write.call('matmul', projected('query', a), write.call('transpose', projected('key', a)));
    const scores = write.call('div', products, write.call('sqrt', write.dim(head)));
    return write.call('matmul', write.call('softmax', scores), projected('value', a));
  };
  return write.stack([steps, columns], (t, o) => {
    const joined = write.sum([heads], (a) => {
      const weight = write.stack([head], (j) => write.at(param('output.weight'), o!, column(a!, j!)));
      return write.call('matmul', weight, write.at(context(a!), t!));
    });
    return write.call('add', joined, write.at(param('output.bias'), o!));
  });
};

const expressions: Readonly<Record<LayerName, (c: LayerCall) => Expr>> = {
  linear: (c) => alongLast(c, (v) => affine(c, c.param('weight'), c.param('bias'), v)),
  conv1d,
  conv2d,
  layer_norm: layerNorm,
  attention,
  embedding: (c) =>
    c.write.stack(c.input.type.shape, (...lead) => c.write.at(c.param('weight'), c.write.at(c.input, ...lead))),
  // Nothing is dropped but while training, which prepare.ts refuses.
  dropout: (c) => c.input,
};

const isLayer = (name: string): name is LayerName => Object.hasOwn(layers, name);

/** The value of a layer whose input is `input`; `scope`: a name for its binders that no other expression uses. */
export const layerExpression = (
  layer: Expr & { kind: 'layer' },
  input: Expr,
  params: readonly Expr[],
  scope: string,
): Expr => {
  if (!isLayer(layer.layer)) throw new InternalError(`no layer named ${layer.layer}`);
  const write = writerFor(layer.span, scope);
  return expressions[layer.layer]({
    input: isRow(input.type) ? write.call('transpose', input) : input,
    type: layer.type,
    sizes: layer.sizes,
    param: (name) => {
      const at = layer.params.findIndex((p) => p.endsWith(`.${name}`));
      if (at < 0) throw new InternalError(`${layer.layer} has no param ${name}`);
      return params[at]!;
    },
    write,
  });
};
