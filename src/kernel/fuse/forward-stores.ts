// What a statement stores and a later one reads again in the same iteration is kept in a local: one pass less through memory, and
// often a buffer that nobody reads any more (dead-stores.ts). Only in parallel loops: outside of them, a local would go from one
// start of threads, or one dispatch, to another. In and out: kernels.
import { Fresh } from '../fresh.ts';
import type { Access, BufferId, Expr, KernelProgram, Statement } from '../kernel.ts';
import { printAccess } from '../print-expressions.ts';
import { mapExpr, mapStatement, type Replacements } from '../transform.ts';
import { visitStatements } from '../visit.ts';
import { effectsOf } from './dependences.ts';

export const forwardStores = (kernels: KernelProgram): KernelProgram => {
  const fresh = new Fresh(kernels);
  return fresh.finish(kernels.body.map((s) => forwardedOutside(s, fresh)));
};

const forwardedOutside = (s: Statement, fresh: Fresh): Statement => {
  const inside = (list: readonly Statement[]): readonly Statement[] =>
    list.map((each) => forwardedOutside(each, fresh));
  switch (s.kind) {
    case 'loop':
      return { ...s, body: s.role === 'parallel' ? forwardedList(s.body, new Map(), fresh) : inside(s.body) };
    case 'if':
      return { ...s, then: inside(s.then) };
    case 'while':
      return { ...s, test: inside(s.test), body: inside(s.body) };
    default:
      return s;
  }
};

/** What stands at an access, as long as nothing is written to its buffer. */
type Known = ReadonlyMap<string, { readonly buffer: BufferId; readonly value: Expr }>;

const forwardedList = (list: readonly Statement[], outer: Known, fresh: Fresh): readonly Statement[] => {
  const lastRead = lastReads(list);
  let known = new Map(outer);
  return list.flatMap((s, i): readonly Statement[] => {
    if (s.kind === 'store') {
      const value = mapExpr(s.value, reading(known));
      const to = (mapStatement({ ...s, value: unused }, reading(known)) as typeof s).to;
      known = without(known, new Set([to.buffer]));
      const key = keyOf(to);
      if (s.mode !== 'set' || key === null || (lastRead.get(key) ?? -1) <= i) return [{ ...s, to, value }];
      if (value.kind === 'local' || value.kind === 'number') {
        known.set(key, { buffer: to.buffer, value });
        return [{ ...s, to, value }];
      }
      const { scalar } = fresh.bufferOf(to.buffer);
      const kept: Expr = { kind: 'local', local: fresh.local(), scalar };
      known.set(key, { buffer: to.buffer, value: kept });
      return [
        { kind: 'let', local: kept.local, value },
        { ...s, to, value: kept },
      ];
    }
    const written = writtenIn(s);
    const inside = without(known, written);
    known = new Map(inside);
    return [forwardedIn(s, inside, fresh)];
  });
};

const unused: Expr = { kind: 'number', value: 0, scalar: 'real' };

const forwardedIn = (s: Statement, known: Known, fresh: Fresh): Statement => {
  switch (s.kind) {
    case 'loop':
      return { ...s, body: forwardedList(s.body, known, fresh) };
    case 'if':
      return { ...s, test: mapExpr(s.test, reading(known)), then: forwardedList(s.then, known, fresh) };
    case 'while':
      return { ...s, test: forwardedList(s.test, known, fresh), body: forwardedList(s.body, known, fresh) };
    case 'reduce':
    case 'let':
      return mapStatement(s, reading(known));
    case 'store':
    case 'product':
    case 'routine':
      return s;
  }
};

const reading = (known: Known): Replacements => ({
  load: (access) => {
    const key = known.size === 0 ? null : keyOf(access);
    return key === null ? null : (known.get(key)?.value ?? null);
  },
});

/** null for computed indices: what they read may change. */
const keyOf = (access: Access): string | null => {
  const key = printAccess(access);
  return key.includes('{') ? null : key;
};

const without = (known: Known, buffers: ReadonlySet<BufferId>): Map<string, { buffer: BufferId; value: Expr }> =>
  new Map([...known].filter(([, { buffer }]) => !buffers.has(buffer)));

const writtenIn = (s: Statement): ReadonlySet<BufferId> =>
  new Set([...effectsOf([s]).buffers].filter(([, { writes }]) => writes).map(([buffer]) => buffer));

/** The last statement of the list in which something is loaded. */
const lastReads = (list: readonly Statement[]): ReadonlyMap<string, number> => {
  const last = new Map<string, number>();
  list.forEach((s, i) =>
    visitStatements([s], {
      access: (access, reads) => {
        const key = reads ? keyOf(access) : null;
        if (key !== null) last.set(key, i);
      },
    }),
  );
  return last;
};
