// Params as a block to minimise over, with everything else given: what analyses of an objective are asked about.
import type { Variable } from '../semantics/model.ts';
import type { BlockFacts } from '../methods/method.ts';
import type { Scene } from './choose.ts';
import { factsOf } from './choose.ts';

export const paramFacts = (scene: Scene, params: readonly Variable[]): BlockFacts =>
  factsOf(
    scene,
    params.map((variable) => ({ variable, operation: 'minimize', beta: Infinity }) as const),
    new Set(),
  );
