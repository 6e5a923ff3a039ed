// The value of a let of a model as a function of all its variables. In: a model text whose sizes are numbers. Out: a function
// that builds the value from variables in order of declaration, and their shapes.
import { analyse } from '../../src/compile.ts';
import { definitionExpander } from '../../src/graph/nets/expand.ts';
import { binderAxis, withAxes, withBindings } from '../../src/lower/environment.ts';
import { lowerExpression } from '../../src/lower/expression.ts';
import { aligned } from '../../src/lower/named-tensor.ts';
import { programEnvironment } from '../../src/plan/program-environment.ts';
import { wholeShape } from '../../src/semantics/whole-shape.ts';
import type { Builder, Value } from '../../src/tensor/builder.ts';
import { constantValue } from '../../src/tensor/dims.ts';

export interface LetFunction {
  readonly variables: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly build: (b: Builder, values: readonly Value[]) => Value;
}

export const letFunction = (source: string, name: string): LetFunction => {
  const { model, diagnostics } = analyse(source, 'model.ebm');
  if (model === null) throw new Error(diagnostics.map((d) => `${d.code} ${d.message}`).join('\n'));
  const found = model.lets.find((l) => l.name === name)!;
  const value = definitionExpander(model)(found.value);
  return {
    variables: model.variables.map((v) => ({ name: v.name, shape: wholeShape(v).map((d) => constantValue(d)!) })),
    build: (b, values) => {
      const bound = model.variables.map((v, i) => [v.name, { kind: 'given', value: values[i]! }] as const);
      const env = withBindings(programEnvironment(b, model, {}, 1), bound);
      const axes = found.binders.map(binderAxis);
      return aligned(b, lowerExpression(withAxes(env, axes), value), axes, true);
    },
  };
};
