// Scans in plain loops on the host: they agree with the float64 interpreter, as the same scans do on tfjs, and leave no tensor.
import fc from 'fast-check';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { TensorData } from '../../src/backend/backend.ts';
import { runProgram } from '../../src/backend/reference.ts';
import { emitModule } from '../../src/backend/tfjs/emit/module.ts';
import { writeModule } from '../../src/backend/tfjs/module-file.ts';
import type { TfjsBackendName } from '../../src/backend/tfjs/devices/device.ts';
import { startTfjs } from '../../src/backend/tfjs/start.ts';
import { Builder } from '../../src/tensor/builder.ts';
import { constant, product, size } from '../../src/tensor/dims.ts';
import { gradient } from '../../src/tensor/differentiate.ts';
import { binaryFunctions, ternaryFunctions, unaryFunctions } from '../../src/tensor/elementwise.ts';
import { elementwiseTable } from '../../src/tensor/elementwise-table.ts';
import { optimise } from '../../src/tensor/passes/index.ts';
import type { Program } from '../../src/tensor/program.ts';
import { randomScan } from '../tensor/random-program.ts';
import { close, moduleOf, numbersOf, randomNumbers, type Inputs, type Sizes } from './agreement.ts';
import { chain } from './programs.ts';

type Results = Readonly<Record<string, TensorData>>;
type Entry = (inputs: Inputs, options: object) => Promise<Results>;

/** The limits that force scans onto tfjs and onto the host; without a limit the module chooses. */
const [onTfjs, onHost] = [0, Infinity];

const entryOf = async (program: Program, hostLimit?: number): Promise<Entry> => {
  const text = emitModule(moduleOf({ infer: program }), hostLimit === undefined ? {} : { hostLimit });
  const path = await writeModule(text);
  return ((await import(/* @vite-ignore */ pathToFileURL(path).href)) as { infer: Entry }).infer;
};

interface Comparison {
  readonly sizes?: Sizes;
  readonly tolerance?: number;
  readonly backend?: TfjsBackendName;
}
const agreeAt = async (
  hostLimit: number,
  program: Program,
  inputs: Inputs,
  { sizes = {}, tolerance = 1e-5, backend = 'wasm' }: Comparison = {},
): Promise<void> => {
  await startTfjs(backend);
  const found = await (await entryOf(program, hostLimit))(inputs, { sizes });
  for (const [name, value] of Object.entries(runProgram(program, inputs, { sizes })))
    close(found[name]!, value, tolerance, `${backend}, limit ${hostLimit}, ${name}`);
};

const [T, N, K] = [size('T'), size('N'), size('K')];
const runs = { numRuns: Number(process.env['RUNS'] ?? 40), seed: Number(process.env['SEED'] ?? 1) };

describe('random scans', () => {
  it.each([
    ['on the host', onHost, 'wasm', 1e-5],
    ['on the host', onHost, 'cpu', 1e-5],
    ['on tfjs', onTfjs, 'wasm', 2e-3],
  ] as const)('%s agree with the interpreter: %d, %s', async (_where, limit, backend, tolerance) => {
    await fc.assert(
      fc.asyncProperty(randomScan({ maxSteps: 8, differentiated: false }), async ({ program, inputs, sizes }) =>
        agreeAt(limit, program, inputs, { sizes, tolerance, backend }),
      ),
      runs,
    );
  });
  it.each([
    ['on the host', onHost],
    ['on tfjs', onTfjs],
  ] as const)('with their gradients %s', async (_where, limit) => {
    await fc.assert(
      fc.asyncProperty(randomScan({ maxSteps: 5, differentiated: true }), async ({ program, inputs, sizes }) =>
        agreeAt(limit, program, inputs, { sizes, tolerance: 2e-3 }),
      ),
      runs,
    );
  });
});

/** The energy of each last state of a chain, at an inverse temperature that is an input. */
const lastMessage = (b: Builder, kind: 'soft-min' | 'min-plus') => {
  const emission = b.input('emission', [T, N]);
  const transition = b.input('transition', [N, N]);
  const beta = b.input('beta', []);
  const semiring = kind === 'soft-min' ? { kind, beta } : kind;
  const { carry } = b.scan({ length: T, carry: [b.zeros([N])], xs: [emission] }, (c, [message], [energy]) => {
    const pair = [
      { value: message!, axes: [0] },
      { value: transition, axes: [0, 1] },
    ];
    return { carry: [c.add(c.contract(semiring, pair, [1]), energy!)] };
  });
  return { last: carry[0]!, semiring, emission, transition };
};
const chainGradient = (kind: 'soft-min' | 'min-plus'): Program => {
  const b = new Builder();
  const { last, semiring, emission, transition } = lastMessage(b, kind);
  const total = b.contract(semiring, [{ value: last, axes: [0] }], []);
  const [marginals, transitions] = gradient(b, total, [emission, transition]);
  return optimise(b.finish({ total, marginals: marginals!, transitions: transitions! }));
};
const chainInputs = (sizes: Sizes, seed: number, beta: number): Inputs => {
  const next = randomNumbers(seed);
  return {
    emission: numbersOf([T, N], sizes, next),
    transition: numbersOf([N, N], sizes, next),
    beta: { shape: [], data: Float32Array.of(beta) },
  };
};

describe('chains with their gradients', () => {
  it.each([
    ['soft-min', 1, 5],
    ['soft-min', 0.3, 5],
    ['soft-min', 1e6, 5],
    ['soft-min', 1, 1],
    ['min-plus', 1, 5],
    ['min-plus', 1, 0],
  ] as const)('%s at β = %d over %d steps', async (kind, beta, steps) => {
    const sizes = { T: steps, N: 3 };
    const inputs = chainInputs(sizes, 7, beta);
    // A forbidden transition.
    inputs['transition']!.data[1] = 1e30;
    for (const limit of [onHost, onTfjs]) await agreeAt(limit, chainGradient(kind), inputs, { sizes, tolerance: 1e-4 });
  });

  it('at infinite β are minima over all paths', async () => {
    const inputs = chainInputs({ T: 4, N: 3 }, 3, Infinity);
    const b = new Builder();
    await startTfjs('wasm');
    const found = await (await entryOf(b.finish({ last: lastMessage(b, 'soft-min').last }), onHost))(inputs, {});
    const [e, w] = [inputs['emission']!.data, inputs['transition']!.data];
    const paths = (t: number, s: number): number =>
      t < 0 ? 0 : Math.min(...[0, 1, 2].map((r) => paths(t - 1, r) + w[r * 3 + s]!)) + e[t * 3 + s]!;
    for (const s of [0, 1, 2]) expect(found['last']!.data[s]).toBeCloseTo(paths(3, s), 5);
  });
});

it.each([...unaryFunctions, ...binaryFunctions, ...ternaryFunctions])('%s agrees with its definition', async (fn) => {
  const points = [-2.5, -1, -0.3, 0, 0.5, 0.7, 1, 1.5, 2.5, 40];
  const b = new Builder();
  const names = ['p', 'q', 'r'].slice(0, elementwiseTable[fn].arity);
  const values = names.map((name) => b.input(name, [T, N]));
  const { ys } = b.scan({ length: T, carry: [], xs: values }, (c, _carry, xs) => ({
    carry: [],
    ys: [c.map(fn, ...xs)],
  }));
  const width = points.length;
  const inputs = Object.fromEntries(
    names.map((name, k) => {
      const data = Float32Array.from({ length: width * width }, (_, i) =>
        k === 0 ? points[Math.floor(i / width)]! : points[(i * (2 * k - 1)) % width]!,
      );
      return [name, { shape: [width, width], data }];
    }),
  );
  await agreeAt(onHost, b.finish({ y: ys[0]! }), inputs, { tolerance: 1e-6 });
});

it('views, joins and indices', async () => {
  const b = new Builder();
  const [xs, table, row] = [b.input('xs', [T, N, K]), b.input('table', [N, K]), b.input('row', [K])];
  const wide = b.expand(b.reshape(row, [constant(1), K]), [N, K]);
  const [none, one, two] = [constant(0), constant(1), constant(2)];
  const { ys } = b.scan(
    { length: T, carry: [], xs: [xs, b.iota([T], 0, 'int')], reverse: true },
    (c, _carry, [x, t]) => {
      const first = c.argmin(x!, 0);
      const turned = c.reshape(c.add(x!, wide), [K, N]);
      const picked = c.gather(c.reverse(table, 1), first, 0);
      return {
        carry: [],
        ys: [
          c.transpose(c.concat([x!, c.reverse(table, 0), wide], 0), [1, 0]),
          c.pad(c.sliceAxis(turned, 1, one, two), [one, none], [none, two], -1),
          picked,
          c.scatterAdd(picked, first, 0, N),
          c.sum(c.mul(c.oneHot(first, N), 2)),
          c.add(t!, 1),
          c.reshape(c.reverse(turned, 0), [product([N, K])]),
        ],
      };
    },
  );
  const sizes = { T: 3, N: 3, K: 2 };
  const next = randomNumbers(11);
  const inputs = {
    xs: numbersOf([T, N, K], sizes, next),
    table: numbersOf([N, K], sizes, next),
    row: numbersOf([K], sizes, next),
  };
  const program = b.finish(Object.fromEntries(ys.map((y, i) => [`y${i}`, y])));
  await agreeAt(onHost, program, inputs, { sizes, tolerance: 1e-6 });
});

it('leaves no tensor', async () => {
  const tf = await startTfjs('wasm');
  const inputs = chainInputs({ T: 4, N: 3 }, 5, 1);
  for (const limit of [onHost, onTfjs, undefined])
    for (const kind of ['soft-min', 'min-plus'] as const) {
      const entry = await entryOf(chainGradient(kind), limit);
      const before = tf.memory();
      for (let i = 0; i < 3; i++) await entry(inputs, {});
      expect(tf.memory().numTensors).toBe(before.numTensors);
      expect(tf.memory().numBytes).toBe(before.numBytes);
    }
});

describe('the text', () => {
  it('of a chain', async () => {
    const text = emitModule(chain());
    expect(text).toBe(emitModule(chain()));
    const loop = text.slice(text.indexOf('/** A scan'), text.indexOf('// -----'));
    await expect(loop).toMatchFileSnapshot('golden/chain-host-loop.mjs.txt');
  });
  it('chooses by sizes, and holds both ways', () => {
    const text = emitModule(chain());
    expect(text).toMatch(/const onHost = .*\bB\b.*\bS\b.* <= \d+/);
    expect(text).toMatch(/if \(onHost\) {[^]*hostScan1\([^]*} else {\n *for \(let t/);
    expect(emitModule(chain(), { hostLimit: onTfjs })).not.toMatch(/hostScan/);
  });
  it('of a scan with random numbers has no host loop', () => {
    const b = new Builder();
    const { carry } = b.scan({ length: T, carry: [b.zeros([N])] }, (c, [x]) => ({
      carry: [c.add(x!, c.random('normal', [N], c.constant(1), c.constant(2)))],
    }));
    expect(emitModule(moduleOf({ infer: b.finish({ x: carry[0]! }) }))).not.toMatch(/hostScan/);
  });
});
