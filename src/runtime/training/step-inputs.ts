import { availableParallelism } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type Batch, type Batches, placeIn, type StepPlace } from '../../data/batches.js';
import { bytesText } from '../../data/files.js';
import { gatherRows } from '../../data/picked-rows.js';
import { StoredRows } from '../../data/stored-rows.js';
import { HEAD, type Recipe, type Slot, STATE, slotBytes, slotOver } from './preparing.js';
import { drawnNumbers, type RandomInputs } from './random-inputs.js';

/** What an engine computes with. */
export interface EngineThreads {
  readonly count: number;
  /** Whether somebody asked for so many: `--threads`, or the sweep that a training is a trial of. */
  readonly asked: boolean;
}

export interface StepInputOptions {
  readonly seed: number;
  /** Told once where inputs are not made ahead, though it would pay, or the thread that makes them is no more. */
  readonly note?: (text: string) => void;
  /** The engine's threads. Default: one, that nobody asked for. */
  readonly threads?: EngineThreads;
  /** Whether they are made ahead. Default: where that pays. */
  readonly ahead?: boolean;
  /** The other thread, as a script. Default: `input-worker.ts`. */
  readonly thread?: string;
}

/** Steps that are made ahead, at most: one is read while the next ones are made, and a slow one keeps nobody waiting. */
const MOST_AHEAD = 3;
/** Bytes that they take, where two steps take less. */
const MEMORY = 2 ** 26;
/** Bytes that two steps may take: what is larger is made between the steps. */
const MOST_MEMORY = 2 ** 30;
/** Numbers to read or to move in a step from which on another thread pays: some 0.2 ms, several times what handing them over takes. */
const WORTH = 2 ** 14;
/** So many random numbers are drawn in the time that one number of a picture takes. */
const DRAWN = 8;
/** Milliseconds after which it is looked whether the other thread is still there. Steps may take longer. */
const PATIENCE = 100;

/**
 * Reads the batches of a training with their random numbers, step by step. Augmented pictures, rows that stay in their files, and random masks are made in another thread while the steps before
 * run, a bounded number of them ahead, in bounded memory, where they are work enough. The bytes are the same with and without, since they depend on seed, epoch, step and row alone: where the other thread cannot do it, or is
 * no more, this one does.
 */
export class StepInputs {
  private ahead: Ahead | undefined;
  private readonly note: ((text: string) => void) | undefined;

  constructor(
    private readonly batches: Batches,
    private readonly random: RandomInputs,
    { seed, threads, note, ahead, thread }: StepInputOptions,
  ) {
    this.note = note;
    const recipe = recipeOf(batches, random, seed);
    if (recipe && (ahead ?? (hasThreadAhead(threads) && workOf(recipe) >= WORTH)))
      this.ahead = this.makeAhead(recipe, thread);
  }

  private makeAhead(recipe: Recipe, thread: string | undefined): Ahead | undefined {
    try {
      return new Ahead(recipe, this.batches, this.random, thread);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.note?.(`batches are made between the steps and not ahead of them (${error.message})\n`);
      return undefined;
    }
  }

  /** Whether inputs are made ahead now. */
  get isAhead(): boolean {
    return this.ahead !== undefined;
  }

  /** Valid until the next step is read. @throws what reading rows throws */
  async read(at: StepPlace): Promise<Batch> {
    this.batches.begin(at.epoch);
    if (this.ahead) {
      const read = await this.ahead.read(at);
      if (!('because' in read)) return read;
      const { because } = read;
      await this.close();
      this.note?.(`the thread that makes batches ahead ended (${because}): they are made between the steps\n`);
    }
    const { inputs, rows } = this.batches.read(at.step);
    return { rows, inputs: { ...inputs, ...this.random.draw(at, rows) } };
  }

  /** Nothing runs on when this is done. */
  async close(): Promise<void> {
    const { ahead } = this;
    this.ahead = undefined;
    await ahead?.close();
  }
}

/**
 * Whether a training may have a thread more than its engine. Not where one thread was asked for: then it is one, and a sweep counts on that. Else where the engine leaves a core free, and where it has one thread for each
 * of several cores: these wait for the training thread between the steps, which is when the inputs would be made otherwise.
 */
export function hasThreadAhead(
  { count, asked }: EngineThreads = { count: 1, asked: false },
  cores = availableParallelism(),
): boolean {
  return cores > 1 && count <= cores && !(asked && count === 1);
}

/** Undefined where there is nothing to make. */
function recipeOf({ made, batchSize }: Batches, { inputs }: RandomInputs, seed: number): Recipe | undefined {
  if (made.length === 0 && inputs.length === 0) return undefined;
  // Pictures are real numbers.
  if (made.some(({ memory, data }) => memory instanceof Int32Array || data instanceof Int32Array)) return undefined;
  const tensors = made.map(({ making, data }) => ({
    making,
    ...(data instanceof StoredRows && { stored: data.plan }),
  }));
  return { seed, batchSize, made: tensors, random: inputs };
}

/** Numbers that are read or moved for a whole batch, and what is drawn counted as such. */
function workOf({ batchSize, made, random }: Recipe): number {
  const moved = made.map(({ making: { from, augmentation }, stored }) => {
    return batchSize * from * ((stored ? 1 : 0) + (augmentation?.calls.length ?? 0));
  });
  const drawn = random.map((input) => drawnNumbers(input, batchSize) / DRAWN);
  return [...moved, ...drawn].reduce((sum, work) => sum + work, 0);
}

/** Memory for steps to be made ahead. @throws RangeError where there is none */
function memoryFor(recipe: Recipe): readonly SharedArrayBuffer[] {
  const bytes = slotBytes(recipe);
  const count = Math.max(2, Math.min(MOST_AHEAD, Math.floor(MEMORY / bytes)));
  if (count * bytes > MOST_MEMORY) throw new RangeError(`${count} of them take ${bytesText(count * bytes)}`);
  return Array.from({ length: count }, () => new SharedArrayBuffer(bytes));
}

/** Makes inputs ahead. */
class Ahead {
  private readonly slots: readonly Slot[];
  private readonly rows: Int32Array;
  /** The steps that were asked for, in their order; the first is in the slot `first`. */
  private readonly asked: StepPlace[] = [];
  private first = 0;
  private next: StepPlace | undefined;
  /** Undefined: there is none, for the reason in `ended`. */
  private readonly worker: Promise<Worker | undefined>;
  /** Why the thread is no more. */
  private ended: string | undefined;

  constructor(
    recipe: Recipe,
    private readonly batches: Batches,
    private readonly random: RandomInputs,
    thread: string | undefined,
  ) {
    const buffers = memoryFor(recipe);
    this.slots = buffers.map((buffer) => slotOver(recipe, buffer));
    this.rows = new Int32Array(recipe.batchSize);
    this.worker = this.startThread({ recipe, buffers }, thread);
  }

  private async startThread(workerData: object, thread: string | undefined): Promise<Worker | undefined> {
    try {
      const text = thread ?? (await import('../../generated/input-worker.js')).text;
      const worker = new Worker(text, { eval: true, execArgv: [], workerData });
      worker.on('error', (error: unknown) => {
        this.ended ??= error instanceof Error ? error.message : String(error);
      });
      worker.on('exit', (code) => {
        this.ended ??= `exit code ${code}`;
      });
      worker.unref();
      return worker;
    } catch (error) {
      this.ended ??= (error as Error).message;
      return undefined;
    }
  }

  /** The step's inputs, or why there are none. */
  async read(at: StepPlace): Promise<Batch | { readonly because: string }> {
    // Nothing waits for what the event loop has yet to start.
    await this.worker;
    const [expected] = this.asked;
    if (expected && (expected.epoch !== at.epoch || expected.step !== at.step)) {
      while (this.asked.length > 0) {
        const because = await this.firstReady();
        if (because !== undefined) return { because };
        this.drop();
      }
    }
    if (this.asked.length === 0) this.askFrom(at);
    const because = await this.firstReady();
    if (because !== undefined) return { because };
    const slot = this.slots[this.first]!;
    const { inputs, rows } = this.batches.pick(at.step);
    this.batches.made.forEach(({ memory, making }, k) => {
      memory.set(slot.made[k]!.rows.subarray(0, rows * making.width));
    });
    const drawn = this.random.take(rows, (buffer, _input, _rows, k) => {
      buffer.set(slot.random[k]!.subarray(0, buffer.length));
    });
    this.drop();
    this.ask();
    return { rows, inputs: { ...inputs, ...drawn } };
  }

  async close(): Promise<void> {
    await (await this.worker)?.terminate();
  }

  private askFrom(at: StepPlace): void {
    this.next = at;
    while (this.asked.length < this.slots.length) this.ask();
  }

  /** Asks for the step behind those that were asked for. */
  private ask(): void {
    const { batches } = this;
    const place = this.next!;
    const { head, made } = this.slots[(this.first + this.asked.length) % this.slots.length]!;
    const count = batches.rowsOf(place, this.rows);
    batches.made.forEach(({ making, data, rows, originals: list }, k) => {
      const { originals, places, pictures } = made[k]!;
      for (let row = 0; row < count; row++) {
        originals[row] = placeIn(list, this.rows[row]!);
        places[row] = placeIn(rows, this.rows[row]!);
      }
      if (!(data instanceof StoredRows)) gatherRows({ table: data, width: making.from, places }, 0, count, pictures);
    });
    head[HEAD.epoch] = place.epoch;
    head[HEAD.step] = place.step;
    head[HEAD.rows] = count;
    Atomics.store(head, HEAD.state, STATE.asked);
    Atomics.notify(head, HEAD.state);
    this.asked.push(place);
    const { epoch, step } = place;
    this.next = step + 1 < batches.steps ? { epoch, step: step + 1 } : { epoch: epoch + 1, step: 0 };
  }

  /** The first slot is free again. */
  private drop(): void {
    Atomics.store(this.slots[this.first]!.head, HEAD.state, STATE.empty);
    this.asked.shift();
    this.first = (this.first + 1) % this.slots.length;
  }

  /** Waits until the first slot is ready. @returns why it never will be */
  private async firstReady(): Promise<string | undefined> {
    const { head } = this.slots[this.first]!;
    for (;;) {
      if (Atomics.load(head, HEAD.state) === STATE.ready) return undefined;
      if (this.ended !== undefined) return this.ended;
      // The thread's end is heard of when the event loop turns.
      if (Atomics.wait(head, HEAD.state, STATE.asked, PATIENCE) === 'timed-out') await turn();
    }
  }
}
