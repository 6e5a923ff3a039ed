// The models in bad/ have the syntax errors that they say they have, and no others.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { syntaxMessages } from '../../src/diagnostics/messages/syntax.ts';
import { parse } from '../../src/syntax/parse.ts';
import { disagreements, readAnnotations } from '../corpus/annotations.ts';

const folder = 'test/syntax/bad';
const files = readdirSync(folder).filter((file) => file.endsWith('.ebm'));

test.each(files)('%s', (file) => {
  const source = readFileSync(`${folder}/${file}`, 'utf8');
  expect(readAnnotations(source)).not.toHaveLength(0);
  expect(disagreements(source, parse(source).diagnostics)).toEqual([]);
});

test('the corpus holds every syntax error that a short text can show', () => {
  const shown = new Set(
    files.flatMap((f) => readAnnotations(readFileSync(`${folder}/${f}`, 'utf8')).map((e) => e.code)),
  );
  const cannot = new Set(['EBM115', 'EBM119']);
  expect(Object.keys(syntaxMessages).filter((code) => !shown.has(code) && !cannot.has(code))).toEqual([]);
});
