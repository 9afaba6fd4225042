import type { DiffResult, LayerDiff, SettingChange, Sign } from './diff.js';
import { behaviourText, counted, keptText, reasonsText, settingText } from './diff-as-text.js';
import { Html, html, page, unbroken } from './html.js';
import { arrow, bytes, count, percent, share } from './numbers.js';
import { drawFeatures } from './pattern-picture.js';
import { imageTag } from './picture-tag.js';

/** A diff as one page of HTML that needs nothing else. */
export function diffPage(diff: DiffResult): string {
  const { before, after, settings, totals } = diff;
  const model = before.model === after.model ? after.model : `${before.model} → ${after.model}`;
  const images = diff.layers.flatMap(({ name, kept }) => (kept?.image ? [{ name, kept, extents: kept.image }] : []));
  return page(
    `${model}: difference`,
    html`
<h1>${model}</h1>
<p class="soft">${sign('-')} ${before.file} <br>${sign('+')} ${after.file}</p>
${diff.same ? html`<p>There is no difference.</p>` : undefined}
${layerTable(diff)}
${
  images.length > 0
    ? html`<h2>What is read of the input</h2>\n${images.map(({ name, kept, extents }) => {
        const flags = new Uint8Array(extents[0] * extents[1] * extents[2]);
        for (const index of kept.indices) flags[index] = 1;
        const picture = drawFeatures(extents, { readers: Uint32Array.from(flags), kept: flags });
        return html`<div class="patterns"><figure>${imageTag(picture, `what is read of ${name}`)}<figcaption>${name}: ${count(kept.indices.length)} of ${count(kept.of)} features are read (dark)</figcaption></figure></div>`;
      })}`
    : undefined
}
${settings.length > 0 ? html`<h2>Settings</h2>\n${changes(settings)}` : undefined}
<h2>Behaviour</h2>
<p>${
      behaviourText(diff)
        .replace(/^behaviour: /, '')
        .trim() || 'Nothing is known of their outputs: there is no certificate, and they were not run (--behaviour).'
    }</p>
<p class="soft">${totals.changed} changed, ${totals.added} added, ${totals.removed} removed, ${totals.replaced} replaced</p>`,
  );
}

/** The layers side by side, with their sizes: the bar of a layer is as long as it has units, hatched where they were removed. */
export function layerTable(diff: DiffResult): Html {
  const { before, after, layers } = diff;
  const widest = Math.max(1, ...layers.flatMap(({ units }) => [units.before ?? 0, units.after ?? 0]));
  return html`<div class="wide"><table>
<thead><tr><th></th><th>layer</th><th>kind</th><th class="number">units</th><th></th><th class="number">parameters</th><th class="number">multiply-adds</th><th class="number">bytes</th></tr></thead>
<tbody>
${layers.map((layer) => layerRows(layer, widest))}
<tr class="total"><td></td><th>total</th><td></td><td></td><td></td>${[
    [count(before.parameters), count(after.parameters), share(before.parameters, after.parameters)],
    [count(before.multiply_adds), count(after.multiply_adds), share(before.multiply_adds, after.multiply_adds)],
    [bytes(before.bytes), bytes(after.bytes), share(before.bytes, after.bytes)],
  ].map(
    ([old, now, change]) =>
      html`<td class="number">${unbroken(arrow(old, now))}<br><span class="soft">${change && unbroken(change)}</span></td>`,
  )}</tr>
</tbody>
</table></div>
${HATCH}`;
}

/** One pattern for all bars of a page; it is drawn nowhere itself. */
const HATCH = html`<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs><pattern id="removed-units" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line x1="0" y1="0" x2="0" y2="5" stroke="#4c8fc4" stroke-width="1.6" stroke-opacity="0.6"/></pattern></defs></svg>`;

function layerRows(layer: LayerDiff, widest: number): Html {
  const { name, kind, units, parameters, multiply_adds, bytes: size, arguments: own, annotations } = layer;
  const cell = (values: { readonly before?: number; readonly after?: number }, show: (value: number) => string) =>
    html`<td class="number">${(values.before ?? 0) + (values.after ?? 0) === 0 ? '' : unbroken(arrow(values.before === undefined ? undefined : show(values.before), values.after === undefined ? undefined : show(values.after)))}</td>`;
  const [, summary, indices] = /^([^:]*): (.*)$/s.exec(keptText(layer) ?? '') ?? [];
  const kept = summary !== undefined ? html`<details><summary>${summary}</summary>${indices}</details>` : undefined;
  const written = [...own, ...annotations];
  const reasons = reasonsText(layer);
  const isOpen = kept !== undefined || reasons.length > 0 || written.length > 0;
  return html`<tr${isOpen ? new Html(' class="open"') : undefined}><td>${sign(layer.sign)}</td><th>${name}</th><td>${arrow(kind.before, kind.after)}</td><td class="number">${unbroken(arrow(counted(units.before), counted(units.after)))}</td><td>${bar(layer, widest)}</td>${cell(parameters, count)}${cell(multiply_adds, count)}${cell(size, bytes)}</tr>
${
  isOpen
    ? html`<tr class="detail"><td></td><td colspan="7" class="soft">${kept}${reasons.map((line) => html`<div>${line}</div>\n`)}${written.length > 0 ? changes(written) : undefined}</td></tr>\n`
    : undefined
}`;
}

/** Square roots, so that ten units are seen beside a thousand. */
function bar({ units }: LayerDiff, widest: number): Html {
  const [before, after] = [units.before ?? 0, units.after ?? 0];
  const length = (value: number) => (100 * Math.sqrt(value / widest)).toFixed(1);
  const share_ = before > 0 && after < before ? `, ${percent(after / before)} kept` : '';
  return html`<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="${`${count(after)} units${share_}`}"><rect x="0" y="1" width="${length(Math.max(before, after))}" height="8" fill="url(#removed-units)" stroke-width="0.5" vector-effect="non-scaling-stroke"/><rect x="0" y="1" width="${length(after)}" height="8" fill="#4c8fc4" stroke-width="0.5" vector-effect="non-scaling-stroke"/></svg>`;
}

function changes(settings: readonly SettingChange[]): Html {
  return html`${settings.map((one) => html`<div>${sign(one.sign)} <code>${settingText(one)}</code></div>\n`)}`;
}

const CLASSES: Readonly<Record<Sign, readonly [className: string, word: string]>> = {
  '~': ['changed', 'changed'],
  '+': ['added', 'added'],
  '-': ['removed', 'removed'],
  '-/+': ['replaced', 'replaced'],
  ' ': ['', 'as it was'],
};

/** A sign, in its colour and with its word for those who do not see it. */
export function sign(one: Sign): Html {
  const [className, word] = CLASSES[one];
  return html`<span class="sign ${className}" title="${word}">${one}</span>`;
}
