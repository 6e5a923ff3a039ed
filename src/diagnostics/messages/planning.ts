// The messages of EBM5xx: planning. In: the parameters of one occurrence. Out: Diagnostic values.
import { diagnoser } from '../message.ts';
import type { MessageTable } from '../message.ts';
import { transcript } from '../transcript.ts';
import { nearestName } from '../nearest-name.ts';
import { didYouMean, list } from '../wording.ts';

/** The condition of a declaration is a factor named `z where`. */
const asFactor = (name: string): string => name.replace(/^(.*) where\d*$/, 'the `where` of $1');

const firstLine = (text: string): string => text.split('\n')[0]!;

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
  factor slope = ||jacobian(E(y), y)||^2
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
    example: transcript('ebmc run m.ebm --data y=points.csv --minimize y', {
      'm.ebm': 'model m\nsize N\nparam w : real\nplate n in N {\n  target y : real\n  factor f = (y - w)^2\n}',
      'points.csv': '1\n2',
    }),
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
    example: transcript('ebmc run m.ebm --size N=10', {
      'm.ebm': 'model m\nsize N\nparam w : real\nplate n in N {\n  target y : real\n  factor f = (y - w)^2\n}',
    }),
  },
  EBM506: {
    severity: 'error',
    title: 'loss not yet served',
    text: (p: { loss: string; params: readonly string[]; served: readonly string[] }) => ({
      message: `${list(p.params)} must be learned with the loss '${p.loss}', which cannot be run yet`,
      hints: [`served: ${list(p.served)}; or supply the params with --data or --params`],
    }),
    explanation:
      'The language has more losses than this version carries out. Learning with a different loss instead would silently ' +
      'answer another question, so the model is refused: it checks, draws and formats, and runs when its params are given.',
    example: `model m
size N, D
param w : real[D]
plate n in N {
  target y : real[D]
  factor distance = ||y - w||^2
}
train { loss score_matching  learn by adam(rate = 1e-2) }
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
      message: `no assignment is possible: the energy of ${list(p.factors.map(asFactor))} is infinite whatever the unknowns are`,
      hints: ['the data given break a constraint or have probability 0, or the constraints contradict each other'],
    }),
    explanation:
      'A broken constraint, and an event of probability 0, have infinite energy. Here that is so for every assignment of ' +
      'the unknowns with the data as given, so there is nothing to report.',
    example: transcript('ebmc run m.ebm --data x=two-sevens.csv', {
      'm.ebm': 'model m\ntarget x[i in 2] : category(10)\nconstraint different = x[0] != x[1]',
      'two-sevens.csv': '7\n7',
    }),
  },
  EBM513: {
    severity: 'error',
    title: 'no such backend',
    text: (p: {
      name: string;
      known: readonly string[];
      /** For a backend that exists: what this machine lacks. */
      lack: { readonly detail: string; readonly remedy: string | null } | null;
    }) =>
      p.lack === null
        ? {
            message: `there is no backend ${p.name}`,
            hints: [
              ...didYouMean(nearestName(p.name, p.known)),
              `there are ${list(p.known)}; \`ebmc backends\` says which of them this machine has`,
            ],
          }
        : {
            message: `the backend ${p.name} cannot run here: ${p.lack.detail}`,
            hints: [
              ...(p.lack.remedy === null ? [] : [`\`${p.lack.remedy}\` gets what is missing`]),
              '`ebmc backends` says which backends this machine has',
            ],
          },
    explanation:
      'The named backend does not exist, or this machine lacks something that it needs: a package, a driver, a device. ' +
      '`ebmc backends` says for each backend what was found, what is missing and the command that gets it. Nothing runs on ' +
      'another backend instead: choose one with --backend, or leave the flag out for the default.',
    example: transcript('ebmc run m.ebm --backend quantum', {
      'm.ebm': 'model m\ntarget y : real\nfactor f = y^2',
    }),
  },
  EBM515: {
    severity: 'warning',
    title: 'no device for the backend',
    text: (p: { name: string; why: string }) => ({
      message: `${p.name} computes on the CPU: ${p.why}`,
      hints: ['the results are right; on a CPU the default backend is faster'],
    }),
    explanation:
      'The backend asked for is there, but the machine has no GPU that it can use, and it computes on the processor instead. ' +
      'The results are right; they only take longer than on the device, and often longer than on the default backend. ' +
      '`ebmc backends` says what was found.',
    example: 'ebmc run model.ebm --backend webgpu',
  },
  EBM516: {
    severity: 'error',
    title: 'the device failed',
    text: (p: { name: string; problem: 'lost' | 'memory' | 'error'; said: string }) => ({
      message: {
        lost: `the device of ${p.name} was lost while it computed: ${firstLine(p.said)}`,
        memory: `${p.name === 'native' ? p.name : `the device of ${p.name}`} is out of memory: ${firstLine(p.said)}`,
        error: `the device of ${p.name} reported an error: ${firstLine(p.said)}`,
      }[p.problem],
      hints: {
        lost: ['run again; --backend wasm needs no device'],
        memory: [
          {
            wasm: 'use less data at once or smaller sizes; --budget 3G is the most that wasm has',
            native: 'use less data at once or smaller sizes; --budget allows more where the machine has it',
          }[p.name] ?? 'use less data at once, smaller sizes, or --backend wasm, which has up to 3 GiB',
        ],
        error: ['--backend wasm needs no device'],
      }[p.problem],
    }),
    explanation:
      'A GPU can be taken away while it works: its driver restarts, the machine sleeps, another program takes all its memory. ' +
      'What it had computed so far is then gone or wrong, so that nothing of the run is shown. Memory on a device is smaller ' +
      'than in the machine, and one tensor may not take all of it.',
    example: 'ebmc run model.ebm --backend webgpu',
  },
  EBM512: {
    severity: 'error',
    title: 'data is needed',
    text: (p: { name: string; role: string; assignment?: 'no data' | 'missing cells' }) => ({
      message:
        p.assignment === undefined
          ? `${p.role} ${p.name} is always given, and there is no data for it`
          : p.assignment === 'no data'
            ? `the energy is that of a full assignment, and there is no data for ${p.role} ${p.name}`
            : `the energy is that of a full assignment, and cells of ${p.role} ${p.name} are missing`,
      hints: [
        p.assignment === 'missing cells'
          ? '`ebmc run` infers missing cells; `ebmc energy` needs them all'
          : `give --data ${p.name}=FILE`,
      ],
    }),
    explanation:
      'Observed variables and data are conditioned on: a run cannot infer them. What only a `let` reads is needed where ' +
      '`--show` names that let. Targets may be left out (then they are inferred), latents always are, params are learned. ' +
      '`ebmc energy` infers nothing, so it needs a value for every variable.',
    example: transcript('ebmc run m.ebm --data y=labels.csv', {
      'm.ebm': 'model m\nsize N\nplate n in N {\n  observed x : real\n  target y : real\n  factor f = (y - x)^2\n}',
      'labels.csv': '1\n2',
    }),
  },
  EBM511: {
    severity: 'error',
    title: 'nothing to do',
    text: (p: { query: string; empty: boolean }) => ({
      message: `${p.empty ? 'the model has no variables' : 'nothing is unknown'}, so there is nothing to ${p.query === 'map' ? 'infer' : `compute ${p.query} of`}`,
      hints: [
        p.empty
          ? 'a model declares variables, `target y : real`, and what relates them, `factor f = (y - 1)^2`'
          : 'use `ebmc energy` for the energy of a full assignment, or --ask NAME to make a supplied variable unknown',
      ],
    }),
    explanation: 'Every variable of the model was supplied, or the model has none.',
    example: transcript('ebmc run m.ebm --data y=points.csv --query marginals', {
      'm.ebm': 'model m\nsize N\nplate n in N {\n  target y : real\n  factor f = y^2\n}',
      'points.csv': '1\n2',
    }),
  },
} as const satisfies MessageTable;

export const diagnosePlanning = diagnoser(planningMessages);
