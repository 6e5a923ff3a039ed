// Three models on real data, each drawn, explained, run and compared with the number expected of it: `npm run demo` from the
// project root. In: nothing but this folder. Out: what the commands print, and files in out/demo. Ends with 1 when a command
// fails or a number is off.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

// `reference` counts in float64 loops, which on a long chain of few states is quicker than a thousand small tensor operations.
const parts = [
  {
    name: 'kmeans',
    about: 'k-means on 150 irises. The energy is a squared distance; no algorithm is named, and out comes Lloyd.',
    flags: '--data y=examples/data/iris.csv',
  },
  {
    name: 'gmm_full',
    about: 'A Gaussian mixture on the same irises. Every factor is normalised: the components are marginalised, EM.',
    flags: '--data y=examples/data/iris.csv',
  },
  {
    name: 'hmm',
    about: 'A hidden Markov model on the 1149 letters of the Gettysburg address. It finds vowels and consonants.',
    flags: '--data x=examples/data/letters.csv --size V=26',
    backend: '--backend reference',
  },
];

const say = (text) => process.stdout.write(`${text}\n`);

/** Runs a command of ebmc, shows it and what it prints; ends the demo if it fails. */
const ebmc = (line) => {
  say(`\n$ npx ebmc ${line}`);
  const { status } = spawnSync(process.execPath, ['bin/ebmc.js', ...line.split(' ')], { cwd: root, stdio: 'inherit' });
  if (status === 0) return;
  say(`\nThe command ended with ${status}.`);
  process.exit(1);
};

const read = (path) => JSON.parse(readFileSync(`${root}${path}`, 'utf8'));
const at = (value, path) => path.split('.').reduce((part, key) => part[key], value);

/** The expected numbers of one run beside those found. Says whether all are near enough. */
const compare = (name, flags) => {
  const found = read(`out/demo/${name}/result.json`);
  const { checks } = read(`examples/${name}.expected.json`).runs.find((run) => run.flags === flags);
  return checks
    .filter(({ value }) => typeof value === 'number')
    .map(({ path, value, within, source }) => {
      const near = Math.abs(at(found, path) - value) <= within;
      say(`  ${path} ${at(found, path).toFixed(4)}, expected ${value.toFixed(4)}: ${near ? 'agrees' : 'DIFFERS'}`);
      say(`    ${source}`);
      return near;
    })
    .every((near) => near);
};

/** Which letters each hidden state prefers. */
const showLetters = () => {
  const [first, second] = read('out/demo/hmm/result.json').params.B;
  const letters = (wanted) =>
    first
      .map((p, i) => (wanted(p, second[i]) ? String.fromCharCode(97 + i) : ''))
      .filter((letter) => letter !== '')
      .join(' ');
  say(`\nLetters that state 0 prefers: ${letters((p, q) => p > q)}`);
  say(`Letters that state 1 prefers: ${letters((p, q) => p < q)}`);
};

let good = true;
for (const { name, about, flags, backend } of parts) {
  const folder = `out/demo/${name}`;
  mkdirSync(`${root}${folder}`, { recursive: true });
  say(`\n${'─'.repeat(100)}\n${about}`);
  ebmc(`graph examples/${name}.ebm -o ${folder}/graph.svg`);
  ebmc(`explain examples/${name}.ebm ${flags}`);
  ebmc(`run examples/${name}.ebm ${flags}${backend === undefined ? '' : ` ${backend}`} --plot -o ${folder}`);
  say('\nExpected and found');
  good = compare(name, flags) && good;
  if (name === 'hmm') showLetters();
  say('\nFiles');
  for (const file of readdirSync(`${root}${folder}`).sort()) say(`  ${folder}/${file}`);
}
// Four measurements cannot be drawn as a surface; two can.
say(`\n${'─'.repeat(100)}\nThe same two models on the petals alone, whose energy can be drawn over the plane.`);
for (const name of ['kmeans', 'gmm_full']) {
  ebmc(`run examples/${name}.ebm --data y=examples/data/iris.csv:3,4 --plot -o out/demo/${name}_petals -q`);
  say(`\nsee out/demo/${name}_petals/surface.svg`);
}
process.exit(good ? 0 : 1);
