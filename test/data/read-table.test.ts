import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeNpy } from '../../src/data/npy.ts';
import { readParams } from '../../src/data/params-file.ts';
import { readSource, readTable } from '../../src/data/read-table.ts';

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

  it('standard input is recognised by its first bytes', async () => {
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
