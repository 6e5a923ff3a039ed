// Where the text departs from the grammar, as data. In: chevrotain's report of one error. Out: a Mismatch, which
// syntax/ puts into words. Chevrotain's interface wants a string, so a Mismatch travels as JSON inside the message.
import type { IParserErrorMessageProvider, TokenType } from 'chevrotain';

export interface Mismatch {
  readonly rule: string;
  /** Names of the token types that would have been right here, in grammar order. Empty: the text should have ended. */
  readonly expected: readonly string[];
}

const distinct = (names: readonly string[]): readonly string[] => [...new Set(names)];

const firsts = (paths: readonly (readonly TokenType[])[]): readonly string[] =>
  paths.flatMap((path) => (path[0] === undefined ? [] : [path[0].name]));

const encode = (mismatch: Mismatch): string => JSON.stringify(mismatch);

export const decodeMismatch = (message: string): Mismatch => JSON.parse(message) as Mismatch;

export class MismatchReporter implements IParserErrorMessageProvider {
  buildMismatchTokenMessage(error: { readonly expected: TokenType; readonly ruleName: string }): string {
    return encode({ rule: error.ruleName, expected: [error.expected.name] });
  }
  buildNotAllInputParsedMessage(error: { readonly ruleName: string }): string {
    return encode({ rule: error.ruleName, expected: [] });
  }
  buildNoViableAltMessage(error: {
    readonly expectedPathsPerAlt: readonly (readonly (readonly TokenType[])[])[];
    readonly ruleName: string;
  }): string {
    return encode({ rule: error.ruleName, expected: distinct(error.expectedPathsPerAlt.flatMap(firsts)) });
  }
  buildEarlyExitMessage(error: {
    readonly expectedIterationPaths: readonly (readonly TokenType[])[];
    readonly ruleName: string;
  }): string {
    return encode({ rule: error.ruleName, expected: distinct(firsts(error.expectedIterationPaths)) });
  }
}
