// What may stand after `learn … by`: names, options, documentation. The steps themselves are in optimizers/ and methods/.
import { aboveZero, belowOne, callable, option } from './options.ts';
import type { Callable } from './options.ts';

const startsText =
  'Random starts; the best is kept. Where it is not set and sweeps take long, the worse half drops out again and again.';

const families = {
  sgd: callable('Stochastic gradient descent with momentum: v ← μ v - η g, w ← w + v (Polyak 1964).', {
    rate: option('number', '0.01', 'The step size η.', { range: aboveZero }),
    momentum: option('number', '0', 'The momentum μ.', { range: belowOne }),
  }),
  adam: callable('Adam (Kingma and Ba 2015): steps scaled by running moments of the gradient.', {
    rate: option('number', '0.05', 'The step size.', { range: aboveZero }),
    beta1: option('number', '0.9', 'Decay of the first moment.', { range: belowOne }),
    beta2: option('number', '0.999', 'Decay of the second moment.', { range: belowOne }),
  }),
  lbfgs: callable('Limited-memory BFGS with a line search (Liu and Nocedal 1989): full-batch, for smooth objectives.', {
    memory: option('count', '10', 'How many past steps it keeps.'),
    iterations: option('count', '200', 'At most so many iterations.'),
  }),
  lloyd: callable('Alternates exact steps of latents and params, as in k-means (Lloyd 1982).', {
    restarts: option('count', '10', startsText),
    iterations: option('count', '500', 'At most so many sweeps.'),
  }),
  em: callable(
    'Expectation maximisation (Dempster, Laird and Rubin 1977): posterior of the latents, then exact params.',
    {
      restarts: option('count', '10', startsText),
      iterations: option('count', '500', 'At most so many sweeps.'),
    },
  ),
  als: callable('Alternating least squares over blocks of params and latents.', {
    iterations: option('count', '500', 'At most so many sweeps.'),
  }),
  exact: callable('The closed form of the minimum over these params, where there is one.'),
} satisfies Record<string, Callable>;

export type OptimizerName = keyof typeof families;
export const optimizers: Readonly<Record<OptimizerName, Callable>> = families;
