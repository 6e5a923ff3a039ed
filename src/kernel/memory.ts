// The static memory plan: which buffers take one place, one after the other. In: kernels, nominal sizes, the bytes of an entry of
// each buffer. Out: slots of the arena that all threads share, and of the scratch that every thread has for itself. Which buffers
// share is decided at the nominal sizes; it is right at all sizes, since a slot has the bytes of its largest buffer.
import { InternalError } from '../diagnostics/diagnostic.ts';
import { equal, evaluate, product, scale, type Dim } from '../tensor/dims.ts';
import type { BufferId, KernelProgram } from './kernel.ts';
import { livesOf, meet, type Life } from './memory/liveness.ts';

export interface Slot {
  readonly buffers: readonly BufferId[];
  /** The slot needs the most of these, never none; they differ. */
  readonly bytes: readonly Dim[];
}
export interface Region {
  readonly slots: readonly Slot[];
  /** The slot of every buffer of the region that is used; a buffer begins where its slot begins. */
  readonly place: ReadonlyMap<BufferId, number>;
}
export interface MemoryPlan {
  readonly arena: Region;
  readonly scratch: Region;
}

export interface MemoryFacts {
  /** Values of all sizes, nominal ones where no others are known. */
  readonly sizes: Readonly<Record<string, number>>;
  readonly bytesOfEntry: (buffer: BufferId) => number;
}

/** A slot being filled: the lives of its buffers, which do not meet, in order. */
interface Filling {
  readonly size: number;
  readonly lives: Life[];
  readonly buffers: BufferId[];
}

/** Where in the list a life belongs; null where one meets it. */
const roomFor = (lives: readonly Life[], life: Life): number | null => {
  let [low, high] = [0, lives.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lives[middle]!.to < life.from) low = middle + 1;
    else high = middle;
  }
  return low < lives.length && meet(lives[low]!, life) ? null : low;
};

const regionOf = (
  buffers: readonly BufferId[],
  lives: ReadonlyMap<BufferId, Life>,
  bytesOf: (buffer: BufferId) => Dim,
  sizes: Readonly<Record<string, number>>,
): Region => {
  const sized = buffers
    .filter((id) => lives.has(id))
    .map((id) => ({ id, life: lives.get(id)!, size: evaluate(bytesOf(id), sizes) }))
    .sort((a, b) => b.size - a.size || a.life.from - b.life.from);
  // The largest first, so that every slot is large enough already; into the smallest that has room.
  const filling: Filling[] = [];
  for (const { id, life, size } of sized) {
    const slot = filling.findLast((candidate) => roomFor(candidate.lives, life) !== null);
    if (slot === undefined) filling.push({ size, lives: [life], buffers: [id] });
    else {
      slot.lives.splice(roomFor(slot.lives, life)!, 0, life);
      slot.buffers.push(id);
    }
  }
  const slots = filling.map((slot): Slot => {
    const all = slot.buffers.map(bytesOf);
    return { buffers: slot.buffers, bytes: all.filter((dim, i) => all.findIndex((other) => equal(other, dim)) === i) };
  });
  return { slots, place: new Map(slots.flatMap((slot, i) => slot.buffers.map((id) => [id, i] as const))) };
};

export const planMemory = (kernels: KernelProgram, { sizes, bytesOfEntry }: MemoryFacts): MemoryPlan => {
  const lives = livesOf(kernels);
  const bytesOf = (id: BufferId): Dim => scale(product(kernels.buffers[id]!.shape), bytesOfEntry(id));
  const region = (storage: 'arena' | 'scratch'): Region => {
    const ids = [...kernels.buffers.keys()].filter((id) => kernels.buffers[id]!.storage === storage);
    return regionOf(ids, lives, bytesOf, sizes);
  };
  const plan = { arena: region('arena'), scratch: region('scratch') };
  const problems = problemsOf(kernels, plan, lives);
  if (problems.length > 0) throw new InternalError(`memory plan: ${problems.join('; ')}`);
  return plan;
};

/** What is wrong with a plan, as sentences: a buffer without a place, two that live at once in one place. */
export const verifyMemory = (kernels: KernelProgram, plan: MemoryPlan): readonly string[] =>
  problemsOf(kernels, plan, livesOf(kernels));

const problemsOf = (
  kernels: KernelProgram,
  plan: MemoryPlan,
  lives: ReadonlyMap<BufferId, Life>,
): readonly string[] => {
  const name = (id: BufferId): string => `%${id} ${kernels.buffers[id]!.name}`;
  const homeless = [...lives.keys()].filter((id) => !plan.arena.place.has(id) && !plan.scratch.place.has(id));
  const crowded = [plan.arena, plan.scratch].flatMap(({ slots }) =>
    slots.flatMap(({ buffers }) => {
      const inOrder = buffers.toSorted((a, b) => lives.get(a)!.from - lives.get(b)!.from);
      return inOrder.flatMap((id, i) =>
        i > 0 && meet(lives.get(inOrder[i - 1]!)!, lives.get(id)!) ? [[inOrder[i - 1]!, id] as const] : [],
      );
    }),
  );
  return [
    ...homeless.map((id) => `${name(id)} has no place`),
    ...crowded.map(([a, b]) => `${name(a)} and ${name(b)} live at once in one place`),
  ];
};

/** The places as the interpreter takes them. */
export const placesOf = ({ arena, scratch }: MemoryPlan): ReadonlyMap<BufferId, string> =>
  new Map([
    ...[...arena.place].map(([id, slot]) => [id, `arena ${slot}`] as const),
    ...[...scratch.place].map(([id, slot]) => [id, `scratch ${slot}`] as const),
  ]);
