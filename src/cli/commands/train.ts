// `ebmc train FILE -o P.safetensors`: learns the params and writes them, with a checkpoint after every epoch of stochastic steps.
import { readFile } from 'node:fs/promises';
import type { Analysis, RunOptions, TrainResult } from '../../api.ts';
import { cannotRead } from '../../data/cannot-read.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { exitCodeOf, exitCodes } from '../exit-codes.ts';
import { loadModel } from '../load-model.ts';
import type { OutputLock } from '../output-lock.ts';
import { lockOutput } from '../output-lock.ts';
import type { TrainCommandOptions } from '../program.ts';
import { makeProgress } from '../progress.ts';
import { showDiagnostics } from '../show-diagnostics.ts';
import { readTask } from '../task-options.ts';
import { UsageError, note } from '../terminal.ts';
import type { Context } from '../terminal.ts';
import { removeLeftovers, writeFiles } from '../write-files.ts';

export const train = async (context: Context, file: string, options: TrainCommandOptions): Promise<number> => {
  const output = outputOf(options);
  if (options.query !== 'map') throw new UsageError('ebmc train learns params; --query belongs to ebmc run');
  const lock = lockOutput(output);
  if ('code' in lock) {
    showDiagnostics(context, [lock], null);
    return exitCodeOf([lock]);
  }
  try {
    await removeLeftovers(output);
    return await trainInto(context, file, options, output, lock);
  } finally {
    lock.release();
  }
};

const outputOf = ({ output }: TrainCommandOptions): string => {
  if (output === null) throw new UsageError('-o names the file that the params go to: -o P.safetensors');
  if (output === '-') throw new UsageError('checkpoints cannot go to standard output: -o names a .safetensors file');
  if (!output.endsWith('.safetensors'))
    throw new UsageError(`-o ${output}: params go to a file that ends in .safetensors`);
  return output;
};

interface Inputs {
  readonly analysis: Analysis;
  readonly task: RunOptions;
  readonly checkpoint: Buffer | null;
}

/** All that is read before learning; or the exit code, once what is wrong has been printed. */
const readInputs = async (
  context: Context,
  file: string,
  options: TrainCommandOptions,
  output: string,
): Promise<Inputs | number> => {
  const analysis = await loadModel(context, file);
  if (typeof analysis === 'number') return analysis;
  const task = await readTask(context, options);
  showDiagnostics(context, task.diagnostics, analysis);
  if (task.value === null) return exitCodeOf(task.diagnostics);
  const checkpoint = options.resume ? await readCheckpoint(output) : null;
  if (checkpoint !== null && !Buffer.isBuffer(checkpoint)) {
    showDiagnostics(context, checkpoint, null);
    return exitCodeOf(checkpoint);
  }
  if (options.resume && checkpoint === null) note(context, `${output} is not there yet: learning begins`);
  return { analysis, task: task.value, checkpoint };
};

const trainInto = async (
  context: Context,
  file: string,
  options: TrainCommandOptions,
  output: string,
  lock: OutputLock,
): Promise<number> => {
  const inputs = await readInputs(context, file, options, output);
  if (typeof inputs === 'number') return inputs;
  const { analysis, task, checkpoint } = inputs;
  const compiler = await context.compiler();
  const progress = makeProgress(context);
  let saved = false;
  const interrupt = interruption(context, lock);
  const { value: result, diagnostics } = await compiler
    .train(analysis, {
      ...task,
      resume: checkpoint === null ? null : { file: output, bytes: checkpoint },
      save: async (bytes) => {
        const problems = await writeFiles([{ path: output, content: bytes }]);
        saved ||= problems.length === 0;
        return problems;
      },
      onBegin: (warnings) => {
        showDiagnostics(context, warnings, analysis);
        saved = checkpoint !== null;
        interrupt.begin();
      },
      cancelled: interrupt.asked,
      onStep: progress.step,
    })
    .finally(() => {
      progress.end();
      interrupt.end();
    });
  showDiagnostics(context, diagnostics, analysis);
  if (result === null) {
    if (saved) note(context, `${output} holds the last good params`);
    return exitCodeOf(diagnostics);
  }
  context.terminal.stdout(`${summary(result)}\n`);
  note(context, result.interrupted ? `wrote ${output}; --resume goes on from there` : `wrote ${output}`);
  if (result.interrupted) return exitCodes.interrupted;
  return result.converged ? exitCodes.done : exitCodes.notConverged;
};

/** null when there is none yet: the run that should have begun it may have ended before its first checkpoint. */
const readCheckpoint = async (path: string): Promise<Buffer | readonly Diagnostic[] | null> => {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    return (await cannotRead(path, error)).diagnostics;
  }
};

/** While there is nothing to save Ctrl-C ends the process at once; afterwards learning stops with a checkpoint. A second one
 *  does not wait. */
const interruption = ({ terminal }: Context, lock: OutputLock) => {
  let begun = false;
  let asked = false;
  const end = terminal.onInterrupt(() => {
    if (begun && !asked) {
      asked = true;
      return 'wait';
    }
    lock.release();
    return 'quit';
  });
  return { begin: () => void (begun = true), asked: () => asked, end };
};

const summary = ({ params, epochs, objective, interrupted, converged }: TrainResult): string => {
  const names = params.length > 6 ? `${params.length} params` : params.join(', ');
  const done = epochs === null ? '' : `: ${epochs.done} of ${epochs.of} epochs`;
  const value = objective === null ? '' : `, objective ${Number(objective.toPrecision(6))}`;
  const short = converged || interrupted ? '' : ' (did not converge)';
  return `${interrupted ? 'interrupted while learning' : 'learned'} ${names}${done}${value}${short}`;
};
