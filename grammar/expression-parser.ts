// Calls, indices, domains and expressions: the lower half of the grammar of ebm.ebnf, loosest operators first.
import { RecoveringParser } from './recovering-parser.ts';
import type { Rule } from './recovering-parser.ts';
import * as t from './tokens.ts';

export abstract class ExpressionParser extends RecoveringParser {
  // ---------------------------------------------------------------- indices, domains, calls

  index: Rule = this.RULE('index', () => {
    this.CONSUME(t.LeftBracket);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.binder) });
    this.OPTION(() => {
      this.CONSUME(t.Where);
      this.SUBRULE(this.expression);
    });
    this.CONSUME(t.RightBracket);
  });

  binder: Rule = this.RULE('binder', () => {
    this.CONSUME(t.Name);
    this.CONSUME(t.In);
    this.SUBRULE(this.range);
  });

  range: Rule = this.RULE('range', () => {
    this.SUBRULE(this.addition);
    this.OPTION(() => {
      this.CONSUME(t.DotDot);
      this.SUBRULE2(this.addition);
    });
  });

  subscripts: Rule = this.RULE('subscripts', () => {
    this.CONSUME(t.LeftBracket);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.subscript) });
    this.CONSUME(t.RightBracket);
  });

  subscript: Rule = this.RULE('subscript', () => {
    this.OR([{ ALT: () => this.CONSUME(t.Colon) }, { ALT: () => this.SUBRULE(this.range) }]);
  });

  domain: Rule = this.RULE('domain', () => {
    this.CONSUME(t.Name);
    this.OPTION(() => {
      this.CONSUME(t.LeftParenthesis);
      this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.range) });
      this.CONSUME(t.RightParenthesis);
    });
    this.OPTION2(() => {
      this.CONSUME(t.LeftBracket);
      this.AT_LEAST_ONE_SEP2({ SEP: t.Comma, DEF: () => this.SUBRULE(this.addition) });
      this.CONSUME(t.RightBracket);
    });
  });

  call: Rule = this.RULE('call', () => {
    this.OR([{ ALT: () => this.CONSUME(t.Name) }, { ALT: () => this.CONSUME(t.Beta) }]);
    this.OPTION(() => this.SUBRULE(this.arguments));
  });

  arguments: Rule = this.RULE('arguments', () => {
    this.CONSUME(t.LeftParenthesis);
    this.MANY_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.argument) });
    this.CONSUME(t.RightParenthesis);
  });

  argument: Rule = this.RULE('argument', () => {
    this.OR([
      {
        ALT: () => {
          this.SUBRULE(this.word);
          this.CONSUME(t.Equals);
          this.SUBRULE(this.expression);
        },
      },
      { ALT: () => this.SUBRULE2(this.expression) },
    ]);
  });

  word: Rule = this.RULE('word', () => {
    this.OR([
      { ALT: () => this.CONSUME(t.Name) },
      { ALT: () => this.CONSUME(t.Reducer) },
      { ALT: () => this.CONSUME(t.StatementWord) },
    ]);
  });

  // ---------------------------------------------------------------- expressions, loosest first

  expression: Rule = this.RULE('expression', () => {
    this.OR([{ ALT: () => this.SUBRULE(this.conditional) }, { ALT: () => this.SUBRULE(this.pipe) }]);
  });

  conditional: Rule = this.RULE('conditional', () => {
    this.CONSUME(t.If);
    this.SUBRULE(this.expression);
    this.CONSUME(t.Then);
    this.SUBRULE2(this.expression);
    this.CONSUME(t.Else);
    this.SUBRULE3(this.expression);
  });

  pipe: Rule = this.RULE('pipe', () => {
    this.SUBRULE(this.disjunction);
    this.MANY(() => {
      this.CONSUME(t.PipeInto);
      this.SUBRULE(this.stage);
    });
  });

  stage: Rule = this.RULE('stage', () => {
    this.OR([{ ALT: () => this.CONSUME(t.Name) }, { ALT: () => this.CONSUME(t.Reducer) }]);
    this.OPTION(() => this.SUBRULE(this.arguments));
  });

  disjunction: Rule = this.RULE('disjunction', () => {
    this.SUBRULE(this.conjunction);
    this.MANY(() => {
      this.CONSUME(t.Or);
      this.SUBRULE2(this.conjunction);
    });
  });

  conjunction: Rule = this.RULE('conjunction', () => {
    this.SUBRULE(this.negation);
    this.MANY(() => {
      this.CONSUME(t.And);
      this.SUBRULE2(this.negation);
    });
  });

  negation: Rule = this.RULE('negation', () => {
    this.guardDepth();
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.Not);
          this.SUBRULE(this.negation);
        },
      },
      { ALT: () => this.SUBRULE(this.comparison) },
    ]);
  });

  comparison: Rule = this.RULE('comparison', () => {
    this.SUBRULE(this.addition);
    this.OPTION(() => {
      this.CONSUME(t.Comparison);
      this.SUBRULE2(this.addition);
    });
  });

  addition: Rule = this.RULE('addition', () => {
    this.SUBRULE(this.product);
    this.MANY(() => {
      this.OR([{ ALT: () => this.CONSUME(t.Plus) }, { ALT: () => this.CONSUME(t.Minus) }]);
      this.SUBRULE2(this.product);
    });
  });

  // A reduction takes the rest of its product as its body, so that nothing follows it here.
  product: Rule = this.RULE('product', () => {
    this.SUBRULE(this.unary);
    this.MANY(() => {
      this.OR([
        { ALT: () => this.CONSUME(t.Times) },
        { ALT: () => this.CONSUME(t.Divide) },
        { ALT: () => this.CONSUME(t.MatrixTimes) },
      ]);
      this.SUBRULE2(this.unary);
    });
  });

  unary: Rule = this.RULE('unary', () => {
    this.guardDepth();
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.Minus);
          this.SUBRULE(this.unary);
        },
      },
      { ALT: () => this.SUBRULE(this.reduction) },
      { ALT: () => this.SUBRULE(this.power) },
    ]);
  });

  reduction: Rule = this.RULE('reduction', () => {
    this.CONSUME(t.Reducer);
    this.SUBRULE(this.index);
    this.SUBRULE(this.product);
  });

  power: Rule = this.RULE('power', () => {
    this.SUBRULE(this.postfix);
    this.OPTION(() => {
      this.OR([
        {
          ALT: () => {
            this.CONSUME(t.Power);
            this.SUBRULE(this.exponent);
          },
        },
        { ALT: () => this.CONSUME(t.Squared) },
      ]);
    });
  });

  exponent: Rule = this.RULE('exponent', () => {
    this.guardDepth();
    this.OR([
      {
        ALT: () => {
          this.CONSUME(t.Minus);
          this.SUBRULE(this.exponent);
        },
      },
      { ALT: () => this.SUBRULE(this.power) },
    ]);
  });

  postfix: Rule = this.RULE('postfix', () => {
    this.SUBRULE(this.primary);
    this.MANY(() => {
      this.OR([{ ALT: () => this.CONSUME(t.Prime) }, { ALT: () => this.SUBRULE(this.subscripts) }]);
    });
  });

  primary: Rule = this.RULE('primary', () => {
    this.guardDepth();
    this.OR([
      { ALT: () => this.CONSUME(t.NumberLiteral) },
      {
        ALT: () => {
          this.OR2([{ ALT: () => this.CONSUME(t.Name) }, { ALT: () => this.CONSUME(t.Beta) }]);
          this.OPTION(() => this.SUBRULE(this.arguments));
        },
      },
      {
        ALT: () => {
          this.CONSUME(t.Reducer);
          this.SUBRULE2(this.arguments);
        },
      },
      { ALT: () => this.SUBRULE(this.parenthesised) },
      { ALT: () => this.SUBRULE(this.array) },
      { ALT: () => this.SUBRULE(this.norm) },
    ]);
  });

  parenthesised: Rule = this.RULE('parenthesised', () => {
    this.CONSUME(t.LeftParenthesis);
    this.SUBRULE(this.expression);
    this.CONSUME(t.RightParenthesis);
  });

  array: Rule = this.RULE('array', () => {
    this.CONSUME(t.LeftBracket);
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => this.SUBRULE(this.expression) });
    this.CONSUME(t.RightBracket);
  });

  norm: Rule = this.RULE('norm', () => {
    this.CONSUME(t.Bars);
    this.SUBRULE(this.expression);
    this.OR([{ ALT: () => this.CONSUME2(t.Bars) }, { ALT: () => this.CONSUME(t.NormSubscript) }]);
  });
}
