// Distributions of discrete values, and the uniform distribution over any bounded domain.
// Formulas: Gelman et al., Bayesian Data Analysis, 3rd ed., appendix A, unless another source is given.
import { FORBIDDEN } from '../../tensor/energies.ts';
import { InternalError } from '../../diagnostics/diagnostic.ts';
import { constantValue, product, subtract } from '../../tensor/dims.ts';
import type { Distribution } from '../distribution.ts';
import { entry } from '../distribution.ts';
import { batchShape } from '../domains.ts';
import type { Make } from '../make.ts';
import type { Domain, Expr } from '../model.ts';

const textbook = 'Gelman et al., Bayesian Data Analysis, 3rd ed., appendix A';

const countsFromZero = (domain: Domain): string | null =>
  domain.kind === 'integer' && domain.from.length > 0 ? 'counts from 0, `integer(0..n)`' : null;

/** log n! - Σ log xᵢ! of a count or of all entries. */
const logCoefficient = (n: Expr, counts: readonly Expr[], make: Make): Expr => {
  const factorial = (e: Expr): Expr => make.call('lgamma', make.call('add', e, make.number(1)));
  return counts.reduce((sum, e) => make.call('sub', sum, make.total(factorial(e))), factorial(n));
};

export const discreteDistributions = {
  categorical: {
    signature: 'categorical(p)',
    documentation: 'One of K categories with probabilities p; for `category` and `onehot` variables.',
    formula: 'P(x = k) = pₖ',
    source: textbook,
    parameters: [{ name: 'p', shape: (d) => [categories(d)], scalar: false, requires: 'simplex' }],
    support: ['category', 'index', 'onehot'],
    eventRank: (domain) => (domain.kind === 'onehot' ? 1 : 0),
    form: 'event',
    energy: (x, [p], make) => make.call('neg', make.call('log', make.at(p!, x))),
    relatives: { binary: 'bernoulli', integer: 'poisson' },
  },
  bernoulli: {
    signature: 'bernoulli(p)',
    documentation: 'True (or, of a spin, 1) with probability p, entry by entry.',
    formula: 'P(x = 1) = p',
    source: textbook,
    parameters: [entry('p', { requires: 'unit' })],
    support: ['binary', 'spin'],
    eventRank: () => 0,
    form: 'event',
    energy: (x, [p], make, domain) => {
      const isOne = domain.kind === 'spin' ? make.call('gt', x, make.number(0)) : x;
      const complement = make.call('sub', make.number(1), p!);
      return make.call('neg', make.choose(isOne, make.call('log', p!), make.call('log', complement)));
    },
    relatives: { category: 'categorical', integer: 'binomial' },
  },
  binomial: {
    signature: 'binomial(n, p)',
    documentation:
      'Successes in n trials of probability p (0 < p < 1), entry by entry; declare the variable `integer(0..n+1)`.',
    formula: 'P(x) = n! / (x! (n-x)!) p^x (1-p)^(n-x)',
    source: textbook,
    parameters: [entry('n', { requires: 'nonnegative' }), entry('p', { requires: 'unit' })],
    support: ['integer'],
    restricts: countsFromZero,
    eventRank: () => 0,
    form: 'event',
    energy: (x, [n, p], make) => {
      const c = make.call;
      const failures = c('sub', n!, x);
      const successes = c('mul', x, c('log', p!));
      const powers = c('add', successes, c('mul', failures, c('log', c('sub', make.number(1), p!))));
      const inside = c('neg', c('add', logCoefficient(n!, [x, failures], make), powers));
      return make.choose(c('le', x, n!), inside, make.number(FORBIDDEN));
    },
  },
  multinomial: {
    signature: 'multinomial(n, p)',
    documentation:
      'Counts of K categories in n draws with probabilities p (all > 0); declare the variable `integer(0..n+1)[K]`.',
    formula: 'P(x) = n! / Π xₖ! Π pₖ^xₖ where Σ xₖ = n',
    source: textbook,
    parameters: [
      { name: 'n', shape: () => [], scalar: true },
      { name: 'p', shape: (d) => d.shape.slice(-1), scalar: false, requires: 'simplex' },
    ],
    support: ['integer'],
    restricts: (domain) => countsFromZero(domain) ?? (domain.shape.length === 0 ? 'a vector of counts' : null),
    eventRank: () => 1,
    form: 'event',
    energy: (x, [n, p], make) => {
      const c = make.call;
      const powers = c('sum', c('mul', x, c('log', p!)));
      const inside = c('neg', c('add', logCoefficient(n!, [x], make), powers));
      return make.choose(c('eq', c('sum', x), n!), inside, make.number(FORBIDDEN));
    },
  },
  poisson: {
    signature: 'poisson(rate)',
    documentation:
      'Counts with this mean, entry by entry. The domain `integer(0..b)` should hold practically all of the mass: what lies at b and beyond is not put back.',
    formula: 'P(x) = rate^x exp(-rate) / x!',
    source: textbook,
    parameters: [entry('rate', { requires: 'nonnegative' })],
    support: ['integer'],
    restricts: countsFromZero,
    eventRank: () => 0,
    form: 'array',
    energy: (x, [rate], make) => {
      const c = make.call;
      const expected = c('sub', rate!, c('mul', x, c('log', rate!)));
      return c('add', expected, c('lgamma', c('add', x, make.number(1))));
    },
  },
  uniform: {
    signature: 'uniform()',
    documentation: 'The same density or probability everywhere on a bounded domain.',
    formula: 'p(x) = 1 / volume of the domain',
    source: 'volumes: ball and sphere π^(K/2) / Γ(K/2 + 1) and 2π^(K/2) / Γ(K/2); simplex 1 / (K-1)!',
    parameters: [],
    support: [
      'unit',
      'interval',
      'binary',
      'spin',
      'category',
      'index',
      'integer',
      'onehot',
      'simplex',
      'sphere',
      'ball',
      'angle',
      'permutation',
    ],
    eventRank: (domain) => domain.shape.length,
    form: 'event',
    energy: (_x, _args, make, domain) => {
      const events = product(batchShape(domain));
      const volume = logVolume(domain, make);
      return constantValue(events) === 1 ? volume : make.call('mul', make.dim(events), volume);
    },
  },
} as const satisfies Record<string, Distribution>;

const categories = (domain: Domain) => {
  if (domain.kind === 'category' || domain.kind === 'index') return domain.count;
  if (domain.kind === 'onehot') return domain.shape.at(-1)!;
  throw new InternalError(`${domain.kind} has no categories`);
};

/** log of the volume (or number of elements) of one event of a bounded domain. */
const logVolume = (domain: Domain, make: Make): Expr => {
  const c = make.call;
  const logOf = (e: Expr): Expr => c('log', e);
  const length = (): Expr => make.dim(domain.shape.at(-1)!);
  const half = (e: Expr): Expr => c('div', e, make.number(2));
  const powerOfPi = (): Expr => c('mul', half(length()), make.number(Math.log(Math.PI)));
  switch (domain.kind) {
    case 'unit':
      return make.number(0);
    case 'interval':
      return logOf(c('sub', domain.to, domain.from));
    case 'binary':
    case 'spin':
      return make.number(Math.LN2);
    case 'angle':
      return make.number(Math.log(2 * Math.PI));
    case 'category':
    case 'index':
      return logOf(make.dim(domain.count));
    case 'integer':
      return logOf(make.dim(subtract(domain.to, domain.from)));
    case 'onehot':
      return logOf(length());
    case 'permutation':
      return c('lgamma', c('add', length(), make.number(1)));
    case 'simplex':
      return c('neg', c('lgamma', length()));
    case 'ball':
      return c('sub', powerOfPi(), c('lgamma', c('add', half(length()), make.number(1))));
    case 'sphere':
      return c('sub', c('add', make.number(Math.LN2), powerOfPi()), c('lgamma', half(length())));
    default:
      throw new InternalError(`the domain ${domain.kind} has no volume`);
  }
};
