// Steps a call: about a tenth of a second, and more where calls are dear by themselves.
import { describe, expect, it } from 'vitest';
import { pacing } from '../../src/learn/pace.ts';

/** Calls of which each costs `call` milliseconds and each of its steps `step`; an epoch has `epoch` steps. */
const paceOf = (call: number, step: number, epoch: number, calls: number): readonly number[] => {
  const pace = pacing();
  let left = epoch;
  return Array.from({ length: calls }, () => {
    const steps = Math.min(pace.steps(), left);
    left = left === steps ? epoch : left - steps;
    pace.took(steps, call + step * steps);
    return steps;
  });
};

describe('the pace of learning', () => {
  it('comes to calls of a tenth of a second', () => {
    expect(paceOf(0, 1, Infinity, 20).at(-1)).toBe(100);
    expect(paceOf(0, 0.001, Infinity, 20).at(-1)).toBe(100_000);
    // 40 ms for the call and 60 steps of 1 ms, but for rounding down.
    expect(paceOf(40, 1, Infinity, 40).at(-1)).toBe(59);
  });

  it('does not stay at single steps where a call costs more than that by itself', () => {
    // Half of the time goes into steps: 500 of 1 ms in a call that costs 500 ms.
    const steps = paceOf(500, 1, Infinity, 60);
    expect(steps.at(-1)).toBeGreaterThan(450);
    expect(steps.at(-1)).toBeLessThan(510);
  });

  it('takes steps of a second one or two at a time', () => {
    expect(Math.max(...paceOf(0, 1000, Infinity, 20))).toBeLessThanOrEqual(2);
  });

  it('is kept where the end of an epoch cuts a call short', () => {
    const steps = paceOf(0, 1, 150, 40);
    expect(steps.slice(-4).toSorted((a, b) => a - b)).toEqual([50, 50, 100, 100]);
  });
});
