// Total variation denoising of a sequence, exactly and in one pass: an oracle of another kind than the compiler's methods.
/** min ½ Σ (y - x)² + λ Σ |x[t+1] - x[t]| by the taut string (Condat 2013, algorithm 1). */
export const tautString = (y: readonly number[], lambda: number): readonly number[] => {
  const n = y.length;
  const x = Array<number>(n);
  let [k, k0, kLow, kHigh] = [0, 0, 0, 0];
  let [vMin, vMax, uMin, uMax] = [y[0]! - lambda, y[0]! + lambda, lambda, -lambda];
  for (;;) {
    if (k === n - 1) {
      if (uMin < 0) {
        do x[k0++] = vMin;
        while (k0 <= kLow);
        kLow = k = k0;
        vMin = y[k]!;
        uMax = vMin + (uMin = lambda) - vMax;
      } else if (uMax > 0) {
        do x[k0++] = vMax;
        while (k0 <= kHigh);
        kHigh = k = k0;
        vMax = y[k]!;
        uMin = vMax + (uMax = -lambda) - vMin;
      } else {
        vMin += uMin / (k - k0 + 1);
        do x[k0++] = vMin;
        while (k0 <= k);
        return x;
      }
      continue;
    }
    uMin += y[k + 1]! - vMin;
    uMax += y[k + 1]! - vMax;
    if (uMin < -lambda) {
      do x[k0++] = vMin;
      while (k0 <= kLow);
      vMin = y[(kLow = kHigh = k = k0)]!;
      vMax = vMin + 2 * lambda;
      [uMin, uMax] = [lambda, -lambda];
    } else if (uMax > lambda) {
      do x[k0++] = vMax;
      while (k0 <= kHigh);
      vMax = y[(kLow = kHigh = k = k0)]!;
      vMin = vMax - 2 * lambda;
      [uMin, uMax] = [lambda, -lambda];
    } else {
      k++;
      if (uMin >= lambda) {
        kLow = k;
        vMin += (uMin - lambda) / (kLow - k0 + 1);
        uMin = lambda;
      }
      if (uMax <= -lambda) {
        kHigh = k;
        vMax += (uMax + lambda) / (kHigh - k0 + 1);
        uMax = -lambda;
      }
    }
  }
};
