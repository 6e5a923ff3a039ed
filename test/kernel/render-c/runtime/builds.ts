// The builds that the runtime is tried in: as programs are compiled, and as they might be. In: the machine. Out: what it can do.
import type { Build } from './driver.ts';

/** As the native backend compiles programs. */
const fast = ['-std=gnu11', '-O3', '-march=native', '-fno-math-errno', '-fno-trapping-math', '-fopenmp'];
const sanitized = ['-O0', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

const kinds: readonly { readonly name: string; readonly compiler: string; readonly flags: readonly string[] }[] = [
  { name: 'as programs are', compiler: process.env['CC'] ?? 'cc', flags: fast },
  { name: 'ISO C without optimisation, sanitized', compiler: 'cc', flags: ['-std=c11', ...sanitized] },
  {
    name: 'without AVX',
    compiler: 'cc',
    flags: ['-std=c11', '-O2', ...(process.arch === 'x64' ? ['-march=x86-64'] : [])],
  },
  ...(process.arch === 'x64'
    ? [{ name: 'with AVX2 alone', compiler: 'cc', flags: ['-std=c11', '-O2', '-mavx2', '-mfma'] }]
    : []),
  { name: 'clang', compiler: process.env['CLANG'] ?? 'clang', flags: ['-std=c11', '-O2', '-march=native'] },
];

export interface Trial extends Build {
  /** Whether all there is is tried, or a part of it: one dense build of each scalar is enough for errors of formulas. */
  readonly dense: boolean;
}
export const trials: readonly Trial[] = kinds.flatMap((kind, i) =>
  (['float32', 'float64'] as const).map((scalar) => ({
    ...kind,
    name: `${kind.name}, ${scalar}`,
    scalar,
    dense: i === 0,
  })),
);
