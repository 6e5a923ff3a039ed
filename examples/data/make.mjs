// Writes the made data of the examples: `node examples/data/make.mjs` from the project root. The seeds are fixed, so the files
// come out the same everywhere. In: gettysburg.txt. Out: letters.csv, casino.csv, casino.json, ellipse.csv, all beside this file.
import { readFileSync, writeFileSync } from 'node:fs';

/** Uniform numbers in [0, 1): mulberry32 (T. Ettinger, 2017, public domain). */
const uniforms = (seed) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** A standard normal number (Box and Muller 1958). */
const normal = (uniform) => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());

const draw = (uniform, probabilities) => {
  let left = uniform();
  const found = probabilities.findIndex((p) => (left -= p) < 0);
  return found < 0 ? probabilities.length - 1 : found;
};

const write = (name, text) => writeFileSync(new URL(name, import.meta.url), text);

// The letters of Lincoln's address at Gettysburg: a is 0, z is 25, everything else is left out.
{
  const text = readFileSync(new URL('gettysburg.txt', import.meta.url), 'utf8').toLowerCase();
  const letters = [...text].filter((c) => c >= 'a' && c <= 'z');
  write('letters.csv', `${letters.map((c) => c.charCodeAt(0) - 97).join('\n')}\n`);
}

// The occasionally dishonest casino (Durbin, Eddy, Krogh, Mitchison 1998, section 3.2): a fair die (state 0) is swapped for
// one that shows the highest face half of the time (state 1), and back.
const casino = {
  pi: [0.5, 0.5],
  A: [
    [0.95, 0.05],
    [0.1, 0.9],
  ],
  B: [
    [1 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 6],
    [0.1, 0.1, 0.1, 0.1, 0.1, 0.5],
  ],
};
{
  const uniform = uniforms(3);
  const rolls = [];
  for (let t = 0, state = draw(uniform, casino.pi); t < 300; t++) {
    if (t > 0) state = draw(uniform, casino.A[state]);
    rolls.push(draw(uniform, casino.B[state]));
  }
  write('casino.csv', `${rolls.join('\n')}\n`);
  write('casino.json', `${JSON.stringify(casino)}\n`);
}

// Points on an ellipse with half axes 2 and 1, moved by normal noise of standard deviation 0.1 in each coordinate.
{
  const uniform = uniforms(5);
  const rows = [];
  for (let n = 0; n < 120; n++) {
    const z = 2 * Math.PI * uniform();
    const point = [2 * Math.cos(z) + 0.1 * normal(uniform), Math.sin(z) + 0.1 * normal(uniform)];
    rows.push(point.map((v) => v.toFixed(4)).join(','));
  }
  write('ellipse.csv', `${rows.join('\n')}\n`);
}
