import { lossesByName } from '../reports/measures.js';
import type { HistoryRow, Watcher } from '../runtime/training/progress.js';
import type { Io } from './command.js';

/** Seconds without a line after which one says that the work goes on, where no terminal shows it move. */
const HEARTBEAT = 30;

/** Shows training: a moving line on a terminal, a line an epoch everywhere. */
export function watcherFor(io: Io): Watcher {
  let lastLine = performance.now();
  return {
    note: (text) => io.note(text),
    step: (at) => {
      const line = `${at.phase} ${String(at.epoch).padStart(String(at.epochs).length)}/${at.epochs}  ${bar(at.step / at.steps)}  ${at.step}/${at.steps}  ${Math.round(at.stepsPerSecond)} steps/s  ${duration(at.secondsLeft)} left  loss ${number(at.loss)}`;
      if (io.terminal) io.status(line);
      else if (performance.now() - lastLine > HEARTBEAT * 1000) {
        lastLine = performance.now();
        io.note(`${line}\n`);
      }
    },
    work: (what, share) => {
      if (io.terminal) io.status(share === undefined ? what : `${what}  ${bar(share)}`);
      else if (share === 0 || performance.now() - lastLine > HEARTBEAT * 1000) {
        lastLine = performance.now();
        io.note(share ? `${what}, ${Math.floor(100 * share)} %\n` : `${what}\n`);
      }
    },
    epoch: (row, { epoch, epochs, seconds }) => {
      lastLine = performance.now();
      io.note(`${epochLine(row, epoch, epochs)}  ${seconds.toFixed(seconds < 10 ? 2 : 1)} s\n`);
    },
  };
}

/** One epoch for people: the objective by its terms, metrics, units alive. */
function epochLine(row: HistoryRow, epoch: number, epochs: number): string {
  const width = String(epochs).length;
  const terms = [
    `loss ${number(row.loss)}`,
    ...Object.entries(row.penalties).map(([method, penalty]) => `${method} ${number(penalty)}`),
  ];
  const measured = ({ losses, metrics }: Pick<HistoryRow, 'losses' | 'metrics'>) =>
    Object.entries({ ...lossesByName(losses), ...metrics }).map(([name, value]) => `${name} ${number(value)}`);
  const validation = row.validation
    ? [`validation: ${[`loss ${number(row.validation.loss)}`, ...measured(row.validation)].join(' ')}`]
    : [];
  const alive = Object.entries(row.alive).map(([layer, units]) => `${layer} ${units}`);
  return [
    `${row.phase} ${String(epoch).padStart(width)}/${epochs}`,
    `objective ${number(row.objective)} = ${terms.join(' + ')}`,
    ...measured(row),
    ...validation,
    `alive: ${alive.join(', ')}`,
  ].join('  ');
}

function number(value: number): string {
  return value === 0 || (Math.abs(value) >= 0.001 && Math.abs(value) < 1000)
    ? value.toFixed(4)
    : value.toExponential(2);
}

function bar(share: number): string {
  const full = Math.round(20 * share);
  return `[${'='.repeat(full)}${' '.repeat(20 - full)}]`;
}

function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
