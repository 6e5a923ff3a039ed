// `npm run bench [-- WORKLOAD… --json --backend B --no-growth --scale SHARE]`: our time beside a peer's in one run, as ratios, and
// as shares of what the machine can do; how our time grows with the lengths and falls with threads; the most memory that tensors
// took. With --json an array of {workload, ours, peer, oursMs, peerMs, ratio, shareOfCeiling} on standard output, and nothing
// else there.
import { Command } from 'commander';
import { findBackend } from '../src/backend/registry.ts';
import { measureCeiling } from './ceiling.ts';
import type { Comparison, Growth } from './measure.ts';
import { compare, growth } from './measure.ts';
import { scaled } from './workload.ts';
import { workloads } from './workloads/index.ts';

interface Options {
  readonly json: boolean;
  /** Left out: native where a compiler is, else wasm. */
  readonly backend?: string;
  readonly growth: boolean;
  readonly scale: number;
}

/** Backends that compute on as many threads as they are told to. */
const threaded: ReadonlySet<string> = new Set(['native', 'native64']);

const defaultBackend = async (): Promise<string> =>
  (await findBackend('native')?.detect())?.available === true ? 'native' : 'wasm';

const heading = ['workload'.padEnd(18), 'ours'.padStart(11), 'peer'.padStart(11), 'ratio'.padStart(7), 'ceiling'.padStart(8)]; // prettier-ignore

const comparisonLine = (c: Comparison, limit: number): string => {
  const share = c.shareOfCeiling === null ? '' : `${(100 * c.shareOfCeiling).toFixed(0)} %`;
  const start = [c.workload.padEnd(18), `${c.oursMs.toFixed(1)} ms`.padStart(11)];
  if (c.ratio === null) return [...start, 'no peer to compare with'].join('  ');
  const verdict = limit === Infinity ? '' : c.ratio <= limit ? `at most ${limit}` : `MORE THAN ${limit}`;
  const figures = [`${c.peerMs!.toFixed(1)} ms`.padStart(11), c.ratio.toFixed(2).padStart(7), share.padStart(8)];
  return [...start, ...figures, verdict, c.peer].join('  ');
};

const growthLines = ({ slopes, peakBytes, threads }: Growth): readonly string[] => [
  ...slopes.map((s) => {
    const points = s.at.map((n, i) => `${n}: ${s.ms[i]!.toFixed(1)} ms`).join(', ');
    return `  time ~ ${s.length}^${s.exponent.toFixed(2)}   (${s.length} = ${points})`;
  }),
  ...threads.slice(1).map(({ count, ms }) => {
    const alone = threads[0]!.ms;
    return `  ${count} threads: ${(alone / ms).toFixed(2)} times as fast as one (${alone.toFixed(1)} and ${ms.toFixed(1)} ms)`;
  }),
  ...(peakBytes > 0 ? [`  tensors at peak: ${(peakBytes / 2 ** 20).toFixed(peakBytes < 2 ** 24 ? 2 : 0)} MiB`] : []),
];

const main = async (names: readonly string[], options: Options): Promise<void> => {
  const known = workloads.map((w) => w.name);
  const unknown = names.find((n) => !known.includes(n));
  if (unknown !== undefined) program.error(`no workload \`${unknown}\`; there are ${known.join(', ')}`);
  if (!(options.scale > 0)) program.error('--scale takes a share of the points and steps, above 0');
  const chosen = workloads
    .filter((w) => names.length === 0 || names.includes(w.name))
    .map((w) => scaled(w, options.scale));
  const backend = options.backend ?? (await defaultBackend());
  const ceiling = await measureCeiling();
  const results: Comparison[] = [];
  if (!options.json) {
    if (ceiling !== null)
      console.log(`ceiling: ${(ceiling.flops / 1e9).toFixed(0)} GFLOP/s, ${(ceiling.bytes / 1e9).toFixed(1)} GB/s`);
    console.log(heading.join('  '));
  }
  for (const workload of chosen) {
    const result = await compare(workload, backend, ceiling, (why) =>
      console.error(`${workload.name}: the peer does not run here: ${why}`),
    );
    results.push(result);
    if (options.json) continue;
    console.log(`${comparisonLine(result, workload.limits[backend] ?? Infinity)}   (${workload.unit})`);
    if (!options.growth) continue;
    for (const line of growthLines(await growth(workload, backend, threaded.has(backend)))) console.log(line);
  }
  if (options.json) console.log(JSON.stringify(results, null, 2));
};

const program = new Command('bench')
  .argument('[workloads...]', 'which; all of them unless named')
  .option('--json', 'print figures as JSON', false)
  .option('--backend <name>', 'where ours runs (default: native where there is a compiler, else wasm)')
  .option('--no-growth', 'leave out how time and memory grow')
  .option('--scale <share>', 'work on this share of the points and steps', Number, 1)
  .action(main);
await program.parseAsync();
