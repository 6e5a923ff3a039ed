// `train { loss nll  learn W by adam(rate = 1e-3)  epochs 20  batch 128 }`. In: the block. Out: losses with the params that each
// governs, epochs and batch; names, roles and options checked. Losses speak of one point of the data plate.
import type { Span } from '../diagnostics/diagnostic.ts';
import { diagnoseName } from '../diagnostics/messages/names.ts';
import { diagnoseShape } from '../diagnostics/messages/shapes.ts';
import { nearestName } from '../diagnostics/nearest-name.ts';
import type { Name, Setting, Statement } from '../syntax/ast.ts';
import { losses as lossTable } from './losses.ts';
import { elaborateMethodCall } from './method-calls.ts';
import type { LossSetting, TrainSettings } from './model.ts';
import { optimizers } from './optimizers.ts';
import { describeSymbol } from './references.ts';
import { elaborate, type Context, rootContext, type Session } from './session.ts';
import { dataPlate, inside, operandNames, unknownSetting } from './settings.ts';
import { describeType, isNumeric, isScalar } from './types.ts';
import { reportUnknownName } from './unknown-names.ts';

type Block = Statement & { readonly kind: 'block' };
type Words = Setting & { readonly kind: 'words' };

const learnNames = (context: Context, names: readonly Name[]): boolean => {
  const { session } = context;
  const checks = names.map((name) => {
    const symbol = session.symbols.get(name.text);
    if (symbol === undefined) return reportUnknownName(context, name) !== null;
    session.used.add(name.text);
    if (symbol.kind === 'net') {
      session.calledNets.add(name.text);
      const { declaration } = symbol;
      const average = declaration.kind === 'derived-net' && declaration.call.name.text === 'ema';
      if (average)
        session.report(
          diagnoseName('EBM215', name.span, {
            name: name.text,
            role: 'a moving average',
            what: 'it follows its net, and no optimizer moves it',
            hint: 'learn the net that it follows',
          }),
        );
      return !average;
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
const writtenCount = (session: Session, setting: Words): number | null => {
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
  const named = elaborateMethodCall(context, call, lossTable, 'loss');
  return named === null ? null : { named, expression: null };
};

interface Draft {
  readonly groups: {
    loss: Pick<LossSetting, 'named' | 'expression'> | null;
    readonly learn: LossSetting['learn'][number][];
    span: Span | null;
  }[];
  epochs: number | null;
  batch: TrainSettings['batch'];
}

const settingNames = ['loss', 'learn', 'epochs', 'batch'] as const;
const misfit = (session: Session, setting: Setting): null =>
  unknownSetting(session, 'train', setting.name, settingNames);

/** `learn W, b by adam(rate = 1e-3)`; without a loss before it, the energy is learned. */
const visitLearn = (context: Context, draft: Draft, setting: Setting): void => {
  if (setting.kind === 'assign') return void misfit(context.session, setting);
  const root = rootContext(context.session);
  if (draft.groups.length === 0) draft.groups.push({ loss: { named: null, expression: null }, learn: [], span: null });
  const names = setting.kind === 'words' ? operandNames(root, setting.operands, 'learn') : [];
  const named = names !== null && learnNames(root, names);
  const by =
    setting.by === null ? null : elaborateMethodCall({ ...context, loss: false }, setting.by, optimizers, 'optimizer');
  if (named) draft.groups.at(-1)!.learn.push({ names: names.map((n) => n.text), by, span: setting.span });
};

const visitCount = (session: Session, draft: Draft, setting: Setting, name: 'epochs' | 'batch'): void => {
  if (setting.kind !== 'words') return void misfit(session, setting);
  const count = writtenCount(session, setting);
  const of = setting.of === null ? null : plateName(session, setting.of);
  if (count === null) return;
  if (name === 'epochs') draft.epochs = count;
  else draft.batch = { size: count, of };
};

export const elaborateTrain = (session: Session, block: Block): TrainSettings => {
  const batchOf = block.settings.find((s): s is Words => s.kind === 'words' && s.name.text === 'batch')?.of ?? null;
  const context: Context = { ...inside(session, dataPlate(session, batchOf)), loss: true };
  const draft: Draft = { groups: [], epochs: null, batch: null };
  const stated = new Map<string, Span>();
  for (const setting of block.settings) {
    const { text, span } = setting.name;
    const earlier = stated.get(text);
    if (earlier !== undefined && (text === 'epochs' || text === 'batch'))
      session.report(
        diagnoseName(
          'EBM216',
          span,
          { what: `\`${text}\`` },
          { related: [{ span: earlier, message: 'the first stands here' }] },
        ),
      );
    stated.set(text, span);
    if (text === 'loss') draft.groups.push({ loss: lossOf(context, setting), learn: [], span: setting.span });
    else if (text === 'learn') visitLearn(context, draft, setting);
    else if (text === 'epochs' || text === 'batch') visitCount(session, draft, setting, text);
    else misfit(session, setting);
  }
  const losses = draft.groups.flatMap((g): readonly LossSetting[] =>
    g.loss === null ? [] : [{ ...g.loss, learn: g.learn, span: g.span }],
  );
  return { losses, epochs: draft.epochs, batch: draft.batch, span: block.span };
};

/** The index of a plate, `e` in `plate e in M`. */
const plateName = (session: Session, name: Name): string | null => {
  const plates = [...session.plates.values()].map((p) => p.name);
  if (plates.includes(name.text)) return name.text;
  return session.report(
    diagnoseName('EBM201', name.span, { name: name.text, nearest: nearestName(name.text, plates) }),
  );
};
