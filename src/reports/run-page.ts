import { existsSync, realpathSync } from 'node:fs';
import { targetText } from './target.js';
import { constantsText } from '../compiler/5-shrink/certificate.js';
import { brief, counted } from '../diagnostics/numbers.js';
import { inShell } from '../diagnostics/shell.js';
import { type Chart, chartsOf } from './run-charts.js';
import { drawChart } from './charts.js';
import { behaviourText } from './diff-as-text.js';
import { layerTable, sign } from './diff-as-html.js';
import { Html, type HtmlPart, html, page } from './html.js';
import { measuresOf } from './measures.js';
import { bytes, count, duration, measured, percent, short } from './numbers.js';
import { drawFeatures, drawPattern } from './pattern-picture.js';
import type { Pattern } from './patterns.js';
import { imageTag } from './picture-tag.js';
import { rowsText } from './rows-text.js';
import type { StoredScore } from './run-data.js';
import type { InputImage, ReportedRun, RunReport } from './run-report.js';
import type { RunState } from './run-state.js';

/** A run as one page of HTML that needs nothing else. */
export async function runPage({ report, phases, patterns, images }: ReportedRun): Promise<string> {
  const charts: Html[] = [];
  // One after the other: vega works in this thread anyway.
  for (const chart of chartsOf(report.history, report.network, phases)) charts.push(await figure(chart));
  const { run, result } = report;
  return page(
    `${report.network.model}: ${run.name}`,
    html`
<h1>${report.network.model} ${state(run.state)}</h1>
<p class="soft">${run.spec.file}${run.sets.length > 0 ? ` with ${run.sets.join(', ')}` : ''} · ${idOf(run.folder)}</p>
${report.failure === undefined ? undefined : html`<p class="warning"><b>It failed:</b> ${report.failure}</p>`}
${facts(report)}
${report.warnings.map(({ code, message }) => html`<p class="warning"><b>${code}:</b> ${message}</p>`)}
${sizes(report)}
${result && scores(report)}
${charts.length > 0 ? html`<h2>Training</h2>\n<div class="charts">${charts}</div>` : undefined}
${pictures(patterns)}
${images.length > 0 ? html`<h2>What is read of the input</h2>\n${images.map(imageFigure)}` : undefined}
${result && threshold(report)}
${confusions(report)}
${certificate(report)}
${reproduce(report)}
<p class="signature">Written by dnc ${run.dnc}. This page holds all that it shows: nothing is loaded from elsewhere.</p>`,
  );
}

const STATES: Readonly<Record<RunState, { readonly className: string; readonly word: string }>> = {
  finished: { className: 'added', word: '✓ finished' },
  running: { className: 'changed', word: '… running' },
  stopped: { className: 'changed', word: '‖ stopped' },
  failed: { className: 'removed', word: '✗ failed' },
};

function state(name: RunState): Html {
  const { className, word } = STATES[name];
  return html`<span class="state ${className}">${word}</span>`;
}

function facts(report: RunReport): Html {
  const { diff, result, history, run } = report;
  const last = history.at(-1);
  const entries: [string, string][] = [];
  if (diff) {
    const of = (before: number, after: number) => `${percent(after / Math.max(1, before))} of ${count(before)}`;
    entries.push(
      [count(diff.after.parameters), `parameters, ${of(diff.before.parameters, diff.after.parameters)}`],
      [count(diff.after.multiply_adds), `multiply-adds, ${of(diff.before.multiply_adds, diff.after.multiply_adds)}`],
      [bytes(diff.after.bytes), `of parameters, before ${bytes(diff.before.bytes)}`],
    );
  } else {
    entries.push(
      [count(report.network.parameters), 'parameters at full size'],
      [count(report.network.multiply_adds), 'multiply-adds at full size'],
      [bytes(report.network.bytes), 'of parameters at full size'],
    );
  }
  const split = result?.scores.test ? 'test' : 'validation';
  const pair = result?.scores[split];
  const [metric] = Object.keys(pair?.simplified.metrics ?? {});
  if (pair) {
    const [now, then] =
      metric === undefined
        ? [pair.simplified.loss, pair.trained.loss]
        : [pair.simplified.metrics[metric], pair.trained.metrics[metric]];
    entries.push([measured(now), `${split} ${metric ?? 'loss'}, as trained ${measured(then)}`]);
  } else if (last) {
    const [of, words] = last.validation ? [last.validation, 'validation '] : [last, ''];
    const [name] = Object.keys(of.metrics);
    entries.push([
      measured(name === undefined ? of.loss : of.metrics[name]),
      `${words}${name ?? 'loss'} after the last epoch`,
    ]);
  }
  if (last)
    entries.push([count(last.epoch), `epochs${run.seconds === undefined ? '' : ` in ${duration(run.seconds)}`}`]);
  return html`<div class="facts">${entries.map(([value, words]) => html`<div class="fact"><b>${value}</b><span>${words}</span></div>`)}</div>`;
}

function sizes(report: RunReport): Html {
  if (report.diff)
    return html`<h2>Layers, before and after</h2>\n${layerTable(report.diff)}\n<p class="soft">${behaviourText(report.diff).replace(/^behaviour: /, '')}</p>`;
  const { layers, parameters, multiply_adds, bytes: size } = report.network;
  return html`<h2>Layers</h2>
<div class="wide"><table>
<thead><tr><th>layer</th><th>kind</th><th>shape</th>${numeric('parameters', 'multiply-adds', 'bytes')}</tr></thead>
<tbody>
${layers.map((layer) => html`<tr><th>${layer.name}</th><td>${layer.kind}${layer.shares === undefined ? undefined : html` <span class="soft">weights of ${layer.shares}</span>`}</td><td>${layer.shape.join('×')}</td>${numbers(count(layer.parameters), count(layer.multiply_adds), bytes(4 * layer.parameters))}</tr>\n`)}
<tr class="total"><th>total</th><td></td><td></td>${numbers(count(parameters), count(multiply_adds), bytes(size))}</tr>
</tbody>
</table></div>
<p class="soft">The run has not come to its end, so there is no smaller network yet.</p>`;
}

function scores({ result }: RunReport): Html | undefined {
  const rows = Object.entries(result!.scores).flatMap(([split, { trained, simplified }]) =>
    Object.keys(measuresOf(trained)).map((metric) => {
      const of = (score: StoredScore) => measuresOf(score)[metric];
      const error = (score: StoredScore) => score.standardErrors?.[metric];
      const shown = (score: StoredScore) =>
        `${measured(of(score))}${error(score) == null ? '' : ` ± ${measured(error(score))}`}`;
      return html`<tr><th>${split}</th><td>${metric}</td>${numbers(count(trained.rows), shown(trained), shown(simplified))}</tr>\n`;
    }),
  );
  if (rows.length === 0) return undefined;
  return html`<h2>How good it is</h2>
<div class="wide"><table>
<thead><tr><th>rows</th><th>metric</th>${numeric('of', 'as trained', result!.finetuned ? 'simplified and fine-tuned' : 'simplified')}</tr></thead>
<tbody>
${rows}</tbody>
</table></div>
<p class="soft">± is one standard error over the rows. Test rows are read once, at the end.</p>`;
}

async function figure({ title, description, spec }: Chart): Promise<Html> {
  return html`<figure><figcaption>${title}</figcaption>${await drawChart(spec, description)}</figure>`;
}

const LEGEND = html`<p class="soft patterns-legend"><span class="swatch" style="background:#000"></span>a weight that is not 0 <span class="swatch" style="background:#fff"></span>0 <span class="swatch" style="background:#dae5f2"></span>removed</p>`;

function pictures(patterns: readonly Pattern[]): Html | undefined {
  if (patterns.length === 0) return undefined;
  return html`<h2>Connections</h2>
<p class="soft">A row for every unit that a kernel reads, a column for every unit that it makes, at the places that they had in the network of full size. A dot that stands for several weights is the stronger, the more of them are not 0.</p>
${LEGEND}
${patterns.map(
  (
    pattern,
  ) => html`<h3>${pattern.name} <span class="soft">${count(pattern.rows)} × ${count(pattern.columns)}${pattern.taps > 1 ? ` × ${pattern.taps} taps` : ''}</span></h3>
<div class="patterns">${pattern.stages.map(({ title, shown }) => {
    const [rows, columns] = [total(shown.rows), total(shown.columns)];
    return html`<figure>${imageTag(drawPattern(pattern, shown), `${pattern.name} ${title}`)}<figcaption>${title}: ${count(rows)} × ${count(columns)}, ${count(shown.nonzero)} of ${count(shown.weights)} weights not 0 (${percent(shown.nonzero / Math.max(1, shown.weights))})</figcaption></figure>`;
  })}</div>`,
)}`;
}

function imageFigure({ name, extents, ...read }: InputImage): Html {
  const [height, width, channels] = extents;
  const kept = total(read.kept);
  return html`<div class="patterns"><figure>${imageTag(drawFeatures(extents, read), `what is read of ${name}`)}<figcaption>${name}: ${count(kept)} of ${count(read.kept.length)} ${channels > 1 ? `features (${height}×${width}×${channels})` : `pixels (${height}×${width})`} are read. The stronger a dot, the more weights read it; tinted: not read.</figcaption></figure></div>`;
}

function threshold({ result }: RunReport): Html {
  const { threshold: applied, search, target } = result!;
  const value = applied.kind === 'weight' ? `weight(${brief(applied.value)})` : brief(applied.value);
  const rows = search?.tried.map(
    ({ threshold: at, judgement, holds }) =>
      html`<tr><td class="sign ${holds ? 'added' : 'removed'}">${holds ? '✓' : '✗'}</td>${numbers(brief(at), judgement ? measured(judgement.metric) : 'no function left')}<td>${at === search.threshold ? 'taken' : ''}</td></tr>\n`,
  );
  return html`<h2>Threshold</h2>
<p>Cut at <b>${value}</b>${applied.kind === 'unit' ? ' of importance, unit by unit' : ', weight by weight'}; ${count(result!.nonzero_weights)} weights were not 0 then, before dead units went.${target ? ` The target: ${targetText(target)}.` : search ? '' : ' It was given, not searched for.'}${search?.withoutGain === undefined ? '' : ` Up to ${brief(search.withoutGain)} holds, but nothing goes there: no weight is cut for nothing.`}</p>
${
  search &&
  html`<details open><summary>The search: ${counted(search.tried.length, 'try', 'tries')} on ${count(search.before.rows)} validation rows, limit ${measured(search.limit)}</summary>
<div class="wide"><table>
<thead><tr><th>holds</th>${numeric('threshold', 'metric')}<th></th></tr></thead>
<tbody>
${rows}</tbody>
</table></div></details>`
}`;
}

function confusions({ result }: RunReport): Html | undefined {
  const shown = (['test', 'validation'] as const).flatMap((split) => {
    const confusions = Object.entries(result?.scores[split]?.simplified.confusions ?? {});
    return confusions.length > 0 ? [{ split, confusions }] : [];
  })[0];
  if (!shown) return undefined;
  const { split, confusions } = shown;
  const isOne = !result?.scores[split]?.simplified.losses;
  return html`<h2>Confusion</h2>
${confusions.map(([output, confusion]) => matrix(confusion, isOne ? `${split} rows` : `${output}, ${split} rows`))}`;
}

function matrix(confusion: readonly (readonly number[])[], rows: string): Html {
  return html`<div class="wide"><table class="matrix">
<caption>${rows} of the simplified network: a line for every class, a column for what it was taken for</caption>
<thead><tr><th></th>${confusion[0]!.map((_, k) => html`<th>${k}</th>`)}</tr></thead>
<tbody>
${confusion.map((row, k) => html`<tr><th>${k}</th>${row.map((value, j) => html`<td${j === k ? new Html(' class="right"') : undefined}>${count(value)}</td>`)}</tr>\n`)}</tbody>
</table></div>`;
}

function certificate({ certificate: found, result }: RunReport): Html | undefined {
  if (!found) return undefined;
  const { difference, limits, probe } = found;
  const several = Object.entries(found.outputs);
  return html`<h2>Certificate</h2>
<p>${sign(found.equivalent ? '+' : '-')} ${found.equivalent ? 'Removing dead units left the outputs as they were' : html`<b>Removing dead units changed the outputs</b>`}, on ${count(probe.rows)} rows (${probe.source}, seed ${probe.seed})${result?.finetuned ? ', before fine-tuning' : ''}. Written by ${found.tool}.</p>
${found.within && html`<p>It holds for rows within the ranges that the data section proves: ${constantsText(found.within).join('; ')}.</p>\n`}<div class="wide"><table>
<thead><tr><th>arithmetic</th>${numeric('max |Δ| / max |output|', 'limit')}</tr></thead>
<tbody>
<tr><th>float64</th>${numbers(short(difference.float64), short(limits.float64))}</tr>
<tr><th>float32</th>${numbers(short(difference.float32), short(limits.float32))}</tr>
</tbody>
</table></div>
${
  several.length > 1
    ? html`<div class="wide"><table>
<thead><tr><th>output</th>${numeric('float64', 'float32')}</tr></thead>
<tbody>
${several.map(([name, one]) => html`<tr><th>${name}</th>${numbers(short(one.float64), short(one.float32))}</tr>\n`)}</tbody>
</table></div>\n`
    : undefined
}<div class="wide"><table>
<thead><tr><th>file</th><th>now</th></tr></thead>
<tbody>
${found.holds_for.map(({ file, unchanged }) => html`<tr><td><code>${file}</code></td><td class="${unchanged ? 'added' : 'removed'}">${unchanged ? '✓ as certified' : '✗ gone or changed'}</td></tr>\n`)}</tbody>
</table></div>`;
}

function reproduce({ run }: RunReport): Html {
  const { engine } = run;
  const words = [
    'dnc train',
    inShell(run.spec.file),
    ...run.sets.map((set) => `--set ${inShell(set)}`),
    `--engine ${engine.engine}`,
    `--threads ${engine.threads}`,
    ...(run.update_pass ? [] : ['--no-update-pass']),
  ];
  const facts_: [string, HtmlPart][] = [
    ['spec', html`${run.spec.file}, SHA-256 <code>${run.spec.sha256}</code>`],
    ['seed', String(run.seed)],
    ['engine', `${engine.engine} ${engine.version}, ${engine.threads} threads`],
    ['processor', engine.features],
    ['dnc', run.dnc],
    ...run.data.map(({ name, sha256 }): [string, HtmlPart] => ['data', html`${name}, SHA-256 <code>${sha256}</code>`]),
    ...(run.rows ? [['rows', rowsText(run.rows)] as [string, HtmlPart]] : []),
  ];
  return html`<h2>The same again</h2>
<pre>${words.join(' ')}</pre>
<div class="wide"><table><tbody>
${facts_.map(([name, value]) => html`<tr><th>${name}</th><td>${value}</td></tr>\n`)}</tbody></table></div>`;
}

function numeric(...words: readonly string[]): Html[] {
  return words.map((word) => html`<th class="number">${word}</th>`);
}

function numbers(...values: readonly string[]): Html[] {
  return values.map((value) => html`<td class="number">${value}</td>`);
}

function total(flags: Uint8Array): number {
  return flags.reduce((sum, flag) => sum + flag, 0);
}

/** What a run is called: the name of its folder, also where it was read through a link such as `latest`. */
function idOf(folder: string): string {
  const real = existsSync(folder) ? realpathSync(folder) : folder;
  return real.replace(/[\\/]+$/, '').replace(/^.*[\\/]/, '');
}
