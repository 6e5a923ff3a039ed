// A Float64Array that grows by doubling: numbers arrive one at a time from a stream of unknown length.

export class GrowingArray {
  #data: Float64Array;
  #length = 0;

  constructor(capacity = 1024) {
    this.#data = new Float64Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#data.length) {
      const larger = new Float64Array(this.#data.length * 2);
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#data[this.#length++] = value;
  }

  at(index: number): number {
    return this.#data[index]!;
  }

  /** The numbers so far, without a copy. */
  toArray(): Float64Array {
    return this.#data.subarray(0, this.#length);
  }
}
