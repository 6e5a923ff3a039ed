// A training run as one .safetensors file, and back. In: a state with what it was begun with. Out: bytes: params under their
// names, what optimizers remember under `optimizer/…`, the best params so far under `best/…`, the rest in the metadata.
import type { Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnoseLearning } from '../diagnostics/messages/learning.ts';
import { decodeTensor, formatSafetensors, parseSafetensors } from '../data/safetensors.ts';
import type { TrainingState } from './training-state.ts';

/** What the numbers of a training depend on. */
export interface Origin {
  readonly model: string;
  /** SHA-256 of the model's text. */
  readonly text: string;
  /** Everything else, as words: seed, batch, digests of data. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Where it stands, arrays left out. */
type Story = Pick<TrainingState, 'restart' | 'epoch' | 'step' | 'sum' | 'trace'> & {
  readonly best: Omit<NonNullable<TrainingState['best']>, 'params'> | null;
};

const version = '1';
const bestName = (name: string): string => `best/${name}`;

export const formatCheckpoint = (state: TrainingState, { model, text, settings }: Origin): Uint8Array => {
  const { arrays, best, complete } = state;
  const kept = complete || best === null ? [] : Object.entries(best.params).map(([n, a]) => [bestName(n), a] as const);
  return formatSafetensors(
    { ...arrays, ...Object.fromEntries(kept) },
    {
      checkpoint: version,
      model,
      'model sha256': text,
      settings: JSON.stringify(settings),
      // For people; the story says the same.
      epoch: String(state.epoch),
      step: String(state.step),
      complete: String(complete),
      story: storyOf(state),
    },
  );
};

const storyOf = (state: TrainingState): string => {
  const { restart, epoch, step, sum, trace, best } = state;
  const story: Story = {
    restart,
    epoch,
    step,
    sum,
    trace,
    best: best === null ? null : { objective: best.objective, trace: best.trace },
  };
  return JSON.stringify(story);
};

/** EBM614 for a file that is damaged; EBM650 to EBM652 for one that is not a checkpoint of this very training. `needed`: the
 *  arrays that a training under way has. */
export const parseCheckpoint = (
  bytes: Buffer,
  file: string,
  origin: Origin,
  needed: readonly string[],
): Checked<TrainingState | null> => {
  const parsed = parseSafetensors(bytes, file);
  if (parsed.value === null) return { value: null, diagnostics: parsed.diagnostics };
  const { tensors, metadata } = parsed.value;
  const refuse = (problem: string): Checked<null> => ({
    value: null,
    diagnostics: [diagnoseLearning('EBM650', null, { file, problem })],
  });
  const found = metadata.get('checkpoint');
  if (found === undefined) return refuse('it has params, but not how they were learned');
  if (found !== version) return refuse(`it is of version ${found}, and this program reads version ${version}`);
  const settings = objectIn(metadata.get('settings'));
  const story = storyIn(metadata.get('story'));
  if (settings === null || story === null) return refuse('its metadata are damaged');
  const other = otherOrigin(file, origin, metadata, settings);
  if (other !== null) return { value: null, diagnostics: [other] };
  const arrays = [...tensors].map(([name, stored]) => [name, decodeTensor(stored)] as const);
  const isBest = (name: string): boolean => name.startsWith(bestName(''));
  const current = Object.fromEntries(arrays.filter(([name]) => !isBest(name)));
  const params = arrays.filter(([name]) => isBest(name)).map(([n, a]) => [n.slice(bestName('').length), a] as const);
  const complete = metadata.get('complete') === 'true';
  const lacking = complete ? undefined : needed.find((name) => current[name] === undefined);
  if (lacking !== undefined) return refuse(`it lacks ${lacking}`);
  const { best } = story;
  const state: TrainingState = {
    ...story,
    arrays: current,
    best: best === null ? null : { ...best, params: complete ? current : Object.fromEntries(params) },
    complete,
  };
  return { value: state, diagnostics: [] };
};

/** What of the training differs from the one of the checkpoint: what the user can change back first. */
const otherOrigin = (
  file: string,
  origin: Origin,
  metadata: ReadonlyMap<string, string>,
  settings: Readonly<Record<string, unknown>>,
): Diagnostic | null => {
  const found = metadata.get('model') ?? '';
  const { model } = origin;
  if (found !== model) return diagnoseLearning('EBM651', null, { file, found, model });
  const names = [...new Set([...Object.keys(settings), ...Object.keys(origin.settings)])];
  const setting = names.find((name) => settings[name] !== origin.settings[name]);
  if (setting !== undefined) {
    const [then, now] = [settings, origin.settings].map((s) => String(s[setting] ?? 'unset')) as [string, string];
    return diagnoseLearning('EBM652', null, { file, setting, then, now });
  }
  return metadata.get('model sha256') === origin.text ? null : diagnoseLearning('EBM651', null, { file, found, model });
};

/** null where a part is missing or of another kind. */
const storyIn = (text: string | undefined): Story | null => {
  const found = objectIn(text);
  if (found === null) return null;
  const { restart, epoch, step, sum, trace, best } = found;
  if (!isNumber(restart) || !isNumber(epoch) || !isNumber(step) || !isNumber(sum) || !areNumbers(trace)) return null;
  const before = { restart, epoch, step, sum, trace };
  if (best === null) return { ...before, best };
  if (typeof best !== 'object' || !('objective' in best) || !('trace' in best)) return null;
  const { objective, trace: bestTrace } = best;
  return isNumber(objective) && areNumbers(bestTrace) ? { ...before, best: { objective, trace: bestTrace } } : null;
};

const isNumber = (x: unknown): x is number => typeof x === 'number';
const areNumbers = (x: unknown): x is readonly number[] => Array.isArray(x) && x.every(isNumber);

const objectIn = (text: string | undefined): Readonly<Record<string, unknown>> | null => {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
};
