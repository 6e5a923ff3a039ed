// Distributions of positive numbers, of numbers in [0, 1] and of simplex vectors.
// Formulas: Gelman et al., Bayesian Data Analysis, 3rd ed., appendix A, unless another source is given.
import type { Distribution } from '../distribution.ts';
import { entry } from '../distribution.ts';
import { isScalar } from '../types.ts';
import { gaussianEnergy } from './real-line.ts';

const textbook = 'Gelman et al., Bayesian Data Analysis, 3rd ed., appendix A';
const positiveNumbers = {
  source: textbook,
  support: ['positive', 'nonnegative'],
  eventRank: () => 0,
  form: 'array',
  relatives: { real: 'normal' },
} as const;

export const positiveDistributions = {
  exponential: {
    signature: 'exponential(rate)',
    documentation: 'The exponential distribution, entry by entry; its mean is 1 / rate.',
    formula: 'p(x) = rate exp(-rate x)',
    parameters: [entry('rate', { requires: 'positive' })],
    ...positiveNumbers,
    energy: (x, [rate], make) => make.call('sub', make.call('mul', rate!, x), make.call('log', rate!)),
    relatives: { real: 'laplace' },
  },
  gamma: {
    signature: 'gamma(shape, rate)',
    documentation: 'The gamma distribution, entry by entry, by shape and rate; its mean is shape / rate.',
    formula: 'p(x) = rate^shape x^(shape-1) exp(-rate x) / Γ(shape)',
    parameters: [entry('shape', { requires: 'positive' }), entry('rate', { requires: 'positive' })],
    ...positiveNumbers,
    energy: (x, [shape, rate], make) => {
      const c = make.call;
      const power = c('mul', c('sub', shape!, make.number(1)), c('log', x));
      const normaliser = c('sub', c('lgamma', shape!), c('mul', shape!, c('log', rate!)));
      return c('add', c('sub', c('mul', rate!, x), power), normaliser);
    },
  },
  lognormal: {
    signature: 'lognormal(mean, sd)',
    documentation: 'Numbers whose logarithm is normal with this mean and standard deviation, entry by entry.',
    formula: 'p(x) = exp(-(log x - mean)² / (2 sd²)) / (x sd √(2π))',
    parameters: [entry('mean'), entry('sd', { requires: 'positive' })],
    ...positiveNumbers,
    energy: (x, [mean, sd], make) => {
      const logarithm = make.call('log', x);
      return make.call('add', gaussianEnergy(logarithm, mean!, sd!, make), logarithm);
    },
  },
  half_normal: {
    signature: 'half_normal(sd)',
    documentation: 'The absolute value of a normal variable of mean 0, entry by entry.',
    formula: 'p(x) = √(2/π) exp(-x² / (2 sd²)) / sd',
    parameters: [entry('sd', { requires: 'positive' })],
    ...positiveNumbers,
    energy: (x, [sd], make) => {
      const c = make.call;
      const square = c('div', c('pow', c('div', x, sd!), make.number(2)), make.number(2));
      return c('add', c('add', square, c('log', sd!)), make.number(Math.log(Math.PI / 2) / 2));
    },
  },
  half_cauchy: {
    signature: 'half_cauchy(scale)',
    documentation: 'The absolute value of a Cauchy variable, entry by entry: a weak prior of scales.',
    formula: 'p(x) = 2 / (π scale (1 + (x/scale)²))',
    parameters: [entry('scale', { requires: 'positive' })],
    ...positiveNumbers,
    source: 'Gelman, Prior distributions for variance parameters, Bayesian Analysis 1(3), 2006',
    energy: (x, [scale], make) => {
      const c = make.call;
      const tail = c('log1p', c('pow', c('div', x, scale!), make.number(2)));
      return c('add', c('add', tail, c('log', scale!)), make.number(Math.log(Math.PI / 2)));
    },
  },
  beta: {
    signature: 'beta(a, b)',
    documentation: 'The beta distribution of numbers in [0, 1], entry by entry; its mean is a / (a + b).',
    formula: 'p(x) = x^(a-1) (1-x)^(b-1) Γ(a+b) / (Γ(a) Γ(b))',
    source: textbook,
    parameters: [entry('a', { requires: 'positive' }), entry('b', { requires: 'positive' })],
    support: ['unit'],
    eventRank: () => 0,
    form: 'array',
    energy: (x, [a, b], make) => {
      const c = make.call;
      const one = make.number(1);
      const powers = c(
        'add',
        c('mul', c('sub', a!, one), c('log', x)),
        c('mul', c('sub', b!, one), c('log', c('sub', one, x))),
      );
      const normaliser = c('sub', c('add', c('lgamma', a!), c('lgamma', b!)), c('lgamma', c('add', a!, b!)));
      return c('sub', normaliser, powers);
    },
    relatives: { simplex: 'dirichlet' },
  },
  dirichlet: {
    signature: 'dirichlet(concentration)',
    documentation: 'The Dirichlet distribution of simplex vectors; a scalar concentration is the same for every entry.',
    formula: 'p(x) = Γ(Σ aᵢ) / Π Γ(aᵢ) Π xᵢ^(aᵢ-1)',
    source: textbook,
    parameters: [{ name: 'concentration', shape: (d) => d.shape.slice(-1), scalar: true, requires: 'positive' }],
    support: ['simplex'],
    eventRank: () => 1,
    form: 'event',
    energy: (x, [concentration], make, domain) => {
      const c = make.call;
      const a = concentration!;
      const count = make.dim(domain.shape.at(-1)!);
      const powers = isScalar(a.type)
        ? c('mul', c('sub', a, make.number(1)), c('sum', c('log', x)))
        : c('sum', c('mul', c('sub', a, make.number(1)), c('log', x)));
      const normaliser = isScalar(a.type)
        ? c('sub', c('mul', count, c('lgamma', a)), c('lgamma', c('mul', count, a)))
        : c('sub', c('sum', c('lgamma', a)), c('lgamma', c('sum', a)));
      return c('sub', normaliser, powers);
    },
    relatives: { unit: 'beta' },
  },
} as const satisfies Record<string, Distribution>;
