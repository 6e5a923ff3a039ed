// Statements as C. In: statements and where they stand. Out: lines in the function under construction, and functions of their own
// for what threads share and for lists too long for one function.
import type { Statement } from '../kernel.ts';
import type { Emission } from './emission.ts';
import { accessText, exprText, isWide, scalarOf, testText } from './expressions.ts';
import { renderLoop } from './loops.ts';
import { outline, partsOfList } from './outline.ts';
import { renderProduct } from './products.ts';
import { renderReduce } from './reduce.ts';
import { renderRoutine } from './routines.ts';
import { renderWhile } from './whiles.ts';

type Store = Extract<Statement, { kind: 'store' }>;

export const renderStatements = (statements: readonly Statement[], e: Emission): void => {
  for (const part of partsOfList(statements, e)) {
    const render = (inner: Emission): void => part.statements.forEach((statement) => renderStatement(statement, inner));
    if (part.apart) outline(part, e, render);
    else render(e);
  }
};

const renderStatement = (statement: Statement, e: Emission): void => {
  switch (statement.kind) {
    case 'loop':
      return renderLoop(statement, e, renderStatements);
    case 'reduce':
      return renderReduce(statement, e);
    case 'let':
      if (!e.entry.wanted.has(statement.local)) return;
      return e.fn.defineLocal(statement.local, scalarOf(statement.value, e), exprText(statement.value, e));
    case 'store':
      return renderStore(statement, e);
    case 'if':
      return e.fn.block(`if (${testText(statement.test, e)})`, () => renderStatements(statement.then, e));
    case 'product':
      return renderProduct(statement, e);
    case 'routine':
      return renderRoutine(statement, e);
    case 'while':
      return renderWhile(statement, e, renderStatements);
  }
};

const renderStore = ({ to, value, mode }: Store, e: Emission): void => {
  const [target, text] = [accessText(to, e), exprText(value, e)];
  const isInt = e.entry.kernels.buffers[to.buffer]!.scalar === 'int';
  switch (mode) {
    case 'set':
      return e.fn.line(`${target} = ${text};`);
    case 'sum':
      return e.fn.line(`${target} += ${text};`);
    case 'min':
    case 'max': {
      const name = `eb_${isInt ? 'int_' : ''}${mode}`;
      e.entry.uses(name);
      const before = isWide(to, e) ? `(real)${target}` : target;
      return e.fn.line(`${target} = ${name}(${before}, ${text});`);
    }
  }
};
