// A margin to every other answer: L = Σ_{ȳ ≠ y} max(0, m + F(y) - F(ȳ)). Weston and Watkins 1999.
import { mapNamed, scalar } from '../lower/named-tensor.ts';
import type { LossMethod } from './loss.ts';
import { needsOf } from './negatives.ts';
import { givenPoints, numberOption, sumOverPoints } from './values.ts';

export const hingeAll: LossMethod = {
  name: 'hinge_all',
  smooth: () => false,
  convexFor: 'affine',
  needs: ({ targets }) => {
    const [target, second] = targets;
    if (target === undefined || second !== undefined)
      return `it compares all answers of one target, and ${targets.length} are given while training`;
    return needsOf([{ replaced: [] }, { replaced: [{ kind: 'least', target }] }]);
  },
  lower: (view) => {
    const b = view.env.builder;
    const { energy, given } = view.states(view.targets[0]!);
    const above = mapNamed(b, 'add', numberOption(view, 'margin'), givenPoints(view));
    const margins = mapNamed(b, 'relu', mapNamed(b, 'sub', above, energy));
    return sumOverPoints(view, mapNamed(b, 'select', given, scalar(b.constant(0)), margins));
  },
};
