// What the rules stand on: the parser's recovery after an error, and its limit on nesting. In: the tokens around an
// error. Out: where parsing goes on. Newlines mean nothing in a correct model; in a wrong one they are the best sign of
// where a statement was to end.
import { CstParser, EOF } from 'chevrotain';
import type { CstNode, IParserConfig, IRecognitionException, IToken, TokenType } from 'chevrotain';
import { MismatchReporter } from './mismatch.ts';
import * as t from './tokens.ts';

export type Rule = (index?: number) => CstNode;

/** Beyond this many nested rules the text is refused: about 45 nested parentheses, far within Node's default stack. */
const MAXIMAL_RULE_DEPTH = 600;

/** After this many errors parsing ends: nobody reads more, and recovery from each nests a little deeper. */
export const MAXIMAL_ERRORS = 100;

/** Thrown when MAXIMAL_ERRORS is reached; `errors` holds them. */
export class TooManyErrors extends Error {
  override name = 'TooManyErrors';
  constructor(readonly errors: readonly IRecognitionException[]) {
    super('too many errors');
  }
}

/** Thrown when `token` is nested too deeply. Beside TooManyErrors the only thing the parser throws. */
export class NestingError extends Error {
  override name = 'NestingError';
  constructor(readonly token: IToken) {
    super('nested too deeply');
  }
}

/** What chevrotain's recovery uses and its typings leave out (11.2.0; the corpus in test/corpus/bad/syntax holds it to this). */
interface Recovery {
  readonly RULE_STACK_IDX: number;
  flattenFollowSet(): TokenType[];
  readonly _errors: readonly IRecognitionException[];
  SAVE_ERROR(error: IRecognitionException): IRecognitionException;
  tokenMatcher(token: IToken, type: TokenType): boolean;
  SKIP_TOKEN(): IToken;
}

const closers = new Set([t.RightParenthesis, t.RightBracket, t.RightBrace]);

/** The tokens that may be made up to mend a single gap. */
const insertable = new Set([...closers, t.LeftBrace, t.Bars, t.Colon, t.Equals, t.Comma, t.Tilde, t.Arrow]);

const beginsLine = (token: IToken, previous: IToken): boolean =>
  previous.tokenType === EOF || (token.startLine ?? 0) > (previous.endLine ?? 0);

export abstract class RecoveringParser extends CstParser {
  constructor(config: Pick<IParserConfig, 'skipValidations'>) {
    super(t.allTokens, {
      recoveryEnabled: true,
      nodeLocationTracking: 'onlyOffset',
      maxLookahead: 2,
      errorMessageProvider: new MismatchReporter(),
      ...config,
    });
  }

  /** At the beginning of a line anything may begin a statement; elsewhere it must look like one, so that a misplaced
   *  name or reserved word does not. True of every statement of a correct model. */
  protected mayBeginStatement(ahead: number): boolean {
    const first = this.LA(ahead);
    if (first.tokenType === EOF || beginsLine(first, this.LA(ahead - 1))) return true;
    const { tokenType: next } = this.LA(ahead + 1);
    if (first.tokenType === t.Beta) return next === t.Equals;
    if (first.tokenType === t.Infer || first.tokenType === t.Train) return next === t.LeftBrace;
    if (this.isA(first, t.StatementWord)) {
      return next === t.Name || next === t.Reducer || this.isA(this.LA(ahead + 1), t.StatementWord);
    }
    if (!this.isA(first, t.Name)) return true;
    return this.LA(next === t.LeftBracket ? this.afterBrackets(ahead + 1) : ahead + 1).tokenType === t.Tilde;
  }

  /** Past the bracket that closes the one at `ahead`. */
  private afterBrackets(ahead: number): number {
    let open = 0;
    for (let k = ahead; ; k += 1) {
      const { tokenType } = this.LA(k);
      if (tokenType === t.LeftBracket) open += 1;
      if (tokenType === t.RightBracket) open -= 1;
      if (open === 0 || tokenType === EOF) return k + 1;
    }
  }

  /** A made-up token must not turn the word after it, on the same line, into the beginning of a statement. */
  protected override canTokenTypeBeInsertedInRecovery(type: TokenType): boolean {
    const next = this.LA(1);
    return insertable.has(type) && (!this.isA(next, t.Name) || beginsLine(next, this.LA(0)));
  }

  protected override canTokenTypeBeDeletedInRecovery(): boolean {
    const [next, afterwards] = [this.LA(1), this.LA(2)];
    const begins = this.isA(next, t.StatementWord) && this.mayBeginStatement(1);
    return !begins && !closers.has(next.tokenType) && !beginsLine(afterwards, next);
  }

  /** Where to pick up again: the first token that some open rule can go on with. Called by chevrotain. */
  protected findReSyncTokenType(): TokenType {
    const follow = [...new Set((this as unknown as Recovery).flattenFollowSet())];
    for (let k = 1; ; k += 1) {
      const next = this.LA(k);
      const found = follow.find((type) => this.isA(next, type));
      if (found !== undefined && this.mayPickUpAt(k)) return found;
      if (next.tokenType === EOF) return EOF;
    }
  }

  /** Called by chevrotain with what findReSyncTokenType returned. */
  protected reSyncTo(type: TokenType): IToken[] {
    const skipped: IToken[] = [];
    while (this.LA(1).tokenType !== EOF && !(this.isA(this.LA(1), type) && this.mayPickUpAt(1))) {
      skipped.push(this.LA(1));
      (this as unknown as Recovery).SKIP_TOKEN();
    }
    return skipped;
  }

  /** Called by chevrotain for every error. */
  protected SAVE_ERROR(error: IRecognitionException): IRecognitionException {
    const saved = (CstParser.prototype as unknown as Recovery).SAVE_ERROR.call(this, error);
    const { _errors: errors } = this as unknown as Recovery;
    if (errors.length >= MAXIMAL_ERRORS) throw new TooManyErrors(errors);
    return saved;
  }

  private mayPickUpAt(ahead: number): boolean {
    const next = this.LA(ahead);
    const word = this.isA(next, t.Name) || this.isA(next, t.StatementWord);
    return !word || this.mayBeginStatement(ahead);
  }

  private isA(token: IToken, type: TokenType): boolean {
    return (this as unknown as Recovery).tokenMatcher(token, type);
  }

  /** Every recursion passes through a rule that calls this. */
  protected guardDepth(): void {
    this.ACTION(() => {
      if ((this as unknown as Recovery).RULE_STACK_IDX > MAXIMAL_RULE_DEPTH) throw new NestingError(this.LA(1));
    });
  }
}
