// Where the entries of a value are. In: buffers. Out: functions from an index of the value to an index of the buffer.
import type { BufferId, Index } from '../kernel.ts';

export interface Place {
  readonly buffer: BufferId;
  readonly at: (indices: readonly Index[]) => readonly Index[];
  /** The entries of the buffer are those of the value, in order, and there are no others. */
  readonly isWhole: boolean;
}

export const whole = (buffer: BufferId): Place => ({ buffer, at: (indices) => indices, isWhole: true });

/** Indices changed before a place is asked. */
export const mapped = (place: Place, map: Place['at']): Place => ({
  buffer: place.buffer,
  at: (indices) => place.at(map(indices)),
  isWhole: false,
});

/** The part of what is at a place whose leading indices are these. */
export const under = (place: Place, leading: readonly Index[]): Place =>
  mapped(place, (indices) => [...leading, ...indices]);

/** A place to write to: `sum` adds to what stands there. */
export interface Target {
  readonly place: Place;
  readonly mode: 'set' | 'sum';
}
export const setAt = (place: Place): Target => ({ place, mode: 'set' });
