// What some more units of work in a call cost, the call apart: the difference of a long and a short call. In: a call that does so
// many units. Out: a measurement of one unit.
import { performance } from 'node:perf_hooks';
import type { Setting, Taken } from './workload.ts';

/** Short pieces of work are measured again and again until this much time has passed. */
const leastMs = 300;

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/** The median of as many differences as the time allows, at least one. */
export const perUnit =
  (few: number, many: number, run: (units: number, setting?: Setting) => Promise<Taken>) =>
  async (setting?: Setting): Promise<Taken> => {
    const found: Taken[] = [];
    const until = performance.now() + leastMs;
    while (found.length === 0 || performance.now() < until) {
      const [short, long] = [await run(few, setting), await run(many, setting)];
      const each = (key: keyof Taken): number => (long[key] - short[key]) / (many - few);
      found.push({ ms: each('ms'), cpuMs: each('cpuMs') });
    }
    return { ms: median(found.map((f) => f.ms)), cpuMs: median(found.map((f) => f.cpuMs)) };
  };
