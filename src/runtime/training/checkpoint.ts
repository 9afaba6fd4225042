import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Living } from '../../compiler/5-shrink/live.js';
import { fail } from '../../diagnostics/report.js';
import { sha256 } from '../../hash.js';
import type { HostTensor } from '../../program/program.js';
import { failToWrite, replaceFolder } from '../../files.js';
import type { Supervision } from './supervision.js';
import type { Totals } from './totals.js';
import { readSafetensors, writeSafetensors } from '../weights/safetensors.js';

/** Where training stands: before step `step` of epoch `epoch` of stretch `stretch`. */
export interface Position {
  /** Index of the phase in `train`, then the fine-tuning. */
  readonly stretch: number;
  /** Epoch within the stretch, from 0. */
  readonly epoch: number;
  /** Step within the epoch, from 0. */
  readonly step: number;
  /** Steps done within the stretch. */
  readonly stretchSteps: number;
  /** Epochs done since the run began: names the random streams. */
  readonly totalEpochs: number;
  /** Steps done since the optimizer's slots were zero. */
  readonly optimizerSteps: number;
}

/** Everything a run needs to go on as if it had not stopped. */
export interface Checkpoint {
  readonly position: Position;
  /** Sums of the epoch that is under way. */
  readonly totals: Totals;
  /** With live shrinking: what is left of the network that `state` belongs to, counted in the network of the spec. */
  readonly living?: Living;
  /** Layers that are no longer trained. Absent: none. */
  readonly frozen?: readonly string[];
  /** Bytes of history.jsonl that belong to it. */
  readonly historyLength: number;
  /** The validation score of this state, higher is better; undefined within an epoch and without validation data. */
  readonly score?: number;
  /** What early stopping and a schedule that waits for a standstill remember; absent where a stretch has neither. */
  readonly supervision?: Supervision;
  readonly state: Readonly<Record<string, HostTensor>>;
}

/** Everything but the state, with the SHA-256 of `state.safetensors`. */
interface Contents extends Omit<Checkpoint, 'state'> {
  readonly format: 1;
  readonly sha256: string;
}

interface Manifest extends Contents {
  /** SHA-256 of the rest of the manifest: a flipped bit in a step number is found, too. */
  readonly own: string;
}

/** Complete checkpoints in `folder`, the newest two and the best of the stretch under way; written beside, synced, renamed. */
export class Checkpoints {
  constructor(private readonly folder: string) {}

  save(checkpoint: Checkpoint): void {
    const { state, ...rest } = checkpoint;
    const bytes = writeSafetensors(state);
    const contents: Contents = { format: 1, sha256: sha256(bytes), ...rest };
    const manifest: Manifest = { ...contents, own: sha256(JSON.stringify(contents)) };
    const numbers = this.numbers();
    const number = (numbers.at(-1) ?? 0) + 1;
    replaceFolder(path.join(this.folder, name(number)), {
      'state.safetensors': bytes,
      'manifest.json': `${JSON.stringify(manifest, undefined, 2)}\n`,
    });
    this.prune();
  }

  /** The newest checkpoint that is whole; undefined where there is none. A damaged one is passed over with a note. */
  newest(note: (text: string) => void): Checkpoint | undefined {
    for (const number of this.numbers().reverse()) {
      const folder = path.join(this.folder, name(number));
      const found = this.load(folder);
      if (found) return found;
      note(`checkpoint ${folder} is damaged; going back to the one before\n`);
    }
    return undefined;
  }

  /** Where the newest checkpoint lies, for messages. */
  newestPath(): string | undefined {
    const last = this.numbers().at(-1);
    return last === undefined ? undefined : path.join(this.folder, name(last));
  }

  private load(folder: string): Checkpoint | undefined {
    try {
      const manifest = JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8')) as Manifest;
      const bytes = readFileSync(path.join(folder, 'state.safetensors'));
      const { own, ...contents } = manifest;
      if (manifest.format !== 1 || sha256(JSON.stringify(contents)) !== own || sha256(bytes) !== manifest.sha256)
        return undefined;
      const { format: _, sha256: __, ...rest } = contents;
      return { ...rest, state: readSafetensors(bytes, path.join(folder, 'state.safetensors')).tensors };
    } catch {
      return undefined;
    }
  }

  /** Leaves the newest two, and the best of the newest one's stretch: another stretch may judge by another metric. */
  private prune(): void {
    const numbers = this.numbers();
    const manifests = numbers.map((number) => this.manifest(number));
    const stretch = manifests.at(-1)?.position.stretch;
    let best: number | undefined;
    manifests.forEach((manifest, k) => {
      if (manifest?.score === undefined || manifest.position.stretch !== stretch) return;
      if (best === undefined || manifest.score > manifests[best]!.score!) best = k;
    });
    numbers.forEach((number, k) => {
      if (k >= numbers.length - 2 || k === best) return;
      const folder = path.join(this.folder, name(number));
      try {
        rmSync(folder, { recursive: true, force: true });
      } catch (error) {
        failToWrite(folder, error);
      }
    });
  }

  private manifest(number: number): Manifest | undefined {
    try {
      return JSON.parse(readFileSync(path.join(this.folder, name(number), 'manifest.json'), 'utf8')) as Manifest;
    } catch {
      return undefined;
    }
  }

  private numbers(): number[] {
    if (!existsSync(this.folder)) fail('no-run', { folder: path.dirname(this.folder) });
    return readdirSync(this.folder)
      .filter((entry) => /^\d{6,}$/.test(entry))
      .map(Number)
      .sort((a, b) => a - b);
  }
}

function name(number: number): string {
  return String(number).padStart(6, '0');
}
