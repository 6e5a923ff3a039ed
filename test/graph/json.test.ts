// The JSON form of two graphs, written by hand from the models and the description at the head of json.ts.
import { expect, test } from 'vitest';
import { drawJson } from '../../src/graph/draw/draw.ts';
import { graphOfModel } from './load.ts';

const structure = (json: object): { readonly unknowns: readonly object[]; readonly blocks: readonly object[] } =>
  (json as { structure: { unknowns: readonly object[]; blocks: readonly object[] } }).structure;

test('kmeans', () => {
  const json = drawJson(graphOfModel('kmeans'));
  expect(json).toMatchObject({
    schema_version: 1,
    model: 'kmeans',
    variables: [
      { name: 'w', role: 'param', domain: 'real', shape: ['D', 'K'], indices: [], net: null },
      {
        name: 'y',
        role: 'target',
        domain: 'real',
        shape: ['D'],
        indices: [{ name: 'n', from: '0', to: 'N', plate: 'n' }],
      },
      {
        name: 'z',
        role: 'latent',
        domain: 'onehot',
        shape: ['K'],
        indices: [{ name: 'n', from: '0', to: 'N', plate: 'n' }],
      },
    ],
    nets: [],
    factors: [
      {
        name: 'distance',
        kind: 'factor',
        distribution: null,
        indices: [{ name: 'n', from: '0', to: 'N' }],
        where: null,
        slots: [
          { variable: 'y', at: ['n'], detached: false },
          { variable: 'w', at: [], detached: false },
          { variable: 'z', at: ['n'], detached: false },
        ],
      },
    ],
    plates: [{ id: 'n', name: 'n', from: '0', to: 'N', inside: [] }],
  });
  const independent = [{ name: 'n', coupling: 'independent', order: null, factor: null, reason: null }];
  expect(structure(json)).toEqual({
    unknowns: [
      {
        variable: 'w',
        domain: 'real',
        curvature: 'quadratic',
        degree: 2,
        convexity: 'convex',
        smooth: true,
        because: 'distance',
        factors: { distance: 'quadratic' },
        constraints: [],
        separableAxes: [0],
      },
      {
        variable: 'y',
        domain: 'real',
        curvature: 'quadratic',
        degree: 2,
        convexity: 'convex',
        smooth: true,
        because: 'distance',
        factors: { distance: 'quadratic' },
        constraints: [],
        separableAxes: [0],
      },
      {
        variable: 'z',
        domain: 'onehot',
        curvature: 'discrete',
        degree: 2,
        convexity: 'convex',
        smooth: true,
        because: 'distance',
        factors: { distance: 'discrete' },
        constraints: [],
        separableAxes: [],
      },
    ],
    blocks: [
      { of: ['latent'], components: [{ variables: ['z'], shape: 'independent', axes: independent }] },
      { of: ['target', 'latent'], components: [{ variables: ['y', 'z'], shape: 'chain', axes: independent }] },
      { of: ['param'], components: [{ variables: ['w'], shape: 'independent', axes: [] }] },
    ],
  });
});

test('hmm: chains', () => {
  const json = drawJson(graphOfModel('hmm'));
  expect(json).toMatchObject({
    factors: [
      { name: 's', kind: 'distribution', distribution: 'categorical', indices: [] },
      { name: 's#2', distribution: 'categorical', indices: [{ name: 't', from: '1', to: 'T' }] },
      { name: 'x', distribution: 'categorical', indices: [{ name: 't', from: '0', to: 'T' }] },
    ],
    plates: [{ name: 't', from: '0', to: 'T', inside: [] }],
  });
  const chain = [{ name: 't', coupling: 'chain', order: 1, factor: 's#2', reason: null }];
  expect(structure(json).blocks.slice(0, 2)).toEqual([
    { of: ['latent'], components: [{ variables: ['s'], shape: 'chain', axes: chain }] },
    { of: ['target', 'latent'], components: [{ variables: ['s', 'x'], shape: 'tree', axes: chain }] },
  ]);
});
