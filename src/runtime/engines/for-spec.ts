import { availableParallelism } from 'node:os';
import type { Compiled } from '../../compiler/compile.js';
import { Failure } from '../../diagnostics/report.js';
import { stepSizeOf, threadsFor } from './auto.js';
import type { Engine, EngineOptions } from './engine.js';
import { chooseEngine, type ChosenEngine, engines } from './index.js';
import { readSettings, settingsFile } from './settings.js';

/** What a command line says about the engine; absent: it does not say. */
export interface EngineAsked {
  readonly engine?: string | undefined;
  readonly engineOptions: Partial<EngineOptions>;
}

/** Where a choice is from. */
export type ChosenBy = 'option' | 'spec' | 'settings' | 'auto';

export interface EngineForSpec extends ChosenEngine {
  readonly options: EngineOptions;
  readonly by: ChosenBy;
}

/** Which engine is wanted, and who says so: the command line, else the spec, else the user's settings, else nobody. */
export function wantedEngine(
  asked: string | undefined,
  spec: string | undefined,
  settings: string | undefined,
): { readonly name: string; readonly by: ChosenBy } {
  const saying = [
    { name: asked, by: 'option' },
    { name: spec, by: 'spec' },
    { name: settings, by: 'settings' },
  ] as const;
  for (const { name, by } of saying) if (name !== undefined) return { name, by: name === 'auto' ? 'auto' : by };
  return { name: 'auto', by: 'auto' };
}

/**
 * The engine that runs a spec, and its threads. By default both go by the size of the training step, so that the same spec gets the same on the same machine.
 * `training`: whether steps are made; where a spec is only evaluated, its engine has all cores, and no graphics card is taken unasked.
 *
 * @throws Failure `engine-unknown`, `engine-not-ready`, both at the place in the spec where that names it; `settings-damaged`
 */
export async function engineForSpec(
  { engine: asked, engineOptions }: EngineAsked,
  compiled: Pick<Compiled, 'spec' | 'network'>,
  {
    training = true,
    table = engines,
    cores = availableParallelism(),
  }: { readonly training?: boolean; readonly table?: Readonly<Record<string, Engine>>; readonly cores?: number } = {},
): Promise<EngineForSpec> {
  const { train } = compiled.spec;
  const file = settingsFile();
  const settings = asked === undefined && train.engine === undefined ? readSettings(file).engine : undefined;
  const { name, by } = wantedEngine(asked, train.engine, settings);
  const size = stepSizeOf(compiled);
  const threads = engineOptions.threads ?? (training ? threadsFor(size, cores) : cores);
  const chosen = await chooseEngine(name, table, training ? { size, threads } : undefined).catch((error: unknown) => {
    throw error instanceof Failure && (by === 'spec' || by === 'settings') ? placed(error, by) : error;
  });
  function placed(error: Failure, from: 'spec' | 'settings'): Failure {
    const where = from === 'settings' ? `your settings name it: ${file}` : 'the spec names it';
    return new Failure(
      error.diagnostics.map((one) => ({
        ...one,
        ...(from === 'spec' && train.engineSpan && { at: train.engineSpan }),
        help: [...(one.help ?? []), `${where}; \`--engine auto\` takes another one for this call`],
      })),
    );
  }
  const because = {
    option: 'as asked',
    spec: 'as the spec says',
    settings: `as your settings say, ${file}`,
    auto: chosen.because,
  }[by];
  const why =
    engineOptions.threads !== undefined || !training || threads === cores
      ? ''
      : `; one thread, as a step has ${size.multiplyAdds.toLocaleString('en')} multiply-adds`;
  return { ...chosen, because: because + why, options: { ...engineOptions, threads }, by };
}
