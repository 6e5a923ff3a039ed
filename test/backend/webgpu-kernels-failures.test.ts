// `webgpu`, kernels of our own: what is too large, devices that go away, shaders that are wrong, inputs that are kept, a process of its own
// that ends cleanly.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { TensorData } from '../../src/backend/backend.ts';
import { dawnAlone, findAdapter, thisMachine, type Found } from '../../src/backend/tfjs/devices/adapter.ts';
import { Computer } from '../../src/backend/webgpu/computer.ts';
import { webgpuBackend, webgpuBackendOn } from '../../src/backend/webgpu/run.ts';
import { InternalError } from '../../src/diagnostics/diagnostic.ts';
import { Builder } from '../../src/tensor/builder.ts';
import { constant, size } from '../../src/tensor/dims.ts';
import { moduleOf } from './agreement.ts';
import { onWebgpu } from './webgpu-kernels-device.ts';

const open = async (): Promise<Computer> =>
  Computer.open((await findAdapter(thisMachine, dawnAlone)) as Found, 'webgpu');
const scalar = (x: number): TensorData => ({ shape: [], data: Float32Array.of(x) });

const exponential = () => {
  const b = new Builder();
  return moduleOf({ infer: b.finish({ y: b.exp(b.input('x', [])) }) });
};

onWebgpu('failures', () => {
  it('refuses tensors beyond the budget, and memory beyond what the device can hold', async () => {
    const [N, M] = [size('N'), size('M')];
    const b = new Builder();
    const [x, y] = [b.reshape(b.input('x', [N]), [N, constant(1)]), b.reshape(b.input('y', [M]), [constant(1), M])];
    const runner = await webgpuBackend.load(moduleOf({ infer: b.finish({ table: b.mul(x, y) }) }));
    const wide = { shape: [60_000], data: new Float32Array(60_000) };
    await expect(runner.call('infer', { x: wide, y: wide })).rejects.toThrow(/EBM516.*the budget of 1.00 GiB/);
    await expect(runner.call('infer', { x: wide, y: wide }, { budget: 2 ** 40 })).rejects.toThrow(
      /EBM516.*out of memory: infer needs 13.41 GiB in one piece, more than the \d+\.\d\d GiB that webgpu can hold/,
    );
    // The runner goes on.
    const narrow = { shape: [2], data: Float32Array.of(2, 3) };
    const { table } = await runner.call('infer', { x: narrow, y: narrow });
    expect([...table!.data]).toEqual([4, 6, 6, 9]);
    await runner.dispose();
  });

  it('says so when the device goes away, in this call and later ones; a module loaded afterwards has another', async () => {
    let computer = await open();
    const backend = webgpuBackendOn(async () => computer);
    const runner = await backend.load(exponential());
    expect((await runner.call('infer', { x: scalar(0) }))['y']!.data[0]).toBe(1);
    computer.close();
    await expect(runner.call('infer', { x: scalar(0) })).rejects.toThrow(/EBM516: the device of webgpu was lost/);
    await expect(runner.call('infer', { x: scalar(0) })).rejects.toThrow(/EBM516: the device of webgpu was lost/);
    expect(computer.isLost).toBe(true);
    computer = await open();
    const other = await backend.load(exponential());
    expect((await other.call('infer', { x: scalar(0) }))['y']!.data[0]).toBe(1);
  });

  it('a shader that is wrong is a bug of ours, told with its line', async () => {
    const computer = await open();
    const text = '@compute @workgroup_size(1)\nfn main() {\n  let x: f32 = 1i;\n}\n';
    const refused = await computer.run(() => computer.pipeline({ label: 'broken', text })).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(InternalError);
    expect((refused as Error).message).toMatch(/shader broken, line 3: .*let x: f32 = 1i;/);
  }); // prettier-ignore

  it('inputs that are kept are sent again when their numbers are others', async () => {
    const runner = await webgpuBackend.load(exponential());
    const [first, second] = [scalar(0), scalar(1)];
    const call = async (x: TensorData): Promise<number> => (await runner.call('infer', { x }, { keep: ['x'] }))['y']!.data[0]!; // prettier-ignore
    expect(await call(first)).toBe(1);
    expect(await call(second)).toBeCloseTo(Math.E, 6);
    expect(await call(first)).toBe(1);
    // Kept means that the numbers on the device are the ones that were sent.
    (first.data as Float32Array)[0] = 1;
    expect(await call(first)).toBe(1);
    expect((await runner.call('infer', { x: first }))['y']!.data[0]).toBeCloseTo(Math.E, 6);
    await runner.dispose();
  });

  it('calls at once wait for each other', async () => {
    const runner = await webgpuBackend.load(exponential());
    const found = await Promise.all([0, 1, 2].map((x) => runner.call('infer', { x: scalar(x) })));
    for (const [x, { y }] of found.entries()) expect(y!.data[0]).toBeCloseTo(Math.exp(x), 5);
    await runner.dispose();
  });

  it('a process that used it ends by itself, with nothing on stderr', { timeout: 30_000 }, async () => {
    const code = `
      import { webgpuBackend } from './src/backend/webgpu/run.ts';
      import { kmeans } from './test/backend/programs.ts';
      const runner = await webgpuBackend.load(kmeans());
      const y = { shape: [4, 1], data: Float32Array.of(0, 2, 10, 12) };
      const { w } = await runner.call('infer', { y, start: { shape: [2, 1], data: Float32Array.of(0, 10) } });
      console.log(JSON.stringify([...w.data]));
    `;
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', code],
      { timeout: 25_000 },
    );
    expect(JSON.parse(stdout)).toEqual([1, 11]);
    expect(stderr).toBe('');
  });
});
