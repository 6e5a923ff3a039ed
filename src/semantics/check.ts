// The checker: from a syntax tree to the typed model. In: a SourceFile. Out: the model (null when there are errors) and every
// diagnostic of the file, in order of place. Each mistake is reported once, at the smallest span.
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { hasErrors } from '../diagnostics/diagnostic.ts';
import { diagnoseName } from '../diagnostics/messages/names.ts';
import type { SourceFile, Statement } from '../syntax/ast.ts';
import { condense } from './condense.ts';
import { defineConst, defineLet, defineSize, defineVariable } from './definitions.ts';
import { checkDistributedOnce, distributedDeclaration, distributedStatement, type Region } from './distributed.ts';
import { elaborateExpression } from './expressions.ts';
import { checkFixing, requirementsOf } from './fixed-sizes.ts';
import { checkFunctionBody, defineFunction } from './function-calls.ts';
import { enterPlates } from './index-clauses.ts';
import { elaborateInfer } from './infer-settings.ts';
import { joinConditions } from './make.ts';
import type { Expr, Factor, InferSetting, Let, Model, TrainSettings, Variable } from './model.ts';
import { defineNet } from './nets.ts';
import { type Context, rootContext, Session } from './session.ts';
import { elaborateBeta } from './settings.ts';
import { collectSymbols, type GlobalSymbol } from './symbols.ts';
import { elaborateTerm } from './terms.ts';
import { elaborateTrain } from './train-settings.ts';
import { declareVariable } from './variable-declarations.ts';
import { warn } from './warnings.ts';

export interface CheckResult {
  /** null when there are errors. */
  readonly model: Model | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** What the statements add up to. */
interface Parts {
  name: string;
  readonly variables: Variable[];
  readonly lets: Let[];
  readonly factors: Factor[];
  readonly regions: Region[];
  beta: Expr | null;
  infer: readonly InferSetting[];
  train: TrainSettings | null;
  readonly once: Map<string, Statement>;
}

const statedOnce = (session: Session, parts: Parts, statement: Statement, what: string, inPlate: boolean): boolean => {
  if (inPlate) {
    session.report(diagnoseName('EBM217', statement.span, { what, hint: 'move it out of the plate' }));
    return false;
  }
  const earlier = parts.once.get(what);
  if (earlier === undefined) {
    parts.once.set(what, statement);
    return true;
  }
  session.report(
    diagnoseName(
      'EBM216',
      statement.span,
      { what },
      { related: [{ span: earlier.span, message: 'the first stands here' }] },
    ),
  );
  return false;
};

const visitVariable = (session: Session, parts: Parts, statement: Statement & { kind: 'variable' }): void => {
  for (const { name } of statement.names) {
    const symbol = session.symbols.get(name.text);
    if (symbol?.kind !== 'variable' || symbol.name !== name) continue;
    const info = session.define(symbol, name.span);
    if (info === null) continue;
    parts.variables.push(declareVariable(session, info));
    if (statement.distribution === null) continue;
    // A distribution is a factor of its own; noise that nothing else reads is drawn in vain.
    if (statement.role !== 'noise') session.used.add(info.name);
    const distributed = distributedDeclaration(session, info, statement.distribution);
    if (distributed === null) continue;
    parts.factors.push(distributed.factor);
    parts.regions.push(distributed.region);
  }
};

const visitLet = (session: Session, parts: Parts, statement: Statement & { kind: 'let' }): void => {
  const symbol = session.symbols.get(statement.name.text);
  if (symbol?.kind !== 'let' || symbol.name !== statement.name) return;
  const info = session.define(symbol, statement.name.span);
  if (info !== null)
    parts.lets.push({
      name: info.name,
      value: info.value,
      binders: info.binders,
      where: joinConditions(info.where),
      span: info.span,
    });
};

/** Declarations that are not reached by a name are elaborated too: their mistakes count. */
const visitNamed = (session: Session, name: GlobalSymbol['name']): void => {
  const symbol = session.symbols.get(name.text);
  if (symbol === undefined || symbol.name !== name) return;
  if (symbol.kind !== 'function') session.define(symbol, name.span);
  else {
    const info = session.define(symbol, name.span);
    if (info !== null) checkFunctionBody(session, info);
  }
};

const visit = (context: Context, parts: Parts, statement: Statement, inPlate = false): void => {
  const { session } = context;
  session.statement = statement;
  switch (statement.kind) {
    case 'model':
      if (statedOnce(session, parts, statement, '`model`', inPlate)) parts.name = statement.name.text;
      return;
    case 'sizes':
      if (inPlate)
        session.report(diagnoseName('EBM217', statement.span, { what: '`size`', hint: 'move it out of the plate' }));
      statement.sizes.forEach((s) => visitNamed(session, s.name));
      return;
    case 'consts':
      statement.consts.forEach((c) => visitNamed(session, c.name));
      return;
    case 'variable':
      return visitVariable(session, parts, statement);
    case 'plate': {
      const entered = enterPlates(context, [statement.binder]);
      const inside = 'broken' in entered ? entered.broken : entered;
      statement.body.forEach((s) => visit(inside, parts, s, true));
      return;
    }
    case 'term': {
      const factor = elaborateTerm(context, statement);
      if (factor !== null) parts.factors.push(factor);
      return;
    }
    case 'let':
      return visitLet(session, parts, statement);
    case 'function':
    case 'net':
    case 'derived-net':
      return visitNamed(session, statement.name);
    case 'distributed': {
      const distributed = distributedStatement(context, statement);
      if (distributed === null) return;
      parts.factors.push(distributed.factor);
      parts.regions.push(distributed.region);
      return;
    }
    case 'beta':
      if (statedOnce(session, parts, statement, '`beta`', inPlate))
        parts.beta = elaborateBeta(session, statement.value);
      return;
    case 'block':
      if (!statedOnce(session, parts, statement, `\`${statement.block}\``, inPlate)) return;
      if (statement.block === 'infer') parts.infer = elaborateInfer(session, statement);
      else parts.train = elaborateTrain(session, statement);
  }
};

/** Noise is drawn, so it must say from what. */
const checkNoise = (session: Session, parts: Parts): void => {
  for (const variable of parts.variables) {
    if (variable.role !== 'noise' || parts.regions.some((r) => r.variable === variable.name)) continue;
    const hint = `\`noise ${variable.name} : … ~ normal(0, 1)\``;
    session.report(
      diagnoseName('EBM215', variable.span, {
        name: variable.name,
        role: 'noise',
        what: 'it has no distribution to be drawn from',
        hint,
      }),
    );
  }
};

/** Labels are unique in the model: a second one gets #2. */
const uniqueNames = (factors: readonly Factor[]): readonly Factor[] => {
  const counts = new Map<string, number>();
  return factors.map((factor) => {
    const count = (counts.get(factor.name) ?? 0) + 1;
    counts.set(factor.name, count);
    return count === 1 ? factor : { ...factor, name: `${factor.name}#${count}` };
  });
};

export const check = (tree: SourceFile): CheckResult => checkFixing((fixed) => checkOnce(tree, fixed));

const checkOnce = (
  tree: SourceFile,
  fixed: ReadonlyMap<string, number>,
): CheckResult & { readonly session: Session } => {
  const { symbols, ambiguous, diagnostics: collected } = collectSymbols(tree.statements);
  const steps = {
    elaborate: elaborateExpression,
    size: defineSize,
    const: defineConst,
    variable: defineVariable,
    let: defineLet,
    function: defineFunction,
    net: defineNet,
  };
  const session = new Session(tree.statements, symbols, ambiguous, steps, fixed);
  collected.forEach((d) => session.report(d));
  const parts: Parts = {
    name: '',
    variables: [],
    lets: [],
    factors: [],
    regions: [],
    beta: null,
    infer: [],
    train: null,
    once: new Map(),
  };
  // Plates first, so that their indices keep their names; settings last, since they speak of everything.
  enterAllPlates(session, tree.statements, rootContext(session));
  const isSetting = (s: Statement): boolean => s.kind === 'block';
  for (const statement of [...tree.statements.filter((s) => !isSetting(s)), ...tree.statements.filter(isSetting)])
    visit(rootContext(session), parts, statement);
  checkNoise(session, parts);
  checkDistributedOnce(session, parts.regions);
  const diagnostics = condense(session.diagnostics, tree);
  if (hasErrors(diagnostics)) return { model: null, diagnostics, session };
  const model = assemble(session, parts, tree);
  const warnings = warn(model, [...symbols.values()], session.used);
  return { model, diagnostics: condense([...diagnostics, ...warnings], tree), session };
};

const enterAllPlates = (session: Session, statements: readonly Statement[], context: Context): void => {
  for (const statement of statements) {
    if (statement.kind !== 'plate') continue;
    const { value } = session.attempt(() => enterPlates(context, [statement.binder]));
    enterAllPlates(session, statement.body, 'broken' in value ? value.broken : value);
  }
};

const assemble = (session: Session, parts: Parts, tree: SourceFile): Model => {
  const all = [...session.symbols.values()];
  const sizes = all.flatMap((s) => (s.kind === 'size' ? [session.define(s, s.name.span)!] : []));
  const consts = all.flatMap((s) => (s.kind === 'const' ? [session.define(s, s.name.span)!] : []));
  // A net that is only copied has no params of its own to learn.
  const owned = (name: string): boolean =>
    name.includes('.') || session.calledNets.has(name) || !session.used.has(name);
  const nets = session.netInstances.filter((n) => owned(n.name));
  const params = new Set(nets.flatMap((n) => n.params));
  const netParams = session.netParams.filter((p) => params.has(p.name));
  return {
    name: parts.name,
    plates: session.plateSymbols,
    derivedSizes: [...session.derivedSizes.values()],
    requirements: [...requirementsOf(session), ...session.requirements],
    sizes,
    consts,
    variables: [...parts.variables, ...netParams],
    lets: parts.lets,
    factors: uniqueNames(parts.factors),
    nets,
    beta: parts.beta,
    infer: parts.infer,
    train: parts.train,
    span: tree.span,
  };
};
