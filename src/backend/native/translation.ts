// What a tensor program becomes on its way to a library: the text in C, and how its function is called.
import type { Dim } from '../../tensor/dims.ts';
import type { Program } from '../../tensor/program.ts';
import type { Sizes } from './call-sizes.ts';
import type { StoredShape } from './memory.ts';
import type { Element } from './worker/protocol.ts';

/** What `real` is in C. */
export type Real = 'float' | 'double';

export interface Translation extends Signature {
  readonly source: string;
}

/** How the function of an entry is called. */
export interface Signature {
  /** `ebmc_ENTRY`, beside which stands `ebmc_ENTRY_bytes`. */
  readonly symbol: string;
  /** The sizes that the function takes, in its order. */
  readonly sizes: readonly string[];
  readonly inputs: readonly { readonly name: string; readonly element: Element }[];
  readonly outputs: readonly { readonly name: string; readonly element: Element; readonly shape: readonly Dim[] }[];
  readonly stored: readonly StoredShape[];
}

export interface Translator {
  (entry: string, program: Program, constants: Sizes, sizes: Sizes): Translation;
}
