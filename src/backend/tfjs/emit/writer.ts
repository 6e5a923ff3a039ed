// Lines of the module's text under construction. In: lines, with blocks indented. Out: one string.

export class Writer {
  private readonly lines: string[] = [];
  private depth = 0;

  line(text = ''): void {
    this.lines.push(text === '' ? '' : '  '.repeat(this.depth) + text);
  }

  /** `open`, the body one level deeper, `close`. */
  block(open: string, body: () => void, close = '}'): void {
    this.line(open);
    this.depth++;
    body();
    this.depth--;
    this.line(close);
  }

  branch(condition: string, then: () => void, otherwise: () => void): void {
    this.block(`if (${condition}) {`, then, '} else {');
    this.depth++;
    otherwise();
    this.depth--;
    this.line('}');
  }

  /** A call with one argument after another, over several lines when it would not fit one. */
  call(head: string, args: readonly string[], tail = ';'): void {
    const short = `${head}(${args.join(', ')})${tail}`;
    if (short.length + 2 * this.depth <= width) return this.line(short);
    this.block(
      `${head}(`,
      () => {
        for (const line of wrapped(args, width - 2 * this.depth)) this.line(line);
      },
      `)${tail}`,
    );
  }

  toString(): string {
    return `${this.lines.join('\n')}\n`;
  }
}

const width = 120;

/** Items with commas, as many to a line as fit. */
export const wrapped = (items: readonly string[], columns: number): readonly string[] => {
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + item.length + 2 <= columns) lines[lines.length - 1] = `${last} ${item},`;
    else lines.push(`${item},`);
  }
  return lines;
};
