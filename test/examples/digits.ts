// The digits of the examples for checks that do without the compiler's readers, and three points whose losses fit on paper.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunResult } from '../../src/api.ts';
import type { BackendName } from './example.ts';
import { runExample, valueAt } from './example.ts';
import { dot } from './linear-algebra.ts';
import type { Matrix } from './linear-algebra.ts';

const data = 'examples/data/digits-';
export const training = `--data image=${data}train-images.idx --data y=${data}train-labels.idx`;
export const testImages = `--data image=${data}test-images.idx`;

/** The numbers of an idx file of bytes behind its header, whose fourth byte counts the axes. */
const bytesOf = (name: string): readonly number[] => {
  const content = readFileSync(join(import.meta.dirname, '..', '..', `${data}${name}.idx`));
  return [...content.subarray(4 + 4 * content[3]!)];
};

/** Pixels from 0 to 1. */
export const imagesOf = (part: 'train' | 'test'): Matrix => {
  const pixels = bytesOf(`${part}-images`).map((x) => x / 16);
  return Array.from({ length: pixels.length / 64 }, (_, n) => pixels.slice(64 * n, 64 * n + 64));
};
export const labelsOf = (part: 'train' | 'test'): readonly number[] => bytesOf(`${part}-labels`);

export const indexOfMaximum = (row: readonly number[]): number => row.indexOf(Math.max(...row));
export const scoresOf = (w: Matrix, image: readonly number[]): readonly number[] => w.map((row) => dot(row, image));

/** Share of equal entries. */
export const accuracy = (answers: readonly number[], labels: readonly number[]): number =>
  answers.filter((a, n) => a === labels[n]).length / labels.length;

/** The labels that a model with these params gives to the test images. */
export const answersOf = async (name: string, learned: RunResult, backend: BackendName): Promise<readonly number[]> => {
  const params = Object.fromEntries(
    Object.keys(learned.json.params).map((p) => [p, valueAt(learned, `params.${p}`) as Matrix]),
  );
  return valueAt(await runExample(name, testImages, backend, { params }), 'variables.y') as number[];
};

/** Images of two pixels as the examples read them, sixteen times as bright, for labels 0, 1, 2. */
export const threePoints = (images: Matrix, y: readonly number[]) => ({
  data: { image: images.map((row) => row.map((x) => 16 * x)), y },
});

/** The example with three labels, two pixels (and K = 2), that takes one step of rate 1 on all points, from `starts`. */
export const oneStep =
  (starts: Readonly<Record<string, Matrix>>) =>
  (text: string): string => {
    const small = text
      .replace(/size N.*/, 'size N')
      .replaceAll(/\bC\b(?=[,)\]])/g, '3')
      .replaceAll(/\b[DK]\b(?=[,\]])/g, '2')
      .replace(/sgd\(.*\)/, 'sgd(rate = 1)')
      .replace(/epochs 30\s+batch 32/, 'epochs 1');
    return Object.entries(starts).reduce(
      (all, [name, start]) =>
        all.replace(new RegExp(`(param ${name} : .*)`), `const ${name}0 = ${JSON.stringify(start)}\n$1 = ${name}0`),
      small,
    );
  };
