// Buffers that nothing reads are not written, and scalars that nothing uses are not computed. In and out: kernels.
import type { BufferId, KernelProgram, LocalId, Statement } from '../kernel.ts';
import { effectsOf, type Effects } from './dependences.ts';

export const deadStores = (kernels: KernelProgram): KernelProgram => {
  for (let current = kernels; ;) {
    const effects = effectsOf(current.body);
    const body = liveIn(current.body, { kernels: current, effects });
    if (body === null) return current;
    current = { ...current, body };
  }
};

interface Context {
  readonly kernels: KernelProgram;
  readonly effects: Effects;
}

/** The list without what is dead; null where all of it is alive. */
const liveIn = (list: readonly Statement[], context: Context): readonly Statement[] | null => {
  let changed = false;
  const alive = list.flatMap((s): readonly Statement[] => {
    const kept = liveStatement(s, context);
    if (kept !== s) changed = true;
    return kept === null ? [] : [kept];
  });
  return changed ? alive : null;
};

const liveStatement = (s: Statement, context: Context): Statement | null => {
  const isRead = (buffer: BufferId): boolean => {
    const { storage } = context.kernels.buffers[buffer]!;
    return storage === 'output' || context.effects.buffers.get(buffer)?.reads === true;
  };
  const isUsed = (local: LocalId): boolean => context.effects.uses.has(local);
  switch (s.kind) {
    case 'store':
      return isRead(s.to.buffer) ? s : null;
    case 'product':
      return isRead(s.out.buffer) ? s : null;
    case 'let':
      return isUsed(s.local) ? s : null;
    case 'reduce': {
      const lets = s.lets.filter(({ local }) => isUsed(local));
      const accumulators = s.accumulators.filter(({ local }) => isUsed(local));
      if (accumulators.length === 0) return null;
      if (lets.length === s.lets.length && accumulators.length === s.accumulators.length) return s;
      return { ...s, lets, accumulators };
    }
    case 'if':
    case 'loop': {
      const list = s.kind === 'if' ? s.then : s.body;
      const body = liveIn(list, context);
      if ((body ?? list).length === 0) return null;
      if (s.kind === 'if') return body === null ? s : { ...s, then: body };
      return liveLoop(body === null ? s : { ...s, body }, isRead, context);
    }
    case 'while': {
      const [test, body] = [liveIn(s.test, context), liveIn(s.body, context)];
      return test === null && body === null ? s : { ...s, test: test ?? s.test, body: body ?? s.body };
    }
    case 'routine':
      return s.outs.some(isRead) ? s : null;
  }
};

/** Without scratch that nothing touches and private accumulators that go nowhere. */
const liveLoop = (
  s: Extract<Statement, { kind: 'loop' }>,
  isRead: (buffer: BufferId) => boolean,
  { effects }: Context,
): Statement => {
  const scratch = s.scratch.filter((buffer) => effects.buffers.has(buffer));
  const privates = s.privates.filter(({ into }) => isRead(into));
  if (scratch.length === s.scratch.length && privates.length === s.privates.length) return s;
  return { ...s, scratch, privates };
};
