// Distributions as written: `normal(mean, sd = 1)`. In: a call. Out: the distribution's name and typed arguments in the table's order,
// defaults filled in; null with an error reported. Used by `~` and by arguments such as `nce(noise = normal(0, 2))`.
import { diagnoseName } from '../diagnostics/messages/names.ts';
import { diagnoseShape } from '../diagnostics/messages/shapes.ts';
import type { CallSyntax } from '../syntax/ast.ts';
import { plural } from './arguments.ts';
import { type DistributionName, distributionNames, distributions } from './distributions.ts';
import { numberExpr } from './make.ts';
import type { Expr } from './model.ts';
import { nearestName } from '../diagnostics/nearest-name.ts';
import { elsewhere } from './other-languages.ts';
import { elaborate, type Context } from './session.ts';
import { describeType, isNumeric } from './types.ts';

const isDistribution = (name: string): name is DistributionName => Object.hasOwn(distributions, name);

export interface TypedDistribution {
  readonly name: DistributionName;
  readonly args: readonly Expr[];
}

export const elaborateDistribution = (context: Context, call: CallSyntax): TypedDistribution | null => {
  const { session } = context;
  const name = call.name.text;
  if (name === '') return null;
  if (!isDistribution(name)) {
    call.arguments.forEach((a) => elaborate(context, a.value));
    return session.report(
      diagnoseName('EBM206', call.name.span, {
        name,
        nearest: nearestName(name, distributionNames),
        ...elsewhere('distribution', name),
      }),
    );
  }
  const { parameters } = distributions[name];
  const slots: (Expr | null | undefined)[] = parameters.map(() => undefined);
  let fine = true;
  for (const argument of call.arguments) {
    const value = elaborate(context, argument.value);
    const at =
      argument.name === null ? slots.indexOf(undefined) : parameters.findIndex((p) => p.name === argument.name!.text);
    if (argument.name === null && at < 0) {
      fine = false;
      session.report(
        diagnoseName('EBM208', call.span, {
          of: name,
          expected: plural(parameters.length, 'argument'),
          found: String(call.arguments.length),
        }),
      );
      break;
    }
    if (argument.name !== null && (at < 0 || slots[at] !== undefined)) {
      fine = false;
      const known = parameters.map((p) => p.name);
      session.report(
        diagnoseName('EBM207', argument.name.span, {
          name: argument.name.text,
          of: name,
          nearest: nearestName(argument.name.text, known),
          known,
        }),
      );
      continue;
    }
    slots[at] = value;
    if (value === null) fine = false;
    else if (!isNumeric(value.type)) {
      fine = false;
      session.report(diagnoseShape('EBM304', argument.value.span, { found: describeType(value.type) }));
    }
  }
  if (!fine) return null;
  const args = slots.map(
    (slot, i) => slot ?? (parameters[i]!.default === undefined ? null : numberExpr(parameters[i]!.default!, call.span)),
  );
  const missing = args.findIndex((a) => a === null);
  if (missing >= 0) {
    const given = call.arguments.length;
    return session.report(
      diagnoseName('EBM208', call.span, {
        of: name,
        expected: plural(parameters.length, 'argument'),
        found: given === 0 ? 'none' : String(given),
      }),
    );
  }
  return { name, args: args as readonly Expr[] };
};
