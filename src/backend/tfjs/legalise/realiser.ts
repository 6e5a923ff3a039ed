// Collects realised steps. In: operations one at a time. Out: tensors. An equal operation on equal tensors is made once, and
// each lands in the outermost block that holds its arguments: what does not change in a loop is computed before it.
import { InternalError } from '../../../diagnostics/diagnostic.ts';
import { equal, printShape, product, shapesEqual, type Dim } from '../../../tensor/dims.ts';
import type { DType } from '../../../tensor/program.ts';
import { constantStem, numberText, shapeText } from '../names.ts';
import { operations, type OperationName } from '../operations.ts';
import type { Step, Tensor, TensorType } from '../realisation.ts';

/** The body of an entry, of a loop, or of a loop's test. */
export interface Block {
  readonly depth: number;
  readonly steps: Step[];
  readonly known: Map<string, readonly Tensor[]>;
}

export interface TensorInfo {
  readonly shape: readonly Dim[];
  readonly type: TensorType;
}

export const tensorType = (dtype: DType): TensorType => (dtype === 'int' ? 'int32' : 'float32');

const collectedStem = 'collected';

export class Realiser {
  private readonly blocks: Block[] = [{ depth: 0, steps: [], known: new Map() }];
  private readonly homes = new Map<number, Block>();
  private readonly reshaped = new Map<number, Tensor>();
  private readonly literals = new Map<number, string>();
  private readonly lists = new Map<number, { readonly list: Tensor; readonly together: string | null }>();
  private count = 0;

  get block(): Block {
    return this.blocks.at(-1)!;
  }

  /** Runs `body` with a new innermost block and returns the block. */
  within(body: (block: Block) => void): Block {
    const block: Block = { depth: this.blocks.length, steps: [], known: new Map() };
    this.blocks.push(block);
    body(block);
    this.blocks.pop();
    return block;
  }

  /** A tensor that no operation makes: an input, a carry, a step of a scan. It lives in the innermost block. */
  declare(info: TensorInfo, stem: string, alias?: Tensor): Tensor {
    const tensor: Tensor = { id: this.count++, ...info, stem, ...(alias === undefined ? {} : { alias }) };
    this.homes.set(tensor.id, this.block);
    return tensor;
  }

  /** What a scan collects, an array of tensors of this shape, one a step. */
  declareSteps(length: Dim, element: TensorInfo): Tensor {
    const shape = [length, ...element.shape];
    const list: Tensor = { id: this.count++, shape, type: element.type, stem: collectedStem, list: true };
    this.homes.set(list.id, this.block);
    return list;
  }

  private homeOf(tensor: Tensor): Block {
    const home = this.homes.get(tensor.id);
    if (home === undefined || this.blocks[home.depth] !== home)
      throw new InternalError(
        `tensor ${tensor.stem} ${printShape(tensor.shape)} is used outside the block that makes it`,
      );
    return home;
  }

  /** Whether a tensor is made anew in every turn of the innermost loop. */
  changesHere(tensor: Tensor): boolean {
    return this.homeOf(tensor) === this.block;
  }

  /** A loop: its results live in the innermost block, as does the step itself. */
  append(step: Step): void {
    this.block.steps.push(step);
  }

  callAll(
    operation: OperationName,
    args: readonly Tensor[],
    attributes: readonly string[],
    infos: readonly TensorInfo[],
    stem: string = operations[operation].stem,
  ): readonly Tensor[] {
    const home = args.map((arg) => this.homeOf(arg)).reduce((a, b) => (b.depth > a.depth ? b : a), this.blocks[0]!);
    const key = [operation, ...args.map((arg) => arg.id), ...attributes, infos.map((i) => i.type).join()].join('|');
    const known = home.known.get(key);
    if (known !== undefined) return known;
    const out = infos.map((info): Tensor => ({
      id: this.count++,
      ...info,
      stem,
      ...(operations[operation].makesList ? { list: true } : {}),
    }));
    for (const tensor of out) this.homes.set(tensor.id, home);
    home.steps.push({ kind: 'call', operation, out, args, attributes });
    home.known.set(key, out);
    return out;
  }

  call(
    operation: OperationName,
    args: readonly Tensor[],
    attributes: readonly string[],
    shape: readonly Dim[],
    type: TensorType = args[0]?.type ?? 'float32',
    stem?: string,
  ): Tensor {
    return this.callAll(operation, args, attributes, [{ shape, type }], stem)[0]!;
  }

  /** The steps along the first axis as an array of tensors: the very ones that a scan collected, if it is what made them.
   *  `together`: the condition under which the array holds all numbers in one, for a scan that the host then runs. */
  unstack(tensor: Tensor, together: string | null): Tensor {
    const collected = this.lists.get(this.beforeReshape(tensor).id);
    if (collected?.together === together && equal(collected.list.shape[0]!, tensor.shape[0]!)) return collected.list;
    return this.call('unstack', [tensor], together === null ? [] : [together], tensor.shape);
  }

  /** Whether an array of steps was collected by a scan, so that its tensors have the shape they were made in. */
  isCollected(list: Tensor): boolean {
    return list.stem === collectedStem;
  }

  /** The collected steps as one tensor of this shape. */
  stack(list: Tensor, shape: readonly Dim[], together: string | null): Tensor {
    const stacked = this.call('stackSteps', [list], [shapeText(shape), `'${list.type}'`], shape, list.type);
    this.lists.set(stacked.id, { list, together });
    return stacked;
  }

  /** The same numbers under another shape. A view of a view is a view of the first. */
  reshape(tensor: Tensor, shape: readonly Dim[]): Tensor {
    if (shapesEqual(tensor.shape, shape)) return tensor;
    if (!equal(product(tensor.shape), product(shape)))
      throw new InternalError(`reshape ${printShape(tensor.shape)} to ${printShape(shape)}`);
    const source = this.beforeReshape(tensor);
    if (shapesEqual(source.shape, shape)) return source;
    const view = this.call('reshape', [source], [shapeText(shape)], shape, source.type, source.stem);
    this.reshaped.set(view.id, source);
    return view;
  }

  /** The tensor that this one is a view of, or itself. */
  beforeReshape(tensor: Tensor): Tensor {
    return this.reshaped.get(tensor.id) ?? tensor;
  }

  scalar(value: number, type: TensorType = 'float32'): Tensor {
    const attributes = type === 'float32' ? [numberText(value)] : [numberText(value), `'${type}'`];
    return this.number(attributes, type, constantStem(value));
  }

  /** A size, or an expression of sizes, as a scalar. */
  size(text: string): Tensor {
    return this.number([text], 'float32', 'size');
  }

  private number(attributes: readonly string[], type: TensorType, stem: string): Tensor {
    const tensor = this.call('scalar', [], attributes, [], type, stem);
    this.literals.set(tensor.id, attributes[0]!);
    return tensor;
  }

  /** What a scalar holds, when that is a number in the module's text; else null. */
  numberOf(scalar: Tensor): number | null {
    const value = Number(this.literals.get(this.beforeReshape(scalar).id) ?? NaN);
    return Number.isNaN(value) ? null : value;
  }

  /** A tensor filled with what a scalar holds, when that is known in the module's text; else null. */
  filled(scalar: Tensor, shape: readonly Dim[]): Tensor | null {
    const text = this.literals.get(this.beforeReshape(scalar).id);
    if (text === undefined) return null;
    if (text === '0') return this.zeros(shape, scalar.type);
    return this.call(
      'fill',
      [],
      [shapeText(shape), text, ...(scalar.type === 'float32' ? [] : [`'${scalar.type}'`])],
      shape,
      scalar.type,
    );
  }

  cast(tensor: Tensor, type: TensorType): Tensor {
    return tensor.type === type ? tensor : this.call('cast', [tensor], [`'${type}'`], tensor.shape, type, tensor.stem);
  }

  zeros(shape: readonly Dim[], type: TensorType = 'float32'): Tensor {
    return this.call('zeros', [], [shapeText(shape), ...(type === 'float32' ? [] : [`'${type}'`])], shape, type);
  }
}
