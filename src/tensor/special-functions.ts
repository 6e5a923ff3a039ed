// Special functions in float64. In: one number. Out: one number, relative error about 1e-14 unless said otherwise.
// Every function stands alone (no imports, no calls into each other), so that a code generator may emit its text.

/** Error function. Series erf x = 2/√π Σ (-1)^k x^(2k+1) / (k! (2k+1)) (DLMF 7.6.1) in its all-positive form 7.6.2 for
 *  |x| < 3, else 1 - erfc by the continued fraction 7.9.1. */
export function erf(x: number): number {
  if (Number.isNaN(x)) return NaN;
  const z = Math.abs(x);
  const sign = x < 0 ? -1 : 1;
  if (z > 6) return sign;
  if (z < 3) {
    let term = z;
    let sum = z;
    for (let k = 1; k < 100 && term > sum * 1e-17; k++) {
      term *= (2 * z * z) / (2 * k + 1);
      sum += term;
    }
    return sign * (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
  }
  let fraction = 0;
  for (let k = 60; k >= 1; k--) fraction = k / 2 / (z + fraction);
  return sign * (1 - Math.exp(-z * z) / (Math.sqrt(Math.PI) * (z + fraction)));
}

/** log |Γ(x)|: Lanczos' approximation with g = 7, nine terms (Lanczos 1964; coefficients by Godfrey). */
export function lgamma(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x === Infinity) return Infinity;
  if (x <= 0 && Math.floor(x) === x) return Infinity;
  if (x < 0.5) {
    const reflected = 1 - x;
    return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - lgamma(reflected);
  }
  const coefficients = [
    676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
    -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
  ];
  const z = x - 1;
  let sum = 0.9999999999998099;
  for (let i = 0; i < coefficients.length; i++) sum += coefficients[i]! / (z + i + 1);
  const t = z + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** ψ(x) = d/dx log Γ(x): recurrence up to x ≥ 10, then the asymptotic series DLMF 5.11.2; reflection 5.5.4 below 0. */
export function digamma(x: number): number {
  if (Number.isNaN(x) || x === -Infinity) return NaN;
  if (x <= 0 && Math.floor(x) === x) return NaN;
  let shift = 0;
  let z = x;
  if (z < 0) {
    shift = -Math.PI / Math.tan(Math.PI * z);
    z = 1 - z;
  }
  while (z < 10) {
    shift -= 1 / z;
    z += 1;
  }
  const r = 1 / (z * z);
  const series =
    r * (1 / 12 - r * (1 / 120 - r * (1 / 252 - r * (1 / 240 - r * (1 / 132 - r * (691 / 32760 - r / 12))))));
  return shift + Math.log(z) - 0.5 / z - series;
}

/** log I₀(x), the log normaliser of von Mises: power series DLMF 10.25.2 for |x| < 30, else the asymptotic series 10.40.1. */
export function logBesselI0(x: number): number {
  const z = Math.abs(x);
  if (Number.isNaN(z)) return NaN;
  if (z < 30) {
    const quarter = (z * z) / 4;
    let term = 1;
    let sum = 1;
    for (let k = 1; k < 200 && term > sum * 1e-17; k++) {
      term *= quarter / (k * k);
      sum += term;
    }
    return Math.log(sum);
  }
  let term = 1;
  let sum = 1;
  for (let k = 1; k < 20; k++) {
    term *= ((2 * k - 1) * (2 * k - 1)) / (8 * k * z);
    sum += term;
  }
  return z - 0.5 * Math.log(2 * Math.PI * z) + Math.log(sum);
}

/** Rounds to the nearest integer, halves to the even one. */
export function roundHalfEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  if (rest < 0.5) return low;
  if (rest > 0.5) return low + 1;
  return low % 2 === 0 ? low : low + 1;
}
