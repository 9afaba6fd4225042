import { drawChart } from './charts.js';
import { type Html, html, page } from './html.js';
import { count, measured, percent } from './numbers.js';
import { COSTS, ranked, type SweepReport } from './sweep.js';
import { costsOf, costText, frontMark, scoreText, stateText, valuesText } from './sweep-as-text.js';
import { sweepCharts } from './sweep-charts.js';

/** A sweep as one page of HTML that needs nothing else. */
export async function sweepPage(report: SweepReport): Promise<string> {
  const figures: Html[] = [];
  for (const { title, description, spec } of sweepCharts(report))
    figures.push(html`<figure><figcaption>${title}</figcaption>${await drawChart(spec, description)}</figure>`);
  const { objective, repeated, combinations, chosen, importances } = report;
  const best = combinations.find(({ number }) => number === chosen?.combination);
  const states = (['finished', 'stopped early', 'failed', 'waiting'] as const).flatMap((state) => {
    const number = combinations.filter((one) => one.state === state).length;
    return number === 0 ? [] : [`${count(number)} ${state === 'waiting' ? 'not done' : state}`];
  });
  const trials = combinations.reduce((sum, one) => sum + one.trials.length, 0);
  return page(
    `Sweep of ${report.name}`,
    html`
<h1>Sweep of ${report.name}</h1>
<p class="soft">${report.strategy} · ${count(combinations.length)} combinations${repeated.length > 0 ? ` over ${repeated.join(', ')}: ${count(trials)} trials` : ''} · ${repeated.length > 0 ? 'combinations: ' : ''}${states.join(', ')}</p>
${best && facts(report, best)}
${
  best &&
  html`<p>Chosen on validation rows: <b>${valuesText(best.values)}</b>${
    chosen?.test
      ? html`. On test rows, which chose nothing: ${Object.entries(chosen.test)
          .map(([name, value]) => `${name} ${measured(value)}`)
          .join(', ')}`
      : undefined
  }.</p>`
}
<div class="charts">${figures}</div>
<h2>All combinations</h2>
${table(report)}
<p class="soft">val_${objective.name}: ${objective.better} is better${repeated.length > 0 ? `; mean ± standard deviation over ${repeated.join(', ')}` : ''}. ◆ no other is as good with as few parameters; ◇ so for multiply-adds or milliseconds alone.</p>
${
  importances.length > 0
    ? html`<p class="soft">Importance: ${importances.map(({ address, share, measure }) => `${address} ${percent(share)} (${measure})`).join(', ')}. It is the share of the objective's variance that lies between the values of an address (η²), or, where nearly every value is another one, the square of Spearman's rank correlation; what values do only together is in neither.</p>`
    : undefined
}
<p class="signature">Written by dnc. This page holds all that it shows: nothing is loaded from elsewhere.</p>`,
  );
}

function facts(report: SweepReport, best: SweepReport['combinations'][number]): Html {
  const entries: [string, string][] = [[scoreText(best), `val_${report.objective.name} of the chosen combination`]];
  for (const cost of costsOf(report)) entries.push([costText(cost, best[cost]), COSTS[cost].axis]);
  return html`<div class="facts">${entries.map(([value, words]) => html`<div class="fact"><b>${value}</b><span>${words}</span></div>`)}</div>`;
}

function table(report: SweepReport): Html {
  const costs = costsOf(report);
  const rows = ranked(report).map(
    (one) =>
      html`<tr><th>${one.number}${one.number === report.chosen?.combination ? ' ★' : ''}</th>${report.addresses.map((address) => html`<td class="number">${one.values[address]}</td>`)}<td class="number">${scoreText(one)}</td>${costs.map((cost) => html`<td class="number">${costText(cost, one[cost])}</td>`)}<td>${frontMark(report, one)}</td><td>${stateText(one)}</td><td class="soft">${one.folders.join(' ')}</td></tr>\n`,
  );
  return html`<div class="wide"><table>
<thead><tr><th>#</th>${report.addresses.map((address) => html`<th class="number">${address}</th>`)}<th class="number">val_${report.objective.name}</th>${costs.map((cost) => html`<th class="number">${COSTS[cost].short}</th>`)}<th>front</th><th></th><th>runs</th></tr></thead>
<tbody>
${rows}</tbody>
</table></div>`;
}
