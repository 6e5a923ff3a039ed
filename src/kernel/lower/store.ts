// Storing values. In: a value of the program at hand. Out: the place where all of its entries are, and the statements that put
// them there.
import type { ValueId } from '../../tensor/program.ts';
import type { BufferId } from '../kernel.ts';
import type { Scope } from './context.ts';
import { storeNest } from './nests.ts';
import { setAt, whole, type Place } from './places.ts';

/** A new buffer for a value: in the arena, named after the value and what makes it. */
export const newBuffer = (scope: Scope, value: ValueId, what: string): BufferId => {
  const { shape, dtype } = scope.program.values[value]!;
  return scope.context.buffer({
    name: `%${scope.prefix}${value} ${what}`,
    scalar: dtype === 'int' ? 'int' : 'real',
    shape,
    storage: 'arena',
  });
};

/** Stores a value that has been inlined so far; later reads load it. */
export const materialise = (scope: Scope, value: ValueId): Place => {
  const place = whole(newBuffer(scope, value, 'copy'));
  storeNest(scope, scope.program.values[value]!.shape, (entries, at) => entries.at(scope, value, at), [setAt(place)]);
  scope.sources.set(value, { kind: 'stored', place });
  return place;
};

/** The buffer that holds a value and nothing else, of its very shape. */
export const wholeBuffer = (scope: Scope, value: ValueId): BufferId => {
  const found = wholePlace(scope, value);
  return found ?? materialise(scope, value).buffer;
};

const wholePlace = (scope: Scope, value: ValueId): BufferId | null => {
  const source = scope.sources.get(value);
  if (source?.kind === 'outer') return source.leading.length === 0 ? wholePlace(source.scope, source.value) : null;
  return source?.kind === 'stored' && source.place.isWhole ? source.place.buffer : null;
};
