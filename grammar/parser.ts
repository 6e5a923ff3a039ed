// The grammar of ebm.ebnf, rule by rule, as an error-recovering parser. In: tokens. Out: a concrete syntax tree in which
// every token stands, and the places where the text departs from the grammar. No meaning is looked at.
import type { IParserConfig } from 'chevrotain';
import { ExpressionParser } from './expression-parser.ts';
import type { Rule } from './recovering-parser.ts';
import * as t from './tokens.ts';

export { NestingError, TooManyErrors } from './recovering-parser.ts';

export class EbmParser extends ExpressionParser {
  /** Chevrotain's check of the grammar itself costs more than parsing does: a test asks for it, nobody else. */
  constructor(config: Pick<IParserConfig, 'skipValidations'> = { skipValidations: true }) {
    super(config);
    this.performSelfAnalysis();
  }

  file = this.RULE('file', () => {
    this.MANY({ GATE: () => this.mayBeginStatement(1), DEF: () => this.SUBRULE(this.statement) });
  });

  statement: Rule = this.RULE('statement', () => {
    this.guardDepth();
    this.OR([
      { ALT: () => this.SUBRULE(this.model) },
      { ALT: () => this.SUBRULE(this.sizes) },
      { ALT: () => this.SUBRULE(this.consts) },
      { ALT: () => this.SUBRULE(this.variable) },
      { ALT: () => this.SUBRULE(this.plate) },
      { ALT: () => this.SUBRULE(this.term) },
      { ALT: () => this.SUBRULE(this.let) },
      { ALT: () => this.SUBRULE(this.fn) },
      { ALT: () => this.SUBRULE(this.net) },
      { ALT: () => this.SUBRULE(this.distributed) },
      { ALT: () => this.SUBRULE(this.beta) },
      { ALT: () => this.SUBRULE(this.block) },
    ]);
  });

  // ---------------------------------------------------------------- declarations

  model: Rule = this.RULE('model', () => {
    this.CONSUME(t.Model);
    this.CONSUME(t.Name);
  });

  sizes: Rule = this.RULE('sizes', () => {
    this.CONSUME(t.Size);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.size) });
  });

  size: Rule = this.RULE('size', () => {
    this.CONSUME(t.Name);
    this.OPTION(() => this.SUBRULE(this.index));
    this.OPTION2(() => {
      this.CONSUME(t.Equals);
      this.SUBRULE(this.expression);
    });
  });

  consts: Rule = this.RULE('consts', () => {
    this.CONSUME(t.Const);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.constant) });
  });

  constant: Rule = this.RULE('constant', () => {
    this.CONSUME(t.Name);
    this.CONSUME(t.Equals);
    this.SUBRULE(this.expression);
  });

  variable: Rule = this.RULE('variable', () => {
    this.CONSUME(t.RoleWord);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.declared) });
    this.CONSUME(t.Colon);
    this.SUBRULE(this.domain);
    this.OPTION(() => {
      this.CONSUME(t.Where);
      this.SUBRULE(this.expression);
    });
    this.OPTION2(() => {
      this.CONSUME(t.Tilde);
      this.SUBRULE(this.call);
    });
    this.OPTION3(() => {
      this.CONSUME(t.Equals);
      this.SUBRULE2(this.expression);
    });
  });

  declared: Rule = this.RULE('declared', () => {
    this.CONSUME(t.Name);
    this.OPTION(() => this.SUBRULE(this.index));
  });

  plate: Rule = this.RULE('plate', () => {
    this.CONSUME(t.Plate);
    this.SUBRULE(this.binder);
    this.CONSUME(t.LeftBrace);
    this.MANY({ GATE: () => this.mayBeginStatement(1), DEF: () => this.SUBRULE(this.statement) });
    this.CONSUME(t.RightBrace);
  });

  term: Rule = this.RULE('term', () => {
    this.CONSUME(t.TermWord);
    this.SUBRULE(this.word);
    this.OPTION(() => this.SUBRULE(this.index));
    this.CONSUME(t.Equals);
    this.SUBRULE(this.expression);
  });

  let: Rule = this.RULE('let', () => {
    this.CONSUME(t.Let);
    this.CONSUME(t.Name);
    this.OPTION(() => this.SUBRULE(this.index));
    this.CONSUME(t.Equals);
    this.SUBRULE(this.expression);
  });

  fn: Rule = this.RULE('fn', () => {
    this.CONSUME(t.Fn);
    this.CONSUME(t.Name);
    this.SUBRULE(this.parameters);
    this.OPTION(() => {
      this.CONSUME(t.Arrow);
      this.SUBRULE(this.domain);
    });
    this.CONSUME(t.Equals);
    this.SUBRULE(this.expression);
  });

  net: Rule = this.RULE('net', () => {
    this.CONSUME(t.Net);
    this.CONSUME(t.Name);
    this.OR([
      {
        ALT: () => {
          this.SUBRULE(this.parameters);
          this.CONSUME(t.Arrow);
          this.SUBRULE(this.domain);
          this.OR2([
            {
              ALT: () => {
                this.CONSUME(t.Equals);
                this.SUBRULE(this.expression);
              },
            },
            { ALT: () => this.SUBRULE(this.netBody) },
          ]);
        },
      },
      {
        ALT: () => {
          this.CONSUME2(t.Equals);
          this.SUBRULE(this.call);
        },
      },
    ]);
  });

  netBody: Rule = this.RULE('netBody', () => {
    this.CONSUME(t.LeftBrace);
    this.MANY(() => this.SUBRULE(this.let));
    this.CONSUME(t.Return);
    this.SUBRULE(this.expression);
    this.CONSUME(t.RightBrace);
  });

  parameters: Rule = this.RULE('parameters', () => {
    this.CONSUME(t.LeftParenthesis);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.parameter) });
    this.CONSUME(t.RightParenthesis);
  });

  parameter: Rule = this.RULE('parameter', () => {
    this.CONSUME(t.Name);
    this.OPTION(() => {
      this.CONSUME(t.Colon);
      this.SUBRULE(this.domain);
    });
  });

  distributed: Rule = this.RULE('distributed', () => {
    this.CONSUME(t.Name);
    this.OPTION(() =>
      this.OR({
        MAX_LOOKAHEAD: 3,
        DEF: [{ ALT: () => this.SUBRULE(this.index) }, { ALT: () => this.SUBRULE(this.subscripts) }],
      }),
    );
    this.CONSUME(t.Tilde);
    this.SUBRULE(this.call);
  });

  // ---------------------------------------------------------------- settings

  beta: Rule = this.RULE('beta', () => {
    this.CONSUME(t.Beta);
    this.CONSUME(t.Equals);
    this.SUBRULE(this.expression);
  });

  block: Rule = this.RULE('block', () => {
    this.OR([{ ALT: () => this.CONSUME(t.Infer) }, { ALT: () => this.CONSUME(t.Train) }]);
    this.CONSUME(t.LeftBrace);
    this.MANY(() => this.SUBRULE(this.setting));
    this.CONSUME(t.RightBrace);
  });

  setting: Rule = this.RULE('setting', () => {
    this.CONSUME(t.Name);
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.Equals);
          this.SUBRULE(this.expression);
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.By);
          this.SUBRULE(this.call);
        },
      },
      {
        ALT: () => {
          this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.postfix) });
          this.OPTION(() => {
            this.CONSUME2(t.By);
            this.SUBRULE2(this.call);
          });
          this.OPTION2(() => {
            this.CONSUME(t.Of);
            this.CONSUME2(t.Name);
          });
        },
      },
    ]);
  });
}
