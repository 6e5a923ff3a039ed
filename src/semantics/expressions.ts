// Typed expressions from syntax: one case per kind, each handled in its own file. In: an expression in a context. Out: an Expr; null
// when something in it is wrong or missing, which has been reported once.
import type { Expression } from '../syntax/ast.ts';
import { elaborateCall } from './calls.ts';
import type { Expr } from './model.ts';
import {
  elaborateArray,
  elaborateBinary,
  elaborateIf,
  elaborateNorm,
  elaborateTranspose,
  elaborateUnary,
} from './operators.ts';
import { elaborateReduction } from './reductions.ts';
import { elaborateName } from './references.ts';
import type { Context } from './session.ts';
import { elaborateSubscript } from './subscripts.ts';
import { integer, real, valueType } from './types.ts';

export const elaborateExpression = (context: Context, e: Expression): Expr | null => {
  switch (e.kind) {
    case 'missing':
      return null;
    case 'parenthesised':
      return elaborateExpression(context, e.inner);
    case 'number': {
      const whole = Number.isInteger(e.value) && !e.text.includes('.');
      return { kind: 'number', value: e.value, type: valueType(whole ? integer : real), span: e.span };
    }
    case 'beta':
      return { kind: 'beta', type: valueType(real), span: e.span };
    case 'name':
      return elaborateName(context, e.name);
    case 'subscript':
      return elaborateSubscript(context, e);
    case 'binary':
      return elaborateBinary(context, e);
    case 'unary':
      return elaborateUnary(context, e);
    case 'transpose':
      return elaborateTranspose(context, e);
    case 'norm':
      return elaborateNorm(context, e);
    case 'if':
      return elaborateIf(context, e);
    case 'array':
      return elaborateArray(context, e);
    case 'reduction':
      return elaborateReduction(context, e);
    case 'call':
      return elaborateCall(context, e.call.name, e.call.arguments, e.span);
    case 'pipe': {
      const piped = { name: null, value: e.value, span: e.value.span };
      return elaborateCall(context, e.call.name, [piped, ...e.call.arguments], e.span);
    }
  }
};
