// Where each buffer stands when an entry runs. In: a kernel program. Out: for every buffer its place, and the regions of the arena:
// one that all threads share, and one that every thread has for itself (scratch, private accumulators, packing space).
import { constantValue, sizesOf, type Dim } from '../../tensor/dims.ts';
import type { BufferId, KernelProgram } from '../kernel.ts';
import { planMemory, type Region as PlannedRegion } from '../memory.ts';
import { visitStatements } from '../visit.ts';
import { int64Of, magnitudeOf, type Real } from './numbers.ts';

export interface Place {
  readonly kind: 'constant' | 'input' | 'output' | 'arena' | 'scratch';
  /** The C type of its entries. */
  readonly type: 'real' | 'double' | 'int32_t';
  readonly readOnly: boolean;
  readonly perThread: boolean;
  /** Where in its region, as C: a number, or a field of the call's record. */
  readonly offset: string;
}

/** Stretches of memory, each beginning at a multiple of 64 bytes. */
export interface Region {
  /** Bytes of all slots of a fixed size, which come first. */
  readonly fixed: number;
  /** Slots with room for the most of these bytes, known at run time, and the fields that hold where they begin. */
  readonly open: readonly { readonly bytes: readonly Dim[]; readonly field: string }[];
}
export interface Storage {
  readonly places: readonly Place[];
  readonly shared: Region;
  readonly perThread: Region;
}

const alignment = 64;
const aligned = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;

/** The region, and where each of its slots begins as C. */
const laidOut = (
  { slots }: PlannedRegion,
  prefix: string,
): { readonly region: Region; readonly offsets: readonly string[] } => {
  let fixed = 0;
  const open: Region['open'][number][] = [];
  const offsets = slots.map(({ bytes }) => {
    const values = bytes.map(constantValue);
    if (values.every((value) => value !== null)) {
      const at = fixed;
      fixed += aligned(Math.max(...(values as readonly number[])));
      return String(at);
    }
    const field = `${prefix}${open.length}`;
    open.push({ bytes, field });
    return `call->${field}`;
  });
  return { region: { fixed, open }, offsets };
};

/** Private sums are kept in double, so that sums over many tiles lose nothing; they become `real` when they are combined. */
const privateSums = (kernels: KernelProgram): ReadonlySet<BufferId> => {
  const found = new Set<BufferId>();
  visitStatements(kernels.body, {
    statement: (s) => {
      if (s.kind !== 'loop') return;
      for (const { copy, op } of s.privates)
        if (op === 'sum' && kernels.buffers[copy]!.scalar === 'real') found.add(copy);
    },
  });
  return found;
};

/** What a size counts as where the caller names none: which buffers share memory depends on it, not whether they may. */
const nominal = 256;

export const planStorage = (kernels: KernelProgram, real: Real, sizes: Readonly<Record<string, number>>): Storage => {
  const wide = privateSums(kernels);
  const typeOf = (id: BufferId): Place['type'] =>
    kernels.buffers[id]!.scalar === 'int' ? 'int32_t' : wide.has(id) ? 'double' : 'real';
  const bytesOfEntry = (id: BufferId): number => {
    const type = typeOf(id);
    return type === 'int32_t' || (type === 'real' && real === 'float') ? 4 : 8;
  };
  const names = kernels.buffers.flatMap((buffer) => buffer.shape.flatMap(sizesOf));
  const known = Object.fromEntries(names.map((name) => [name, sizes[name] ?? nominal]));
  const plan = planMemory(kernels, { sizes: known, bytesOfEntry });
  const shared = laidOut(plan.arena, 'at_');
  const perThread = laidOut(plan.scratch, 'of_thread_');
  const offsetOf = (id: BufferId): string => {
    const [of, region] = plan.arena.place.has(id) ? [plan.arena, shared] : [plan.scratch, perThread];
    const slot = of.place.get(id);
    return slot === undefined ? '' : region.offsets[slot]!;
  };
  const places = kernels.buffers.map(({ storage }, id): Place => {
    const readOnly = storage === 'input' || storage === 'constant';
    return { kind: storage, type: typeOf(id), readOnly, perThread: storage === 'scratch', offset: offsetOf(id) };
  });
  return { places, shared: shared.region, perThread: perThread.region };
};

/** Statements of a function that returns -1 where the region would be larger than sizes may be; `at` holds where it ends. */
export const reservations = (region: Region, at: string, nameOf: (size: string) => string): readonly string[] => [
  `int64_t ${at} = ${region.fixed};`,
  ...region.open.flatMap(({ bytes, field }) => [
    ...bytes.map((dim) => `if (!(${magnitudeOf(dim, nameOf)} < EB_MOST)) return -1;`),
    `call->${field} = ${at};`,
    `${at} += eb_aligned(${bytes.map((dim) => int64Of(dim, nameOf)).reduce((a, b) => `eb_larger(${a}, ${b})`)});`,
    `if (!((double)${at} < EB_MOST)) return -1;`,
  ]),
];
