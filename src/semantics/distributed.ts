// `x ~ d(…)`. In: nodes of a variable and a distribution. Out: a factor with the normalised energy -log p. The domain must be the
// support, arguments must have the shape of one node (or of all nodes, then they are indexed like it), and a node has one `~` at most.
import type { Span } from '../diagnostics/diagnostic.ts';
import { diagnoseGraph } from '../diagnostics/messages/graph.ts';
import { diagnoseName } from '../diagnostics/messages/names.ts';
import { diagnoseShape } from '../diagnostics/messages/shapes.ts';
import type { CallSyntax, Name, Statement } from '../syntax/ast.ts';
import { printShape, shapesEqual, subtract, type Dim } from '../tensor/dims.ts';
import { elaborateDistribution } from './distribution-values.ts';
import { distributions, energyOf, type DistributionName } from './distributions.ts';
import { isNonNegative } from './dim-sign.ts';
import { domains } from './domains.ts';
import { highest, linearOf, lowest } from './bounds.ts';
import { elaborateClause, indexExpr, lengthOf, ownPosition } from './index-clauses.ts';
import { joinConditions, maker, subscriptExpr } from './make.ts';
import type { Binder, Domain, Expr, Factor } from './model.ts';
import { describeSymbol, refTo } from './references.ts';
import type { Context, Session, VariableInfo } from './session.ts';
import { subscriptValue } from './subscripts.ts';
import { walk } from './traverse.ts';
import { describeShape, isScalar } from './types.ts';
import { reportUnknownName } from './unknown-names.ts';
import { selfContext } from './variable-declarations.ts';

/** The nodes (and components) that one `~` covers, for finding nodes covered twice: inclusive bounds by axis. */
export interface Region {
  readonly variable: string;
  readonly axes: readonly { readonly low: Dim | null; readonly high: Dim | null }[];
  /** Filtered: what is left of the box is not known here. */
  readonly filtered: boolean;
  readonly span: Span;
}

export interface Distributed {
  readonly factor: Factor;
  readonly region: Region;
}

interface LeftSide {
  readonly info: VariableInfo;
  /** The left side as a value. */
  readonly x: Expr;
  readonly binders: readonly Binder[];
  readonly where: readonly Expr[];
  /** Where arguments are typed. */
  readonly inside: Context;
  readonly region: Region;
  /** Binders that were added because the bare name means all nodes: arguments over all nodes are indexed by them. */
  readonly spread: readonly Binder[];
}

/** `latent z : real ~ normal(0, 1)` */
export const distributedDeclaration = (session: Session, info: VariableInfo, call: CallSyntax): Distributed | null => {
  const inside = selfContext(info);
  const x = refTo('variable', info, info.binders.map(ownPosition), info.span);
  const region = regionOf(session, info, info.binders.map(ownPosition), [], info.where.length > 0, info.span);
  return distribute(inside, { info, x, binders: info.binders, where: info.where, inside, region, spread: [] }, call);
};

const regionOf = (
  session: Session,
  info: VariableInfo,
  at: readonly Expr[],
  components: readonly Expr[],
  filtered: boolean,
  span: Span,
): Region => ({
  variable: info.name,
  axes: [...at, ...components].map((e) => {
    const linear = linearOf(e, session.known);
    return { low: lowest(linear), high: highest(linear) };
  }),
  filtered,
  span,
});

type DistributedStatement = Statement & { readonly kind: 'distributed' };

/** `s[t in 1..T] ~ …`, `s[0] ~ …`, `y ~ …` */
export const distributedStatement = (context: Context, statement: DistributedStatement): Distributed | null => {
  const left = leftSide(context, statement);
  if (left === null || !coversOnce(context, left)) return null;
  return distribute(left.inside, left, statement.distribution);
};

/** In a plate, the left side must be of that plate: otherwise each of its points would state the same nodes again. */
const coversOnce = (context: Context, left: LeftSide): boolean => {
  const mentioned = new Set<string>();
  walk(left.x, (e) => {
    if (e.kind === 'index') mentioned.add(e.id);
  });
  const idle = context.plates.find((p) => !mentioned.has(p.binder.id));
  if (idle === undefined) return true;
  context.session.report(
    diagnoseGraph('EBM411', left.region.span, {
      found: `the same nodes for every \`${idle.name}\``,
      hint: `move it out of the plate over \`${idle.name}\``,
    }),
  );
  return false;
};

const variableNamed = (context: Context, name: Name): VariableInfo | null => {
  const { session } = context;
  if (name.text === '') return null;
  const symbol = session.symbols.get(name.text);
  if (symbol === undefined) return reportUnknownName(context, name);
  session.used.add(name.text);
  if (symbol.kind === 'variable') return session.define(symbol, name.span);
  return session.report(
    diagnoseName('EBM212', name.span, { name: name.text, is: describeSymbol(symbol), expected: 'a variable' }),
  );
};

const leftSide = (context: Context, statement: DistributedStatement): LeftSide | null => {
  const { name, index, subscripts } = statement;
  const { session } = context;
  const info = variableNamed(context, name);
  const clause = elaborateClause(context, index);
  if (info === null || 'broken' in clause) return null;
  const shared = info.plates.findIndex((p, i) => context.plates[i]?.binder.id !== p.binder.id);
  const implied = info.binders.slice(0, shared < 0 ? info.plates.length : shared);
  const start = refTo('variable', info, implied.map(ownPosition), name.span);
  const plateWhere = context.plates.flatMap((p) => p.where);
  const plateBinders = context.plates.map((p) => p.binder);
  if (index === null && subscripts.length === 0) {
    // All remaining nodes: one binder for each axis that is left.
    const spread = info.binders.slice(implied.length).map((b) => session.bind(b.name, b.from, b.to, name.span));
    const x = refTo(
      'variable',
      info,
      [...implied, ...spread].map((b) => ownPosition(b)),
      name.span,
    );
    const region = regionOf(session, info, x.kind === 'ref' ? x.at : [], [], plateWhere.length > 0, name.span);
    return { info, x, binders: [...plateBinders, ...spread], where: plateWhere, inside: context, region, spread };
  }
  // The closing bracket follows the last subscript.
  const span = { start: name.span.start, end: index?.span.end ?? subscripts.at(-1)!.span.end + 1 };
  const x =
    index === null
      ? subscriptValue(context, start, subscripts, span)
      : subscriptValue(
          clause.inside,
          start,
          clause.binders.map((b) => ({
            kind: 'at',
            at: { kind: 'name', name: { text: b.name, span: b.span }, span: b.span },
            span: b.span,
          })),
          span,
        );
  if (x === null) return null;
  const ref = x.kind === 'subscript' ? x.base : x;
  const components = x.kind === 'subscript' ? x.subscripts.flatMap((s) => (s.kind === 'at' ? [s.at] : [])) : [];
  const whole = ref.kind === 'ref' && ref.at.length === info.binders.length;
  const separable =
    components.length === 0 ||
    (x.kind === 'subscript' &&
      domains[info.domain.kind].event === 'entry' &&
      components.length === x.subscripts.length);
  if (ref.kind !== 'ref' || !whole || !separable) {
    const hint = whole ? `a \`${info.domain.kind}\` is distributed as a whole` : 'use an index clause: `s[t in T] ~ …`';
    return session.report(diagnoseGraph('EBM411', span, { found: whole ? 'a part of one' : 'a slice of them', hint }));
  }
  const filtered = plateWhere.length > 0 || clause.where.length > 0;
  const region = regionOf(session, info, ref.at, components, filtered, span);
  return {
    info,
    x,
    binders: [...plateBinders, ...clause.binders],
    where: [...plateWhere, ...clause.where],
    inside: clause.inside,
    region,
    spread: [],
  };
};

const distribute = (context: Context, left: LeftSide, call: CallSyntax): Distributed | null => {
  const { session } = context;
  const { info, x, inside } = left;
  const written = elaborateDistribution(inside, call);
  const { role } = info.symbol.declaration;
  if (role === 'data')
    return session.report(
      diagnoseName('EBM215', left.region.span, {
        name: info.name,
        role: 'data',
        what: 'data are constants without a distribution',
        hint: 'make it `observed` to state its likelihood',
      }),
    );
  if (written === null || !supports(context, info.domain, written.name, call)) return null;
  const domain: Domain = { ...info.domain, shape: x.type.shape };
  const args = written.args.map((arg, i) => fitArgument(context, left, written.name, i, arg, domain));
  if (args.some((a) => a === null)) return null;
  const fresh = (name: string, from: Dim, to: Dim): Binder => session.bind(name, from, to, call.span);
  const energy = energyOf(written.name, x, args as readonly Expr[], domain, maker(call.span, fresh));
  const factor: Factor = {
    name: info.name,
    kind: 'distribution',
    binders: left.binders,
    where: joinConditions(left.where),
    energy,
    distribution: { name: written.name, variable: info.name, args: args as readonly Expr[] },
    span: { start: left.region.span.start, end: call.span.end },
  };
  return { factor, region: left.region };
};

const supports = (context: Context, domain: Domain, name: DistributionName, call: CallSyntax): boolean => {
  const distribution = distributions[name];
  const fitting = distribution.support.includes(domain.kind);
  const further = fitting ? (distribution.restricts?.(domain) ?? null) : null;
  if (fitting && further === null) return true;
  const relative = distribution.relatives?.[domain.kind];
  const found = `\`${domain.kind}\`${domain.shape.length === 0 ? '' : ` ${printShape(domain.shape)}`}`;
  const supported = further ?? distribution.support.map((k) => `\`${k}\``).join(', ');
  const hint = relative === undefined ? undefined : `\`${relative}\` is one over \`${domain.kind}\``;
  context.session.report(
    diagnoseShape(
      'EBM315',
      call.name.span,
      hint === undefined ? { distribution: name, supported, found } : { distribution: name, supported, found, hint },
      {
        related: [{ span: domain.span, message: 'the domain is declared here' }],
      },
    ),
  );
  return false;
};

/** An argument for one node: a scalar where allowed, the event's shape, the node's batch before it, or one for every node. */
const fitArgument = (
  context: Context,
  left: LeftSide,
  name: DistributionName,
  position: number,
  arg: Expr,
  domain: Domain,
): Expr | null => {
  const { session } = context;
  const distribution = distributions[name];
  const parameter = distribution.parameters[position]!;
  const event = parameter.shape(domain);
  const batch = domain.shape.slice(0, domain.shape.length - distribution.eventRank(domain));
  const whole = [...batch, ...event];
  const fits = (shape: readonly Dim[]): boolean =>
    shapesEqual(shape, event) || shapesEqual(shape, whole) || (parameter.scalar && shape.length === 0);
  if (fits(arg.type.shape) && arg.type.row !== true) return arg;
  const spread = left.spread.map(lengthOf);
  const leads = shapesEqual(arg.type.shape.slice(0, spread.length), spread);
  if (spread.length > 0 && leads && fits(arg.type.shape.slice(spread.length)))
    return subscriptExpr(
      arg,
      left.spread.map((b) => ({ kind: 'at', at: shiftedIndex(b) })),
      arg.span,
    );
  session.meet(whole, arg.type.shape);
  const expected = whole.length === 0 ? 'a scalar' : printShape(whole);
  const shapes =
    parameter.scalar && whole.length > 0
      ? `${expected} or a scalar`
      : shapesEqual(event, whole)
        ? expected
        : `${printShape(event)} or ${expected}`;
  const parameters = {
    distribution: name,
    parameter: parameter.name,
    expected: shapes,
    found: describeShape(arg.type),
  };
  return session.report(
    diagnoseShape(
      'EBM316',
      arg.span,
      isScalar(arg.type) || arg.type.row !== true
        ? parameters
        : { ...parameters, hint: "turn the row into a vector with `'`" },
    ),
  );
};
const shiftedIndex = (binder: Binder): Expr => (binder.from.length === 0 ? indexExpr(binder) : ownPosition(binder));

/** Two regions share a node for certain. */
const overlap = (a: Region, b: Region): boolean => {
  if (a.filtered || b.filtered) return false;
  const axes = Math.min(a.axes.length, b.axes.length);
  return a.axes.slice(0, axes).every((x, i) => {
    const y = b.axes[i]!;
    if (x.low === null || x.high === null || y.low === null || y.high === null) return false;
    return isNonNegative(subtract(x.high, y.low)) && isNonNegative(subtract(y.high, x.low));
  });
};

export const checkDistributedOnce = (session: Session, regions: readonly Region[]): void => {
  regions.forEach((region, i) => {
    const earlier = regions.slice(0, i).find((other) => other.variable === region.variable && overlap(other, region));
    if (earlier !== undefined)
      session.report(
        diagnoseGraph(
          'EBM403',
          region.span,
          { name: region.variable },
          { related: [{ span: earlier.span, message: 'the first stands here' }] },
        ),
      );
  });
};
