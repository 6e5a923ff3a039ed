// The models of the language: checked without a word of complaint. Smaller programs stand in test/corpus.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { check } from '../../src/semantics/check.ts';
import { parse } from '../../src/syntax/parse.ts';

const folder = join(import.meta.dirname, '../models');
const models = readdirSync(folder).toSorted();

describe('the models of the language', () => {
  it('are all there', () => expect(models).toHaveLength(69));

  it.each(models)('%s has no error and no warning', (name) => {
    const parsed = parse(readFileSync(join(folder, name), 'utf8'));
    const { model, diagnostics } = check(parsed.tree);
    expect([...parsed.diagnostics, ...diagnostics].map((d) => `${d.code} ${d.message}`)).toEqual([]);
    expect(model).not.toBeNull();
  });
});
