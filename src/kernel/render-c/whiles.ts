// A `while` as C. In: the statement and where it stands. Out: a loop that the caller can stop (control[0] is 1) at its next test,
// and that tells its steps (control[1]) where no other loop stands around it.
import type { Statement } from '../kernel.ts';
import type { Emission, RenderStatements } from './emission.ts';
import { extentText } from './loops.ts';
import { giveUp } from './polling.ts';

type While = Extract<Statement, { kind: 'while' }>;

export const renderWhile = (statement: While, e: Emission, inside: RenderStatements): void => {
  const { loop, every, flag, count } = statement;
  const end = extentText(loop.extent, e);
  const [step, steps, going] = [e.fn.defineLoop(loop.id), e.fn.buffer(count), e.fn.buffer(flag)];
  const inner: Emission = { ...e, inLoop: true };
  e.fn.line(`${steps}[0] = 0;`);
  e.fn.block(`for (int64_t ${step} = 0; ${step} < ${end}; ${step}++)`, () => {
    giveUp(e);
    const test = (): void => {
      e.fn.block('if (*call->control == 1)', () => {
        e.fn.line('call->stopped = 1;');
        e.fn.line('break;');
      });
      inside(statement.test, inner);
      e.fn.line(`if (${going}[0] == 0) break;`);
    };
    if (every === 1) test();
    else e.fn.block(`if (${step} % ${every} == 0)`, test);
    inside(statement.body, inner);
    e.fn.line(`${steps}[0] = (int32_t)(${step} + 1);`);
    if (!e.inLoop) e.fn.line(`call->control[1] = ${steps}[0];`);
  });
};
