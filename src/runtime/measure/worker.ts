import type { ChildProcess } from 'node:child_process';
import type { Compiled } from '../../compiler/compile.js';
import { chooseEngine } from '../engines/index.js';
import type { Contestant } from './rounds.js';
import { Stepper } from './stepper.js';

/** What a process that measures answers to its parent: that it is ready, how long steps took, or what went wrong. */
type Answer = { readonly ready: string } | { readonly milliseconds: number } | { readonly failed: string };

/** What the parent asks for. */
interface Question {
  readonly steps: number;
}

/**
 * An engine in a process of its own: threads of one do not stand in another's way there, a process holds one TensorFlow, and a library that ends its process
 * ends no other.
 */
export function processContestant(name: string, start: () => ChildProcess): Contestant {
  let child: ChildProcess | undefined;
  let waiting: { readonly done: (answer: Answer) => void; readonly failed: (error: Error) => void } | undefined;
  let said = '';
  const answer = async (): Promise<Answer> => {
    const given = await new Promise<Answer>((done, failed) => {
      waiting = { done, failed };
    });
    if ('failed' in given) throw new Error(given.failed);
    return given;
  };
  return {
    name,
    open: async () => {
      child = start();
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-4000);
      });
      child.on('message', (message) => waiting?.done(message as Answer));
      child.on('error', (error) => waiting?.failed(error));
      child.on('exit', (code, signal) => {
        const last = said.trim().split('\n').at(-1);
        waiting?.failed(new Error(`its process ended with ${signal ?? code}${last ? `: ${last}` : ''}`));
      });
      const given = await answer();
      return 'ready' in given ? given.ready : '';
    },
    run: async (steps) => {
      child?.send({ steps } satisfies Question);
      const given = await answer();
      return 'milliseconds' in given ? given.milliseconds : Number.NaN;
    },
    close: async () => {
      waiting = undefined;
      child?.kill('SIGKILL');
    },
  };
}

/** The other side: loads an engine, makes its first step, and then steps as it is asked for them, until its parent is gone. */
export async function measureForParent(
  compiled: Compiled,
  { engine: name, ...options }: { readonly engine: string; readonly threads: number; readonly threadsAsked: boolean },
): Promise<void> {
  const send = (answer: Answer) => process.connected && process.send?.(answer);
  const gone = new Promise<void>((resolve) => process.once('disconnect', resolve));
  try {
    const { engine } = await chooseEngine(name);
    const stepper = new Stepper(compiled, engine, options);
    const ready = await stepper.open();
    process.on('message', (question: Question) => {
      stepper.run(question.steps).then(
        (milliseconds) => send({ milliseconds }),
        (error: Error) => send({ failed: error.message }),
      );
    });
    send({ ready });
  } catch (error) {
    send({ failed: error instanceof Error ? error.message : String(error) });
  }
  await gone;
}
