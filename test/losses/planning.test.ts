// What a train block becomes: which optimizer moves which params, what stays, and what is refused with which reason.
import { describe, expect, it } from 'vitest';
import { analyse, planTask } from '../../src/compile.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { defaults, explainModel } from '../methods/run-model.ts';

/** Two real params and a net over real points with a class each. */
const model = (train: string, more = ''): string => `model m
size N, D = 2, C = 3
param W : real[C, D]
param b : real[C] = 0
net Enc(v : real[D]) -> real[D] = v |> linear(4) |> tanh |> linear(D)
plate n in N {
  observed x : real[D]
  target y : category(C)
  factor score = -(W @ Enc(x) + b)[y]
}
${more}
train { ${train} }`;

const attempt = (source: string): { readonly plan: Plan | null; readonly said: readonly string[] } => {
  const analysis = analyse(source, 'model.ebm');
  const wrong = analysis.diagnostics.filter((d) => d.severity === 'error');
  if (wrong.length > 0) throw new Error(wrong.map((d) => `${d.code} ${d.message}`).join('\n'));
  const { value, diagnostics } = planTask(analysis, defaults);
  const said = diagnostics.filter((d) => d.severity === 'error').map((d) => `${d.code}: ${d.message}`);
  return { plan: value === null ? null : (value as { plan: Plan }).plan, said };
};

const fitOf = (source: string): NonNullable<Plan['fit']> => {
  const { plan, said } = attempt(source);
  if (plan === null) throw new Error(said.join('\n'));
  return plan.fit!;
};

const learnersOf = (source: string) => {
  const fit = fitOf(source);
  if (fit.kind !== 'train') throw new Error(`learned by ${fit.kind}`);
  return fit.losses.map((l) => ({
    loss: l.loss.name,
    learn: l.learners.map(({ params, optimizer }) => `${params.join(' ')} by ${optimizer.name}`),
  }));
};

const netParams = (): string =>
  analyse(model('loss nll'), 'm')
    .model!.nets[0]!.params.filter((p) => p !== 'W' && p !== 'b')
    .join(' ');

describe('learn lines', () => {
  it('name params and nets; the others stay at their starts', () => {
    const source = model('loss nll  learn W by sgd  learn Enc by adam(rate = 1e-3)');
    expect(learnersOf(source)).toEqual([{ loss: 'nll', learn: ['W by sgd', `${netParams()} by adam`] }]);
    expect(attempt(source).plan!.kept).toEqual(['b']);
  });

  it('without names are for all that no other line names', () => {
    const source = model('loss nll  learn W by sgd  learn by adam');
    expect(learnersOf(source)[0]!.learn).toEqual(['W by sgd', `b ${netParams()} by adam`]);
    expect(attempt(source).plan!.kept).toEqual([]);
  });

  it('belong to the loss before them', () => {
    const source = model('loss nll  learn W, b by sgd  loss = F  learn Enc by adam');
    expect(learnersOf(source)).toEqual([
      { loss: 'nll', learn: ['W b by sgd'] },
      { loss: 'expression', learn: [`${netParams()} by adam`] },
    ]);
  });

  it('may name no optimizer: L-BFGS where the loss is smooth, else Adam', () => {
    expect(fitOf(model('loss nll'))).toMatchObject({ kind: 'descend', optimizer: { name: 'lbfgs' } });
    expect(fitOf(model('loss = softplus(F)'))).toMatchObject({ kind: 'descend' });
    expect(learnersOf(model('loss hinge'))[0]!.learn).toEqual([`W b ${netParams()} by adam`]);
    expect(fitOf(model('loss = relu(F)'))).toMatchObject({ kind: 'train' });
    expect(fitOf(model('loss nll').replace('tanh', 'relu'))).toMatchObject({ kind: 'train' });
    expect(fitOf(model('loss nll  batch 4'))).toMatchObject({ kind: 'train', batch: { size: 4 } });
    const bounded = model('loss nll').replace('param W : real[C, D]', 'param W : real[C, D] where rownorm(W) <= 1');
    expect(fitOf(bounded)).toMatchObject({ kind: 'descend', optimizer: { name: 'projected_gradient' } });
  });

  it('leave no loss to L-BFGS that has kinks in params behind `F(y = …)`, in an option or beside F', () => {
    const optimizer = (train: string): string => {
      const fit = fitOf(`model m
size N
param w, v : real = 0.5
plate n in N {
  observed x : real
  target y : real
  let straight = v * x
  let bent = abs(v * x)
  factor f = -w * x * y
}
train { ${train} }`);
      return fit.kind === 'train' ? 'steps' : fit.kind === 'descend' ? fit.certificate : fit.kind;
    };
    expect(optimizer('loss = log1p(exp(F - F(y = straight)))')).toBe('local');
    expect(optimizer('loss = log1p(exp(F - F(y = bent)))')).toBe('steps');
    expect(optimizer('loss = F^2 + (1 - v)^2')).toBe('local');
    expect(optimizer('loss = F^2 + abs(1 - v)')).toBe('steps');
    // F at a negative made of params is bilinear here: convex in w alone.
    expect(optimizer('loss log(negatives = straight)')).toBe('local');
    expect(optimizer('loss log(negatives = bent)')).toBe('steps');
    expect(optimizer('loss log(negatives = shuffled(y))  learn w')).toBe('globally optimal');
  });

  it('ask for epochs and batches of points', () => {
    expect(fitOf(model('loss nll  learn by adam  epochs 7  batch 5'))).toMatchObject({
      epochs: 7,
      batch: { size: 5, plate: 'n', of: 'N' },
      points: { plate: 'n', of: 'N' },
    });
    expect(fitOf(model('loss nll  learn by adam'))).toMatchObject({ epochs: 100, batch: null });
  });
});

describe('what no step can do', () => {
  const averaged = (learn: string): string =>
    model(
      `loss nll  learn ${learn}`,
      'net T = ema(Enc)\nplate n in N { factor pull = ||stop_gradient(T(x)) - Enc(x)||^2 }',
    );

  it('is said of moving averages, which follow their net', () => {
    expect(learnersOf(averaged('W, b, Enc'))[0]!.learn).toEqual([`W b ${netParams()} by adam`]);
    expect(() => attempt(averaged('W, b, Enc, T'))).toThrow('EBM215 `T` is a moving average');
  });

  it('is said of rates and decays that are out of their range', () => {
    const told = (by: string): readonly string[] =>
      analyse(model(`loss nll  learn by ${by}`), 'm').diagnostics.map((d) => `${d.code}: ${d.message}`);
    expect(told('sgd(rate = -1)')).toEqual(['EBM317: `rate` is a number above 0, found -1']);
    expect(told('adam(rate = 0)')).toEqual(['EBM317: `rate` is a number above 0, found 0']);
    expect(told('sgd(momentum = 1.5)')).toEqual(['EBM317: `momentum` is a number from 0 to below 1, found 1.5']);
    expect(told('adam(beta2 = 1)')).toEqual(['EBM317: `beta2` is a number from 0 to below 1, found 1']);
    expect(told('sgd(rate = 1e-3, momentum = 0)')).toEqual([]);
  });

  it('is said of two losses that would learn the same params by default, with the place of the second', () => {
    const source = model('loss nll  loss = F');
    const { value, diagnostics } = planTask(analyse(source, 'm'), defaults);
    expect(value).toBeNull();
    expect(diagnostics.map((d) => d.code)).toEqual(['EBM521']);
    const { start, end } = diagnostics[0]!.span!;
    expect(source.slice(start, end)).toBe('loss = F');
  });

  it('is said of a loss in which the params do not occur', () => {
    const text =
      'the loss = expression does not fit this model: W is to be learned by it, and nothing in it depends on W';
    expect(attempt(model('loss = 3')).said).toEqual([`EBM520: ${text}`]);
    expect(attempt(model('loss = F')).said).toEqual([]);
    // A prior reaches it, whatever the loss.
    expect(
      attempt(
        model('loss = ||b||^2', 'regularizer r = ||W||_F^2')
          .replace('Enc(x)', 'x')
          .replace(/net .*/, ''),
      ).said,
    ).toEqual([]);
  });
});

describe('refusals', () => {
  const refused = (source: string): string => attempt(source).said.join('\n');
  const points = (target: string, energy: string, train: string, more = ''): string => `model m
size N, D = 2
param w : real[D]
param v : real = 0
plate n in N {
  observed x : real[D]
  target y : ${target}
  factor f = ${energy}
}
${more}
train { ${train} }`;
  const quadratic = "(y - w' @ x)^2";

  it.each([
    [
      'a param without a value to keep',
      model('loss nll  learn b by adam'),
      /EBM522: W is in no learn line and has no value to keep/,
    ],
    [
      'a param in two lines',
      model('loss nll  learn W by adam  learn W, b by sgd'),
      /EBM521: W stands in two learn lines/,
    ],
    [
      'two lines for all',
      model('loss nll  learn by adam  loss = F  learn by sgd'),
      /EBM521: two losses or learn lines name no params/,
    ],
    ['a loss of a later version', model('loss elbo  learn by adam'), /EBM506: .*'elbo'/],
    ['a batch for L-BFGS', model('loss nll  learn by lbfgs  batch 4'), /EBM523: .*over all points/],
    ['L-BFGS on kinks', model('loss hinge  learn by lbfgs'), /EBM509: .*has kinks/],
    ['L-BFGS beside Adam', model('loss nll  learn W, b by adam  learn Enc by lbfgs'), /EBM509: .*W, b follow adam/],
    ['L-BFGS on two losses', model('loss nll  learn W, b by lbfgs  loss = F  learn Enc by adam'), /EBM509: .*several/],
    ['closed forms of another loss', model('loss nll  learn by em'), /EBM509: .*the loss is nll/],
    ['batches for closed forms', model('learn by lloyd  batch 4'), /EBM523: .*lloyd looks at all points/],
    [
      'a method of the infer block for a loss of another kind',
      model('loss nll', 'infer { minimize W by adam }'),
      /EBM509: .*learned by the loss nll/,
    ],
    ['a likelihood at zero temperature', model('loss nll', 'beta = inf'), /EBM503: the loss nll asked at beta = inf/],
    [
      'a margin to all answers of a real target',
      points('real', quadratic, 'loss hinge_all  learn by adam'),
      /EBM520: .*y, which ranges over real: it needs one discrete target a point/,
    ],
    [
      'an integral that no method has',
      points('real', "sin(y * w' @ x) + y^2", 'loss nll  learn by adam'),
      /EBM502: the loss nll integrates exp\(-beta F\) over the targets: no method can marginalize y/,
    ],
    [
      'a param that the loss does not read',
      points('real', quadratic, 'loss = F  learn v by adam  learn w by sgd'),
      /EBM520: .*v is to be learned by it, and nothing in it depends on v/,
    ],
    [
      'a queue of negatives',
      points('real', quadratic, 'loss hinge(negatives = recent(y, 64))  learn w by adam'),
      /EBM520: .*queue of values between steps/,
    ],
    [
      'a search outside F',
      points('integer(0..3)', 'w[0] * x[0] * y', 'loss = F * violator(y)  learn w by adam'),
      /EBM520: .*violator\(y\) is found by its energy/,
    ],
  ])('%s', (_, source, message) => {
    expect(refused(source)).toMatch(message);
  });

  it('a sum over all points is no loss of one', () => {
    const source = points(
      'real',
      quadratic,
      'loss hinge(negatives = shuffled(y))  learn w by adam',
      'factor whole = (sum[n in N] y[n])^2 * v',
    );
    expect(refused(source)).toMatch(/EBM520: .*F is no sum over the points of n: whole/);
  });

  it('points that read their neighbours make no batch', () => {
    const source = points(
      'real',
      quadratic,
      'loss energy  learn w by adam  batch 8',
      'factor smooth[n in 1..N] = (y[n] - y[n-1])^2 * w[0]^2',
    );
    expect(refused(source)).toMatch(/EBM523: .*smooth reads neighbours along n/);
  });

  it.each([
    ['a place', '(y[0] - w[0])^2', /reads neighbours along n/],
    ['all but the first', 'sum[t in 1..N] (y[t] - w[0])^2', /reads neighbours along n/],
    ['a slice', '||y[0..2] - w||^2', /reads neighbours along n/],
    ['a number', 'sum[i in N] (y[i] - i * w[0])^2', /uses the numbers of points of n/],
    ['a filter by numbers', 'sum[i in N where i < 2] (y[i] - w[0])^2', /uses the numbers of points of n/],
    [
      'a distance in places',
      'sum[i in N, j in N where j > i + 2] (y[i] - w[0] * y[j])^2',
      /uses the numbers of points/,
    ],
  ])('points that are read by their numbers make no batch: %s', (_, energy, message) => {
    const source = points('real', quadratic, 'loss energy  learn w by adam  batch 8', `factor apart = ${energy}`);
    expect(refused(source)).toMatch(/EBM523: .*apart /);
    expect(refused(source)).toMatch(message);
  });

  it.each([
    'sum[i in N, j in N where i != j] (y[i] - w[0] * y[j])^2',
    'sum[i in N, j in i+1..N] (y[i] - w[0] * y[j])^2',
    '(sum[i in N] y[i] * x[i, 0] - N * w[0])^2',
  ])('pairs and sums of points may stand in a batch: %s', (energy) => {
    const source = points('real', quadratic, 'loss energy  learn w by adam  batch 8', `factor joint = ${energy}`);
    expect(fitOf(source)).toMatchObject({ kind: 'train', batch: { size: 8 } });
  });

  it('several plates have to be told apart', () => {
    const two = (batch: string): string => `model m
size N, M
param w : real
plate n in N { target y : real  factor f = (y - w)^2 }
plate e in M { target u : real  factor g = (u - w)^2 }
train { loss energy  learn w by adam  ${batch} }`;
    expect(refused(two('batch 8'))).toMatch(/EBM523: .*`batch 8 of n` or `batch 8 of e`/);
    expect(fitOf(two('batch 8 of e'))).toMatchObject({ batch: { size: 8, plate: 'e', of: 'M' } });
    expect(refused(two('').replace('loss energy', 'loss square_square(negatives = shuffled(y))'))).toMatch(
      /EBM520: .*several plates \(n, e\)/,
    );
  });
});

it('explain tells the formula, every free energy and what happens in it', () => {
  const text = explainModel(model('loss nll  learn by adam  epochs 3  batch 10'));
  for (const line of [
    /^learn W, b, Enc by Adam on the loss nll \(local optimum\)$/m,
    /^ {2}how long: 3 epochs, 10 points of n in each step$/m,
    /^ {2}loss: F\(y\) \+ 1\/β log ∫ e\^\{-βF\(y\)\} dy, for each point of n \(LeCun et al\. 2006, sec\. 2\.2\.4\)$/m,
    /^ {2}F: nothing to eliminate$/m,
    /^ {2}the integral over y: marginalise \(β = 1\) y by enumeration \[exact\]$/m,
    /^ {4}because: the loss nll normalises over it$/m,
  ])
    expect(text).toMatch(line);
});
