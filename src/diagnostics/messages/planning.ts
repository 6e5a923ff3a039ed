// The messages of EBM5xx: planning. In: the parameters of one occurrence. Out: Diagnostic values.
import { diagnoser } from '../message.ts';
import type { MessageTable } from '../message.ts';

const list = (names: readonly string[]): string => names.join(', ');

/** Methods that refuse for one reason stand together. */
const byReason = (refusals: readonly { method: string; reason: string }[]) =>
  [...new Set(refusals.map((r) => r.reason))].map((reason) => ({
    reason,
    methods: refusals.filter((r) => r.reason === reason).map((r) => r.method),
  }));

export const planningMessages = {
  EBM501: {
    severity: 'error',
    title: 'not yet served',
    text: (p: { what: string; needs: string }) => ({
      message: `${p.what} cannot be run yet: it needs ${p.needs}`,
      hints: ['the model checks, draws and formats; only running and compiling it wait for this'],
    }),
    explanation:
      'The model is correct, but something it uses has no implementation in this version of ebmc. Nothing is approximated ' +
      'in its place: a plan that cannot be carried out exactly as written is refused. `ebmc check`, `ebmc graph` and ' +
      '`ebmc fmt` work on such a model.',
    example: `model m
size N, D
net E(v : real[D]) -> real = v |> linear(8) |> tanh |> linear(1) |> sum
plate n in N {
  target y : real[D]
  factor height = E(y)
}
`,
  },
  EBM502: {
    severity: 'error',
    title: 'no method applies',
    text: (p: {
      unknowns: readonly string[];
      operation: string;
      refusals: readonly { method: string; reason: string }[];
    }) => ({
      message: `no method can ${p.operation} ${list(p.unknowns)}`,
      hints: byReason(p.refusals).map((r) => `${list(r.methods)}: ${r.reason}`),
    }),
    explanation:
      'Every inference method looks at the structure of the energy around the unknowns and either proposes itself or says ' +
      'why it does not fit. Here none fits. The hints list each method with its reason; changing what the reason names ' +
      '(the domain, the degree, the coupling, the memory budget) makes the method applicable.',
    example: `model m
target x, y : real
factor f = sin(x * y) * exp(y) + abs(x - y)
constraint c = x > y
`,
  },
  EBM503: {
    severity: 'error',
    title: 'probabilities at zero temperature',
    text: (p: { query: string; source: string }) => ({
      message: `${p.query} asked at beta = inf (${p.source}): at zero temperature there are no probabilities`,
      hints: ['give a finite --beta, or ask for --query map'],
    }),
    explanation:
      'Marginals, samples and the log-partition function are integrals of exp(-beta E); at beta = inf that density is ' +
      'concentrated on the minimisers and has no normaliser.',
    example: `model m
target y : category(3)
const level = [0, 1, 2]
factor f = level[y]
beta = inf
`,
  },
  EBM504: {
    severity: 'error',
    title: 'not an unknown',
    text: (p: { name: string; why: string; unknowns: readonly string[] }) => ({
      message: `${p.name} cannot be eliminated: ${p.why}`,
      hints: [p.unknowns.length === 0 ? 'nothing is unknown in this task' : `unknown here: ${list(p.unknowns)}`],
    }),
    explanation:
      'A flag (--minimize, --marginalize) speaks about an unknown of the task: a latent, a target that is not supplied, or a ' +
      'param that is not given. A supplied variable becomes unknown with --ask.',
    example: 'ebmc run model.ebm --data y=points.csv --minimize y',
  },
  EBM505: {
    severity: 'error',
    title: 'unknown param and target',
    text: (p: { params: readonly string[]; targets: readonly string[] }) => ({
      message: `${list(p.params)} must be learned, but there is no data for ${list(p.targets)}`,
      hints: [
        `give the training data: ${p.targets.map((t) => `--data ${t}=FILE`).join(' ')}`,
        `or give the params: ${p.params.map((w) => `--data ${w}=FILE`).join(' ')}`,
      ],
    }),
    explanation:
      'Params are learned from given targets. Either the targets are supplied (then params are fitted first), or the params ' +
      'are supplied (then targets can be inferred).',
    example: 'ebmc run kmeans.ebm --size N=10',
  },
  EBM506: {
    severity: 'error',
    title: 'loss not yet served',
    text: (p: { loss: string; params: readonly string[] }) => ({
      message: `${list(p.params)} must be learned with the loss '${p.loss}', which cannot be run yet`,
      hints: ['supply the params with --data or --params, or use the default loss energy'],
    }),
    explanation:
      'A train block that asks for another loss than the energy, or for minibatches, needs the learning machinery for it. ' +
      'Learning with a different loss instead would silently answer another question, so it is refused.',
    example: `model m
size N
param w : real
plate n in N {
  target y : category(2)
  factor f = w * (if y == 1 then 1 else 0)
}
train { loss nll  learn by adam(rate = 1e-2) }
`,
  },
  EBM507: {
    severity: 'error',
    title: 'a size is needed',
    text: (p: { size: string; why: string }) => ({
      message: `the size ${p.size} must have a value: ${p.why}`,
      hints: [`give --size ${p.size}=…, or data that has this size`],
    }),
    explanation:
      'Most sizes stay symbolic in a compiled model. A size on which the shape of the computation depends (an irregular ' +
      'graph that is unrolled, the number of states of a table with many axes) must be known when the plan is made.',
    example: `model m
size H, W
target y[i in H, j in W] : spin
factor across[i in H, j in 1..W] = -y[i, j-1] * y[i, j]
factor down[i in 1..H, j in W] = -y[i-1, j] * y[i, j]
`,
  },
  EBM508: {
    severity: 'error',
    title: 'the energy is unbounded below',
    text: (p: { unknowns: readonly string[]; why: string }) => ({
      message: `the energy has no minimum of its own: ${list(p.unknowns)} ${p.unknowns.length === 1 ? 'runs' : 'run'} away (${p.why})`,
      hints: ['add a regularizer or a prior on it, restrict its domain, or check the sign of the factors'],
    }),
    explanation:
      'Minimising needs an energy that is bounded below, and integrating exp(-beta E) needs one that grows. The unknown that ' +
      'runs away is named; usually a factor has the wrong sign or a scale is free to go to zero or infinity.',
    example: `model m
target x : real
factor f = -x^2
`,
  },
  EBM509: {
    severity: 'error',
    title: 'wrong method requested',
    text: (p: { method: string; unknowns: readonly string[]; reason: string }) => ({
      message: `${p.method} was requested for ${list(p.unknowns)}: ${p.reason}`,
      hints: ['leave the method out and the planner chooses one'],
    }),
    explanation:
      'The infer block or a learn line names a method. If it does not fit, nothing else is used in its place.',
    example: `model m
target x : real
factor f = x^2
infer { minimize x by elimination }
`,
  },
  EBM510: {
    severity: 'warning',
    title: 'a density with a pole',
    text: (p: { unknown: string; why: string }) => ({
      message: `the minimum over ${p.unknown} may not exist: ${p.why}`,
      hints: [`a prior on ${p.unknown} keeps it away from the pole; the reported optimum is a local one`],
    }),
    explanation:
      'A density can be infinite at a point: a normal whose scale goes to 0 on a single datum, a Dirichlet with parameter ' +
      'below 1. Minimising -log p then has no global minimum, only local ones, and the result depends on the start.',
    example: `model m
size N, D, K = 2
param mu : real[K, D]
param S : spd[K, D, D]
plate n in N {
  latent z : category(K)
  target y : real[D] ~ multivariate_normal(mu[z], S[z])
}
`,
  },
  EBM514: {
    severity: 'error',
    title: 'no assignment is possible',
    text: (p: { factors: readonly string[] }) => ({
      message: `no assignment is possible: the energy of ${list(p.factors)} is infinite whatever the unknowns are`,
      hints: ['the data given break a constraint or have probability 0, or the constraints contradict each other'],
    }),
    explanation:
      'A broken constraint, and an event of probability 0, have infinite energy. Here that is so for every assignment of ' +
      'the unknowns with the data as given, so there is nothing to report.',
    example: 'ebmc run sudoku.ebm --data x=two-sevens-in-a-row.csv',
  },
  EBM513: {
    severity: 'error',
    title: 'no such backend',
    text: (p: { name: string; known: readonly string[]; unserved: boolean }) => ({
      message: p.unserved ? `the backend ${p.name} is not served by this version` : `there is no backend ${p.name}`,
      hints: [`served: ${list(p.known)}; \`ebmc backends\` says what this machine has`],
    }),
    explanation: 'The named backend does not exist, or this version of ebmc cannot use it yet.',
    example: 'ebmc run model.ebm --backend quantum',
  },
  EBM512: {
    severity: 'error',
    title: 'data is needed',
    text: (p: { name: string; role: string; assignment?: true }) => ({
      message:
        p.assignment === true
          ? `the energy is that of a full assignment, and there is no data for ${p.role} ${p.name}`
          : `${p.role} ${p.name} is always given, and there is no data for it`,
      hints: [`give --data ${p.name}=FILE`],
    }),
    explanation:
      'Observed variables and data are conditioned on: a run cannot infer them. Targets may be left out (then they are ' +
      'inferred), latents always are, params are learned. `ebmc energy` infers nothing, so it needs a value for every variable.',
    example: 'ebmc run classifier.ebm --data y=labels.csv',
  },
  EBM511: {
    severity: 'error',
    title: 'nothing to do',
    text: (p: { query: string }) => ({
      message: `nothing is unknown, so there is nothing to ${p.query === 'map' ? 'infer' : `compute ${p.query} of`}`,
      hints: [
        'use `ebmc energy` for the energy of a full assignment, or --ask NAME to make a supplied variable unknown',
      ],
    }),
    explanation: 'Every variable of the model was supplied.',
    example: 'ebmc run model.ebm --data y=points.csv --query marginals',
  },
} as const satisfies MessageTable;

export const diagnosePlanning = diagnoser(planningMessages);
