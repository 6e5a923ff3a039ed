// Small programs: the bad ones with every expected diagnostic written at its place, the good ones without any.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasErrors } from '../../src/diagnostics/diagnostic.ts';
import { check } from '../../src/semantics/check.ts';
import { parse } from '../../src/syntax/parse.ts';
import { disagreements } from '../corpus/annotations.ts';

const files = (folder: string): readonly string[] => readdirSync(join(import.meta.dirname, folder)).toSorted();
const read = (folder: string, name: string): string => readFileSync(join(import.meta.dirname, folder, name), 'utf8');

const diagnose = (source: string) => {
  const parsed = parse(source);
  const checked = check(parsed.tree);
  return { model: checked.model, diagnostics: [...parsed.diagnostics, ...checked.diagnostics] };
};

describe('wrong programs', () => {
  it.each(files('bad'))('%s', (name) => {
    const source = read('bad', name);
    expect(disagreements(source, diagnose(source).diagnostics)).toEqual([]);
  });
});

describe('right programs', () => {
  it.each(files('good'))('%s', (name) => {
    const source = read('good', name);
    expect(disagreements(source, diagnose(source).diagnostics)).toEqual([]);
    expect(diagnose(source).model).not.toBeNull();
  });
});

describe('the models of the language', () => {
  const models = files('../models');
  it('are all there', () => expect(models).toHaveLength(69));
  it.each(models)('%s has no error and no warning', (name) => {
    const { model, diagnostics } = diagnose(read('../models', name));
    expect(diagnostics.map((d) => `${d.code} ${d.message}`)).toEqual([]);
    expect(hasErrors(diagnostics)).toBe(false);
    expect(model).not.toBeNull();
  });
});
