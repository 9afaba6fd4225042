import { percent, resourceName, type TargetResult } from '../runtime/simplify/target.js';

/** What was aimed at and what came of it, in a line: `9.8 % of the parameters (at most 10 %)`. */
export function targetText({ at_most, left, held, latency }: TargetResult): string {
  const told = Object.entries(left).map(
    ([resource, share]) =>
      `${percent(share as number)} of the ${resourceName(resource)} (at most ${percent(at_most[resource as keyof typeof at_most]!)})`,
  );
  const milliseconds = (value: number) => Number(value.toPrecision(3));
  const time = latency
    ? `: ${milliseconds(latency.before)} → ${milliseconds(latency.after)} ms for a batch of ${latency.batch_size.toLocaleString('en')}, by the table`
    : '';
  return `${held ? '' : 'MISSED: '}${told.join(', ')}${time}`;
}
