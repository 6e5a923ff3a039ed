// `npm run bench [-- WORKLOAD… --json --backend B --no-growth --scale SHARE]`: our time beside a peer's in one run, as ratios; how
// our time grows with the lengths; the most memory that tensors took. With --json an array of
// {workload, ours, peer, oursMs, peerMs, ratio} on standard output, and nothing else there.
import { Command } from 'commander';
import type { Comparison, Growth } from './measure.ts';
import { compare, growth } from './measure.ts';
import { scaled } from './workload.ts';
import { workloads } from './workloads/index.ts';

interface Options {
  readonly json: boolean;
  readonly backend: string;
  readonly growth: boolean;
  readonly scale: number;
}

const comparisonLine = (c: Comparison, limit: number): string => {
  const cells = [c.workload.padEnd(18), `${c.oursMs.toFixed(1)} ms`.padStart(11)];
  if (c.ratio === null) return [...cells, 'no peer to compare with'].join('  ');
  const verdict = limit === Infinity ? '' : c.ratio <= limit ? `at most ${limit}` : `MORE THAN ${limit}`;
  return [...cells, `${c.peerMs!.toFixed(1)} ms`.padStart(11), c.ratio.toFixed(2).padStart(7), verdict, c.peer].join(
    '  ',
  );
};

const growthLines = ({ slopes, peakBytes }: Growth): readonly string[] => [
  ...slopes.map((s) => {
    const points = s.at.map((n, i) => `${n}: ${s.ms[i]!.toFixed(1)} ms`).join(', ');
    return `  time ~ ${s.length}^${s.exponent.toFixed(2)}   (${s.length} = ${points})`;
  }),
  `  tensors at peak: ${(peakBytes / 2 ** 20).toFixed(peakBytes < 2 ** 24 ? 2 : 0)} MiB`,
];

const main = async (names: readonly string[], options: Options): Promise<void> => {
  const known = workloads.map((w) => w.name);
  const unknown = names.find((n) => !known.includes(n));
  if (unknown !== undefined) program.error(`no workload \`${unknown}\`; there are ${known.join(', ')}`);
  if (!(options.scale > 0)) program.error('--scale takes a share of the points and steps, above 0');
  const chosen = workloads
    .filter((w) => names.length === 0 || names.includes(w.name))
    .map((w) => scaled(w, options.scale));
  const results: Comparison[] = [];
  if (!options.json)
    console.log(`${'workload'.padEnd(18)}  ${'ours'.padStart(11)}  ${'peer'.padStart(11)}  ${'ratio'.padStart(7)}`);
  for (const workload of chosen) {
    const result = await compare(workload, options.backend, (why) =>
      console.error(`${workload.name}: the peer does not run here: ${why}`),
    );
    results.push(result);
    if (options.json) continue;
    console.log(`${comparisonLine(result, workload.limit)}   (${workload.unit})`);
    if (options.growth) for (const line of growthLines(await growth(workload, options.backend))) console.log(line);
  }
  if (options.json) console.log(JSON.stringify(results, null, 2));
};

const program = new Command('bench')
  .argument('[workloads...]', 'which; all of them unless named')
  .option('--json', 'print figures as JSON', false)
  .option('--backend <name>', 'where ours runs', 'wasm')
  .option('--no-growth', 'leave out how time and memory grow')
  .option('--scale <share>', 'work on this share of the points and steps', Number, 1)
  .action(main);
await program.parseAsync();
