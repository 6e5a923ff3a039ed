// The named losses: options, formula, paper, and the structure each needs. Which of them run is the planner's matter.
// F(y) is the free energy of a point, ȳ a negative.
import { callable, option, required } from './options.ts';
import type { Callable } from './options.ts';
import { samplers } from './methods.ts';

export interface Loss extends Callable {
  readonly formula: string;
  readonly source: string;
  /** What a model must have. */
  readonly needs: string;
}

const loss = (
  formula: string,
  source: string,
  needs: string,
  documentation: string,
  options: Callable['options'] = {},
): Loss => ({
  ...callable(documentation, options),
  formula,
  source,
  needs,
});

const negatives = (standard: string | null) =>
  option(
    'negatives',
    standard,
    'What is pushed up: `shuffled(y)`, `others(y)`, `most_offending(y)`, `violator(y)`, `recent(y, n)` or a let.',
  );
const margin = option('number', '1', 'The margin m.');
const steps = option('count', '1', 'Steps of the chain from each data point.');

const families = {
  energy: loss(
    'F(y)',
    'LeCun et al., A tutorial on energy-based learning, 2006, sec. 2.2.1',
    'an energy that cannot collapse: a normalised one, or one whose volume of low energy is limited by structure',
    'The energy of the data itself.',
  ),
  nll: loss(
    'F(y) + 1/β log ∫ e^{-βF(y)} dy',
    'LeCun et al. 2006, sec. 2.2.4',
    'targets that some method integrates over; latents are integrated out at the same β',
    'The negative log-likelihood over β, conditional on what is observed: the integral is computed, whatever the factors.',
  ),
  perceptron: loss(
    'F(y) - min_ȳ F(ȳ)',
    'LeCun et al. 2006, sec. 2.2.2',
    'targets that can be minimised',
    'Pushes up the best answer of all, the given one among them; with other negatives named, those.',
    { negatives: negatives('most_offending') },
  ),
  hinge: loss(
    'max(0, m + F(y) - F(ȳ))',
    'Altun, Johnson and Hofmann 2003',
    'a negative, and an energy that is a sum over points',
    'A margin between the data and one negative.',
    { margin, negatives: negatives('most_offending') },
  ),
  hinge_all: loss(
    'Σ_{ȳ ≠ y} max(0, m + F(y) - F(ȳ))',
    'Weston and Watkins 1999; Collobert et al.',
    'one discrete target a point',
    'A margin to every other answer.',
    { margin },
  ),
  log: loss(
    'log(1 + e^{F(y) - F(ȳ)})',
    'LeCun et al. 2006, sec. 2.2.3',
    'a negative, and an energy that is a sum over points',
    'The soft form of the hinge.',
    {
      negatives: negatives('most_offending'),
    },
  ),
  square_square: loss(
    'F(y)² + max(0, m - F(ȳ))²',
    'Chopra, Hadsell and LeCun 2005; Hadsell, Chopra and LeCun 2006',
    'an energy ≥ 0 that is a sum over points, and a negative',
    'Pulls the data to 0 and pushes negatives beyond a margin.',
    { margin, negatives: negatives('shuffled(y)') },
  ),
  nce: loss(
    '-log σ(-F(y) - log ν q(y)) - ν E_q log σ(F(ȳ) + log ν q(ȳ))',
    'Gutmann and Hyvärinen 2010',
    'a noise distribution q with a density',
    'Noise-contrastive estimation: tells data from noise.',
    {
      noise: required('distribution', 'The noise distribution q.'),
      ratio: option('number', '1', 'Noise points per data point, ν.'),
    },
  ),
  info_nce: loss(
    'F(y)/τ + log Σ_{ȳ} e^{-F(ȳ)/τ}',
    'van den Oord, Li and Vinyals 2018',
    'negatives from the batch',
    'Picks the positive out of the batch.',
    {
      temperature: option('number', '1', 'The temperature τ.'),
      negatives: negatives('others(y)'),
    },
  ),
  nca: loss(
    '-log Σ_{j: cⱼ = cᵢ} e^{-F(x, yⱼ)} + log Σ_{j ≠ i} e^{-F(x, yⱼ)}',
    'Goldberger, Roweis, Hinton and Salakhutdinov 2004',
    'labels of the points',
    'Neighbourhood components analysis.',
    {
      label: required('name', 'The variable that holds the labels c.'),
    },
  ),
  contrastive_divergence: loss(
    'F(y) - F(ỹ), ỹ after k steps from y',
    'Hinton 2002',
    'targets that a chain can sample',
    'Contrastive divergence.',
    { steps },
  ),
  persistent_contrastive_divergence: loss(
    'F(y) - F(ỹ), ỹ from chains kept between steps',
    'Tieleman 2008',
    'targets that a chain can sample',
    'Persistent contrastive divergence.',
    {
      chains: option('count', '100', 'Chains that are kept.'),
      steps,
    },
  ),
  mcmc_likelihood: loss(
    'F(y) - E_{ỹ ~ p} F(ỹ)',
    'LeCun et al. 2006, sec. 2.2.4; Du and Mordatch 2019',
    'targets that a chain can sample',
    'Maximum likelihood with the expectation by a chain.',
    {
      sampler: required('method', 'The chain.', { methods: samplers }),
    },
  ),
  ratio_matching: loss(
    'Σ_i (1 + e^{F(y₋ᵢ) - F(y)})^{-2}',
    'Hyvärinen 2007',
    'binary or spin targets',
    'Matches ratios of neighbouring states.',
  ),
  minimum_probability_flow: loss(
    "Σ_{y' next to y} e^{(F(y) - F(y'))/2}",
    'Sohl-Dickstein, Battaglino and DeWeese 2011',
    'discrete targets',
    'Limits the flow of probability out of the data.',
  ),
  score_matching: loss(
    '½ ‖∇F(y)‖² - tr ∇²F(y)',
    'Hyvärinen 2005; sliced: Song et al. 2019; denoising: Vincent 2011',
    'a smooth energy of real targets',
    'Matches the score ∇ log p.',
    {
      form: option('method', 'exact', 'How the trace is had.', {
        methods: {
          exact: callable('The trace of the Hessian itself.'),
          sliced: callable('Random projections of the Hessian.', {
            projections: option('count', '1', 'Projections per point.'),
          }),
          denoising: callable('The score of the data with noise added.', {
            sigma: required('number', 'Standard deviation of the noise.'),
          }),
        },
      }),
    },
  ),
  adversarial: loss(
    'hinge: max(0, 1 + F(y)) + max(0, 1 - F(ȳ)); generator: F(ȳ)',
    'Goodfellow et al. 2014; Arjovsky, Chintala and Bottou 2017; Miyato et al. 2018',
    'a generator',
    'A critic against a generator; the learn line of the generator follows the one of the critic.',
    {
      negative: required('name', 'The generated value, a let.', { aliases: ['generator'] }),
      form: option('word', 'hinge', 'Which objective.', { words: ['hinge', 'wasserstein', 'minimax'] }),
      penalty: option('number', null, 'Added to the loss of the critic: a gradient penalty.'),
    },
  ),
  elbo: loss(
    'E_q E(y, z) - H(q)',
    'Kingma and Welling 2014',
    'latents marginalised by `variational`',
    'The negative evidence lower bound.',
  ),
} satisfies Record<string, Loss>;

export type LossName = keyof typeof families;
export const losses: Readonly<Record<LossName, Loss>> = families;

export interface NegativesFacts {
  readonly documentation: string;
  /** Names of options behind the variable. */
  readonly options: readonly string[];
}
const negativesFamilies = {
  shuffled: {
    documentation:
      'y of another point: the values of the batch, each moved on around it by the same number of places, drawn anew for ' +
      'each step from 1 to the number of the others.',
    options: [],
  },
  others: {
    documentation:
      'y of every other point of the batch: the loss is the mean over them. Costs one free energy for each.',
    options: [],
  },
  most_offending: {
    documentation:
      'The y ≠ the given one with the least free energy. Needs one discrete target a point; all states are looked at.',
    options: [],
  },
  violator: {
    documentation:
      'A y ≠ the given one at which the loss is above 0: the first in an order that is drawn anew for each point and step. A ' +
      'point without one adds nothing. The sampling of Weston et al. 2010, without their weights by rank. Needs one discrete ' +
      'target a point.',
    options: [],
  },
  recent: { documentation: 'A queue of the last n values (He et al. 2020). Not in this version.', options: ['count'] },
} satisfies Record<string, NegativesFacts>;
export type NegativesName = keyof typeof negativesFamilies;
export const negativesTable: Readonly<Record<NegativesName, NegativesFacts>> = negativesFamilies;
