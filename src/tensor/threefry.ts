// Counter-based random numbers: Threefry-2x32 with 20 rounds (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy
// as 1, 2, 3", SC 2011). In: key (seed, instruction id), counter (step, element). Out: uniform or normal numbers.
// No imports: a code generator may emit this file's functions as text.

/** One block: two 32-bit words of `out` from a two-word key and a two-word counter. */
export function threefry2x32(key0: number, key1: number, counter0: number, counter1: number, out: Uint32Array): void {
  const key2 = 0x1bd11bda ^ key0 ^ key1;
  let x0 = (counter0 + key0) | 0;
  let x1 = (counter1 + key1) | 0;
  for (let group = 0; group < 5; group++) {
    const even = group % 2 === 0;
    x0 = (x0 + x1) | 0;
    x1 = (even ? (x1 << 13) | (x1 >>> 19) : (x1 << 17) | (x1 >>> 15)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = (even ? (x1 << 15) | (x1 >>> 17) : (x1 << 29) | (x1 >>> 3)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = (even ? (x1 << 26) | (x1 >>> 6) : (x1 << 16) | (x1 >>> 16)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = (even ? (x1 << 6) | (x1 >>> 26) : (x1 << 24) | (x1 >>> 8)) ^ x0;
    // Key injection after every four rounds: words group+1 and group+2 of the three-word key schedule.
    const first = group % 3;
    x0 = (x0 + (first === 0 ? key1 : first === 1 ? key2 : key0)) | 0;
    x1 = (x1 + (first === 0 ? key2 : first === 1 ? key0 : key1) + group + 1) | 0;
  }
  out[0] = x0;
  out[1] = x1;
}

/** Fills `out`: element i uses counter (step, i). Uniforms are (k + ½) / 2²³, k the top 23 bits of the first word: never 0
 *  or 1 and the same number in float32 and float64. Normals are Box-Muller on the block's two words, |z| < 5.8. */
export function fillRandom(
  distribution: 'uniform' | 'normal',
  out: Float64Array | Float32Array,
  seed: number,
  id: number,
  step: number,
): void {
  const words = new Uint32Array(2);
  for (let i = 0; i < out.length; i++) {
    threefry2x32(seed | 0, id | 0, step | 0, i, words);
    const u = ((words[0]! >>> 9) + 0.5) / 8388608;
    out[i] =
      distribution === 'uniform'
        ? u
        : Math.sqrt(-2 * Math.log(u)) * Math.cos((2 * Math.PI * ((words[1]! >>> 9) + 0.5)) / 8388608);
  }
}
