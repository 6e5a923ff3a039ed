// --budget holds while computing, for every call of a run.
import { describe, expect, it } from 'vitest';
import { withBudget } from '../../src/backend/budget.ts';
import { backends } from '../../src/backend/registry.ts';
import { Builder } from '../../src/tensor/builder.ts';
import { size } from '../../src/tensor/dims.ts';
import { moduleOf } from './agreement.ts';

describe('a budget', () => {
  const wasm = backends.find((b) => b.name === 'wasm')!;
  const b = new Builder();
  const x = b.input('x', [size('N')]);
  const spec = moduleOf({ infer: b.finish({ twice: b.add(x, x) }) });
  const given = { x: { shape: [1000], data: new Float32Array(1000) } };

  it('refuses what is larger, in words of the command line', async () => {
    const runner = await withBudget(wasm, 3999).load(spec);
    const failed: unknown = await runner.call('infer', given).catch((error: unknown) => error);
    const { diagnostics } = failed as {
      diagnostics: readonly { code: string; message: string; hints: readonly string[] }[];
    };
    expect(diagnostics.map((d) => d.code)).toEqual(['EBM516']);
    expect(diagnostics[0]!.message).toMatch(/needs a tensor of 1000 numbers .*, more than the budget of 0.00 GiB$/);
    expect(diagnostics[0]!.hints.join()).toContain('--budget');
    await runner.dispose();
  });

  it('lets through what fits, and more than the standard where it is larger', async () => {
    const runner = await withBudget(wasm, 4000).load(spec);
    expect((await runner.call('infer', given))['twice']!.data).toHaveLength(1000);
    await runner.dispose();
  });
});
