// What a reduction begins with: the number that changes nothing. In: how values are combined. Out: a number.
import { FORBIDDEN } from '../tensor/energies.ts';
import type { Private } from './kernel.ts';

/** A minimum begins with the energy of what is forbidden, which is also what it is over nothing; a maximum with its opposite. So
 *  what is combined in parts is cut there: sums of several forbidden energies are as forbidden as one. */
export const neutral: Readonly<Record<Private['op'], number>> = { sum: 0, min: FORBIDDEN, max: -FORBIDDEN };
