// Writes the made data of the examples: `node examples/data/make.mjs` from the project root. The seeds are fixed, so the files
// come out the same everywhere. In: gettysburg.txt. Out: the files that README.md calls made by it, all beside this one.
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

// Which irises are virginica: the last fifty of iris.csv.
write('virginica.csv', `${Array.from({ length: 150 }, (_, n) => (n < 100 ? 0 : 1)).join('\n')}\n`);

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

// Planted sparse codes: ten directions of length 1 in eight dimensions, and 200 points, each the sum of two of them with
// coefficients between 1 and 2 of either sign, moved by normal noise of standard deviation 0.05.
{
  const uniform = uniforms(7);
  const [size, atoms] = [8, 10];
  const directions = Array.from({ length: atoms }, () => {
    const v = Array.from({ length: size }, () => normal(uniform));
    return v.map((x) => x / Math.hypot(...v));
  });
  const rows = [];
  for (let n = 0; n < 200; n++) {
    const first = Math.floor(atoms * uniform());
    const second = (first + 1 + Math.floor((atoms - 1) * uniform())) % atoms;
    const [a, c] = [first, second].map(() => (uniform() < 0.5 ? -1 : 1) * (1 + uniform()));
    const point = directions[first].map((x, d) => a * x + c * directions[second][d] + 0.05 * normal(uniform));
    rows.push(point.map((v) => v.toFixed(4)).join(','));
  }
  write('sparse.csv', `${rows.join('\n')}\n`);
  // Rounded towards 0, so that no column is longer than 1.
  const W = directions[0].map((_, d) => directions.map((v) => Math.trunc(v[d] * 1e6) / 1e6));
  write('sparse.json', `${JSON.stringify({ W })}\n`);
}

// Planted ratings of 20 films by 30 people, from 1 to 5 with one decimal: a mean of 3 and two tastes that a film serves and a
// person has, and normal noise of standard deviation 0.2. About half are in ratings.csv, the other cells empty; held_out.csv has
// the other half, and 0 in the other cells.
{
  const uniform = uniforms(11);
  const tastes = (count) => Array.from({ length: count }, () => [normal(uniform), normal(uniform)]);
  const [people, films] = [tastes(30), tastes(20)];
  const cells = people.map((p) =>
    films.map((f) => {
      const rating = 3 + 0.8 * (p[0] * f[0] + p[1] * f[1]) + 0.2 * normal(uniform);
      return { text: Math.min(Math.max(rating, 1), 5).toFixed(1), given: uniform() < 0.5 };
    }),
  );
  const table = (cell) => `${cells.map((row) => row.map(cell).join(',')).join('\n')}\n`;
  write(
    'ratings.csv',
    table(({ text, given }) => (given ? text : '')),
  );
  write(
    'held_out.csv',
    table(({ text, given }) => (given ? '0' : text)),
  );
}

// Sentences over twelve words, and the part of speech of each word. Four nouns are verbs too, and one is an adjective. The tags
// are a Markov chain that begins anywhere; tagger.json holds the logarithms of its probabilities, as a tagger scores.
{
  const uniform = uniforms(13);
  const words = 'the a old wild dog boat man fish walk watch see sleep'.split(' ');
  /** Probabilities in hundredths, and a little of everything. */
  const mixed = (hundredths) => hundredths.map((p) => (0.98 * p) / 100 + 0.02 / hundredths.length);
  const says = (text) => mixed(words.map((word) => Number(new RegExp(`\\b${word} (\\d+)`).exec(text)?.[1] ?? 0)));
  // article, adjective, noun, verb
  const B = [
    says('the 60, a 40'),
    says('old 60, wild 40'),
    says('dog 20, boat 20, man 15, fish 15, walk 10, watch 10, old 10'),
    says('see 25, sleep 15, man 15, fish 15, walk 15, watch 15'),
  ];
  const A = [
    [0, 40, 60, 0],
    [0, 20, 80, 0],
    [10, 5, 15, 70],
    [65, 15, 10, 10],
  ].map(mixed);
  const sentence = () => {
    const length = 3 + Math.floor(8 * uniform());
    const tags = [];
    for (let t = 0; t < length; t++) tags.push(draw(uniform, t === 0 ? [0.25, 0.25, 0.25, 0.25] : A[tags[t - 1]]));
    return { tags, words: tags.map((tag) => draw(uniform, B[tag])) };
  };
  const json = (rows) => `[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(',\n')}\n]\n`;
  for (const [part, count] of Object.entries({ train: 300, test: 100 })) {
    const sentences = Array.from({ length: count }, sentence);
    write(`sentences-${part}-words.json`, json(sentences.map((s) => s.words)));
    write(`sentences-${part}-tags.json`, json(sentences.map((s) => s.tags)));
  }
  const log = (p) => Number(Math.log(p).toFixed(6));
  const emit = words.map((_, v) => B.map((row) => log(row[v])));
  write('tagger.json', `${JSON.stringify({ emit, trans: A.map((row) => row.map(log)) })}\n`);
}
