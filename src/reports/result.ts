import { type RunResult, unitCounts } from '../runtime/simplify/result.js';
import { certifiedRanges, constantsText } from '../compiler/5-shrink/certificate.js';
import { shrinkReasons } from '../compiler/5-shrink/reasons.js';
import { brief, counted } from '../diagnostics/numbers.js';
import { columns } from './columns.js';
import { reasonLines } from './reasons.js';
import { targetText } from './target.js';
import { measuresOf } from './measures.js';
import { summarize } from './summary.js';

/** What `dnc train` and `dnc simplify` print at the end. */
export function resultText({ simplified, network, scores, finetuned, files }: RunResult): string {
  const { threshold, search, target, kernels, difference } = simplified;
  const [before, after] = [summarize(network.before), summarize(network.after)];
  const lines: string[] = [];

  const found = search
    ? `, found on ${search.before.rows.toLocaleString('en')} validation rows in ${counted(search.tried.length, 'try', 'tries')}` +
      (search.withoutGain === undefined ? '' : `: up to ${brief(search.withoutGain)} holds, but nothing goes there`)
    : '';
  const applied = threshold.kind === 'weight' ? `weight(${brief(threshold.value)})` : brief(threshold.value);
  lines.push(
    `threshold      ${applied}${found || (target ? `, found in ${counted(target.looks, 'try', 'tries')}` : '')}\n`,
  );
  if (target) lines.push(`target         ${targetText(target)}\n`);
  lines.push(
    `units          ${
      unitCounts(network)
        .map((one) => `${one.layer} ${one.before} → ${one.after}`)
        .join(', ') || 'all stay'
    }\n`,
  );
  lines.push(...reasonsText(reasonLines(shrinkReasons(network.before, simplified.shrunk))));
  lines.push(`parameters     ${change(before.parameters, after.parameters)}\n`);
  lines.push(
    `weights        ${change(before.weights, after.weights)}; not zero before dead units went: ${kernels.nonzero.toLocaleString('en')}\n`,
  );
  lines.push(`multiply-adds  ${change(before.multiply_adds, after.multiply_adds)}\n`);
  lines.push(
    `removal        ${files.equivalent ? 'exact' : 'NOT EXACT'}: outputs differ by ${apart(difference.float64)} in float64, ${apart(difference.float32)} in float32` +
      `${finetuned ? ' (before fine-tuning)' : ''}\n`,
  );
  const { within } = simplified.shrunk;
  if (within) lines.push(`ranges         ${withinText(within)}\n`);
  const rows = Object.entries(scores).flatMap(([split, { trained, simplified: small }]) =>
    Object.entries(measuresOf(trained)).map(([measure, before]) => [
      split,
      measure,
      value(before),
      value(measuresOf(small)[measure]!),
    ]),
  );
  const table =
    rows.length > 0
      ? `\n${columns([['rows', 'metric', 'trained', finetuned ? 'simplified and fine-tuned' : 'simplified'], ...rows], ['left', 'left', 'right', 'right'])}`
      : '';
  const annotated = network.before.graph.nodes.some((node) => node.annotations.length > 0);
  const idle = annotated
    ? ''
    : 'no layer carries a sparsity annotation (@dropneuron(1e-4) …), so nothing was pushed towards 0\n';
  return `${lines.join('')}${idle}${table}\n${files.spec}\n${files.weights}\n${files.certificate}\n`;
}

/** As many lines of a kind as are told at the end of a run: `dnc diff` and `dnc report` tell all. */
const MOST_LINES = 4;

function reasonsText(told: ReturnType<typeof reasonLines>): string[] {
  return (['stay', 'folded'] as const).flatMap((word) => {
    const own = told.filter(([one]) => one === word).map(([, text]) => text);
    const shown = own.length > MOST_LINES ? own.slice(0, MOST_LINES - 1) : own;
    const more = own.length - shown.length;
    return [...shown, ...(more > 0 ? [`and ${more} more: dnc diff shows them`] : [])].map(
      (text, k) => `${(k === 0 ? word : '').padEnd(15)}${text}\n`,
    );
  });
}

/** What followed from the ranges of the inputs. */
function withinText(within: NonNullable<RunResult['simplified']['shrunk']['within']>): string {
  const certified = certifiedRanges(within);
  const linear = within.linear.map(({ layer, indices }) => `${indices.length.toLocaleString('en')} of ${layer}`);
  return [
    ...(certified ? constantsText(certified) : ['no unit is constant because of them']),
    ...(linear.length > 0 ? [`always linear, and left as they are: ${linear.join(', ')}`] : []),
  ].join('; ');
}

function change(before: number, after: number): string {
  const share = before === 0 ? '' : ` (${(100 * (after / before)).toFixed(1)} %)`;
  return `${before.toLocaleString('en')} → ${after.toLocaleString('en')}${share}`;
}

function value(number: number): string {
  return number !== 0 && Math.abs(number) < 0.001 ? number.toExponential(3) : number.toFixed(4);
}

/** A norm-wise difference. */
function apart(difference: number): string {
  return difference === 0 ? '0' : difference.toExponential(1);
}
