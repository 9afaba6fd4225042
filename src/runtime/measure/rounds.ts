import { medianOf } from '../../data/median.js';

/** Something whose steps are timed. */
export interface Contestant {
  readonly name: string;
  /** Makes it ready, up to its first step. Gives how it describes itself. */
  open(): Promise<string>;
  /** Makes so many steps and gives how long they took, in milliseconds. */
  run(steps: number): Promise<number>;
  /** Ends it, also in the middle of something. */
  close(): Promise<void>;
}

export interface Measured {
  readonly name: string;
  readonly describe: string;
  /** Milliseconds a step: the median of the rounds, the fastest and the slowest. */
  readonly milliseconds: number;
  readonly fastest: number;
  readonly slowest: number;
  readonly rounds: number;
  /** Steps in a round. */
  readonly steps: number;
  /** `milliseconds` divided by those of the fastest contestant. */
  readonly ratio: number;
}

export interface Measurement {
  /** The fastest first. */
  readonly measured: readonly Measured[];
  readonly failed: readonly { readonly name: string; readonly because: string }[];
}

/** Milliseconds after which whoever is not ready is left out: processes start, libraries load and compile. They are not of the time for steps. */
const TO_OPEN = 30_000;
/** Milliseconds that the second step may take, where its share of the time is less. */
const TO_STEP = 5_000;
/** Milliseconds of steps that do not count. */
const WARM = 300;
/** Rounds that the rest is divided into; so many are enough where it is over before. */
const ROUNDS = 9;
const LEAST_ROUNDS = 3;

/**
 * Times contestants against each other. All are made ready and warmed up, then they take turns, and the one that begins is another in every round: what disturbs the
 * machine disturbs them all. Steps in a round are as many as fill the contestant's share of it, so that fast ones are not measured by a handful. It takes about `seconds` once all are ready: one that does not
 * get ready is left out, and one whose steps take more than a round's share makes one step a round.
 */
export async function measureInTurns(
  contestants: readonly Contestant[],
  {
    seconds,
    clock = () => performance.now(),
    toOpen = TO_OPEN,
    status,
  }: {
    readonly seconds: number;
    /** Milliseconds after which whoever is not ready is left out. */
    readonly toOpen?: number;
    /** Milliseconds since some moment. */
    readonly clock?: () => number;
    readonly status: (text: string) => void;
  },
): Promise<Measurement> {
  let end = clock() + 1000 * seconds;
  const left = () => end - clock();
  const failed: { name: string; because: string }[] = [];
  const live: { contestant: Contestant; describe: string; step: number; steps: number; times: number[] }[] = [];
  const say = (text: string) => status(`${text} (${Math.max(0, Math.ceil(left() / 1000))} s left)`);
  try {
    say(`${contestants.map(({ name }) => name).join(', ')} get ready`);
    const opened = await Promise.all(
      contestants.map(async (contestant) => ({ contestant, ...(await settled(within(toOpen, contestant.open()))) })),
    );
    const leaveOut = async (contestant: Contestant, error: unknown, milliseconds: number) => {
      const late = `it had not made a step after ${milliseconds / 1000} s`;
      failed.push({ name: contestant.name, because: error === LATE ? late : textOf(error) });
      await contestant.close();
    };
    for (const { contestant, error } of opened) if (error !== undefined) await leaveOut(contestant, error, toOpen);
    const ready = opened.filter(({ error }) => error === undefined);
    // What counts begins here.
    end = clock() + 1000 * seconds;
    const share = (1000 * seconds) / Math.max(1, ready.length);
    const toStep = Math.max(TO_STEP, share);
    for (const { contestant, value } of ready) {
      say(`${contestant.name} warms up`);
      try {
        // The first step made memory and compiled; the second is the first that counts.
        const step = await within(toStep, contestant.run(1));
        const more = Math.floor(Math.min(share / 8, WARM) / Math.max(step, 1e-3));
        const warm = more > 0 ? (await within(toStep, contestant.run(more))) / more : step;
        live.push({ contestant, describe: value!, step: warm, steps: 1, times: [] });
      } catch (error) {
        await leaveOut(contestant, error, toStep);
      }
    }
    const slice = Math.max(1, left()) / ROUNDS / Math.max(1, live.length);
    for (const one of live) one.steps = Math.max(1, Math.floor(slice / Math.max(one.step, 1e-3)));
    for (let round = 0; round < ROUNDS && (round < LEAST_ROUNDS || left() > 0); round++) {
      say(`round ${round + 1} of ${ROUNDS}`);
      // As the round begins: who breaks down in it moves nobody else's turn.
      const turns = live.map((_, k) => live[(round + k) % live.length]!);
      for (const one of turns) {
        // What is too slow for a share of a round is known well enough by fewer.
        if (one.times.length > 0 && left() < one.step * one.steps) continue;
        const most = Math.max(toStep, 10 * slice);
        try {
          one.times.push((await within(most, one.contestant.run(one.steps))) / one.steps);
        } catch (error) {
          live.splice(live.indexOf(one), 1);
          await leaveOut(one.contestant, error, most);
        }
      }
    }
  } finally {
    status('');
    for (const { contestant } of live) await contestant.close();
  }
  const measured = live
    .map(({ contestant: { name }, describe, steps, times }) => ({
      name,
      describe,
      milliseconds: medianOf(Float64Array.from(times)),
      fastest: Math.min(...times),
      slowest: Math.max(...times),
      rounds: times.length,
      steps,
    }))
    .sort((a, b) => a.milliseconds - b.milliseconds);
  return {
    measured: measured.map((one) => ({ ...one, ratio: one.milliseconds / measured[0]!.milliseconds })),
    failed,
  };
}

const LATE = Symbol('late');

async function settled<T>(work: Promise<T>): Promise<{ readonly value?: T; readonly error?: unknown }> {
  try {
    return { value: await work };
  } catch (error) {
    return { error };
  }
}

/** Waits for so many milliseconds. @throws LATE */
async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(LATE), milliseconds);
  });
  // Whoever is late may still fail, and nobody listens then.
  work.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function textOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}
