/** What training tells whoever watches: the command line, a test. All of it is optional to show. */
export interface Watcher {
  /** A line for people. */
  note(text: string): void;
  /** After steps, at most some ten times a second. */
  step?(at: StepProgress): void;
  /** Before each part of other work that may take long: a search, a certificate. `share` of it is done, where that is known. */
  work?(what: string, share?: number): void;
  /** After every epoch, with the row that went into the history. */
  epoch?(row: HistoryRow, at: { readonly epoch: number; readonly epochs: number; readonly seconds: number }): void;
}

export interface StepProgress {
  readonly phase: string;
  /** One-based. */
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly steps: number;
  readonly stepsPerSecond: number;
  readonly secondsLeft: number;
  readonly loss: number;
}

/** One line of history.jsonl: numbers and the phase's name, nothing that differs between equal runs. */
export interface HistoryRow {
  readonly phase: string;
  /** Epochs done since the run began. */
  readonly epoch: number;
  /** Steps done in the phase. */
  readonly step: number;
  readonly learning_rate: number;
  /** loss + all penalties. */
  readonly objective: number;
  /** Of several outputs the sum, each times its weight. */
  readonly loss: number;
  /** The loss of each of several outputs, without its weight. */
  readonly losses?: Readonly<Record<string, number>>;
  readonly penalties: Readonly<Record<string, number>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly validation?: Pick<HistoryRow, 'loss' | 'losses' | 'metrics'>;
  /** Living units of every layer that has some of its own. */
  readonly alive: Readonly<Record<string, number>>;
  /** With live shrinking: units that every layer has in the network that was trained in this epoch; the others are gone. */
  readonly units?: Readonly<Record<string, number>>;
}
