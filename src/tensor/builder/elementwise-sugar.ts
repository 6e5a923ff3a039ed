// One method per elementwise function: `b.add(x, 1)`. In: Values or numbers. Out: a Value.
import type { Elementwise } from '../elementwise.ts';
import { BuilderCore, type Argument, type Value } from './core.ts';

export abstract class ElementwiseBuilder extends BuilderCore {
  abstract map(fn: Elementwise, ...args: readonly Argument[]): Value;

  neg(a: Argument): Value {
    return this.map('neg', a);
  }
  abs(a: Argument): Value {
    return this.map('abs', a);
  }
  sign(a: Argument): Value {
    return this.map('sign', a);
  }
  square(a: Argument): Value {
    return this.map('square', a);
  }
  reciprocal(a: Argument): Value {
    return this.map('reciprocal', a);
  }
  sqrt(a: Argument): Value {
    return this.map('sqrt', a);
  }
  exp(a: Argument): Value {
    return this.map('exp', a);
  }
  expm1(a: Argument): Value {
    return this.map('expm1', a);
  }
  log(a: Argument): Value {
    return this.map('log', a);
  }
  log1p(a: Argument): Value {
    return this.map('log1p', a);
  }
  sin(a: Argument): Value {
    return this.map('sin', a);
  }
  cos(a: Argument): Value {
    return this.map('cos', a);
  }
  tan(a: Argument): Value {
    return this.map('tan', a);
  }
  sinh(a: Argument): Value {
    return this.map('sinh', a);
  }
  cosh(a: Argument): Value {
    return this.map('cosh', a);
  }
  tanh(a: Argument): Value {
    return this.map('tanh', a);
  }
  sigmoid(a: Argument): Value {
    return this.map('sigmoid', a);
  }
  softplus(a: Argument): Value {
    return this.map('softplus', a);
  }
  relu(a: Argument): Value {
    return this.map('relu', a);
  }
  floor(a: Argument): Value {
    return this.map('floor', a);
  }
  round(a: Argument): Value {
    return this.map('round', a);
  }
  erf(a: Argument): Value {
    return this.map('erf', a);
  }
  lgamma(a: Argument): Value {
    return this.map('lgamma', a);
  }
  digamma(a: Argument): Value {
    return this.map('digamma', a);
  }
  logBesselI0(a: Argument): Value {
    return this.map('log-bessel-i0', a);
  }
  not(a: Argument): Value {
    return this.map('not', a);
  }
  isNan(a: Argument): Value {
    return this.map('is-nan', a);
  }
  stopGradient(a: Argument): Value {
    return this.map('stop-gradient', a);
  }

  add(a: Argument, b: Argument): Value {
    return this.map('add', a, b);
  }
  sub(a: Argument, b: Argument): Value {
    return this.map('sub', a, b);
  }
  mul(a: Argument, b: Argument): Value {
    return this.map('mul', a, b);
  }
  div(a: Argument, b: Argument): Value {
    return this.map('div', a, b);
  }
  pow(a: Argument, b: Argument): Value {
    return this.map('pow', a, b);
  }
  /** Elementwise minimum of two; `min(v, axes)` of Builder reduces. */
  minimum(a: Argument, b: Argument): Value {
    return this.map('min', a, b);
  }
  maximum(a: Argument, b: Argument): Value {
    return this.map('max', a, b);
  }
  mod(a: Argument, b: Argument): Value {
    return this.map('mod', a, b);
  }
  atan2(y: Argument, x: Argument): Value {
    return this.map('atan2', y, x);
  }
  lt(a: Argument, b: Argument): Value {
    return this.map('lt', a, b);
  }
  le(a: Argument, b: Argument): Value {
    return this.map('le', a, b);
  }
  gt(a: Argument, b: Argument): Value {
    return this.map('gt', a, b);
  }
  ge(a: Argument, b: Argument): Value {
    return this.map('ge', a, b);
  }
  eq(a: Argument, b: Argument): Value {
    return this.map('eq', a, b);
  }
  ne(a: Argument, b: Argument): Value {
    return this.map('ne', a, b);
  }
  and(a: Argument, b: Argument): Value {
    return this.map('and', a, b);
  }
  or(a: Argument, b: Argument): Value {
    return this.map('or', a, b);
  }

  /** a where condition ≠ 0, else b. */
  select(condition: Argument, a: Argument, b: Argument): Value {
    return this.map('select', condition, a, b);
  }
}
