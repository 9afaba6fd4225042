import { Failure } from '../../src/diagnostics/report.js';

/** The messages of what an action ends with, after its code: the golden form of an error. Anything but a Failure is thrown on. */
export async function failureOf(
  action: () => unknown,
): Promise<{ text: string; exit: number; help: readonly string[] }> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const [first] = error.diagnostics;
    return { text: `${first!.code}: ${first!.message}`, exit: error.exit, help: first!.help };
  }
  throw new Error('it did not fail');
}
