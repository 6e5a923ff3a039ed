// The words of the language. In: the text of a model. Out: tokens and comments with offsets, and the stretches of text
// that are no token. Newlines carry no meaning; line and column are computed from offsets where a person reads them.
import { createToken, Lexer } from 'chevrotain';
import type { ILexingError, IToken, TokenType } from 'chevrotain';

const GREEK = 'Α-ωϑϕϖϰϱϵ';

export const Name = createToken({ name: 'Name', pattern: new RegExp(`[A-Za-z${GREEK}][A-Za-z0-9_${GREEK}]*`) });

const keyword = (name: string, pattern: string | RegExp, categories: readonly TokenType[] = []): TokenType =>
  createToken({ name, pattern, longer_alt: Name, categories: [...categories] });

/** Tokens that may begin a statement: where the parser picks up again after an error. */
export const StatementWord = createToken({ name: 'StatementWord', pattern: Lexer.NA });
export const RoleWord = createToken({ name: 'RoleWord', pattern: Lexer.NA, categories: [StatementWord] });
export const TermWord = createToken({ name: 'TermWord', pattern: Lexer.NA, categories: [StatementWord] });

export const Model = keyword('Model', 'model', [StatementWord]);
export const Size = keyword('Size', 'size', [StatementWord]);
export const Const = keyword('Const', 'const', [StatementWord]);
export const Plate = keyword('Plate', 'plate', [StatementWord]);
export const Let = keyword('Let', 'let', [StatementWord]);
export const Fn = keyword('Fn', 'fn', [StatementWord]);
export const Net = keyword('Net', 'net', [StatementWord]);
export const Infer = keyword('Infer', 'infer', [StatementWord]);
export const Train = keyword('Train', 'train', [StatementWord]);
export const Beta = keyword('Beta', /beta|β/, [StatementWord]);
const roleWords = ['data', 'observed', 'target', 'latent', 'noise', 'param'].map((word) =>
  keyword(word[0]!.toUpperCase() + word.slice(1), word, [RoleWord]),
);
const termWords = ['factor', 'regularizer', 'constraint'].map((word) =>
  keyword(word[0]!.toUpperCase() + word.slice(1), word, [TermWord]),
);

export const Reducer = keyword('Reducer', /logsumexp|sum|prod|min|max|mean|stack/);
export const In = keyword('In', 'in');
export const Where = keyword('Where', 'where');
export const By = keyword('By', 'by');
export const Of = keyword('Of', 'of');
export const If = keyword('If', 'if');
export const Then = keyword('Then', 'then');
export const Else = keyword('Else', 'else');
export const Return = keyword('Return', 'return');
// `&&` and `!` are no words of the language; they are read as what they mean, and reported.
export const And = keyword('And', /and|&&/);
export const Or = keyword('Or', 'or');
export const Not = keyword('Not', /not|!(?!=)/);

export const NumberLiteral = createToken({
  name: 'NumberLiteral',
  pattern: /(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?/,
});
/** `∞`: the name `inf`. */
export const InfinitySign = createToken({ name: 'InfinitySign', pattern: '∞', categories: [Name] });

/** `||_1` closes a norm and says which one; the orders are checked when the tree is built. */
export const NormSubscript = createToken({ name: 'NormSubscript', pattern: /(?:\|\||‖)_[A-Za-z0-9]+/ });
/** `||` opens a norm where an operand is expected and closes it elsewhere. */
export const Bars = createToken({ name: 'Bars', pattern: /\|\||‖/ });
export const PipeInto = createToken({ name: 'PipeInto', pattern: '|>' });
export const Arrow = createToken({ name: 'Arrow', pattern: '->' });
export const DotDot = createToken({ name: 'DotDot', pattern: '..' });
export const Comparison = createToken({ name: 'Comparison', pattern: /==|!=|<=|>=|<|>|≤|≥|≠/ });
export const Equals = createToken({ name: 'Equals', pattern: '=' });
export const Plus = createToken({ name: 'Plus', pattern: '+' });
// U+2212, the minus sign of word processors, is read as `-` and reported.
export const Minus = createToken({ name: 'Minus', pattern: /-|−/ });
// `**` is read as `^` and reported.
export const Power = createToken({ name: 'Power', pattern: /\^|\*\*/ });
export const Squared = createToken({ name: 'Squared', pattern: '²' });
export const Times = createToken({ name: 'Times', pattern: '*' });
export const Divide = createToken({ name: 'Divide', pattern: '/' });
export const MatrixTimes = createToken({ name: 'MatrixTimes', pattern: '@' });
export const Prime = createToken({ name: 'Prime', pattern: "'" });
export const Tilde = createToken({ name: 'Tilde', pattern: '~' });
export const Colon = createToken({ name: 'Colon', pattern: ':' });
export const Comma = createToken({ name: 'Comma', pattern: ',' });
export const LeftParenthesis = createToken({ name: 'LeftParenthesis', pattern: '(' });
export const RightParenthesis = createToken({ name: 'RightParenthesis', pattern: ')' });
export const LeftBracket = createToken({ name: 'LeftBracket', pattern: '[' });
export const RightBracket = createToken({ name: 'RightBracket', pattern: ']' });
export const LeftBrace = createToken({ name: 'LeftBrace', pattern: '{' });
export const RightBrace = createToken({ name: 'RightBrace', pattern: '}' });

const Comment = createToken({ name: 'Comment', pattern: /\/\/[^\r\n]*/, group: 'comments' });
const WhiteSpace = createToken({ name: 'WhiteSpace', pattern: /[ \t\r\n\f\u00a0\ufeff]+/, group: Lexer.SKIPPED });

/** In order of precedence: the lexer takes the first that matches. */
export const allTokens: TokenType[] = [
  WhiteSpace,
  Comment,
  // `constraint` before its beginning `const`, `infer` before `in`.
  ...termWords,
  Model,
  Size,
  Const,
  Plate,
  Let,
  Fn,
  Net,
  Infer,
  Train,
  Beta,
  ...roleWords,
  Reducer,
  In,
  Where,
  By,
  Of,
  If,
  Then,
  Else,
  Return,
  And,
  Or,
  Not,
  Name,
  InfinitySign,
  NumberLiteral,
  NormSubscript,
  Bars,
  PipeInto,
  Arrow,
  DotDot,
  Comparison,
  Equals,
  Plus,
  Minus,
  Power,
  Squared,
  Times,
  Divide,
  MatrixTimes,
  Prime,
  Tilde,
  Colon,
  Comma,
  LeftParenthesis,
  RightParenthesis,
  LeftBracket,
  RightBracket,
  LeftBrace,
  RightBrace,
  StatementWord,
  RoleWord,
  TermWord,
];

const lexer = new Lexer(allTokens, { positionTracking: 'full', skipValidations: true, ensureOptimizations: true });

export interface Tokens {
  readonly tokens: IToken[];
  readonly comments: readonly IToken[];
  /** Stretches of text that begin no token; they are skipped. */
  readonly unknown: readonly ILexingError[];
}

export const tokenize = (source: string): Tokens => {
  const { tokens, groups, errors } = lexer.tokenize(source);
  return { tokens, comments: groups['comments'] ?? [], unknown: errors };
};
