/** A piece of the update: one thread does it, or all of them do, each its part. */
export interface Task {
  readonly shared: boolean;
  /** How long it takes, in any unit. */
  readonly cost: number;
  /** What lies in memory that it reads and writes, by any names. */
  readonly reads: ReadonlySet<string>;
  readonly writes: ReadonlySet<string>;
}

/** For each thread the tasks that it does, in order. Between phases all threads wait for each other. */
export type Phase = readonly (readonly number[])[];

/**
 * Spreads tasks, given in an order in which they may be done, over threads. In a phase a thread does whatever depends on earlier phases, or on what it does
 * itself in this one; what another thread reads is for the next phase. It depends on the tasks alone.
 */
export function schedule(tasks: readonly Task[], threads: number): readonly Phase[] {
  const phases: Phase[] = [];
  let open = tasks.map((_, index) => index);
  while (open.length > 0) {
    const phase: number[][] = Array.from({ length: threads }, () => []);
    const load = new Array<number>(threads).fill(0);
    /** The thread of what was taken into this phase; −1: all. */
    const taken = new Map<number, number>();
    const left: number[] = [];
    for (const index of open) {
      const task = tasks[index]!;
      const on = left.some((one) => depends(task, tasks[one]!))
        ? undefined
        : threadFor(
            task,
            [...taken].filter(([one]) => depends(task, tasks[one]!)).map(([, thread]) => thread),
            load,
          );
      if (on === undefined) {
        left.push(index);
        continue;
      }
      taken.set(index, on);
      for (let thread = 0; thread < threads; thread++) {
        if (on !== -1 && on !== thread) continue;
        phase[thread]!.push(index);
        load[thread]! += on === -1 ? task.cost / threads : task.cost;
      }
    }
    phases.push(phase);
    open = left;
  }
  return phases;
}

/** Who does a task that comes after what these threads do in the same phase; undefined where it must wait for the next one. */
function threadFor(task: Task, after: readonly number[], load: readonly number[]): number | undefined {
  if (task.shared) return after.length === 0 ? -1 : undefined;
  const [first] = after;
  if (first !== undefined) return first !== -1 && after.every((one) => one === first) ? first : undefined;
  return load.indexOf(Math.min(...load));
}

/** Must `later` come after `earlier`? */
function depends(later: Task, earlier: Task): boolean {
  const meet = (a: ReadonlySet<string>, b: ReadonlySet<string>) => [...a].some((one) => b.has(one));
  return meet(later.reads, earlier.writes) || meet(later.writes, earlier.writes) || meet(later.writes, earlier.reads);
}
