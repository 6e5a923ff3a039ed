// The main job in three models on real data: k-means, a Gaussian mixture, a hidden Markov model. `npm run demo` from the root.
// Each is drawn, explained and run with the commands that are printed; drawings and results go to out/.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const commands = [
  "# k-means on 150 irises: the energy is a squared distance, the planner finds Lloyd's algorithm.",
  'check examples/kmeans.ebm',
  'graph examples/kmeans.ebm -o out/kmeans.svg',
  'explain examples/kmeans.ebm --data y=examples/data/iris.csv',
  'run examples/kmeans.ebm --data y=examples/data/iris.csv -o out/kmeans',
  '# A Gaussian mixture on the same data: every factor is normalised, so the components are marginalised: EM.',
  'graph examples/gmm_full.ebm -o out/gmm_full.svg',
  'run examples/gmm_full.ebm --data y=examples/data/iris.csv -o out/gmm_full',
  '# A hidden Markov model on the letters of the Gettysburg address: forward-backward, and it finds the vowels.',
  'graph examples/hmm.ebm -o out/hmm.svg',
  'run examples/hmm.ebm --data x=examples/data/letters.csv --size V=26 --backend reference -o out/hmm',
];

mkdirSync(`${root}out`, { recursive: true });
for (const line of commands) {
  if (line.startsWith('#')) {
    process.stdout.write(`\n${line}\n`);
    continue;
  }
  process.stdout.write(`\n$ npx ebmc ${line}\n`);
  const { status } = spawnSync(process.execPath, ['bin/ebmc.js', ...line.split(' ')], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 70);
}
