// What may stand after `by` in an infer block: names, options, documentation, and which operations each one performs.
// The methods themselves are one file each in methods/.
import { callable, option } from './options.ts';
import type { Callable, Option } from './options.ts';

export interface InferenceMethod extends Callable {
  readonly operations: readonly ('minimize' | 'marginalize')[];
}

const method = (
  operations: InferenceMethod['operations'],
  documentation: string,
  options: Readonly<Record<string, Option>> = {},
): InferenceMethod => ({ ...callable(documentation, options), operations });

const both = ['minimize', 'marginalize'] as const;
const minimize = ['minimize'] as const;
const marginalize = ['marginalize'] as const;

const iterations = (standard: string): Option => option('count', standard, 'At most so many iterations.');
const chains = {
  chains: option('count', '4', 'Independent chains.'),
  draws: option('count', '1000', 'Draws kept of each chain.'),
  warmup: option('count', '1000', 'Steps before the first draw.'),
} as const;

const families = {
  enumerate: method(both, 'Tries every joint state of a discrete block: exact.'),
  elimination: method(
    both,
    'Eliminates discrete unknowns one by one over a min-fill order: exact; chains become scans (Viterbi, forward-backward).',
  ),
  quadratic: method(
    both,
    'Closed form of a quadratic energy: a linear solve, or a Gaussian integral with covariances; chains block-tridiagonally (Kalman smoothing).',
  ),
  belief_propagation: method(both, 'Loopy max-product or sum-product messages with damping: approximate.', {
    iterations: iterations('100'),
    damping: option('number', '0.5', 'Share of the old message that is kept.'),
  }),
  trws: method(
    minimize,
    'Sequential tree-reweighted message passing (Kolmogorov 2006): a lower bound with the assignment.',
    { iterations: iterations('200') },
  ),
  tree_reweighted: method(
    marginalize,
    'Tree-reweighted belief propagation (Wainwright et al. 2005): an upper bound on log Z.',
    { iterations: iterations('200') },
  ),
  icm: method(minimize, 'Iterated conditional modes (Besag 1986): best state of one unknown at a time.', {
    iterations: iterations('100'),
  }),
  annealing: method(minimize, 'Simulated annealing (Kirkpatrick et al. 1983).', {
    sweeps: option('count', '1000', 'Sweeps over all unknowns.'),
  }),
  tabu: method(minimize, 'Tabu search over single changes (Glover 1989).', { iterations: iterations('1000') }),
  graph_cut: method(minimize, 'Minimum cut, for submodular pairwise energies of binary unknowns: exact.'),
  hungarian: method(minimize, 'The best permutation of a linear assignment (Kuhn 1955): exact.'),
  sinkhorn: method(marginalize, 'Entropic assignment (Cuturi 2013): declared approximate.', {
    iterations: iterations('100'),
  }),
  conjugate_gradients: method(minimize, 'Conjugate gradients for large quadratic energies.', {
    iterations: iterations('1000'),
  }),
  fista: method(
    minimize,
    'Accelerated proximal gradient with restart (Beck and Teboulle 2009), for convex energies: smooth plus absolute values and norms, over boxes, simplices and balls. Reports the optimality gap.',
    { iterations: iterations('10000') },
  ),
  admm: method(
    minimize,
    'Alternating direction method of multipliers (Boyd et al. 2011), for quadratic energies plus norms of affine expressions. Reports the optimality gap.',
    { iterations: iterations('10000') },
  ),
  matching_pursuit: method(minimize, 'Orthogonal matching pursuit (Pati et al. 1993), for counts of non-zero entries.'),
  hard_thresholding: method(minimize, 'Iterative hard thresholding (Blumensath and Davies 2009).', {
    iterations: iterations('500'),
  }),
  gauss_newton: method(minimize, 'Gauss-Newton with Levenberg-Marquardt damping, for sums of squares.', {
    iterations: iterations('100'),
  }),
  lbfgs: method(minimize, 'Limited-memory BFGS with a line search, for smooth energies.', {
    memory: option('count', '10', 'How many past steps it keeps.'),
    iterations: iterations('200'),
    restarts: option('count', '3', 'Random starts; the best is kept.'),
  }),
  adam: method(minimize, 'Adam, for smooth energies.', {
    rate: option('number', '0.05', 'The step size.'),
    iterations: iterations('2000'),
    restarts: option('count', '3', 'Random starts; the best is kept.'),
  }),
  sgd: method(minimize, 'Gradient descent with momentum, for smooth energies.', {
    rate: option('number', '0.01', 'The step size.'),
    momentum: option('number', '0', 'The momentum.'),
    iterations: iterations('2000'),
  }),
  projected_gradient: method(minimize, 'Gradient steps followed by the projection onto the domain.', {
    iterations: iterations('1000'),
  }),
  riemannian: method(minimize, 'Gradient steps along spheres and orthonormal matrices (Absil et al. 2008).', {
    iterations: iterations('1000'),
  }),
  eigenvectors: method(minimize, 'Leading eigenvectors, for orthonormal unknowns in a quadratic energy: exact.'),
  coordinate_descent: method(minimize, 'Minimises one block of unknowns at a time.', { iterations: iterations('300') }),
  mean_field: method(marginalize, 'A product of independent distributions (a bound on log Z).', {
    iterations: iterations('200'),
  }),
  laplace: method(marginalize, 'A Gaussian at the mode: declared approximate.'),
  quadrature: method(marginalize, 'Numerical integration of one to three bounded unknowns.', {
    points: option('count', '64', 'Nodes per dimension.'),
  }),
  gibbs: method(marginalize, 'Gibbs sampling (Geman and Geman 1984), by blocks where these are exact.', {
    sweeps: option('count', '1000', 'Sweeps over all unknowns.'),
    warmup: option('count', '200', 'Sweeps before the first that counts.'),
    chains: option('count', '4', 'Independent chains.'),
  }),
  ais: method(marginalize, 'Annealed importance sampling (Neal 2001): an estimate of log Z.', {
    temperatures: option('count', '1000', 'Steps from the base distribution.'),
    chains: option('count', '100', 'Independent runs.'),
  }),
  langevin: method(marginalize, 'Langevin dynamics: x ← x - η/2 ∇E + √η ξ.', {
    steps: option('count', '100', 'Steps.'),
    rate: option('number', '0.01', 'The step size η.'),
    chains: option('count', '1', 'Independent chains.'),
  }),
  hmc: method(marginalize, 'Hamiltonian Monte Carlo (Neal 2011).', {
    ...chains,
    steps: option('count', '32', 'Leapfrog steps of one draw.'),
  }),
  nuts: method(marginalize, 'The no-U-turn sampler (Hoffman and Gelman 2014).', chains),
  variational: method(
    marginalize,
    'Maximises the evidence lower bound over a family; amortised when its arguments are nets.',
    {
      family: option('distribution', null, 'The family, e.g. `normal(Mu(y), Sd(y))`; without it a factorised one.'),
      steps: option('count', '1000', 'Gradient steps, where there is no closed form.'),
    },
  ),
} satisfies Record<string, InferenceMethod>;

export type MethodName = keyof typeof families;
export const methods: Readonly<Record<MethodName, InferenceMethod>> = families;
export const samplers: Readonly<Record<'gibbs' | 'langevin' | 'hmc' | 'nuts', InferenceMethod>> = {
  gibbs: families.gibbs,
  langevin: families.langevin,
  hmc: families.hmc,
  nuts: families.nuts,
};
