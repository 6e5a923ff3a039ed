// `beta`, `infer` and `train`. In: the blocks as written. Out: settings of the model; every name, option and role checked.
import type { Span } from '../diagnostics/diagnostic.ts';
import { diagnoseName } from '../diagnostics/messages/names.ts';
import { diagnoseShape } from '../diagnostics/messages/shapes.ts';
import type { CallSyntax, Expression, Name, Setting, Statement } from '../syntax/ast.ts';
import { enterPlates } from './index-clauses.ts';
import { losses } from './losses.ts';
import { elaborateMethodCall } from './method-calls.ts';
import { methods } from './methods.ts';
import type { Expr, InferSetting, LossSetting, TrainSettings } from './model.ts';
import { nearestName } from './nearest-name.ts';
import { optimizers } from './optimizers.ts';
import { describeSymbol } from './references.ts';
import { elaborate, type Context, rootContext, type Session } from './session.ts';
import type { PlatePath } from './symbols.ts';
import { describeType, isNumeric, isScalar } from './types.ts';
import { reportUnknownName } from './unknown-names.ts';

type Block = Statement & { readonly kind: 'block' };

export const elaborateBeta = (session: Session, value: Expression): Expr | null => {
  const beta = elaborate(rootContext(session), value);
  if (beta === null || (isScalar(beta.type) && isNumeric(beta.type))) return beta;
  return session.report(
    diagnoseShape('EBM303', value.span, { name: 'beta', expected: 'a number', found: describeType(beta.type) }),
  );
};

const unknownSetting = (session: Session, block: string, name: Name, known: readonly string[]): null =>
  name.text === ''
    ? null
    : session.report(
        diagnoseName('EBM211', name.span, { block, name: name.text, nearest: nearestName(name.text, known), known }),
      );

/** The names a setting speaks of; anything but a name is reported. */
const operandNames = (context: Context, operands: readonly Expression[], what: string): readonly Name[] | null => {
  const names = operands.map((e): Name | null => {
    if (e.kind === 'name') return e.name;
    return e.kind === 'missing'
      ? null
      : context.session.report(
          diagnoseShape('EBM303', e.span, { name: what, expected: 'names', found: 'an expression' }),
        );
  });
  return names.some((n) => n === null) ? null : (names as readonly Name[]);
};

// ---------------------------------------------------------------- infer

const inferNames = (context: Context, names: readonly Name[], operation: string): boolean => {
  const { session } = context;
  const checks = names.map((name) => {
    const symbol = session.symbols.get(name.text);
    if (symbol === undefined) return reportUnknownName(context, name) !== null;
    session.used.add(name.text);
    if (symbol.kind === 'net') return true;
    if (symbol.kind !== 'variable') {
      session.report(
        diagnoseName('EBM212', name.span, { name: name.text, is: describeSymbol(symbol), expected: 'an unknown' }),
      );
      return false;
    }
    const { role } = symbol.declaration;
    if (role === 'latent' || role === 'target' || role === 'param') return true;
    const what = role === 'noise' ? 'noise is averaged outermost' : `it is given, so there is nothing to ${operation}`;
    session.report(diagnoseName('EBM215', name.span, { name: name.text, role, what }));
    return false;
  });
  return !checks.includes(false);
};

/** The plates that hold all of the variables: where the arguments of their method are typed. */
const platesOf = (session: Session, names: readonly string[]): PlatePath => {
  const paths = names.map((n) => session.symbols.get(n)?.plates ?? []);
  if (paths.length === 0) return dataPlate(session, null);
  return paths.reduce((a, b) => (a.length <= b.length ? a : b));
};

const inside = (session: Session, plates: PlatePath): Context => {
  const entered = enterPlates(rootContext(session), plates);
  return 'broken' in entered ? entered.broken : entered;
};

export const elaborateInfer = (session: Session, block: Block): readonly InferSetting[] => {
  const settings: InferSetting[] = [];
  const stated = new Map<string, Span>();
  for (const setting of block.settings) {
    const operation = setting.name.text;
    if ((operation !== 'minimize' && operation !== 'marginalize') || setting.kind === 'assign') {
      unknownSetting(session, 'infer', setting.name, ['minimize', 'marginalize']);
      continue;
    }
    const names = setting.kind === 'by' ? [] : operandNames(rootContext(session), setting.operands, operation);
    if (names === null || !inferNames(rootContext(session), names, operation)) continue;
    const twice = names.find((n) => stated.has(n.text));
    if (twice !== undefined)
      session.report(
        diagnoseName(
          'EBM216',
          twice.span,
          { what: `what to do with \`${twice.text}\`` },
          { related: [{ span: stated.get(twice.text)!, message: 'the first stands here' }] },
        ),
      );
    names.forEach((n) => stated.set(n.text, n.span));
    const call = setting.by;
    const context = inside(
      session,
      platesOf(
        session,
        names.map((n) => n.text),
      ),
    );
    const by = call === null ? null : elaborateInferMethod(context, call, operation);
    if (call !== null && by === null) continue;
    settings.push({ operation, variables: names.map((n) => n.text), by, span: setting.span });
  }
  return settings;
};

const elaborateInferMethod = (context: Context, call: CallSyntax, operation: 'minimize' | 'marginalize') => {
  const name = call.name.text;
  const entry = Object.hasOwn(methods, name) ? methods[name as keyof typeof methods] : null;
  if (entry !== null && !entry.operations.includes(operation)) {
    const known = Object.entries(methods).filter(([, m]) => m.operations.includes(operation));
    return context.session.report(
      diagnoseName('EBM210', call.name.span, {
        what: `method to ${operation}`,
        name,
        nearest: null,
        known: known.map(([k]) => k),
      }),
    );
  }
  return elaborateMethodCall(context, call, methods, 'method');
};

// ---------------------------------------------------------------- train

/** The plate of `batch … of`, or the only outermost plate with data in it: losses speak of one of its points. */
const dataPlate = (session: Session, of: Name | null): PlatePath => {
  const paths = [...session.symbols.values()]
    .filter(
      (s) =>
        s.plates.length > 0 &&
        s.kind === 'variable' &&
        (s.declaration.role === 'target' || s.declaration.role === 'observed'),
    )
    .map((s) => s.plates.slice(0, 1));
  const wanted = of === null ? paths : paths.filter((p) => p[0]!.name.text === of.text);
  const names = new Set(wanted.map((p) => p[0]!.name.text));
  return names.size === 1 ? wanted[0]! : [];
};

const learnNames = (context: Context, names: readonly Name[]): boolean => {
  const { session } = context;
  const checks = names.map((name) => {
    const symbol = session.symbols.get(name.text);
    if (symbol === undefined) return reportUnknownName(context, name) !== null;
    session.used.add(name.text);
    if (symbol.kind === 'net') {
      session.calledNets.add(name.text);
      return true;
    }
    if (symbol.kind === 'variable' && symbol.declaration.role === 'param') return true;
    if (symbol.kind === 'variable') {
      const { role } = symbol.declaration;
      session.report(
        diagnoseName('EBM215', name.span, {
          name: name.text,
          role,
          what: 'only params and nets are learned',
          hint: `declare it \`param ${name.text}\`, or infer it in an \`infer\` block`,
        }),
      );
    } else
      session.report(
        diagnoseName('EBM212', name.span, { name: name.text, is: describeSymbol(symbol), expected: 'a param or net' }),
      );
    return false;
  });
  return !checks.includes(false);
};

/** A whole number ≥ 1 that is written in the file. */
const writtenCount = (session: Session, setting: Setting & { kind: 'words' }): number | null => {
  const [value, extra] = setting.operands;
  if (value === undefined || extra !== undefined)
    return session.report(
      diagnoseName('EBM208', setting.name.span, {
        of: setting.name.text,
        expected: '1 number',
        found: String(setting.operands.length),
      }),
    );
  if (value.kind === 'missing') return null;
  if (value.kind === 'number' && Number.isInteger(value.value) && value.value >= 1) return value.value;
  return session.report(
    diagnoseShape('EBM317', value.span, {
      what: `\`${setting.name.text}\``,
      expected: 'a whole number ≥ 1 written in the file',
      found: 'something else',
    }),
  );
};

const lossOf = (context: Context, setting: Setting): Pick<LossSetting, 'named' | 'expression'> | null => {
  const { session } = context;
  if (setting.kind === 'assign') {
    const expression = elaborate(context, setting.value);
    if (expression === null) return null;
    if (isScalar(expression.type) && isNumeric(expression.type)) return { named: null, expression };
    return session.report(
      diagnoseShape('EBM305', setting.value.span, {
        kind: 'loss',
        found: describeType(expression.type),
        hint: 'reduce it to a number: `||v||^2` or `sum(v)`',
      }),
    );
  }
  if (setting.kind === 'by') return unknownSetting(session, 'loss', setting.by.name, []);
  const [value, extra] = setting.operands;
  const call =
    value?.kind === 'call'
      ? value.call
      : value?.kind === 'name'
        ? { name: value.name, arguments: [], parenthesised: false, span: value.span }
        : null;
  if (value?.kind === 'missing') return null;
  if (call === null || extra !== undefined)
    return session.report(
      diagnoseName('EBM208', setting.span, {
        of: 'loss',
        expected: '1 loss, `loss nll` or `loss = expression`',
        found: String(setting.operands.length),
      }),
    );
  const named = elaborateMethodCall(context, call, losses, 'loss');
  return named === null ? null : { named, expression: null };
};

export const elaborateTrain = (session: Session, block: Block): TrainSettings => {
  const root = rootContext(session);
  const batchOf =
    block.settings.find((s): s is Setting & { kind: 'words' } => s.kind === 'words' && s.name.text === 'batch')?.of ??
    null;
  const context: Context = { ...inside(session, dataPlate(session, batchOf)), loss: true };
  const groups: {
    loss: Pick<LossSetting, 'named' | 'expression'> | null;
    learn: LossSetting['learn'][number][];
    span: Span | null;
  }[] = [];
  const settings: { epochs: number | null; batch: TrainSettings['batch'] } = { epochs: null, batch: null };
  const stated = new Map<string, Span>();
  const once = (name: Name): void => {
    const earlier = stated.get(name.text);
    if (earlier !== undefined)
      session.report(
        diagnoseName(
          'EBM216',
          name.span,
          { what: `\`${name.text}\`` },
          { related: [{ span: earlier, message: 'the first stands here' }] },
        ),
      );
    stated.set(name.text, name.span);
  };
  for (const setting of block.settings) {
    switch (setting.name.text) {
      case 'loss':
        groups.push({ loss: lossOf(context, setting), learn: [], span: setting.span });
        break;
      case 'learn': {
        if (groups.length === 0) groups.push({ loss: { named: null, expression: null }, learn: [], span: null });
        const names =
          setting.kind === 'words' ? operandNames(root, setting.operands, 'learn') : setting.kind === 'by' ? [] : null;
        if (setting.kind === 'assign')
          unknownSetting(session, 'train', setting.name, ['loss', 'learn', 'epochs', 'batch']);
        if (names === null || !learnNames(root, names)) break;
        const call = setting.kind === 'assign' ? null : setting.by;
        const by =
          call === null ? null : elaborateMethodCall({ ...context, loss: false }, call, optimizers, 'optimizer');
        groups.at(-1)!.learn.push({ names: names.map((n) => n.text), by, span: setting.span });
        break;
      }
      case 'epochs':
      case 'batch': {
        once(setting.name);
        if (setting.kind !== 'words') {
          unknownSetting(session, 'train', setting.name, ['loss', 'learn', 'epochs', 'batch']);
          break;
        }
        const count = writtenCount(session, setting);
        if (count === null) break;
        if (setting.name.text === 'epochs') settings.epochs = count;
        else settings.batch = { size: count, of: setting.of === null ? null : plateName(session, setting.of) };
        break;
      }
      default:
        unknownSetting(session, 'train', setting.name, ['loss', 'learn', 'epochs', 'batch']);
    }
  }
  const complete = groups.flatMap((g): readonly LossSetting[] =>
    g.loss === null ? [] : [{ ...g.loss, learn: g.learn, span: g.span }],
  );
  return { losses: complete, ...settings, span: block.span };
};

/** The index of a plate, `e` in `plate e in M`. */
const plateName = (session: Session, name: Name): string | null => {
  const plates = [...session.plates.values()].map((p) => p.name);
  if (plates.includes(name.text)) return name.text;
  return session.report(
    diagnoseName('EBM201', name.span, { name: name.text, nearest: nearestName(name.text, plates) }),
  );
};
