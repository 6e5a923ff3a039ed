// What stands for an infinite energy. Infinities themselves would give NaN in sums of exponentials.

/** The energy of what cannot be: probability 0, a broken constraint, a minimum over nothing. */
export const FORBIDDEN = 1e30;

/** Numbers of this size and beyond stand for infinity: a forbidden energy with others added to it, or taken off. */
export const INFINITE = 1e29;
