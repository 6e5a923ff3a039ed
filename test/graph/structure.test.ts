// Structure facts written by hand from the energies of the models.
import { describe, expect, test } from 'vitest';
import type { CurvatureClass } from '../../src/graph/structure.ts';
import { structureOf } from '../../src/graph/structure.ts';
import { graphOf, graphOfModel } from './load.ts';

/** Model, unknown, class of the energy in it, the factor that makes it so. */
const curvatures: readonly (readonly [string, string, CurvatureClass, string | null])[] = [
  ['kmeans', 'w', 'quadratic', 'distance'],
  ['kmeans', 'z', 'discrete', 'distance'],
  ['kmeans', 'y', 'quadratic', 'distance'],
  ['gmm', 'w', 'quadratic', 'distance'],
  ['gmm', 'M', 'linear', 'distance'],
  ['gmm_full', 'pi', 'convex', 'z'],
  ['gmm_full', 'mu', 'quadratic', 'y'],
  ['gmm_full', 'S', 'smooth', 'y'],
  ['hmm', 's', 'discrete', 's'],
  ['hmm', 'A', 'convex', 's#2'],
  ['kalman', 's', 'quadratic', 's'],
  ['kalman', 'A', 'quadratic', 's#2'],
  ['kalman', 'C', 'quadratic', 'y'],
  ['kalman', 'Q', 'smooth', 's#2'],
  ['nmf', 'W', 'quadratic', 'reconstruction'],
  ['nmf', 'h', 'quadratic', 'reconstruction'],
  ['pca', 'W', 'polynomial', 'reconstruction'],
  ['sparse_coding', 'z', 'convex', 'sparsity'],
  ['sparse_coding', 'W', 'quadratic', 'reconstruction'],
  ['matching_pursuit', 'z', 'nonsmooth', 'count'],
  ['lateral_inhibition', 'z', 'quadratic', 'reconstruction'],
  ['ica', 'W', 'smooth', 'sources'],
  ['rbm', 'W', 'linear', 'interaction'],
  ['rbm', 'z', 'discrete', 'interaction'],
  ['image_grid', 'y', 'discrete', 'light'],
  ['pose_graph', 'p', 'quadratic', 'moved'],
  ['pose_graph', 't', 'nonsmooth', 'turns'],
  ['denoise_signal', 'y', 'convex', 'tv'],
  ['matrix_dense', 'a', 'quadratic', 'fit'],
  ['eight_schools', 'theta', 'quadratic', 'theta'],
  ['eight_schools', 'tau', 'smooth', 'tau'],
  ['ellipse', 'r', 'quadratic', 'distance'],
  ['ellipse', 'z', 'smooth', 'distance'],
  ['score_matching', 'm', 'quadratic', 'distance'],
  ['score_matching', 'P', 'linear', 'distance'],
  ['vae', 'z', 'nonsmooth', 'y'],
  ['vae', 'y', 'quadratic', 'y'],
  ['potts', 'mu', 'quadratic', 'colour'],
  ['crf_tagger', 'emit', 'linear', 'emission'],
  ['logistic', 'w', 'convex', 'y'],
  ['nce', 'c', 'linear', 'constant'],
  // Only read under stop_gradient there, so the label factor does not count for it.
  ['vqvae', 'z', 'discrete', 'codebook'],
];

test.each(curvatures)('%s: %s is %s because of %s', (model, variable, curvature, witness) => {
  const [facts] = structureOf(graphOfModel(model), new Set([variable])).unknowns;
  expect({ curvature: facts!.curvature, witness: facts!.witness }).toEqual({ curvature, witness });
});

describe('degree, convexity, smoothness', () => {
  const factsOf = (source: string, variable: string): unknown => {
    const [facts] = structureOf(graphOf(source).graph, new Set([variable])).unknowns;
    return { degree: facts!.degree, convexity: facts!.convexity, smooth: facts!.smooth };
  };
  const scalar = (energy: string): string =>
    `model m\nconst c = 2\ndata P : spd[2, 2]\ndata S : real[2, 2]\nlatent x : real\nlatent p : positive\nlatent v : real[2]\nfactor f = ${energy}`;

  const table: readonly (readonly [string, string, number, string, boolean])[] = [
    ['3 * x - 1', 'x', 1, 'affine', true],
    ['(x - 1)^2', 'x', 2, 'convex', true],
    ['-(x - 1)^2', 'x', 2, 'concave', true],
    ['x^2 - 2 * (x + 1)^2', 'x', 2, 'none', true],
    ['(x^2 + 1)^2', 'x', 4, 'convex', true],
    ['x^3', 'x', 3, 'none', true],
    ['p^3', 'p', 3, 'convex', true],
    ['1 / p', 'p', Infinity, 'convex', true],
    ['-1 / p', 'p', Infinity, 'concave', true],
    ['p * log(p)', 'p', Infinity, 'none', true],
    ['abs(x)', 'x', Infinity, 'convex', false],
    ['exp(x^2)', 'x', Infinity, 'convex', true],
    ['exp(-x^2)', 'x', Infinity, 'none', true],
    ['-log(p)', 'p', Infinity, 'convex', true],
    ['max(x^2, 1 - x)', 'x', Infinity, 'convex', false],
    ['min(x^2, 1)', 'x', Infinity, 'none', false],
    ['c * abs(x)', 'x', Infinity, 'convex', false],
    ['-c * abs(x)', 'x', Infinity, 'concave', false],
    ['relu(1 - x)', 'x', Infinity, 'convex', false],
    ['||v||', 'v', Infinity, 'convex', false],
    ['||v||^2', 'v', 2, 'convex', true],
    ["v' @ P @ v", 'v', 2, 'convex', true],
    ["(v - 1)' @ (P @ (v - 1))", 'v', 2, 'convex', true],
    ["v' @ S @ v", 'v', 2, 'none', true],
    ["v' @ inverse(P) @ v / 2", 'v', 2, 'convex', true],
    ['v[0] * v[1]', 'v', 2, 'none', true],
    ['logsumexp(v)', 'v', Infinity, 'convex', true],
    ['sum[i in 2] v[i]^2', 'v', 2, 'convex', true],
    ['if c > 1 then x^2 else x', 'x', 2, 'convex', true],
    ['if x > 1 then 1 else 0', 'x', Infinity, 'none', false],
    ['-log(sigmoid(3 * x - 1))', 'x', Infinity, 'convex', true],
    ['-log(1 - sigmoid(x))', 'x', Infinity, 'convex', true],
    ['-log_softmax(v)[0]', 'v', Infinity, 'convex', true],
    ['-log(sigmoid(x^2))', 'x', Infinity, 'none', true],
    ['sin(x)', 'x', Infinity, 'none', true],
    ['(x - stop_gradient(x))^2', 'x', 2, 'convex', true],
  ];
  test.each(table)('%s in %s', (energy, variable, degree, convexity, smooth) => {
    expect(factsOf(scalar(energy), variable)).toEqual({ degree, convexity, smooth });
  });

  test('every claim of convexity survives random chords', () => {
    // Jensen's inequality at midpoints, on JavaScript transcriptions of the energies claimed convex above.
    const convex: readonly ((x: number) => number)[] = [
      (x) => (x * x + 1) ** 2,
      (x) => Math.exp(x * x),
      (x) => Math.max(x * x, 1 - x),
      (x) => Math.max(1 - x, 0),
    ];
    for (const f of convex)
      for (let k = 0; k < 50; k++) {
        const [a, b] = [Math.sin(k) * 2, Math.cos(3 * k) * 2];
        expect(f((a + b) / 2)).toBeLessThanOrEqual((f(a) + f(b)) / 2 + 1e-12);
      }
  });
});

describe('separable components', () => {
  /** Model, variable, axes along which its entries are separate, and for the others what ties them (null: the domain). */
  const table: readonly (readonly [string, string, readonly number[], readonly (string | null)[]])[] = [
    ['rbm', 'z', [0], []],
    ['rbm', 'y', [0], []],
    ['kmeans', 'z', [], [null]],
    ['kmeans', 'w', [0], ['distance']],
    ['nmf', 'W', [0], ['reconstruction']],
    ['nmf', 'h', [], ['reconstruction']],
    ['boltzmann_machine', 'y', [], ['pair']],
    ['boltzmann_machine', 'J', [0, 1], []],
    ['matrix_dense', 'a', [0], ['fit']],
    ['matrix_dense', 'b', [0], ['fit']],
    // The entries of a column are tied by the condition on its norm.
    ['sparse_coding', 'W', [], [null, 'reconstruction']],
    ['hmm', 'A', [0], [null]],
  ];
  test.each(table)('%s: %s', (model, variable, separate, tied) => {
    const [facts] = structureOf(graphOfModel(model), new Set([variable])).unknowns;
    expect(facts!.separableAxes).toEqual(separate);
    expect(facts!.tied.map((t) => t.factor)).toEqual(tied);
  });
});

describe('coupling and shape', () => {
  type Axis = readonly [name: string, coupling: string];
  const table: readonly (readonly [
    string,
    readonly string[],
    readonly (readonly [readonly string[], string, readonly Axis[]])[],
  ])[] = [
    ['kmeans', ['z'], [[['z'], 'independent', [['n', 'independent']]]]],
    ['kmeans', ['w', 'z'], [[['w', 'z'], 'tree', [['n', 'coupled']]]]],
    ['hmm', ['s'], [[['s'], 'chain', [['t', 'chain 1']]]]],
    ['hmm', ['s', 'x'], [[['s', 'x'], 'tree', [['t', 'chain 1']]]]],
    ['kalman', ['s'], [[['s'], 'chain', [['t', 'chain 1']]]]],
    ['denoise_signal', ['y'], [[['y'], 'chain', [['t', 'chain 1']]]]],
    [
      'crf_tagger',
      ['y'],
      [
        [
          ['y'],
          'chain',
          [
            ['n', 'independent'],
            ['t', 'chain 1'],
          ],
        ],
      ],
    ],
    [
      'image_grid',
      ['y'],
      [
        [
          ['y'],
          'loopy',
          [
            ['i', 'chain 1'],
            ['j', 'chain 1'],
          ],
        ],
      ],
    ],
    [
      'stereo',
      ['d'],
      [
        [
          ['d'],
          'loopy',
          [
            ['i', 'chain 1'],
            ['j', 'chain 1'],
          ],
        ],
      ],
    ],
    [
      'sudoku',
      ['x'],
      [
        [
          ['x'],
          'loopy',
          [
            ['r', 'coupled'],
            ['c', 'coupled'],
          ],
        ],
      ],
    ],
    [
      'asia',
      ['asia', 'smoke', 'tub', 'lung', 'bronc', 'either', 'xray', 'dysp'],
      [[['asia', 'smoke', 'tub', 'lung', 'bronc', 'either', 'xray', 'dysp'], 'loopy', []]],
    ],
    // Given either and bronc the rest falls apart.
    [
      'asia',
      ['asia', 'tub', 'smoke', 'xray'],
      [
        [['asia', 'tub'], 'chain', []],
        [['smoke'], 'independent', []],
        [['xray'], 'independent', []],
      ],
    ],
    ['rbm', ['z'], [[['z'], 'independent', [['n', 'independent']]]]],
    [
      'rbm',
      ['W', 'b'],
      [
        [['W'], 'independent', []],
        [['b'], 'independent', []],
      ],
    ],
    ['pose_graph', ['p'], [[['p'], 'irregular', [['i', 'coupled']]]]],
    ['ldpc', ['x'], [[['x'], 'irregular', [['n', 'coupled']]]]],
    // One factor over all of z for every k: a single scope, hence no loop.
    ['variance_sparse_coding', ['z'], [[['z'], 'tree', [['n', 'coupled']]]]],
    [
      'lda',
      ['z'],
      [
        [
          ['z'],
          'independent',
          [
            ['d', 'independent'],
            ['i', 'independent'],
          ],
        ],
      ],
    ],
    [
      'lda',
      ['theta', 'z'],
      [
        [
          ['theta', 'z'],
          'tree',
          [
            ['d', 'independent'],
            ['i', 'coupled'],
          ],
        ],
      ],
    ],
    ['eight_schools', ['mu', 'theta'], [[['mu', 'theta'], 'tree', [['j', 'coupled']]]]],
  ];
  test.each(table)('%s: %j', (model, unknowns, expected) => {
    const { components } = structureOf(graphOfModel(model), new Set(unknowns));
    const seen = components.map((c) => [
      c.variables,
      c.shape,
      c.axes.map((a) => [a.name, a.coupling.kind === 'chain' ? `chain ${a.coupling.order}` : a.coupling.kind]),
    ]);
    expect(seen).toEqual(expected);
  });

  const chain = (energy: string): string =>
    `model m\nsize T\nlatent s[t in T] : binary\nlatent u[t in T] : binary\n${energy}`;
  const shapeOf = (source: string): readonly unknown[] =>
    structureOf(graphOf(source).graph, new Set(['s', 'u'])).components.map((c) => [
      c.shape,
      ...c.axes.map((a) => (a.coupling.kind === 'chain' ? a.coupling.order : a.coupling.kind)),
    ]);

  test('a sum over an index couples only what stands together in it', () => {
    expect(shapeOf(chain('factor f = sum[t in 1..T] (s[t] - s[t-1])^2 + sum[t in T] u[t]'))).toEqual([
      ['chain', 1],
      ['independent', 'independent'],
    ]);
  });
  test('two chains side by side are a ladder; joined at one end only they are a tree', () => {
    const chains = 'factor f[t in 1..T] = s[t] * s[t-1]\nfactor g[t in 1..T] = u[t] * u[t-1]\n';
    expect(shapeOf(chain(`${chains}factor h[t in T] = s[t] * u[t]`))).toEqual([['loopy', 1]]);
    expect(shapeOf(chain(`${chains}factor h = s[0] * u[0]`))).toEqual([['chain', 1, 1]]);
    expect(shapeOf(chain(`${chains}factor h = s[1] * u[1]`))).toEqual([['tree', 1, 1]]);
  });
  test('order two, and what is too far for a size', () => {
    expect(shapeOf(chain('factor f[t in 2..T] = s[t] * s[t-2]'))[0]).toEqual(['chain', 2]);
    expect(shapeOf(chain('factor f[t in 2..T] = s[t] * s[t-1] * s[t-2]'))[0]).toEqual(['loopy', 2]);
    expect(shapeOf(chain('factor f = s[0] * s[T-1]'))[0]).toEqual(['chain', 'coupled']);
  });
});
