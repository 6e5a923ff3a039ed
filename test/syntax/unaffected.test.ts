// After a syntax error, what later phases say is shown if it is no consequence of it.
import { describe, expect, test } from 'vitest';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { parse } from '../../src/syntax/parse.ts';
import { unaffected } from '../../src/syntax/unaffected.ts';

/** `part` is where a later phase found something; the syntax errors are the parser's. */
const keeps = (source: string, part: string, code: string): boolean => {
  const start = source.indexOf(part);
  expect(start).toBeGreaterThanOrEqual(0);
  const later: Diagnostic = {
    code,
    severity: 'error',
    span: { start, end: start + part.length },
    message: '',
    hints: [],
    related: [],
  };
  return unaffected(source, parse(source).diagnostics, [later]).length === 1;
};

const broken = `model a
size N, D
const lambda = 2 2
param w : real[D
let v = 2 * w
plate n in N {
  target y : real[D]
  factor f = ||y - w||^2
  factor g = ||y - unknown||^2
  factor h = lambda * y @ y
  factor k = v @ y
}
`;

describe('with two broken declarations', () => {
  test.each([
    ['in a broken statement', 'real[D', 'EBM301', false],
    ['about a name that a broken statement declares', 'y - w', 'EBM302', false],
    ['about a name declared in terms of such a name', 'v @ y', 'EBM302', false],
    ['about shapes in a statement that uses such a name', 'y @ y', 'EBM302', false],
    ['about the whole graph', 'y : real[D]', 'EBM407', false],
    ['about an unknown name elsewhere', 'unknown', 'EBM201', true],
    ['about shapes elsewhere', 'y - unknown', 'EBM301', true],
  ])('%s', (_, part, code, kept) => {
    expect(keeps(broken, part, code)).toBe(kept);
  });
});

test('names on a line that begins no statement may be what is unknown elsewhere', () => {
  const source = 'model a\nsiz N\ntarget y[n in N] : real\nfactor f = x\n';
  expect(keeps(source, 'N] : real', 'EBM201')).toBe(false);
  expect(keeps(source, 'x\n', 'EBM201')).toBe(true);
});

test('where a declaration lost its name, any unknown name may be that one', () => {
  const source = 'model a\nlet = 3\nfactor f = x\n';
  expect(keeps(source, 'x\n', 'EBM201')).toBe(false);
  expect(keeps(source, 'x\n', 'EBM301')).toBe(true);
});

test('with a brace missing nothing is certain', () => {
  const source = 'model a\nsize N\nplate n in N {\n  target y : real\nfactor f = x\n';
  expect(keeps(source, 'x\n', 'EBM201')).toBe(false);
});

test('without syntax errors, or with errors of spelling only, all is kept', () => {
  expect(keeps('model a\nfactor f = x\n', 'x\n', 'EBM201')).toBe(true);
  expect(keeps('model a\nfactor f = x ** 2\n', 'x **', 'EBM201')).toBe(true);
  expect(keeps('model a\ntarget y : real\nfactor f = 1\n', 'y', 'EBM407')).toBe(true);
});
