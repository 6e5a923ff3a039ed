// A symbolic domain to one with numbers: its bounds under known sizes, and the text by which messages call it.
import type { Domain, Expr } from '../semantics/model.ts';
import { constantValue, evaluate, print, printShape } from '../tensor/dims.ts';
import type { Dim } from '../tensor/dims.ts';
import type { DomainFacts } from './check-domain.ts';

export type EvaluateConstant = (expr: Expr) => number | null;

type Sizes = Readonly<Record<string, number>>;

const bound = (dim: Dim, sizes: Sizes): number | null => {
  try {
    return evaluate(dim, sizes);
  } catch {
    return null; // a size without a value: nothing to check against
  }
};

const written = (expr: Expr, evaluateConstant: EvaluateConstant | null): number | null => {
  if (expr.kind === 'number') return expr.value;
  if (expr.kind === 'dim') return constantValue(expr.dim);
  if (expr.kind === 'call' && expr.fn === 'neg' && expr.args[0]!.kind === 'number') return -expr.args[0]!.value;
  return evaluateConstant?.(expr) ?? null;
};

const dimText = (dim: Dim, sizes: Sizes): string => String(bound(dim, sizes) ?? print(dim));

export const domainBounds = (domain: Domain, sizes: Sizes, evaluateConstant: EvaluateConstant | null): DomainFacts => {
  const { kind } = domain;
  switch (kind) {
    case 'category':
    case 'index': {
      const text = `${kind}(${dimText(domain.count, sizes)})`;
      return { kind, from: 0, to: bound(domain.count, sizes), text };
    }
    case 'integer': {
      const text = `integer(${dimText(domain.from, sizes)}..${dimText(domain.to, sizes)})`;
      return { kind, from: bound(domain.from, sizes), to: bound(domain.to, sizes), text };
    }
    case 'interval': {
      const [from, to] = [written(domain.from, evaluateConstant), written(domain.to, evaluateConstant)];
      return { kind, from, to, text: `interval(${from ?? '…'}, ${to ?? '…'})` };
    }
    case 'onehot':
    case 'simplex':
    case 'sphere':
    case 'ball':
    case 'permutation':
    case 'orthonormal':
    case 'spd':
      return { kind, from: null, to: null, text: `${kind}${printShape(domain.shape)}` };
    default:
      return { kind, from: null, to: null, text: kind };
  }
};
