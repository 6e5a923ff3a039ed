import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gunzip } from '../../src/data/gzip.ts';
import { writeNpy } from '../../src/data/npy.ts';
import { readParams } from '../../src/data/params-file.ts';
import { largestModel, readSource } from '../../src/data/read-source.ts';
import { readTable } from '../../src/data/read-table.ts';
import { formatSafetensors } from '../../src/data/safetensors.ts';

let folder: string;
const at = (name: string): string => join(folder, name);
const stdin = (text: string | Buffer) => () => Promise.resolve(Buffer.from(text));
const none = (): Promise<Buffer> => Promise.reject(new Error('standard input is not read here'));

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ebmc-data-'));
  writeFileSync(at('a.csv'), 'u,v\n1,2\n3,4\n');
  writeFileSync(at('b.tsv'), '1\t2\n3\t4\n');
  writeFileSync(at('c.json'), '[[1, 2], [3, 4]]');
  writeFileSync(at('d.npy'), writeNpy({ shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }));
  writeFileSync(at('e.csv'), Buffer.from([1, 0, 255, 13, 10, 200]));
  writeFileSync(at('empty.csv'), '');
  writeFileSync(at('f:u.csv'), '5\n');
  writeFileSync(at('g.xlsx'), 'PK');
  mkdirSync(at('folder.csv'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('data arguments', () => {
  it.each(['a.csv', 'b.tsv', 'c.json', 'd.npy'])('%s is read by its ending', async (name) => {
    const { value } = await readTable(at(name), none);
    expect(value!.shape).toEqual([2, 2]);
    expect([...value!.data]).toEqual([1, 2, 3, 4]);
  });

  it('columns follow a colon, unless a file has that very name', async () => {
    expect([...(await readTable(`${at('a.csv')}:v`, none)).value!.data]).toEqual([2, 4]);
    expect([...(await readTable(at('f:u.csv'), none)).value!.data]).toEqual([5]);
  });

  it('a file has one delimiter, and no decimal commas', async () => {
    writeFileSync(at('semicolons.csv'), 'a;b\n1;2\n3;4\n');
    expect([...(await readTable(at('semicolons.csv'), none)).value!.data]).toEqual([1, 2, 3, 4]);
    for (const text of ['1,5;2,5\n3;4\n', 'a;b\n1;2\n3,5;4\n']) {
      writeFileSync(at('decimals.csv'), text);
      const { diagnostics } = await readTable(at('decimals.csv'), none);
      expect(diagnostics).toMatchObject([{ code: 'EBM604', hints: ['decimals are written with a point'] }]);
    }
  });

  it.each(['train-images-idx3-ubyte', 'train-images.idx3-ubyte', 'a.idx', 'A.IDX2-UBYTE'])(
    '%s is read as idx, also compressed',
    async (name) => {
      const digits = Buffer.from([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4]);
      writeFileSync(at(name), digits);
      writeFileSync(at(`${name}.gz`), gzipSync(digits));
      for (const path of [name, `${name}.gz`])
        expect([...(await readTable(at(path), none)).value!.data]).toEqual([1, 2, 3, 4]);
    },
  );

  it('every kind of file may be compressed by gzip', async () => {
    writeFileSync(at('a.csv.gz'), gzipSync('u,v\n1,2\n3,4\n'));
    expect([...(await readTable(`${at('a.csv.gz')}:v`, none)).value!.data]).toEqual([2, 4]);
    writeFileSync(at('c.json.gz'), gzipSync('[1, 2]'));
    expect([...(await readTable(at('c.json.gz'), none)).value!.data]).toEqual([1, 2]);
    expect([...(await readTable('-', stdin(gzipSync('[1, 2]')))).value!.data]).toEqual([1, 2]);
  });

  it.each<[string, Buffer, RegExp]>([
    ['cut off', gzipSync('1,2\n3,4\n').subarray(0, -9), /it is cut off/],
    ['another kind of file', Buffer.from('1,2\n'), /not compressed by gzip/],
    ['a damaged file', gzipSync('1,2\n3,4\n').fill(255, 12, 14), /damaged/],
  ])('%s that calls itself .gz is refused', async (_, bytes, message) => {
    writeFileSync(at('bad.csv.gz'), bytes);
    const { diagnostics } = await readTable(at('bad.csv.gz'), none);
    expect(diagnostics).toMatchObject([{ code: 'EBM616' }]);
    expect(diagnostics[0]!.message).toMatch(message);
  });

  it('what unpacks to more than a file may have is refused', () => {
    expect(gunzip(gzipSync(Buffer.alloc(10_000)), 'a.gz', 5000).diagnostics[0]!.message).toMatch(/more bytes than/);
  });

  it('an array of an archive follows a colon, or has the name of the variable', async () => {
    const x = writeNpy({ shape: [2], data: Float64Array.of(1, 2) });
    const y = writeNpy({ shape: [2], data: Float64Array.of(3, 4) });
    writeFileSync(at('xy.npz'), zipSync({ 'x.npy': x, 'y.npy': y }));
    const tensors = { x: { shape: [2], data: Float32Array.of(1, 2) }, y: { shape: [2], data: Int32Array.of(3, 4) } };
    writeFileSync(at('xy.safetensors'), formatSafetensors(tensors, {}));
    for (const name of ['xy.npz', 'xy.safetensors']) {
      expect([...(await readTable(`${at(name)}:x`, none, 'y')).value!.data]).toEqual([1, 2]);
      expect([...(await readTable(at(name), none, 'y')).value!.data]).toEqual([3, 4]);
      expect((await readTable(at(name), none, 'z')).diagnostics).toMatchObject([{ code: 'EBM617' }]);
      expect((await readTable(at(name), none)).diagnostics[0]!.message).toMatch(/2 arrays, and none is chosen/);
    }
  });

  it('a line without end is refused, wherever it stands', async () => {
    const long = Buffer.concat([Buffer.from('1,2\n3,4\n'), Buffer.alloc(18 * 2 ** 20, '1.25000,')]);
    writeFileSync(at('long.csv'), long);
    for (const [argument, input] of [
      [at('long.csv'), none],
      ['-', stdin(long)],
    ] as const)
      // prettier-ignore
      expect((await readTable(argument, input)).diagnostics).toMatchObject([{ code: 'EBM618', place: { line: 3 } }]);
    rmSync(at('long.csv'));
  });

  it('standard input is recognised by its first bytes', async () => {
    const y = Float64Array.of(1, 2);
    const npz = zipSync({ 'a.npy': writeNpy({ shape: [2], data: y }) });
    expect((await readTable('-', stdin(Buffer.from(npz)))).value!.shape).toEqual([2]);
    const tensors = Buffer.from(formatSafetensors({ y: { shape: [2], data: y } }, {}));
    expect((await readTable('-', stdin(tensors))).value!.shape).toEqual([2]);
    expect((await readTable('-', stdin(Buffer.from([0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3])))).value!.shape).toEqual([3]);
    expect((await readTable('-', stdin('1,2\n'))).value!.shape).toEqual([1, 2]);
    expect((await readTable('-', stdin(' [1, 2, 3]'))).value!.shape).toEqual([3]);
    expect((await readTable('-', stdin(writeNpy({ shape: [4], data: new Float64Array(4) })))).value!.shape).toEqual([
      4,
    ]);
    expect([...(await readTable('-:b', stdin('a,b\n1,2\n'))).value!.data]).toEqual([2]);
  });

  it.each([
    ['missing.csv', 'EBM601', /no such file/],
    ['folder.csv', 'EBM601', /directory/],
    ['empty.csv', 'EBM602', /is empty/],
    ['e.csv', 'EBM608', /not a text file/],
    ['g.xlsx', 'EBM609', /\.xlsx/],
  ])('%s is refused with %s', async (name, code, message) => {
    const { value, diagnostics } = await readTable(at(name), none);
    expect(value).toBeNull();
    expect(diagnostics).toMatchObject([{ code }]);
    expect(diagnostics[0]!.message).toMatch(message);
  });

  it('a name mistyped gets the nearest one', async () => {
    expect((await readTable(at('aa.csv'), none)).diagnostics[0]!.hints).toEqual(['did you mean a.csv?']);
  });

  it.skipIf(process.getuid?.() === 0)(
    'a file that may not be read says so (skipped for root, who may read everything)',
    async () => {
      writeFileSync(at('secret.csv'), '1\n');
      chmodSync(at('secret.csv'), 0);
      expect((await readTable(at('secret.csv'), none)).diagnostics[0]!.message).toMatch(/permission denied/);
    },
  );
});

describe('models', () => {
  it('have a largest length, and a device that never ends is read no further', async () => {
    writeFileSync(at('long.ebm'), Buffer.alloc(largestModel + 1, ' '));
    for (const path of [at('long.ebm'), '/dev/zero'])
      expect((await readSource(path, none)).diagnostics).toMatchObject([{ code: 'EBM619' }]);
    expect((await readSource('-', stdin(' '.repeat(largestModel + 1)))).diagnostics).toMatchObject([
      { code: 'EBM619' },
    ]);
    rmSync(at('long.ebm'));
  });

  it('are files', async () => {
    expect((await readSource(at('folder.csv'), none)).diagnostics[0]!.message).toMatch(/it is a directory/);
  });

  it('are text', async () => {
    expect((await readSource(at('a.csv'), none)).value).toBe('u,v\n1,2\n3,4\n');
    expect((await readSource('-', stdin('model m'))).value).toBe('model m');
    expect((await readSource(at('e.csv'), none)).diagnostics[0]).toMatchObject({ code: 'EBM608' });
    expect((await readSource(at('missing.ebm'), none)).diagnostics[0]).toMatchObject({ code: 'EBM601' });
  });
});

describe('params', () => {
  it('come from a result, with big arrays beside it, or from a plain object', async () => {
    writeFileSync(
      at('result.json'),
      JSON.stringify({ model: 'm', params: { w: { file: 'd.npy', shape: [2, 2] }, b: [1] } }),
    );
    const { value } = await readParams(at('result.json'));
    expect([...value!['w']!.data]).toEqual([1, 2, 3, 4]);
    expect([...value!['b']!.data]).toEqual([1]);
    writeFileSync(at('plain.json'), '{"b": 2}');
    expect([...(await readParams(at('plain.json'))).value!['b']!.data]).toEqual([2]);
  });

  it('come from a checkpoint, without the state of its optimizer, or from an archive', async () => {
    const w = { shape: [2], data: Float32Array.of(1, 2) };
    writeFileSync(at('w.safetensors'), formatSafetensors({ w, 'optimizer/w/momentum': w }, { epoch: '3' }));
    writeFileSync(at('w.npz'), zipSync({ 'w.npy': writeNpy(w) }));
    for (const name of ['w.safetensors', 'w.npz']) {
      const { value } = await readParams(at(name));
      expect(Object.keys(value!)).toEqual(['w']);
      expect([...value!['w']!.data]).toEqual([1, 2]);
    }
    writeFileSync(at('cut.safetensors'), formatSafetensors({ w }, {}).subarray(0, -1));
    expect((await readParams(at('cut.safetensors'))).diagnostics).toMatchObject([{ code: 'EBM614' }]);
  });

  it.each([
    ['[1]', 'EBM613'],
    ['{', 'EBM613'],
    ['{"w": "x"}', 'EBM613'],
    ['{"w": {"file": "nowhere.npy"}}', 'EBM601'],
  ])('%s is refused', async (text, code) => {
    writeFileSync(at('bad.json'), text);
    const { value, diagnostics } = await readParams(at('bad.json'));
    expect(value).toBeNull();
    expect(diagnostics).toMatchObject([{ code }]);
  });
});
