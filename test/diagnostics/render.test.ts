// What a reader sees of a diagnostic.
import { describe, expect, test } from 'vitest';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { renderDiagnostics } from '../../src/diagnostics/render.ts';
import type { DiagnosticFormat } from '../../src/diagnostics/render.ts';

const at = (source: string, part: string, more: Partial<Diagnostic> = {}): Diagnostic => {
  const start = source.indexOf(part);
  const span = { start, end: start + part.length };
  return { code: 'EBM301', severity: 'error', span, message: 'shapes differ', hints: [], related: [], ...more };
};

const render = (source: string, d: Diagnostic, format: DiagnosticFormat = 'human', color = false): string =>
  renderDiagnostics([d], { file: 'm.ebm', source, format, color });

describe('human', () => {
  test('a code frame, hints, and the frames of related places', () => {
    const source = 'model a\nsize D, K\nfactor f = v @ M\n';
    const related = [{ span: { start: 13, end: 14 }, message: 'D is declared here' }];
    expect(render(source, at(source, 'v @ M', { hints: ["did you mean `v'`?"], related }))).toBe(
      [
        'error EBM301: shapes differ',
        '  --> m.ebm:3:12',
        '   |',
        ' 3 | factor f = v @ M',
        '   |            ^^^^^',
        "   = hint: did you mean `v'`?",
        '  ::: m.ebm:2:6: D is declared here',
        '   |',
        ' 2 | size D, K',
        '   |      ^',
        '',
      ].join('\n'),
    );
  });

  const carets = (source: string, part: string): readonly string[] => {
    const [, , , line, marks] = render(source, at(source, part)).split('\n');
    return [line!, marks!];
  };

  test('tabs become spaces and the carets stand below the same columns', () => {
    expect(carets('\tf = a\t+ b', 'a\t+')).toEqual([' 1 |     f = a   + b', '   |         ^^^^^']);
  });

  test('wide characters take two columns, combining ones none', () => {
    expect(carets('漢字 = x', 'x')).toEqual([' 1 | 漢字 = x', '   |        ^']);
    expect(carets('e\u0301 = x', 'x')).toEqual([' 1 | e\u0301 = x', '   |     ^']);
    expect(carets('a = 😀 + 1', '😀')).toEqual([' 1 | a = 😀 + 1', '   |     ^^']);
  });

  test('Greek letters take one', () => {
    expect(carets('β = λ + x', 'x')).toEqual([' 1 | β = λ + x', '   |         ^']);
  });

  test('an empty span has one caret, also at the very end', () => {
    const source = 'x = ';
    expect(render(source, { ...at(source, 'x'), span: { start: 4, end: 4 } })).toContain('   |     ^\n');
  });

  test('of a span over several lines the first is shown', () => {
    expect(carets('f = (a\n  + b)', '(a\n  + b)')).toEqual([' 1 | f = (a', '   |     ^^']);
  });

  test('line numbers count \\r\\n once and \\r alone', () => {
    const source = 'a\r\nb\rc\nd = x\r\n';
    expect(render(source, at(source, 'x'))).toContain('m.ebm:4:5\n   |\n 4 | d = x\n   |     ^\n');
  });

  test('a very long line is cut around the place, and the caret is below it', () => {
    const source = `${'1 + '.repeat(200)}HERE${' + 1'.repeat(200)}`;
    const [line, marks] = carets(source, 'HERE');
    expect(line!.length).toBeLessThan(160);
    expect(line!.slice(marks!.indexOf('^'), marks!.lastIndexOf('^') + 1)).toBe('HERE');
  });

  test('a place in a data file has no frame; no place has no address', () => {
    const place = { file: 'y.csv', line: 3, column: 2 };
    expect(render('model a', { ...at('', ''), span: null, place })).toBe(
      'error EBM301: shapes differ\n  --> y.csv:3:2\n',
    );
    expect(render('model a', { ...at('', ''), span: null })).toBe('error EBM301: shapes differ\n');
  });

  test('colours only when asked for', () => {
    const source = 'model a';
    expect(render(source, at(source, 'a'))).not.toContain('\u001b[');
    expect(render(source, at(source, 'a'), 'human', true)).toContain('\u001b[31m');
  });
});

test('short: one line', () => {
  const source = 'model a\nfactor f = x\n';
  expect(render(source, at(source, 'x', { hints: ['a hint'] }), 'short')).toBe(
    'm.ebm:2:12: error EBM301: shapes differ\n',
  );
  const data = { ...at(source, 'x'), span: null, place: { file: 'y.csv', line: 7 } };
  expect(render(source, data, 'short')).toBe('y.csv:7:1: error EBM301: shapes differ\n');
});

test('json: one object a line, 1-based, ends exclusive', () => {
  const source = 'model a\nfactor f = xyz\n';
  const related = [{ span: { start: 6, end: 7 }, message: 'here' }];
  const lines = renderDiagnostics([at(source, 'xyz', { hints: ['h'], related }), at(source, 'a')], {
    file: 'm.ebm',
    source,
    format: 'json',
    color: true,
  }).split('\n');
  expect(lines).toHaveLength(3);
  expect(JSON.parse(lines[0]!)).toEqual({
    schema_version: 1,
    file: 'm.ebm',
    code: 'EBM301',
    severity: 'error',
    span: { start: { line: 2, column: 12 }, end: { line: 2, column: 15 } },
    message: 'shapes differ',
    hints: ['h'],
    related: [{ file: 'm.ebm', span: { start: { line: 1, column: 7 }, end: { line: 1, column: 8 } }, message: 'here' }],
  });
});
