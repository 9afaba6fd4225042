/** Milliseconds between looks at the clock's consequences: progress, signals. */
const TICK = 80;

/** Whether it is time to show something, asked often. */
export function ticking(): () => boolean {
  let last = performance.now();
  return () => {
    const now = performance.now();
    if (now - last < TICK) return false;
    last = now;
    return true;
  };
}

/** Clock matters of a stretch: how fast it goes, how long it will take, when the next checkpoint is due. Changes no number. */
export class Pace {
  private readonly began = performance.now();
  private done = 0;
  private readonly isTime = ticking();
  private lastSave = this.began;
  private epochBegan = this.began;

  constructor(
    private readonly stepsLeft: number,
    private readonly checkpointSeconds: number,
  ) {}

  /** After every step: whether it is time to show something. */
  tick(): boolean {
    this.done += 1;
    return this.isTime();
  }

  now(): { readonly stepsPerSecond: number; readonly secondsLeft: number } {
    const stepsPerSecond = this.done / Math.max(1e-3, (performance.now() - this.began) / 1000);
    return { stepsPerSecond, secondsLeft: (this.stepsLeft - this.done) / stepsPerSecond };
  }

  checkpointDue(): boolean {
    return performance.now() - this.lastSave >= this.checkpointSeconds * 1000;
  }

  saved(): void {
    this.lastSave = performance.now();
  }

  /** Seconds that the epoch took. */
  epochDone(): number {
    const now = performance.now();
    const seconds = (now - this.epochBegan) / 1000;
    this.epochBegan = now;
    return seconds;
  }
}

/** Lets signals and timers in: an engine's run may never leave the JavaScript thread. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
