// Inputs that stay on the device between calls of one runner, so that data are not sent again for every step of learning.
// In: the inputs of a call and the names of those to keep. Out: the same with tensors in place of arrays that were sent before,
// recognised by the identity of their numbers.
import type * as Tfjs from '@tensorflow/tfjs-core';
import type { Program } from '../../tensor/program.ts';
import type { TensorData } from '../backend.ts';

interface Kept {
  readonly source: TensorData['data'];
  readonly tensor: Tfjs.Tensor;
}

export class KeptInputs {
  private readonly kept = new Map<string, Kept>();

  constructor(private readonly tf: typeof Tfjs) {}

  /** The backend of the runner is the current one. An input under a name whose numbers are others replaces the tensor. */
  placed(
    program: Program,
    inputs: Readonly<Record<string, TensorData>>,
    names: readonly string[],
  ): Readonly<Record<string, TensorData | Tfjs.Tensor>> {
    const placed: Record<string, TensorData | Tfjs.Tensor> = { ...inputs };
    for (const { name, id } of program.inputs) {
      const given = inputs[name];
      if (given === undefined || !names.includes(name)) continue;
      const type = program.values[id]!.dtype === 'int' ? 'int32' : 'float32';
      placed[name] = this.tensorOf(`${name} ${type}`, given, type);
    }
    return placed;
  }

  private tensorOf(key: string, { shape, data }: TensorData, type: 'int32' | 'float32'): Tfjs.Tensor {
    const before = this.kept.get(key);
    if (before?.source === data) return before.tensor;
    before?.tensor.dispose();
    const numbers = type === 'int32' ? Int32Array.from(data) : Float32Array.from(data);
    const tensor = this.tf.tensor(numbers, [...shape], type);
    this.kept.set(key, { source: data, tensor });
    return tensor;
  }

  dispose(): void {
    for (const { tensor } of this.kept.values()) tensor.dispose();
    this.kept.clear();
  }
}
