// What the schedule may choose that changes no result, only time: sizes of blocks, tiles and strips. In: nothing. Out: what is usual,
// and what else a search may try. `ebmc bench --tune` searches on the machine at hand and remembers.

export interface Tuning {
  /** Bytes of the intermediates of a row block: they should stay in the second-level cache. */
  readonly blockBytes: number;
  /** Entries of a tile of an elementwise loop. */
  readonly tileEntries: number;
  /** Results of one strip of a reduction that runs along rows. */
  readonly stripEntries: number;
  /** Terms of a tile of a long reduction, over all its results. */
  readonly reduceTerms: number;
}

/** Good on what has been measured: half of 512 KiB, 16 KiB an operand, 1 KiB beside the rows that pass by. */
export const usualTuning: Tuning = {
  blockBytes: 262_144,
  tileEntries: 4096,
  stripEntries: 256,
  reduceTerms: 8192,
};

/** Per choice, the values that a search tries, from small to large. */
export const tried: Readonly<Record<keyof Tuning, readonly number[]>> = {
  blockBytes: [65_536, 131_072, 262_144, 524_288, 1_048_576],
  tileEntries: [1024, 4096, 16_384],
  stripEntries: [64, 256, 1024],
  reduceTerms: [2048, 8192, 32_768],
};
