// A module as a library in C: `ebmc compile --target c`. In: a module, sizes that are likely, the name of the header file. Out: the
// texts of the header and of the library; the same module always gives the same bytes.
import { sizesOf } from '../../tensor/dims.ts';
import type { ModuleSpec } from '../backend.ts';
import { emitHeader } from './header.ts';
import { interfaceOf } from './interface.ts';
import { emitLibrary } from './library.ts';

export interface LibraryText {
  readonly c: string;
  readonly h: string;
}

/** What a size counts as that nothing tells of: large enough that loops over it are worth cutting. */
const usualSize = 1000;

/** What is known of a size; a nominal value stands for none. */
interface KnownSize {
  readonly value: number;
  readonly source: string;
}

/** `sizes` are those of the task at hand: the library is right for others too. */
export const emitCLibrary = (
  spec: ModuleSpec,
  sizes: Readonly<Record<string, KnownSize>>,
  header: string,
): LibraryText => {
  const names = Object.values(spec.entries).flatMap(({ values }) =>
    values.flatMap(({ shape }) => shape.flatMap(sizesOf)),
  );
  const likely = (name: string): number => {
    const known = sizes[name];
    return known === undefined || known.source === 'nominal' ? usualSize : known.value;
  };
  const library = interfaceOf(spec);
  const values = Object.fromEntries(names.map((name) => [name, likely(name)]));
  return { c: emitLibrary(spec, library, values, header), h: emitHeader(spec, library) };
};
