import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunOptions } from '../../src/api.ts';
import { readNpy } from '../../src/data/npy.ts';
import { formatSafetensors } from '../../src/data/safetensors.ts';
import type { Table } from '../../src/data/table.ts';
import { InternalError } from '../../src/diagnostics/diagnostic.ts';
import { analysisWith, diagnostic, ebmc, report, result } from './double.ts';

let folder: string;
const at = (name: string): string => join(folder, name);
const analyse = analysisWith();
const checked = <T>(value: T) => ({ value, diagnostics: [] });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ebmc-cli-'));
  writeFileSync(at('m.ebm'), 'model m\n');
  writeFileSync(at('y.csv'), '1,2\n3,4\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('usage', () => {
  it.each([
    [['--help'], /Usage: ebmc/],
    [['run', '--help'], /--marginalize <NAME>/],
    [['--version'], /^1\.2\.3\n$/],
  ])('%j prints to stdout and ends with 0', async (argv, text) => {
    const { exitCode, stdout } = await ebmc(argv);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(text);
  });

  it.each([
    [['rum', 'm.ebm'], /unknown command 'rum'[\s\S]*run/],
    [['check'], /missing required argument/],
    [['check', 'm.ebm', '--dney-warnings'], /--deny-warnings/],
    [['run', 'm.ebm', '--query', 'mpa'], /Allowed choices are map, marginals, logz, sample/],
    [['run', 'm.ebm', '--size', 'N=0'], /whole number/],
    [['run', 'm.ebm', '--size', 'N=abc'], /whole number/],
    [['run', 'm.ebm', '--data', 'y'], /NAME=VALUE/],
    [['run', 'm.ebm', '--beta', '-1'], /above 0/],
    [['run', 'm.ebm', '--seed', '1.5'], /whole number/],
    [['run', 'm.ebm', 'n.ebm'], /too many arguments/],
    [['train', 'm.ebm'], /-o names the file/],
    [['explain', 'EBM999'], /no message EBM999/],
    [['graph', 'm.ebm', '-o', 'g.png'], /\.svg, \.dot or \.json/],
    [['run', 'm.ebm', '-o', '-'], /directory/],
    [['check', '-', '--watch'], /standard input cannot be read again/],
    [['compile', 'm.ebm', '--data', 'y=-', '--watch'], /standard input cannot be read again/],
    [['completions', 'tcsh'], /Allowed choices are bash, zsh, fish/],
  ])('%j is wrong and ends with 2', async (argv, text) => {
    const { exitCode, stdout, stderr } = await ebmc(argv);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(text);
    expect(stdout).toBe('');
  });

  it('no command prints the help', async () => {
    const { exitCode, stderr } = await ebmc([]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/Usage: ebmc/);
  });

  it('standard input serves once', async () => {
    const { exitCode, stderr } = await ebmc(['run', '-', '--data', 'y=-'], { analyse }, { stdin: 'model m' });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/only once/);
  });
});

describe('check', () => {
  it('says ok, file by file; with -q nothing', async () => {
    expect(await ebmc(['check', at('m.ebm')], { analyse })).toEqual({
      exitCode: 0,
      stdout: `${at('m.ebm')}: ok\n`,
      stderr: '',
    });
    expect((await ebmc(['check', '-q', at('m.ebm')], { analyse })).stdout).toBe('');
  });

  it('ends with 1 on an error, and on a warning only with --deny-warnings', async () => {
    const wrong = await ebmc(['check', at('m.ebm')], { analyse: analysisWith(diagnostic('EBM201')) });
    expect(wrong).toMatchObject({ exitCode: 1, stdout: '' });
    expect(wrong.stderr).toContain('EBM201');
    const warned = { analyse: analysisWith(diagnostic('EBM301', 'warning')) };
    expect((await ebmc(['check', at('m.ebm')], warned)).exitCode).toBe(0);
    expect((await ebmc(['check', '--deny-warnings', at('m.ebm')], warned)).exitCode).toBe(1);
  });

  it('prints one JSON object a line on stdout', async () => {
    const argv = ['check', '--diagnostic-format', 'json', at('m.ebm'), at('none.ebm')];
    const { exitCode, stdout, stderr } = await ebmc(argv, { analyse: analysisWith(diagnostic('EBM201')) });
    const lines = stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as { code: string; file: string }); // prettier-ignore
    expect(lines.map(({ code, file }) => [code, file])).toEqual([['EBM201', at('m.ebm')], ['EBM601', at('none.ebm')]]); // prettier-ignore
    expect([exitCode, stderr]).toEqual([1, '']);
  });

  it('refuses random bytes as a model in one message', async () => {
    writeFileSync(at('noise.ebm'), Buffer.from([0, 255, 254, 10, 1]));
    const { exitCode, stderr } = await ebmc(['check', '--diagnostic-format', 'short', at('noise.ebm')], {});
    expect(exitCode).toBe(1);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toContain('EBM608');
  });

  it('names standard input as asked', async () => {
    const { stdout } = await ebmc(['check', '-', '--stdin-filename', 'x.ebm'], { analyse }, { stdin: 'model m' });
    expect(stdout).toBe('x.ebm: ok\n');
  });
});

describe('colours', () => {
  const wrong = { analyse: analysisWith(diagnostic('EBM201')) };
  const colored = async (argv: readonly string[], terminal: boolean, environment: Record<string, string> = {}) =>
    (await ebmc(['check', at('m.ebm'), ...argv], wrong, { stderrIsTerminal: terminal, environment })).stderr.includes(
      '\u001b[',
    );

  it('depend on stderr, --color and NO_COLOR', async () => {
    expect(await colored([], true)).toBe(true);
    expect(await colored([], false)).toBe(false);
    expect(await colored(['--color', 'always'], false)).toBe(true);
    expect(await colored(['--color', 'never'], true)).toBe(false);
    expect(await colored([], true, { NO_COLOR: '1' })).toBe(false);
    expect(await colored([], true, { NO_COLOR: '' })).toBe(true);
  });
});

describe('exit codes', () => {
  it.each([
    [['EBM501'], 4],
    [['EBM513'], 4],
    [['EBM623'], 1],
    [['EBM501', 'EBM623'], 1],
  ])('%j means %d', async (codes, expected) => {
    const run = () => Promise.resolve({ value: null, diagnostics: codes.map((code) => diagnostic(code)) });
    expect((await ebmc(['run', at('m.ebm')], { analyse, run })).exitCode).toBe(expected);
  });

  it('3 when it did not converge, and the result is printed', async () => {
    const run = () => Promise.resolve(checked(result({ exitCode: 3, json: report({ converged: false }) })));
    const { exitCode, stdout } = await ebmc(['run', at('m.ebm')], { analyse, run });
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/did not converge/);
  });

  it('70 on a bug of ours: one line, the stack only with -v', async () => {
    const run = () => Promise.reject(new InternalError('boom'));
    const { exitCode, stderr } = await ebmc(['run', at('m.ebm')], { analyse, run });
    expect(exitCode).toBe(70);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(/report.*boom/);
    expect((await ebmc(['run', '-v', at('m.ebm')], { analyse, run })).stderr).toMatch(/\n\s+at /);
  });
});

describe('run', () => {
  const received = async (...argv: readonly string[]): Promise<RunOptions> => {
    let options: RunOptions | null = null;
    const run = (_: unknown, given: RunOptions) => {
      options = given;
      return Promise.resolve(checked(result()));
    };
    const { exitCode, stderr } = await ebmc(['run', at('m.ebm'), ...argv], { analyse, run });
    expect([exitCode, stderr]).toEqual([0, '']);
    return options!;
  };

  it('turns flags into a task', async () => {
    const options = await received(
      ...['--data', `y=${at('y.csv')}`, '--size', 'K=5', '--set', 'lambda=.5', '--set', 'P=[[1, 0], [0, 1]]'],
      ...['--ask', 'y', '--query', 'marginals', '--beta', 'inf', '--minimize', 'z,s', '--marginalize', 'w'],
      ...[
        '--seed',
        '7',
        '--backend',
        'cpu',
        '--budget',
        '2G',
        '--restarts',
        '3',
        '--without-regularizers',
        '--show',
        'h',
      ],
    );
    expect([...(options.data['y'] as Table).data]).toEqual([1, 2, 3, 4]);
    expect([...(options.consts['lambda'] as Table).data]).toEqual([0.5]);
    expect((options.consts['P'] as Table).shape).toEqual([2, 2]);
    expect(options).toMatchObject({
      sizes: { K: 5 },
      ask: ['y'],
      query: 'marginals',
      beta: Infinity,
      minimize: ['z', 's'],
      marginalize: ['w'],
      seed: 7,
      backend: 'cpu',
      budget: 2 ** 31,
      restarts: 3,
      withoutRegularizers: true,
      show: ['h'],
    });
  });

  it('has defaults', async () => {
    const expected = {
      data: {},
      sizes: {},
      query: 'map',
      beta: null,
      seed: 0,
      backend: 'auto',
      budget: 2 ** 30,
      restarts: null,
    };
    expect(await received()).toMatchObject(expected);
  });

  it.each([
    [['--data', 'y=none.csv'], 'EBM601'],
    [['--data', 'y=a.csv', '--data', 'y=b.csv'], 'EBM621'],
    [['--size', 'K=1', '--size', 'K=2'], 'EBM621'],
    [['--set', 'lambda=abc'], 'EBM607'],
    [['--params', 'none.json'], 'EBM601'],
  ])('refuses %j with %s', async (flags, code) => {
    const { exitCode, stderr, stdout } = await ebmc(['run', at('m.ebm'), ...flags], { analyse });
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toContain(code);
  });

  it('prints a summary for people, or one JSON object', async () => {
    const json = report({ params: { w: [[1, 2.5], [-3, 4]] }, variables: { z: { shape: [3], data: Float64Array.of(0, 1, 1) } } }); // prettier-ignore
    const run = () => Promise.resolve(checked(result({ json })));
    const { stdout } = await ebmc(['run', at('m.ebm')], { analyse, run });
    expect(stdout).toContain('minimize z by enumerate (exact)\n    beta is inf');
    expect(stdout).toMatch(/energy 3\.5\n {2}distance {2}3\n {2}decay {5}0\.5\n/);
    expect(stdout).toContain('w [2, 2]\n     1  2.5\n    -3    4\n');
    const object = JSON.parse((await ebmc(['run', at('m.ebm'), '--json'], { analyse, run })).stdout) as object;
    expect(object).toEqual({ ...json, variables: { z: [0, 1, 1] } });
  });

  it('writes results into a directory: big arrays as .npy, plots, the free energy of each point', async () => {
    const big = { shape: [101, 100], data: Float64Array.from({ length: 10_100 }, (_, i) => i) };
    const small = { shape: [2], data: Float64Array.of(1, 2) };
    const json = report({ variables: { x: big, y: small } });
    const run = () =>
      Promise.resolve(checked(result({ json, trace: [3, 2, 1], pointFreeEnergies: Float64Array.of(5, 6) })));
    const { exitCode, stderr } = await ebmc(['run', at('m.ebm'), '-o', at('out/deep')], { analyse, run });
    expect(exitCode).toBe(0);
    expect(stderr).toContain('wrote');
    const written = JSON.parse(readFileSync(at('out/deep/result.json'), 'utf8')) as { variables: object };
    expect(written.variables).toEqual({ x: { file: 'variables.x.npy', shape: [101, 100] }, y: [1, 2] });
    expect(readNpy(readFileSync(at('out/deep/variables.x.npy')), 'x').value).toMatchObject(big);
    expect([...readNpy(readFileSync(at('out/deep/free-energy.npy')), 'f').value!.data]).toEqual([5, 6]);
    expect(readFileSync(at('out/deep/convergence.svg'), 'utf8')).toMatch(/^<svg/);
    expect(readdirSync(at('out/deep')).sort()).toEqual([
      'convergence.svg',
      'free-energy.npy',
      'result.json',
      'variables.x.npy',
    ]);
  });

  it('says why --plot has no convergence to draw; -o alone draws what there is', async () => {
    const said = async (argv: readonly string[], iterations: number | null, trace: readonly number[] | null) => {
      const run = () => Promise.resolve(checked(result({ json: report({ iterations }), trace })));
      const { stderr } = await ebmc(['run', at('m.ebm'), '-o', at('plots'), ...argv], { analyse, run });
      return stderr.split('\n').filter((line) => line.startsWith('no convergence'));
    };
    expect(await said(['--plot'], null, null)).toEqual(['no convergence to draw: nothing was iterated']);
    expect(await said(['--plot'], 0, [2])).toEqual(['no convergence to draw: nothing was iterated']);
    expect((await said(['--plot'], 7, null))[0]).toMatch(/several iterations ran, each for a part of the unknowns/);
    expect(await said([], null, null)).toEqual([]);
    expect(await said(['--plot'], 3, [3, 2])).toEqual([]);
  });

  it('writes the params once more, for --params, with all their digits', async () => {
    const w = [[0.1, 1 / 3], [-1e-300, 4]]; // prettier-ignore
    const run = () => Promise.resolve(checked(result({ json: report({ params: { w, b: 2.5 } }) })));
    await ebmc(['run', at('m.ebm'), '-o', at('learned')], { analyse, run });
    const options = await received('--params', at('learned/params.safetensors'));
    expect([...(options.params['w'] as Table).data]).toEqual(w.flat());
    expect(options.params['b'] as Table).toMatchObject({ shape: [], data: Float64Array.of(2.5) });
  });

  it('takes an array of an archive by the name of the variable, or by another', async () => {
    const y = { shape: [2], data: Float64Array.of(1, 2) };
    writeFileSync(at('a.safetensors'), formatSafetensors({ y, other: { shape: [1], data: Float64Array.of(3) } }, {}));
    const file = at('a.safetensors');
    const options = await received('--data', `y=${file}`, '--data', `x=${file}:other`, '--set', `c=${file}:other`);
    expect([...(options.data['y'] as Table).data]).toEqual([1, 2]);
    expect([...(options.data['x'] as Table).data]).toEqual([3]);
    expect([...(options.consts['c'] as Table).data]).toEqual([3]);
  });

  it('does not begin when the directory cannot be made', async () => {
    const { exitCode, stderr } = await ebmc(['run', at('m.ebm'), '-o', at('y.csv/deep')], { analyse });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/EBM612.*in the way/);
  });

  it('shows progress on a terminal only, and cleans up', async () => {
    const run = (_: unknown, { onStep }: RunOptions) => {
      onStep!({ phase: 'learn', step: 3, of: 10, objective: 2 });
      return Promise.resolve(checked(result()));
    };
    const shown = await ebmc(['run', at('m.ebm')], { analyse, run }, { stderrIsTerminal: true });
    expect(shown.stderr).toMatch(/learn 3\/10 .* 30 % {2}2\.00000/);
    expect(shown.stderr.endsWith('\r\u001b[K')).toBe(true);
    expect((await ebmc(['run', at('m.ebm')], { analyse, run })).stderr).toBe('');
    const dumb = { stderrIsTerminal: true, environment: { TERM: 'dumb' } };
    expect((await ebmc(['run', at('m.ebm')], { analyse, run }, dumb)).stderr).toBe('');
  });
});

describe('compile', () => {
  const compiler = {
    analyse,
    planTask: () => checked({}),
    compileModule: () => ({ js: 'export {};\n', dts: 'export type A = 1;\n' }),
    compileLibrary: (_: object, header: string) => ({ c: `#include "${header}"\n`, h: '/* h */\n' }),
    emit: () => checked('printed'),
  };

  it('writes the module and its types together, or to stdout', async () => {
    const { exitCode, stdout } = await ebmc(['compile', at('m.ebm'), '-o', at('k.js')], compiler);
    expect([exitCode, stdout]).toEqual([0, '']);
    expect(readFileSync(at('k.js'), 'utf8')).toBe('export {};\n');
    expect(readFileSync(at('k.d.ts'), 'utf8')).toBe('export type A = 1;\n');
    expect((await ebmc(['compile', at('m.ebm'), '-o', '-'], compiler)).stdout).toBe('export {};\n');
    expect((await ebmc(['compile', at('m.ebm'), '--emit', 'program'], compiler)).stdout).toBe('printed\n');
  });

  it('writes a library in C and its header together, or to stdout', async () => {
    const c = (output: string) => ebmc(['compile', at('m.ebm'), '--target', 'c', '-o', output], compiler);
    for (const given of ['lib', 'lib.c']) {
      expect((await c(at(given))).exitCode).toBe(0);
      expect(readFileSync(at('lib.c'), 'utf8')).toBe('#include "lib.h"\n');
      expect(readFileSync(at('lib.h'), 'utf8')).toBe('/* h */\n');
    }
    expect((await c('-')).stdout).toBe('#include "m.h"\n');
    mkdirSync(at('half c'));
    mkdirSync(at('half c/k.h'));
    expect((await c(at('half c/k.c'))).exitCode).toBe(1);
    expect(readdirSync(at('half c'))).toEqual(['k.h']);
    expect((await ebmc(['compile', at('m.ebm'), '--target', 'rust'], compiler)).stderr).toMatch(
      /Allowed choices are tfjs, c/,
    );
  });

  it('leaves nothing behind when one of the two cannot be written', async () => {
    mkdirSync(at('half'));
    mkdirSync(at('half/k.d.ts'));
    const { exitCode, stderr } = await ebmc(['compile', at('m.ebm'), '-o', at('half/k.js')], compiler);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/EBM612.*directory/);
    expect(readdirSync(at('half'))).toEqual(['k.d.ts']);
    const missing = await ebmc(['compile', at('m.ebm'), '-o', at('no/such/k.js')], compiler);
    expect(missing.stderr).toMatch(/no such directory/);
  });

  it('writes nothing when planning fails', async () => {
    const planTask = () => ({ value: null, diagnostics: [diagnostic('EBM501')] });
    const { exitCode } = await ebmc(['compile', at('m.ebm'), '-o', at('never.js')], { ...compiler, planTask });
    expect([exitCode, existsSync(at('never.js'))]).toEqual([4, false]);
  });
});

describe('other commands', () => {
  it('graph chooses the form by the ending', async () => {
    const draw = (_: unknown, format: string) => Promise.resolve(checked(`as ${format}`));
    for (const format of ['svg', 'dot', 'json']) {
      await ebmc(['graph', at('m.ebm'), '-o', at(`g.${format}`)], { analyse, draw });
      expect(readFileSync(at(`g.${format}`), 'utf8')).toBe(`as ${format}`);
    }
    expect((await ebmc(['graph', at('m.ebm'), '-o', '-', '--format', 'dot'], { analyse, draw })).stdout).toBe('as dot');
  });

  it('fmt rewrites what is not formatted, and --check only says so', async () => {
    writeFileSync(at('f.ebm'), 'model   f');
    const compiler = { format: () => checked('model f\n') };
    const check = await ebmc(['fmt', '--check', at('f.ebm')], compiler);
    expect(check).toMatchObject({ exitCode: 1, stdout: `${at('f.ebm')}\n` });
    expect(readFileSync(at('f.ebm'), 'utf8')).toBe('model   f');
    expect((await ebmc(['fmt', at('f.ebm')], compiler)).exitCode).toBe(0);
    expect(readFileSync(at('f.ebm'), 'utf8')).toBe('model f\n');
    expect((await ebmc(['fmt', '--check', at('f.ebm')], compiler)).exitCode).toBe(0);
    expect((await ebmc(['fmt', '-'], compiler, { stdin: 'model  f' })).stdout).toBe('model f\n');
  });

  it('explain prints a plan, or the long form of a code', async () => {
    const compiler = { analyse, planTask: () => checked({}), explain: () => Promise.resolve(checked('because\n')) };
    expect((await ebmc(['explain', at('m.ebm')], compiler)).stdout).toBe('because\n');
    const { stdout, exitCode } = await ebmc(['explain', 'ebm623']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^EBM623: sizes disagree/);
  });

  it('energy and backends print lines or JSON', async () => {
    const energy = () => Promise.resolve(checked({ model: 'm', energy: { total: 2, factors: { f: 2 } } }));
    expect((await ebmc(['energy', at('m.ebm')], { analyse, energy })).stdout).toBe('energy 2\n  f  2\n');
    const json = JSON.parse((await ebmc(['energy', at('m.ebm'), '--json'], { analyse, energy })).stdout) as object;
    expect(json).toEqual({ model: 'm', energy: { total: 2, factors: { f: 2 } } });
    const backends = () =>
      Promise.resolve([{ name: 'webgpu', available: false, detail: 'no adapter', remedy: 'get one' }]);
    expect((await ebmc(['backends'], { backends })).stdout).toBe('webgpu  no   no adapter\n             get one\n');
  });
});
