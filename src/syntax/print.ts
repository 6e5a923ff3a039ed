// Statements as layouts, one `text` per token, in the style of the models in test/models. In: a syntax tree.
// Out: a layout. Blocks put one statement on a line; settings stay together on a line where they were written so.
import type { Span } from '../diagnostics/diagnostic.ts';
import type * as Ast from './ast.ts';
import {
  anchor,
  group,
  indent,
  line,
  newline,
  nothing,
  render,
  sequence,
  softLine,
  space,
  text,
  join,
} from './layout.ts';
import type { Layout } from './layout.ts';
import {
  commaSeparated,
  gap,
  printBinder,
  printCall,
  printDomain,
  printExpression,
  printIndex,
  printPostfix,
  printSubscripts,
} from './print-expression.ts';

export const WIDTH = 100;

/** Whether the text between two parts of a tree holds a newline. */
export type Separated = (before: Span, after: Span) => boolean;

/** The canonical text of a tree, without comments. */
export const print = (tree: Ast.SourceFile): string =>
  render(
    layOut(tree, () => true),
    WIDTH,
  );

export const layOut = (tree: Ast.SourceFile, separated: Separated): Layout =>
  sequence(
    join(
      tree.statements.map((s) => sequence(anchor, printStatement(s, separated))),
      newline,
    ),
    anchor,
  );

/** The parts of a statement are separated by single spaces. */
const words = (...parts: readonly Layout[]): Layout =>
  join(
    parts.filter((p) => p !== nothing),
    space,
  );

/** `head = value`; a value that does not fit beside its head goes to a line of its own, an array opens on the line. */
const defined = (head: Layout, value: Ast.Expression): Layout => {
  const printed = printExpression(value);
  if (value.kind === 'array') return sequence(head, space, text('='), space, printed);
  return sequence(head, space, text('='), group(indent(line, printed)));
};

const named = (name: Ast.Name, index: Ast.IndexClause | null): Layout => sequence(text(name.text), printIndex(index));

const emptyBlock = (head: Layout): Layout => group(head, space, text('{'), indent(anchor), softLine, text('}'));

const block = (head: Layout, statements: readonly Layout[]): Layout => {
  if (statements.length === 0) return emptyBlock(head);
  const lines = statements.map((s) => sequence(anchor, s));
  return sequence(head, space, text('{'), indent(newline, join(lines, newline), anchor), newline, text('}'));
};

const printStatement = (s: Ast.Statement, separated: Separated): Layout => {
  switch (s.kind) {
    case 'model':
      return words(text('model'), text(s.name.text));
    case 'sizes':
      return words(text('size'), commaSeparated(s.sizes.map(printSize)));
    case 'consts':
      return words(text('const'), commaSeparated(s.consts.map((c) => defined(text(c.name.text), c.value))));
    case 'variable':
      return printVariable(s);
    case 'plate':
      return block(
        words(text('plate'), printBinder(s.binder)),
        s.body.map((inner) => printStatement(inner, separated)),
      );
    case 'term':
      return defined(words(text(s.term), named(s.name, s.index)), s.value);
    case 'let':
      return printLet(s);
    case 'function': {
      const result = s.result === null ? nothing : words(text('->'), printDomain(s.result));
      return defined(words(text('fn'), sequence(text(s.name.text), printParameters(s.parameters)), result), s.body);
    }
    case 'net':
      return printNet(s);
    case 'derived-net':
      return words(text('net'), text(s.name.text), text('='), printCall(s.call));
    case 'distributed': {
      const subscripts = s.subscripts.length === 0 ? nothing : printSubscripts(s.subscripts);
      return words(sequence(named(s.name, s.index), subscripts), text('~'), indent(printCall(s.distribution)));
    }
    case 'beta':
      return defined(text('beta'), s.value);
    case 'block':
      return printSettings(s, separated);
  }
};

const printSize = (size: Ast.SizeDeclaration): Layout => {
  const head = named(size.name, size.index);
  return size.value === null ? head : defined(head, size.value);
};

const printVariable = (s: Ast.VariableDeclaration): Layout => {
  const names = commaSeparated(s.names.map((n) => named(n.name, n.index)));
  const parts = [
    s.where === null ? nothing : sequence(line, text('where'), space, printExpression(s.where)),
    s.distribution === null ? nothing : sequence(line, text('~'), space, printCall(s.distribution)),
    s.start === null ? nothing : sequence(line, text('='), space, printExpression(s.start)),
  ];
  return group(words(text(s.role), names, text(':'), printDomain(s.domain)), indent(...parts));
};

const printLet = (s: Ast.LetStatement): Layout => defined(words(text('let'), named(s.name, s.index)), s.value);

const printParameters = (parameters: readonly Ast.Parameter[]): Layout => {
  const items = parameters.map(({ name, domain }) =>
    domain === null ? text(name.text) : words(text(name.text), text(':'), printDomain(domain)),
  );
  return group(text('('), indent(softLine, join(items, sequence(text(','), line))), softLine, text(')'));
};

const printNet = (s: Extract<Ast.Statement, { kind: 'net' }>): Layout => {
  const signature = sequence(text(s.name.text), printParameters(s.parameters));
  const head = words(text('net'), signature, text('->'), printDomain(s.result));
  if (!s.braced) return defined(head, s.body);
  const result = sequence(text('return'), space, indent(printExpression(s.body)));
  return block(head, [...s.lets.map(printLet), result]);
};

// ---------------------------------------------------------------- infer and train

const printSettings = (s: Extract<Ast.Statement, { kind: 'block' }>, separated: Separated): Layout => {
  const [first] = s.settings;
  if (first === undefined) return emptyBlock(text(s.block));
  const head = words(text(s.block), text('{'));
  const word = { start: s.span.start, end: s.span.start };
  const apart = s.settings.map((b, i) => separated(i === 0 ? word : s.settings[i - 1]!.span, b.span));
  const onOneLine = !apart.includes(true);
  const settings = s.settings.map((setting, i) => {
    const printed = sequence(anchor, printSetting(setting));
    if (i === 0) return printed;
    if (apart[i] === true) return sequence(newline, printed);
    // Of a line that is too long every setting gets its own, but numbers such as epochs and batch stay together.
    const together = !onOneLine || (isNumeric(s.settings[i - 1]!) && isNumeric(setting));
    return together ? group(gap, printed) : sequence(gap, printed);
  });
  const edge = onOneLine ? line : newline;
  return group(head, indent(edge, ...settings, anchor), edge, text('}'));
};

const isNumeric = (s: Ast.Setting): boolean =>
  s.kind === 'words' && s.by === null && s.operands.every((operand) => operand.kind === 'number');

const printSetting = (s: Ast.Setting): Layout => {
  switch (s.kind) {
    case 'assign':
      return defined(text(s.name.text), s.value);
    case 'by':
      return words(text(s.name.text), text('by'), printCall(s.by));
    case 'words':
      return words(
        text(s.name.text),
        commaSeparated(s.operands.map(printPostfix)),
        s.by === null ? nothing : words(text('by'), printCall(s.by)),
        s.of === null ? nothing : words(text('of'), text(s.of.text)),
      );
  }
};
