// The messages of EBM620 and up: data that do not fit the model, and the table of all EBM6xx. In: the parameters of one
// occurrence. Out: Diagnostic values.
import { diagnoser } from '../message.ts';
import type { Message, MessageTable } from '../message.ts';
import { didYouMean, list } from '../wording.ts';
import { fileMessages } from './files.ts';
import { transcript } from '../transcript.ts';

const message = <P>(entry: Message<P>): Message<P> => entry;

/** A place that is not a line of a file, in parentheses. */
const at = (where: string | null): string => (where === null ? '' : ` (${where})`);
/** What an argument of a distribution must be (semantics/distribution.ts has the same words). */
type Requirement = 'positive' | 'nonnegative' | 'unit' | 'simplex' | 'spd';
const requirementWords: Readonly<Record<Requirement, string>> = {
  positive: 'above 0',
  nonnegative: 'at least 0',
  unit: 'between 0 and 1',
  simplex: 'probabilities',
  spd: 'a symmetric and positive definite matrix',
};
const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

export const bindingMessages = {
  EBM620: message<{
    flag: string;
    name: string;
    kind: string;
    known: readonly string[];
    nearest: string | null;
    instead: string | null;
  }>({
    severity: 'error',
    title: 'flag names something the model lacks',
    text: ({ flag, name, kind, known, nearest, instead }) => ({
      message: `${flag} ${name}: the model has no ${kind} named ${name}`,
      hints: instead !== null ? [instead] : [...didYouMean(nearest), `it has: ${list(known)}`],
    }),
    explanation:
      '`--data` and `--params` name variables of the model, `--size` its sizes, `--set` its consts, `--show` its lets, ' +
      '`--ask`, `--minimize` and `--marginalize` its unknowns. Names are case-sensitive.',
    example: transcript('ebmc run m.ebm --data x=points.csv', {
      'm.ebm': 'model m\nsize N\nplate n in N {\n  target y : real\n  factor f = y^2\n}',
      'points.csv': '1\n2',
    }),
  }),
  EBM621: message<{ flag: string; name: string }>({
    severity: 'error',
    title: 'given twice',
    text: ({ flag, name }) => ({ message: `${flag} ${name} is given twice` }),
    explanation: 'Each name may be given one value.',
    example: transcript('ebmc run m.ebm --data y=a.csv --data y=b.csv', {
      'm.ebm': 'model m\nsize N\nplate n in N {\n  target y : real\n  factor f = y^2\n}',
      'a.csv': '1',
      'b.csv': '2',
    }),
  }),
  EBM622: message<{ name: string; found: readonly number[]; expected: string; hint: string | null }>({
    severity: 'error',
    title: 'wrong number of dimensions',
    text: ({ name, found, expected, hint }) => ({
      message: `${name} has shape ${expected}, but the data has shape ${shapeText(found)}`,
      hints: hint === null ? [] : [hint],
    }),
    explanation:
      'The shape of a variable is that of the plates and indices around it, then of one node: `y : real[D]` in `plate n in N` ' +
      'is [N, D]. The data must have as many dimensions; a column of N numbers also serves as [N], and N numbers as [N, 1]. ' +
      'A CSV file has two dimensions: use .npy or .json for more.',
    example: transcript('ebmc run m.ebm --data y=points.csv', {
      'm.ebm': 'model m\nsize N\nplate n in N {\n  target y : real\n  factor f = y^2\n}',
      'points.csv': '1,2\n3,4',
    }),
  }),
  EBM623: message<{ size: string; here: string; value: number; there: string; other: number; transposed: boolean }>({
    severity: 'error',
    title: 'sizes disagree',
    text: ({ size, here, value, there, other, transposed }) => ({
      message: `${size} is ${value} according to ${here}, but ${other} according to ${there}`,
      hints: transposed ? ['the array fits when its two axes are exchanged: is it transposed?'] : [],
    }),
    explanation:
      'A size has one value. It is read off the data and from `--size`, and all of them must agree. ' +
      'The value written in the model is used only when nothing else gives one.',
    example: transcript('ebmc run m.ebm --data x=three.csv --data y=two.csv', {
      'm.ebm': 'model m\nsize N\nplate n in N {\n  observed x : real\n  target y : real\n  factor f = (y - x)^2\n}',
      'three.csv': '1\n2\n3',
      'two.csv': '1\n2',
    }),
  }),
  EBM624: message<{ name: string; dim: string; found: number; where: string }>({
    severity: 'error',
    title: 'length fits no size',
    text: ({ name, dim, found, where }) => ({
      message: `${where} of ${name} has length ${found}, which ${dim} cannot be`,
    }),
    explanation:
      'The length of an axis is a formula of sizes, such as V + 1 or 2*K, and no whole size of at least 0 gives the length ' +
      'found in the data.',
    example: transcript('ebmc run m.ebm --data y=three.csv', {
      'm.ebm': 'model m\nsize K\ntarget y : real[2 * K]\nfactor f = ||y||^2',
      'three.csv': '1\n2\n3',
    }),
  }),
  EBM625: message<{ name: string; value: number; domain: string; where: string | null; hint: string | null }>({
    severity: 'error',
    title: 'value outside its domain',
    text: ({ name, value, domain, where, hint }) => ({
      message: `${value} is not in ${domain}, the domain of ${name}${at(where)}`,
      hints: hint === null ? [] : [hint],
    }),
    explanation:
      'Every value given for a variable lies in its domain: binary is 0 or 1, spin -1 or 1, category(K) an integer from 0 to ' +
      'K - 1, nonnegative at least 0, unit between 0 and 1, and so on. No value is infinite.',
    example: transcript('ebmc run m.ebm --data y=labels.csv', {
      'm.ebm': 'model m\nsize N\nplate n in N {\n  target y : category(3)\n  factor f = if y == 0 then 1 else 0\n}',
      'labels.csv': '0\n2\n3',
    }),
  }),
  EBM626: message<{ name: string; domain: string; problem: string; where: string | null; hint: string | null }>({
    severity: 'error',
    title: 'array outside its domain',
    text: ({ name, domain, problem, where, hint }) => ({
      message: `${name} is not in ${domain}: ${problem}${at(where)}`,
      hints: hint === null ? [] : [hint],
    }),
    explanation:
      'Some domains are about a whole row or matrix: a onehot row has a single 1, a simplex row sums to 1, a sphere row has ' +
      'length 1, a ball row at most 1, a permutation holds each index once, an spd matrix is symmetric and positive definite, ' +
      'an orthonormal matrix has orthonormal columns.',
    example: transcript('ebmc run m.ebm --data pi=weights.csv', {
      'm.ebm': 'model m\nparam pi : simplex[2]\ntarget y : category(2) ~ categorical(pi)',
      'weights.csv': '0.5,0.4',
    }),
  }),
  EBM627: message<{ name: string; role: string; where: string | null }>({
    severity: 'error',
    title: 'missing value',
    text: ({ name, role, where }) => ({
      message: `${name} is ${role} and must be given whole, but a value is missing${at(where)}`,
      hints: [
        role === 'param'
          ? `leave ${name} out and it is learned`
          : `declare ${name} as a target or latent if it should be inferred`,
      ],
    }),
    explanation:
      'An empty or NaN cell of a target or a latent is an unknown to be inferred. What is observed, constant data or a given ' +
      'param has no missing cells.',
    example: transcript('ebmc run m.ebm --data x=points.csv', {
      'm.ebm': 'model m\nsize N\nplate n in N {\n  observed x : real\n  target y : real\n  factor f = (y - x)^2\n}',
      'points.csv': '1\n\n3',
    }),
  }),
  EBM628: message<{ name: string; domain: string; where: string | null }>({
    severity: 'error',
    title: 'vector given in part',
    text: ({ name, domain, where }) => ({
      message: `part of a ${domain} value of ${name} is missing${at(where)}: give all of it or none`,
    }),
    explanation:
      'A onehot, simplex, sphere, ball, permutation, orthonormal or spd value is one unknown; it is known or not.',
    example: transcript('ebmc run m.ebm --data z=codes.csv', {
      'm.ebm':
        'model m\nsize N\nplate n in N {\n  latent z : onehot[3]\n  target y : real\n  factor f = (y - z[0])^2\n}',
      'codes.csv': '0,,1\n1,0,0',
    }),
  }),
  EBM629: message<{ size: string; why: string; ragged: boolean }>({
    severity: 'error',
    title: 'size without a value',
    text: ({ size, why, ragged }) => ({
      message: `size ${size} has no value${why}`,
      hints: ragged
        ? [`give its lengths with --data ${size}=FILE, or data over it; --size ${size}=… makes all of them equal`]
        : [`give it with --size ${size}=…, or a default in the model: size ${size} = …`],
    }),
    explanation:
      'Before a model runs every size is known: from the shape of data, from `--size`, or from the default in the model.',
    example: transcript('ebmc run m.ebm', {
      'm.ebm': 'model m\nsize N\nlatent x[n in N] : real\nfactor f[n in N] = x[n]^2',
    }),
  }),
  EBM630: message<{ name: string; found: readonly number[]; expected: string }>({
    severity: 'error',
    title: 'const of another shape',
    text: ({ name, found, expected }) => ({
      message: `const ${name} has shape ${expected} in the model, but --set gives shape ${shapeText(found)}`,
    }),
    explanation: '`--set` replaces the value of a const; its shape stays as the model has it.',
    example: transcript('ebmc run m.ebm --set lambda=[1,2]', {
      'm.ebm': 'model m\nconst lambda = 0.1\ntarget y : real\nfactor f = lambda * y^2',
    }),
  }),
  EBM631: message<{
    left: string;
    relation: '==' | '<=';
    right: string;
    leftValue: number;
    rightValue: number;
    why: string;
  }>({
    severity: 'error',
    title: 'sizes do not fit the model',
    text: ({ left, relation, right, leftValue, rightValue, why }) => ({
      message: `${left} must ${relation === '==' ? 'equal' : 'be at most'} ${right}, but ${[
        [left, leftValue] as const,
        [right, rightValue] as const,
      ]
        .filter(([text, value]) => text !== String(value))
        .map(([text, value]) => `${text} is ${value}`)
        .join(' and ')}: ${why}`,
    }),
    explanation:
      'Some uses of sizes cannot be judged while they are letters: that an index stays inside its range, that a reshape keeps ' +
      'the number of entries. They are checked when the sizes are known.',
    example: transcript('ebmc run m.ebm --size N=2', {
      'm.ebm': 'model m\nsize N\ntarget x[i in N] : real\nfactor f = x[2]^2',
    }),
  }),
  EBM632: message<{ name: string; conditions: readonly string[] }>({
    severity: 'error',
    title: 'no value is possible',
    text: ({ name, conditions }) => ({
      message: `no value of ${name} is possible: ${conditions.join(' and ')} ${conditions.length === 1 ? 'holds no number' : 'contradict each other'}`,
    }),
    explanation:
      'The domain of an unknown and the conditions of its `where` hold together. Here no number satisfies all of them: a lower ' +
      'bound lies above an upper one, a sum is larger than its terms can be, or a norm is below 0. Consts and sizes in the ' +
      'conditions count with the values that they have in this run.',
    example: 'model m\nlatent x : real where x >= 2 and x <= 1\nfactor f = x^2\n',
  }),
  EBM633: message<{ what: string; condition: string }>({
    severity: 'warning',
    title: 'a filter leaves nothing',
    text: ({ what, condition }) => ({
      message: `${what}: no index satisfies ${condition}`,
    }),
    explanation:
      'The `where` of an index clause chooses indices by sizes, consts and data. With those of this run it chooses none, so the ' +
      'factor, the constraint or the variable is as good as absent. That may be right for small data; often the condition counts ' +
      'from 1, or compares with a value that the data do not have.',
    example: transcript('ebmc run m.ebm --data kind=kinds.csv', {
      'm.ebm':
        'model m\nsize N\ndata kind[n in N] : category(3)\nlatent x[n in N] : real\nfactor f[n in N] = x[n]^2\nfactor g[n in N where kind[n] == 2] = (x[n] - 1)^2',
      'kinds.csv': '0\n1\n0',
    }),
  }),
  EBM634: message<{
    argument: string;
    parameter: string;
    distribution: string;
    requires: Requirement;
    problem: string;
    where: string;
  }>({
    severity: 'error',
    title: 'argument of a distribution out of range',
    text: ({ argument, parameter, distribution, requires, problem, where }) => ({
      message: `${argument}, the ${parameter} of ${distribution}, must be ${requirementWords[requires]}: ${problem.replace(/^it is not positive definite: /, '')}${at(where === '' ? null : where)}`,
    }),
    explanation:
      'A distribution is one only for some arguments: a standard deviation is above 0, probabilities of categories sum to 1, a ' +
      'covariance matrix is symmetric and positive definite. What is inferred or learned keeps to its domain; data, consts and ' +
      'given params are checked before anything runs. A matrix that rounding made indefinite is mended by a small multiple of ' +
      '`eye(D)`.',
    example: transcript('ebmc run m.ebm --data S=covariance.csv', {
      'm.ebm': 'model m\nsize D\ndata S : real[D, D]\ntarget y : real[D] ~ multivariate_normal(0, S)',
      'covariance.csv': '1,2\n2,1',
    }),
  }),
} as const satisfies MessageTable;

export const dataMessages = { ...fileMessages, ...bindingMessages } as const satisfies MessageTable;

export const diagnoseData = diagnoser(dataMessages);
