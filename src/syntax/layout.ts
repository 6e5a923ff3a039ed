// Laying text out in lines of limited width. In: a Layout, text with the places where lines may break. Out: text.
// After Wadler, "A prettier printer" (2003): a group is set flat if it fits in the rest of its line, else all its own
// breaks become newlines. Comments end their line whatever the groups say.

export type Layout =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'sequence'; readonly parts: readonly Layout[] }
  | { readonly kind: 'indent'; readonly inner: Layout }
  /** `broken`: something inside ends a line, so it cannot be set flat. */
  | { readonly kind: 'group'; readonly inner: Layout; readonly broken: boolean }
  /** Flat: this text. Broken: a newline. */
  | { readonly kind: 'break'; readonly flat: string }
  | { readonly kind: 'newline' }
  /** An empty line, unless at the beginning of a block or of the text. */
  | { readonly kind: 'blank' }
  | { readonly kind: 'comment'; readonly text: string; readonly trailing: boolean }
  /** Before a statement, and at the end of a block or file: where comments of their own belong. Prints nothing. */
  | { readonly kind: 'anchor' };

export const text = (value: string): Layout => ({ kind: 'text', text: value });
export const sequence = (...parts: readonly Layout[]): Layout => ({ kind: 'sequence', parts });
export const indent = (...parts: readonly Layout[]): Layout => ({ kind: 'indent', inner: sequence(...parts) });
export const group = (...parts: readonly Layout[]): Layout => ({
  kind: 'group',
  inner: sequence(...parts),
  broken: false,
});
export const breakOr = (flat: string): Layout => ({ kind: 'break', flat });
export const space = text(' ');
export const line = breakOr(' ');
export const softLine = breakOr('');
export const newline: Layout = { kind: 'newline' };
export const anchor: Layout = { kind: 'anchor' };
export const nothing = sequence();

export const join = (parts: readonly Layout[], separator: Layout): Layout =>
  sequence(...parts.flatMap((part, i) => (i === 0 ? [part] : [separator, part])));

interface Marked {
  readonly layout: Layout;
  /** It holds a newline, or a comment with text after it. */
  readonly broken: boolean;
  /** It ends with a comment: only text after it breaks a line that would not break anyway. */
  readonly commented: boolean;
  readonly empty: boolean;
}

/** The same layout with every group marked that cannot be set flat. */
const markBroken = (layout: Layout): Marked => {
  switch (layout.kind) {
    case 'sequence': {
      const parts = layout.parts.map(markBroken);
      const filled = parts.filter((p) => !p.empty);
      const interrupted = filled.some((p, i) => p.commented && i < filled.length - 1);
      return {
        layout: { ...layout, parts: parts.map((p) => p.layout) },
        broken: interrupted || parts.some((p) => p.broken),
        commented: filled.at(-1)?.commented ?? false,
        empty: filled.length === 0,
      };
    }
    case 'indent': {
      const inner = markBroken(layout.inner);
      return { ...inner, layout: { ...layout, inner: inner.layout } };
    }
    case 'group': {
      const inner = markBroken(layout.inner);
      return { ...inner, layout: { ...layout, inner: inner.layout, broken: inner.broken } };
    }
    case 'newline':
    case 'blank':
      return { layout, broken: true, commented: false, empty: false };
    case 'comment':
      return { layout, broken: !layout.trailing, commented: true, empty: false };
    case 'text':
      return { layout, broken: false, commented: false, empty: layout.text === '' };
    case 'break':
    case 'anchor':
      return { layout, broken: false, commented: false, empty: true };
  }
};

interface Task {
  readonly depth: number;
  readonly flat: boolean;
  readonly layout: Layout;
}

/** Whether `first`, set flat, and what follows up to the next newline fit into `room` columns. */
const fits = (first: Task, following: readonly Task[], room: number): boolean => {
  const pending: Task[] = [first];
  let next = following.length - 1;
  let left = room;
  while (left >= 0) {
    const task = pending.pop() ?? following[next--];
    if (task === undefined) return true;
    const { layout, flat } = task;
    switch (layout.kind) {
      case 'text':
        left -= layout.text.length;
        break;
      case 'break':
        if (!flat) return true;
        left -= layout.flat.length;
        break;
      case 'newline':
      case 'blank':
      case 'comment':
        return true;
      case 'sequence':
        for (let i = layout.parts.length - 1; i >= 0; i -= 1) pending.push({ ...task, layout: layout.parts[i]! });
        break;
      case 'indent':
        pending.push({ ...task, layout: layout.inner });
        break;
      case 'group':
        pending.push({ ...task, flat: flat && !layout.broken, layout: layout.inner });
        break;
      case 'anchor':
        break;
    }
  }
  return false;
};

const INDENT = 2;

export const render = (unmarked: Layout, width: number): string => {
  const lines: string[] = [];
  let current = '';
  let pendingBreak = false;
  let pendingBlank = false;
  const endLine = (depth: number): void => {
    lines.push(current.trimEnd());
    if (pendingBlank) lines.push('');
    [pendingBreak, pendingBlank] = [false, false];
    current = ' '.repeat(depth * INDENT);
  };
  const isFresh = (): boolean => current.trim() === '';
  const tasks: Task[] = [{ depth: 0, flat: false, layout: markBroken(unmarked).layout }];
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    const { depth, flat, layout } = task;
    switch (layout.kind) {
      case 'text':
        if (pendingBreak && layout.text !== '') endLine(depth);
        if (layout.text !== ' ' || !isFresh()) current += layout.text;
        break;
      case 'sequence':
        for (let i = layout.parts.length - 1; i >= 0; i -= 1) tasks.push({ depth, flat, layout: layout.parts[i]! });
        break;
      case 'indent':
        tasks.push({ depth: depth + 1, flat, layout: layout.inner });
        break;
      case 'group': {
        const whole = { depth, flat: true, layout: layout.inner };
        const set = flat || (!layout.broken && fits(whole, tasks, width - current.length));
        tasks.push(set ? whole : { ...whole, flat: false });
        break;
      }
      case 'break':
        if (flat && !pendingBreak) current += layout.flat;
        else endLine(depth);
        break;
      case 'newline':
        endLine(depth);
        break;
      case 'blank':
        if (!isFresh()) pendingBlank = true;
        else if (lines.length > 0 && lines.at(-1) !== '' && !lines.at(-1)!.endsWith('{')) lines.push('');
        break;
      case 'comment':
        if (layout.trailing) current += `  ${layout.text}`;
        else {
          if (!isFresh()) endLine(depth);
          current += layout.text;
        }
        pendingBreak = true;
        break;
      case 'anchor':
        break;
    }
  }
  lines.push(current.trimEnd());
  while (lines.at(-1) === '') lines.pop();
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
};
