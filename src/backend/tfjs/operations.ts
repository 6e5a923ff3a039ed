// Every operation that a realised program may use: how it is called in the module's text, and where it comes from.
// In: an operation's name. Out: its facts. What each backend can do with the tfjs ones is in limits.ts.
import type { HelperName } from './runtime-text.ts';

/** Operations of tfjs itself, by their names in @tensorflow/tfjs-core. */
// prettier-ignore
export const tfjsOperations = [
  'scalar', 'tensor', 'range', 'zeros', 'fill', 'zerosLike', 'clone', 'cast', 'reshape',
  'neg', 'abs', 'sign', 'square', 'reciprocal', 'sqrt', 'exp', 'log', 'sinh', 'cosh', 'tanh',
  'sigmoid', 'softplus', 'relu', 'floor', 'round', 'erf', 'isNaN',
  'add', 'sub', 'mul', 'div', 'pow', 'minimum', 'maximum', 'mod', 'atan2',
  'less', 'lessEqual', 'greater', 'greaterEqual', 'equal', 'notEqual', 'where',
  'matMul', 'sum', 'min', 'argMin', 'transpose', 'slice', 'reverse', 'pad', 'concat', 'gather', 'oneHot',
] as const;
export type TfjsOperation = (typeof tfjsOperations)[number];

/** Operations written out at the end of the module because tfjs lacks them or is slow or wrong at them. */
// prettier-ignore
export const helperOperations = [
  'sumAxis', 'minAxis', 'argminAxis', 'permuteAxes', 'matrixProduct', 'rowsProduct', 'batchRowsProduct', 'groupSums', 'rowWeights', 'columnWeights', 'softMinProduct', 'gibbsRatio', 'gibbsLeft', 'gibbsRight', 'gatherAxis', 'oneHotRows', 'scatterAdd', 'pickedSum', 'unstack', 'stackSteps',
  'sine', 'cosine', 'tangent', 'expMinusOne', 'naturalLog', 'integers', 'randomTensor', 'mapLgamma', 'mapDigamma', 'mapLogBesselI0',
  'runCholesky', 'runTriangularSolve', 'runTriangularSolveTransposed', 'runSolve', 'runInverse', 'runLogAbsDet', 'runEigh',
  'runSort', 'runBlockTridiagonal',
] as const satisfies readonly HelperName[];
export type HelperOperation = (typeof helperOperations)[number];

export type OperationName = TfjsOperation | HelperOperation;

export interface OperationFacts {
  /** Names its results in the text: sum3, product12. */
  readonly stem: string;
  /** Its tensors are one array argument. */
  readonly list?: true;
  /** Its result is an array of tensors, one a step of a scan. */
  readonly makesList?: true;
  /** It reads tensors back, so it is awaited. */
  readonly awaited?: true;
}

export const operations: Readonly<Record<OperationName, OperationFacts>> = {
  scalar: { stem: 'constant' },
  tensor: { stem: 'table' },
  range: { stem: 'index' },
  zeros: { stem: 'zeros' },
  fill: { stem: 'filled' },
  zerosLike: { stem: 'zeros' },
  clone: { stem: 'copy' },
  cast: { stem: 'cast' },
  reshape: { stem: 'view' },
  neg: { stem: 'negative' },
  abs: { stem: 'magnitude' },
  sign: { stem: 'sign' },
  square: { stem: 'square' },
  reciprocal: { stem: 'reciprocal' },
  sqrt: { stem: 'root' },
  exp: { stem: 'exp' },
  log: { stem: 'log' },
  sinh: { stem: 'sinh' },
  cosh: { stem: 'cosh' },
  tanh: { stem: 'tanh' },
  sigmoid: { stem: 'sigmoid' },
  softplus: { stem: 'softplus' },
  relu: { stem: 'relu' },
  floor: { stem: 'floor' },
  round: { stem: 'rounded' },
  erf: { stem: 'erf' },
  isNaN: { stem: 'isNaN' },
  add: { stem: 'sum' },
  sub: { stem: 'difference' },
  mul: { stem: 'product' },
  div: { stem: 'quotient' },
  pow: { stem: 'power' },
  minimum: { stem: 'smaller' },
  maximum: { stem: 'larger' },
  mod: { stem: 'remainder' },
  atan2: { stem: 'angle' },
  less: { stem: 'less' },
  lessEqual: { stem: 'lessEqual' },
  greater: { stem: 'greater' },
  greaterEqual: { stem: 'greaterEqual' },
  equal: { stem: 'equal' },
  notEqual: { stem: 'notEqual' },
  where: { stem: 'chosen' },
  matMul: { stem: 'product' },
  sum: { stem: 'total' },
  min: { stem: 'least' },
  argMin: { stem: 'argmin' },
  transpose: { stem: 'transposed' },
  slice: { stem: 'slice' },
  reverse: { stem: 'reversed' },
  pad: { stem: 'padded' },
  concat: { stem: 'joined', list: true },
  gather: { stem: 'gathered' },
  oneHot: { stem: 'oneHot' },
  sumAxis: { stem: 'total' },
  minAxis: { stem: 'least' },
  argminAxis: { stem: 'argmin' },
  permuteAxes: { stem: 'transposed' },
  matrixProduct: { stem: 'product' },
  rowsProduct: { stem: 'product' },
  batchRowsProduct: { stem: 'product' },
  groupSums: { stem: 'total', awaited: true },
  rowWeights: { stem: 'weight', awaited: true },
  columnWeights: { stem: 'weight', awaited: true },
  softMinProduct: { stem: 'freeEnergy', awaited: true },
  gibbsRatio: { stem: 'ratio', awaited: true },
  gibbsLeft: { stem: 'expected', awaited: true },
  gibbsRight: { stem: 'expected', awaited: true },
  oneHotRows: { stem: 'oneHot' },
  gatherAxis: { stem: 'gathered', awaited: true },
  scatterAdd: { stem: 'scattered', awaited: true },
  pickedSum: { stem: 'picked', awaited: true },
  unstack: { stem: 'steps', makesList: true, awaited: true },
  stackSteps: { stem: 'stacked' },
  sine: { stem: 'sine' },
  cosine: { stem: 'cosine' },
  tangent: { stem: 'tangent' },
  expMinusOne: { stem: 'expm1' },
  naturalLog: { stem: 'log' },
  integers: { stem: 'integers', awaited: true },
  randomTensor: { stem: 'random', awaited: true },
  mapLgamma: { stem: 'lgamma', awaited: true },
  mapDigamma: { stem: 'digamma', awaited: true },
  mapLogBesselI0: { stem: 'logBesselI0', awaited: true },
  runCholesky: { stem: 'cholesky', awaited: true },
  runTriangularSolve: { stem: 'solution', awaited: true },
  runTriangularSolveTransposed: { stem: 'solution', awaited: true },
  runSolve: { stem: 'solution', awaited: true },
  runInverse: { stem: 'inverse', awaited: true },
  runLogAbsDet: { stem: 'logDet', awaited: true },
  runEigh: { stem: 'eigen', awaited: true },
  runSort: { stem: 'sorted', awaited: true },
  runBlockTridiagonal: { stem: 'tridiagonal', awaited: true },
};

export const isTfjs = (name: OperationName): name is TfjsOperation =>
  (tfjsOperations as readonly string[]).includes(name);
