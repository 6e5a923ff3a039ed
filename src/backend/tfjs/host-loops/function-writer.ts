// The text of a host function under construction: arrays, made once before anything runs; then statements. In: declarations,
// loops, assignments. Out: lines. It knows the sizes that it mentions.
import { isOne, product, sizesOf, type Dim } from '../../../tensor/dims.ts';
import { Writer } from '../emit/writer.ts';
import { dimText, identifier, namer } from '../names.ts';
import { unwrapped } from './expressions.ts';
import { named, positionIn, shapeComment, standing, sumText, type HostValue } from './values.ts';

/** Names within a loop that computes one entry. */
const entryNames = ['total', 'lowest', 'best'];
const letters = ['i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 'u', 'v'];

export class FunctionWriter {
  readonly writer = new Writer();
  readonly sizes = new Set<string>();
  readonly arrays: string[] = [];
  readonly fresh: (stem: string) => string;
  private readonly indices: readonly string[];
  private depth = 0;

  constructor(reserved: ReadonlySet<string>) {
    this.indices = letters.filter((letter) => !reserved.has(letter));
    this.fresh = namer([...reserved, ...this.indices, ...entryNames]);
  }

  readonly dim = (dim: Dim): string => {
    for (const size of sizesOf(dim)) this.sizes.add(size);
    return dimText(dim);
  };

  isSingle(shape: readonly Dim[]): boolean {
    return shape.every(isOne);
  }

  /** A new array of numbers for a value of this shape. `single`: it rounds what is stored to float32. */
  array(stem: string, shape: readonly Dim[], int: boolean, single = false): HostValue & { readonly name: string } {
    const name = this.fresh(stem);
    const type = int ? 'Int32Array' : single ? 'Float32Array' : 'Float64Array';
    this.arrays.push(`const ${name} = new ${type}(${this.dim(product(shape))});${shapeComment(shape)}`);
    return { ...standing(name, '0', shape, int, this.dim), name };
  }

  /** Loops over all indices of a shape. */
  loops(shape: readonly Dim[], body: (at: readonly string[]) => void, from: readonly string[] = []): void {
    const axis = from.length;
    if (axis === shape.length) return body(from);
    if (isOne(shape[axis]!)) return this.loops(shape, body, [...from, '0']);
    const index = this.indices[this.depth] ?? this.fresh('index');
    this.depth++;
    this.writer.block(`for (let ${index} = 0; ${index} < ${this.dim(shape[axis]!)}; ${index}++) {`, () =>
      this.loops(shape, body, [...from, index]),
    );
    this.depth--;
  }

  /** Writes `value` into an array whose entries begin at `from`. */
  store(array: string, from: string, value: HostValue): void {
    this.loops(value.shape, (at) => {
      const to = sumText(from, positionIn(value.shape, at, this.dim));
      this.writer.line(`${array}[${to}] = ${unwrapped(value.read(at))};`);
    });
  }

  /** The value with its numbers in an array of its own, or in a constant if it is one number. */
  made(stem: string, value: HostValue): HostValue {
    const { shape, int } = value;
    if (this.isSingle(shape)) {
      const name = this.fresh(stem);
      this.writer.line(`const ${name} = ${unwrapped(value.read(shape.map(() => '0')))};`);
      return named(name, int, shape);
    }
    const array = this.array(stem, shape, int);
    this.store(array.name, '0', value);
    return array;
  }

  /** Assigns a result entry by entry: `entry` writes what it needs and returns the expression. */
  computed(stem: string, shape: readonly Dim[], int: boolean, entry: (at: readonly string[]) => string): HostValue {
    if (this.isSingle(shape)) {
      const name = this.fresh(stem);
      // The block keeps what it needs to itself.
      this.writer.line(`let ${name} = 0;`);
      this.writer.block('{', () => this.writer.line(`${name} = ${entry(shape.map(() => '0'))};`));
      return named(name, int, shape);
    }
    const array = this.array(stem, shape, int);
    this.loops(shape, (at) => {
      const text = entry(at);
      this.writer.line(`${array.name}[${positionIn(shape, at, this.dim)}] = ${text};`);
    });
    return array;
  }

  text(name: string, comment: string, parameters: readonly string[], results: readonly string[]): string {
    const indented = this.writer
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`);
    const given = [...[...this.sizes].sort().map(identifier), ...parameters];
    return [
      `/** ${comment} */`,
      `function ${name}(${given.join(', ')}) {`,
      ...this.arrays.map((line) => `  ${line}`),
      ...indented,
      `  return [${results.join(', ')}];`,
      '}',
      '',
    ].join('\n');
  }
}
