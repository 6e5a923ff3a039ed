// How many steps one call does. In: how long the last call took. Out: the steps of the next: about a tenth of a second, so
// that progress is shown and Ctrl-C is heard. Results do not depend on it.
const wanted = 100;
/** The first calls of a program take longer than later ones; and one that was hardly measurable says little. */
const growth = 4;

export const nextSteps = (steps: number, milliseconds: number): number => {
  const fitting = Math.floor((steps * wanted) / Math.max(milliseconds, 0.01));
  return Math.max(1, Math.min(fitting, growth * steps));
};
