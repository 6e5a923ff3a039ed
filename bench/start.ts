// How long it takes until an example's program runs on native: `npx tsx bench/start.ts`. The first run translates and compiles, later
// ones find the library. In: the examples below. Out: medians in milliseconds, of whole processes beside that of `node -e 0`, and of
// loading and running alone as the report of the run has them.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
// Below the packages that the bundle asks for.
mkdirSync(join(root, 'out'), { recursive: true });
const folder = mkdtempSync(join(root, 'out', 'start-'));

const examples: readonly string[] = [
  'kmeans --data y=examples/data/iris.csv',
  'gmm_full --data y=examples/data/iris.csv',
  'hmm --data x=examples/data/letters.csv --size V=26',
  'pca --data y=examples/data/iris.csv',
  'local_level --data y=examples/data/nile.csv',
  'lasso --data x=examples/data/diabetes.csv --data y=examples/data/progression.csv',
];
const rounds = 7;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

const timed = <T>(work: () => T): readonly [number, T] => {
  const before = performance.now();
  const result = work();
  return [performance.now() - before, result];
};

interface Report {
  readonly seconds: { readonly run: number };
}

const run = (example: string): readonly [number, Report] => {
  const [name, ...flags] = example.split(' ');
  const argv = [
    join(folder, 'dist', 'cli.js'),
    'run',
    `examples/${name}.ebm`,
    ...flags,
    '--backend',
    'native',
    '--json',
  ];
  const env = { ...process.env, EBMC_CACHE: join(folder, 'cache') };
  const [whole, text] = timed(() =>
    execFileSync(process.execPath, argv, { cwd: root, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  return [whole, JSON.parse(text) as Report];
};

const line = (cells: readonly (string | number)[]): void => {
  const [name, ...numbers] = cells;
  const text = numbers.map((n) => (typeof n === 'number' ? n.toFixed(0) : n).padStart(14)).join('');
  process.stdout.write(`${String(name).padEnd(14)}${text}\n`);
};

try {
  execFileSync(process.execPath, [join(root, 'build.mjs'), join(folder, 'dist')], { cwd: root });
  const bare = median(
    Array.from({ length: rounds }, () => timed(() => execFileSync(process.execPath, ['-e', '0']))[0]),
  );
  process.stdout.write(`node -e 0: ${bare.toFixed(0)} ms; the rest beyond it, in ms\n`);
  line(['', 'first', 'cached', 'loads, runs']);
  for (const example of examples) {
    const [first] = run(example);
    const cached = Array.from({ length: rounds }, () => run(example));
    const inside = cached.map(([, { seconds }]) => 1000 * seconds.run);
    line([example.split(' ')[0]!, first - bare, median(cached.map(([ms]) => ms)) - bare, median(inside)]);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
