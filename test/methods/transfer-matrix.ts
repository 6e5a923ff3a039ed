// An Ising grid of H × W spins solved exactly column by column over the 2^H states of a column, in float64: log Z, marginals
// by a forward and a backward pass, and the minimum energy. E = -Σ h y - Σ a y[i,j-1] y[i,j] - Σ d y[i-1,j] y[i,j].
export interface IsingGrid {
  readonly height: number;
  readonly width: number;
  /** [H][W] */
  readonly field: readonly (readonly number[])[];
  /** across[i][j] couples (i, j) and (i, j+1): [H][W - 1]. */
  readonly across: readonly (readonly number[])[];
  /** down[i][j] couples (i, j) and (i+1, j): [H - 1][W]. */
  readonly down: readonly (readonly number[])[];
}

export interface IsingSolution {
  readonly logZ: number;
  readonly minimum: number;
  /** P(y = 1), [H][W]. */
  readonly up: readonly (readonly number[])[];
}

const spin = (state: number, i: number): number => ((state >> i) & 1) * 2 - 1;

export const solveIsing = (grid: IsingGrid, beta: number): IsingSolution => {
  const { height: h, width: w } = grid;
  const states = 2 ** h;
  const columns = Array.from({ length: w }, (_, j) =>
    Float64Array.from({ length: states }, (_s, s) => {
      let e = 0;
      for (let i = 0; i < h; i++) e -= grid.field[i]![j]! * spin(s, i);
      for (let i = 0; i + 1 < h; i++) e -= grid.down[i]![j]! * spin(s, i) * spin(s, i + 1);
      return e;
    }),
  );
  /** Carries energies of a column's states over the bonds to a neighbouring column, one row's spin at a time. */
  const carry = (from: Float64Array, bond: number, join: (a: number, b: number) => number): Float64Array => {
    let message = from;
    for (let i = 0; i < h; i++) {
      const j = grid.across[i]![bond]!;
      const next = new Float64Array(states);
      for (let s = 0; s < states; s++) {
        const [low, high] = [message[s & ~(1 << i)]!, message[s | (1 << i)]!];
        next[s] = join(low + j * spin(s, i), high - j * spin(s, i));
      }
      message = next;
    }
    return message;
  };
  const soft = (a: number, b: number): number => {
    const least = Math.min(a, b);
    return least - Math.log1p(Math.exp(-beta * Math.abs(a - b))) / beta;
  };
  const forward: Float64Array[] = [columns[0]!];
  const hard: Float64Array[] = [columns[0]!];
  for (let j = 1; j < w; j++) {
    const add = (m: Float64Array): Float64Array => m.map((x, s) => x + columns[j]![s]!);
    forward.push(add(carry(forward[j - 1]!, j - 1, soft)));
    hard.push(add(carry(hard[j - 1]!, j - 1, Math.min)));
  }
  const backward: Float64Array[] = Array.from({ length: w }, () => new Float64Array(states));
  for (let j = w - 2; j >= 0; j--)
    backward[j] = carry(
      backward[j + 1]!.map((x, s) => x + columns[j + 1]![s]!),
      j,
      soft,
    );
  const free = forward[w - 1]!.reduce(soft);
  const up = Array.from({ length: h }, () => Array<number>(w).fill(0));
  for (let j = 0; j < w; j++)
    for (let s = 0; s < states; s++) {
      const p = Math.exp(-beta * (forward[j]![s]! + backward[j]![s]! - free));
      for (let i = 0; i < h; i++) if (spin(s, i) > 0) up[i]![j]! += p;
    }
  return { logZ: -beta * free, minimum: hard[w - 1]!.reduce((a, b) => Math.min(a, b)), up };
};
