// The worker: loads compiled programs through koffi and calls them, one after another, on a thread of its own, which C may keep
// for as long as it computes. Libraries are never unloaded: threads of OpenMP may still stand in their code. It runs as the plain
// text that generate.ts makes of this file, so that it needs no loader for TypeScript and no file beside the bundle.
import { parentPort, workerData } from 'node:worker_threads';
import type { CallRequest, Element, Numbers, Reply, Request, SentInput } from './protocol.ts';

interface Entry {
  readonly bytes: (sizes: BigInt64Array, threads: number) => number | bigint;
  readonly call: (
    sizes: BigInt64Array,
    inputs: BigUint64Array,
    outputs: BigUint64Array,
    arena: bigint,
    threads: number,
    control: Int32Array,
  ) => number;
}

/** The part of koffi that is used here. */
interface Koffi {
  readonly config: (settings: { readonly sync_stack_size: number }) => void;
  readonly load: (path: string) => { readonly func: (definition: string) => (...args: unknown[]) => never };
  readonly address: (memory: ArrayBuffer | ArrayBufferView) => bigint;
}

const koffi = require((workerData as { readonly koffi: string }).koffi) as Koffi;
// The stack of the calling thread: koffi's own 1 MiB is less than what threads of OpenMP have.
koffi.config({ sync_stack_size: 8 * 2 ** 20 });

const entries = new Map<string, Entry>();
const kept = new Map<string, Numbers>();
let arena = new ArrayBuffer(0);

const entryOf = (path: string, symbol: string): Entry => {
  const key = `${path} ${symbol}`;
  let entry = entries.get(key);
  if (entry === undefined) {
    const library = koffi.load(path);
    const bytes = library.func(`int64_t ${symbol}_bytes(void *sizes, int32_t threads)`);
    const call = library.func(
      `int32_t ${symbol}(void *sizes, void *inputs, void *outputs, void *arena, int32_t threads, void *control)`,
    );
    entry = { bytes, call };
    entries.set(key, entry);
  }
  return entry;
};

const numbersOf = ({ numbers, keep }: SentInput): Numbers => {
  if (numbers === null) return kept.get(keep)!;
  if (keep !== null) kept.set(keep, numbers);
  return numbers;
};

const arrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array };
const emptyArray = (element: Element, length: number): Numbers =>
  new arrays[element](new ArrayBuffer(length * arrays[element].BYTES_PER_ELEMENT));

/** Where the arena begins: 64-byte aligned, with room for `bytes`. */
const arenaFor = (bytes: number): bigint => {
  if (arena.byteLength < bytes + 64) {
    // The old one may go before the new one comes.
    arena = new ArrayBuffer(0);
    arena = new ArrayBuffer(bytes + 64);
  }
  return (koffi.address(arena) + 63n) & ~63n;
};

const addressesOf = (all: readonly Numbers[]): BigUint64Array => BigUint64Array.from(all, (numbers) => koffi.address(numbers)); // prettier-ignore

const answer = ({ id, ...request }: CallRequest): Reply => {
  let entry;
  try {
    entry = entryOf(request.path, request.symbol);
  } catch (error) {
    return { id, kind: 'unloadable', said: error instanceof Error ? error.message : String(error) };
  }
  const inputs = request.inputs.map(numbersOf);
  const sizes = BigInt64Array.from(request.sizes, BigInt);
  const bytes = Number(entry.bytes(sizes, request.threads));
  if (bytes < 0) return { id, kind: 'memory', bytes: null };
  const needed = request.outputs.reduce((sum, { element, length }) => sum + length * arrays[element].BYTES_PER_ELEMENT, bytes); // prettier-ignore
  if (needed > request.memory + arena.byteLength) return { id, kind: 'memory', bytes: needed };
  let outputs: readonly Numbers[];
  let start: bigint;
  try {
    outputs = request.outputs.map(({ element, length, room }) => room ?? emptyArray(element, length));
    start = arenaFor(bytes);
  } catch (error) {
    if (error instanceof RangeError) return { id, kind: 'memory', bytes: needed };
    throw error;
  }
  const code = entry.call(sizes, addressesOf(inputs), addressesOf(outputs), start, request.threads, request.control);
  return { id, kind: 'done', stopped: code === 0 ? 'no' : code === 1 ? 'asked' : 'gave up', outputs };
};

const forget = (prefix: string): void => {
  for (const name of [...kept.keys()]) if (name.startsWith(prefix)) kept.delete(name);
  arena = new ArrayBuffer(0);
};

parentPort!.on('message', (request: Request) => {
  if (request.kind === 'forget') return forget(request.prefix);
  const reply = answer(request);
  parentPort!.postMessage(reply, reply.kind === 'done' ? reply.outputs.map((numbers) => numbers.buffer) : []);
});
