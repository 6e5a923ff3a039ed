// How fast data files are read: a megabyte of CSV in rows, the same on one line, and as JSON.
import { Readable } from 'node:stream';
import { bench, describe } from 'vitest';
import { readCsv } from '../src/data/csv.ts';
import { readJson } from '../src/data/json.ts';

const rows = Array.from({ length: 12_500 }, (_, i) =>
  Array.from({ length: 8 }, (__, j) => ((i * 7919 + j * 104729) % 1e7) / 1e6),
);
const inRows = Buffer.from(rows.map((row) => row.join(',')).join('\n'));
const onOneLine = Buffer.from(rows.flat().join(','));
const json = JSON.stringify(rows);
const options = { file: 'bench.csv', columns: null, delimiters: [',', ';', '\t'] };

describe('reading 100,000 numbers', () => {
  bench('csv, 8 columns', async () => {
    await readCsv(Readable.from([inRows]), options);
  });
  bench('csv, one line', async () => {
    await readCsv(Readable.from([onOneLine]), options);
  });
  bench('json', () => {
    readJson(json, 'bench.json');
  });
});
