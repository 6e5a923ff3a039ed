// What one entry of a message table is. The tables are messages/<family>.ts, one per phase; messages.ts joins them.
// In: typed parameters. Out: Diagnostic values (diagnostic.ts). No phase writes message text of its own.
import type { Diagnostic, RelatedPlace, Severity, Span } from './diagnostic.ts';

export interface Message<P> {
  readonly severity: Severity;
  /** Three to six words, for lists: "unknown name". */
  readonly title: string;
  /** The one-line message and its hints, from the parameters of this occurrence: says what was expected and found. */
  readonly text: (parameters: P) => { readonly message: string; readonly hints?: readonly string[] };
  /** The long form printed by `ebmc explain EBMnnn`: why it is an error and how to mend it. Markdown paragraphs. */
  readonly explanation: string;
  /** A whole model (or, for data errors, a description) that produces this very code. Tests run it. */
  readonly example: string;
}

// oxlint-disable-next-line no-explicit-any
export type MessageTable = Readonly<Record<string, Message<any>>>;

/** Makes the `diagnose` function of one table: `diagnose('EBM201', span, { name: 'foo' })`. */
export const diagnoser =
  <T extends MessageTable>(table: T) =>
  <C extends keyof T & string>(
    code: C,
    span: Span | null,
    parameters: Parameters<T[C]['text']>[0],
    extra: { related?: readonly RelatedPlace[]; place?: Diagnostic['place'] } = {},
  ): Diagnostic => {
    const entry = table[code]!;
    const { message, hints = [] } = entry.text(parameters);
    const related = extra.related ?? [];
    const base = { code, severity: entry.severity, span, message, hints, related };
    return extra.place === undefined ? base : { ...base, place: extra.place };
  };
