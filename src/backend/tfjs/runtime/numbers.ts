// Functions of single numbers for loops on the host. In: numbers. Out: a number in float64.

export function squareNumber(x: number): number {
  return x * x;
}
export function sigmoidNumber(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}
export function softplusNumber(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
/** The remainder with the sign of the divisor. */
export function moduloNumber(a: number, b: number): number {
  return a - b * Math.floor(a / b);
}
/** The free energy at β of energies whose minimum is `least`, from Σ exp(β (least - energy)); at most 1e30. */
export function freeEnergyNumber(least: number, total: number, beta: number): number {
  return Math.min(Number.isFinite(least) ? least - Math.log(total) / beta : least, 1e30);
}
