import { brief, counted } from '../diagnostics/numbers.js';
import { targetText } from './target.js';
import { behaviourText } from './diff-as-text.js';
import { columns } from './columns.js';
import { lossesByName, measuresOf } from './measures.js';
import { arrow, bytes, count, duration, measured, percent } from './numbers.js';
import { reasonLines } from './reasons.js';
import type { RunReport } from './run-report.js';
import { rowsText } from './rows-text.js';
import type { RunLine } from './runs.js';

/** What `dnc runs show` prints. */
export function runText(line: RunLine, report: RunReport): string {
  const { run, network, diff, history, result, failure } = report;
  const last = history.at(-1);
  const facts: [string, string][] = [
    ['run', run.folder],
    ['state', `${run.state}${failure === undefined ? '' : `: ${failure}`}`],
    ['started', `${line.started.replace('T', ' ')} UTC`],
    [
      'spec',
      `${run.spec.file}, model ${network.model}${run.sets.length > 0 ? `, --set ${run.sets.join(' --set ')}` : ''}`,
    ],
    ['seed', String(run.seed)],
    [
      'engine',
      `${run.engine.engine} ${run.engine.version}, ${run.engine.threads} ${run.engine.threads === 1 ? 'thread' : 'threads'}; dnc ${run.dnc}`,
    ],
    ...run.data.map(({ name, sha256 }): [string, string] => ['data', `${name} (sha256 ${sha256.slice(0, 8)}…)`]),
    ...(run.rows ? [['rows', rowsText(run.rows)] as [string, string]] : []),
    ['on disk', bytes(line.bytes)],
  ];
  if (last) {
    const took = run.seconds === undefined ? '' : ` in ${duration(run.seconds)}`;
    facts.push(['epochs', `${count(last.epoch)}${took}, the last in phase ${last.phase}`]);
    if (!result)
      facts.push([
        'last epoch',
        [
          `loss ${measured(last.loss)}`,
          ...Object.entries({
            ...lossesByName((last.validation ?? last).losses),
            ...(last.validation ?? last).metrics,
          }).map(([name, value]) => `${last.validation ? 'validation ' : ''}${name} ${measured(value)}`),
        ].join(', '),
      ]);
    facts.push([
      'alive',
      Object.entries(last.alive)
        .map(([layer, units]) => `${layer} ${count(units)}`)
        .join(', '),
    ]);
  }
  if (diff)
    facts.push(
      ['weights', sizes(diff.before.weights, diff.after.weights)],
      ['parameters', sizes(diff.before.parameters, diff.after.parameters)],
      ['multiply-adds', sizes(diff.before.multiply_adds, diff.after.multiply_adds)],
    );
  if (result) {
    const { kind, value } = result.threshold;
    const { search } = result;
    const idle =
      search?.withoutGain === undefined ? '' : `: up to ${brief(search.withoutGain)} holds, but nothing goes there`;
    const { target } = result;
    const tries = search ? `, found in ${counted(search.tried.length, 'try', 'tries')}${idle}` : '';
    facts.push(['threshold', `${kind === 'weight' ? `weight(${brief(value)})` : brief(value)}${tries}`]);
    if (target) facts.push(['target', targetText(target)]);
    for (const [word, text] of reasonLines(result)) if (word !== 'constant') facts.push([word, text]);
  }
  const scores = Object.entries(result?.scores ?? {}).flatMap(([split, { trained, simplified }]) =>
    Object.entries(measuresOf(trained)).map(([metric, before]) => [
      split,
      metric,
      measured(before),
      measured(measuresOf(simplified)[metric]),
    ]),
  );
  const table =
    scores.length === 0
      ? ''
      : `\n${columns([['rows', 'metric', 'trained', result?.finetuned ? 'simplified and fine-tuned' : 'simplified'], ...scores], ['left', 'left', 'right', 'right'])}`;
  const notes = report.warnings.map(({ code, message }) => `warning[${code}]: ${message}\n`).join('');
  const behaviour = diff ? behaviourText(diff) : '';
  return `${columns(facts, ['left', 'left'])}${table}${behaviour && `\n${behaviour}`}${notes && `\n${notes}`}`;
}

function sizes(before: number, after: number): string {
  return `${arrow(count(before), count(after))}${before === 0 ? '' : ` (${percent(after / before)})`}`;
}
