import { fail } from '../../../diagnostics/report.js';
import type { HostTensor } from '../../../program/program.js';
import type { Engine, EngineRecord, Loaded } from '../engine.js';
import { LoadedTfjs } from '../tfjs/engine.js';
import { BACKEND, type ErrorFilter, giveMemoryBack, type Started, startDevice } from './device.js';
import { kernels } from './kernels.js';
import { nameOf, probeWebgpu } from './probe.js';

const KEYWORD = 'webgpu';

/** TensorFlow.js on a graphics device, through Dawn. `auto` leaves it alone: of a device that nobody tried it is not known to be faster, or right. */
export const webgpu: Engine = {
  keyword: KEYWORD,
  summary:
    'TensorFlow.js on any graphics card, by WebGPU, op by op; `auto` never takes it: `dnc engines verify webgpu` tries it',
  probe: probeWebgpu,
  async load(programs) {
    const readiness = await probeWebgpu();
    if (!readiness.ready) {
      fail('engine-not-ready', { engine: KEYWORD, because: readiness.because }, { help: [readiness.help] });
    }
    const started = await startDevice().catch((error: Error) =>
      fail('engine-not-ready', { engine: KEYWORD, because: error.message }),
    );
    const { vendor, architecture, device, description } = started.adapter;
    const features = [process.platform, process.arch, vendor, architecture, device, description].join(' ');
    const record = { engine: KEYWORD, version: started.version, threads: 1, features };
    return new LoadedWebgpu(started, new LoadedTfjs(started.tf, BACKEND, programs, record, kernels, true));
  },
};

/** The kinds of what a device may find wrong while it works. */
const filters: readonly ErrorFilter[] = ['validation', 'out-of-memory', 'internal'];

/** Programs on a device, which says what it could not do apart from what it did: it is asked after every piece of work. */
class LoadedWebgpu implements Loaded {
  readonly describe: string;
  readonly record: EngineRecord;

  constructor(
    private readonly started: Started,
    private readonly loaded: LoadedTfjs,
  ) {
    this.record = loaded.record;
    this.describe = `${KEYWORD} ${started.version}, on ${nameOf(started.adapter)}`;
  }

  run(program: string, inputs: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>> {
    return this.checked(() => this.loaded.run(program, inputs));
  }

  state(names?: readonly string[]): Promise<Record<string, HostTensor>> {
    return this.checked(() => this.loaded.state(names));
  }

  setState(state: Readonly<Record<string, HostTensor>>): Promise<void> {
    return this.loaded.setState(state);
  }

  async close(): Promise<void> {
    await this.loaded.close();
    giveMemoryBack(this.started);
  }

  /** @throws Failure `engine-device-failed` where the device could not do a part of the work, which then left wrong numbers, or is lost */
  private async checked<T>(work: () => Promise<T>): Promise<T> {
    const { device } = this.started;
    for (const filter of filters) device.pushErrorScope(filter);
    const [outcome] = await Promise.allSettled([work()]);
    // That the device is lost is told after what failed of it.
    if (outcome.status === 'rejected') await new Promise((resolve) => setImmediate(resolve));
    const scopes = await Promise.allSettled(filters.map(() => device.popErrorScope()));
    const wrong = scopes.map((one) => (one.status === 'fulfilled' ? one.value?.message : undefined));
    const because = this.started.lost() ?? wrong.find((one) => one !== undefined) ?? beyondLimits(outcome);
    if (because !== undefined) fail('engine-device-failed', { engine: KEYWORD, because: because.split('\n')[0]! });
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }
}

/** tfjs refuses work that has more parts than a device takes. */
function beyondLimits(outcome: PromiseSettledResult<unknown>): string | undefined {
  if (outcome.status === 'fulfilled' || !(outcome.reason instanceof Error)) return undefined;
  return outcome.reason.message.includes('exceeds WebGPU') ? outcome.reason.message : undefined;
}
