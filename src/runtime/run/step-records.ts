import { fail } from '../../diagnostics/report.js';
import { sha256 } from '../../hash.js';
import type { Program } from '../../program/program.js';
import type { EngineRecord } from '../engines/engine.js';
import { showRecord } from './engine-record.js';

/** How the steps of a program were run: an engine may decide that from the program, and from what works where it is. */
export interface StepRecord {
  readonly phase: string;
  /** SHA-256 of the program. */
  readonly program: string;
  /** What the engine said when it had loaded it. */
  readonly features: string;
}

/** What the step programs of a run were run as. A phase has several where its network changes on the way. */
export class StepRecords {
  constructor(
    private known: readonly StepRecord[],
    private readonly write: (records: readonly StepRecord[]) => void,
  ) {}

  /**
   * To be called with every step program that was loaded, before it is run: one that is new is written down, and one that is known must be run as it was.
   *
   * @throws Failure resume-engine, where it would be run in another way, so with other bits
   */
  hold(phase: string, program: Program, found: EngineRecord): void {
    const digest = digestOf(program);
    const before = this.known.find((one) => one.program === digest);
    if (!before) {
      this.known = [...this.known, { phase, program: digest, features: found.features }];
      this.write(this.known);
    } else if (before.features !== found.features) {
      const recorded = showRecord({ ...found, features: before.features });
      fail('resume-engine', { recorded, found: showRecord(found) });
    }
  }
}

/** Equal programs have equal digests in every process. */
function digestOf(program: Program): string {
  return sha256(JSON.stringify(program, (_, value) => (value instanceof Float64Array ? sha256(value) : value)));
}
