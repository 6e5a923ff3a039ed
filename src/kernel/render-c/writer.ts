// Lines of C under construction. In: lines, with blocks indented. Out: the lines, for whoever puts functions together.

export class Writer {
  private readonly written: string[] = [];
  private depth = 0;

  line(text: string): void {
    this.written.push('  '.repeat(this.depth) + text);
  }

  /** `open {`, the body one level deeper, `}`. */
  block(open: string, body: () => void): void {
    this.line(`${open} {`);
    this.depth++;
    body();
    this.depth--;
    this.line('}');
  }

  get lines(): readonly string[] {
    return this.written;
  }
}
