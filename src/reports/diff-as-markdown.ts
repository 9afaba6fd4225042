import type { DiffResult, LayerDiff } from './diff.js';
import { behaviourText, counted, isTold, keptText, settingText, SIGNS } from './diff-as-text.js';
import { cleaned } from './html.js';
import { arrow, bytes, count, percent, share } from './numbers.js';
import { reasonLines } from './reasons.js';

/** A diff for a pull request, in GitHub's Markdown: a table of sizes, a table of layers, and the settings as a diff that is coloured there. */
export function diffMarkdown(diff: DiffResult): string {
  const { before, after, layers, settings, totals } = diff;
  const reasons = reasonsMarkdown(layers);
  if (diff.same)
    return `No difference between ${code(before.file)} and ${code(after.file)}.\n${
      reasons && `\n${reasons}`
    }${diff.behaviour ? `\n${behaviour(diff).trimEnd()}\n` : ''}`;
  const model = before.model === after.model ? after.model : `${before.model} → ${after.model}`;
  const shown = layers.filter(isTold);
  const changes = shown.flatMap((layer) =>
    [...layer.arguments, ...layer.annotations].map((one) => `${one.sign} ${layer.name}: ${settingText(one)}`),
  );
  const lines = [...changes, ...settings.map((one) => `${one.sign} ${settingText(one)}`)];
  const kept = shown.flatMap((layer) => (layer.kept ? [`- ${code(layer.name)} ${plain(keptText(layer)!)}`] : []));
  return [
    `### ${plain(model)}: ${code(before.file)} → ${code(after.file)}`,
    '',
    table(
      ['', 'before', 'after', ''],
      [
        ['parameters', count(before.parameters), count(after.parameters), share(before.parameters, after.parameters)],
        ['weights', count(before.weights), count(after.weights), share(before.weights, after.weights)],
        [
          'multiply-adds',
          count(before.multiply_adds),
          count(after.multiply_adds),
          share(before.multiply_adds, after.multiply_adds),
        ],
        ['bytes', bytes(before.bytes), bytes(after.bytes), share(before.bytes, after.bytes)],
      ],
      ['left', 'right', 'right', 'right'],
    ),
    ...(shown.length > 0
      ? [
          table(['', 'layer', 'kind', 'units', 'parameters', 'kept'], shown.map(layerCells), [
            'left',
            'left',
            'left',
            'right',
            'right',
            'right',
          ]),
        ]
      : []),
    ...(kept.length > 0
      ? [`<details><summary>Which units were kept</summary>\n\n${kept.join('\n')}\n\n</details>\n`]
      : []),
    ...(reasons === '' ? [] : [reasons]),
    ...(lines.length > 0 ? [fenced(lines)] : []),
    behaviour(diff) +
      `${totals.changed} changed, ${totals.added} added, ${totals.removed} removed${totals.replaced > 0 ? `, ${totals.replaced} replaced` : ''} (${code(SIGNS.replace(/ {2,}/g, ', '))})`,
    '',
  ].join('\n');
}

/** Constant outputs first, where nobody overlooks them; the rest may be long. */
function reasonsMarkdown(layers: readonly LayerDiff[]): string {
  const all = layers.flatMap((layer) => reasonLines(layer));
  const list = (isOpen: boolean) =>
    all
      .filter(([word]) => (word === 'constant') === isOpen)
      .map(([word, text]) => `- ${word}: ${plain(text)}\n`)
      .join('');
  const [open, folded] = [list(true), list(false)];
  const details =
    folded && `<details><summary>Which units stay and why, and what was folded</summary>\n\n${folded}\n</details>\n`;
  return `${open}${open && details && '\n'}${details}`;
}

function layerCells({ sign, name, kind, units, parameters, kept }: LayerDiff): string[] {
  return [
    sign === ' ' ? '' : code(sign),
    code(name),
    plain(arrow(kind.before, kind.after)),
    arrow(counted(units.before), counted(units.after)),
    (parameters.before ?? 0) + (parameters.after ?? 0) === 0
      ? ''
      : arrow(counted(parameters.before), counted(parameters.after)),
    kept ? percent(kept.indices.length / kept.of) : '',
  ];
}

function behaviour(diff: DiffResult): string {
  const text = behaviourText(diff).trim();
  return text === '' ? '' : `**Behaviour**${plain(text.replace(/^behaviour/, ''))}\n\n`;
}

function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  align: readonly ('left' | 'right')[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return `${[line(head), line(align.map((one) => (one === 'right' ? '---:' : '---'))), ...rows.map(line)].join('\n')}\n`;
}

/** Lines as a diff: GitHub colours those that begin with + and -. A fence longer than any in the lines cannot be left by them. */
function fenced(lines: readonly string[]): string {
  const text = lines
    .map((line) =>
      cleaned(line)
        .replaceAll(/[\r\n]+/g, ' ')
        .replace(/^~/, '!'),
    )
    .join('\n');
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return `${fence}diff\n${text}\n${fence}\n`;
}

/** Text that stays text: no markup, no HTML, no mention, no cell's end. */
function plain(text: string): string {
  return cleaned(text)
    .replaceAll(/[\r\n]+/g, ' ')
    .replaceAll(/[\\`*_{}[\]<>#|~@!&]/g, (sign) => (sign === '<' ? '&lt;' : sign === '&' ? '&amp;' : `\\${sign}`));
}

/** A name as code. In a table a | ends a cell even there, so such a name is plain text; a backtick is fenced by more of them. */
function code(text: string): string {
  const one = cleaned(text).replaceAll(/[\r\n]+/g, ' ');
  if (one.includes('|') || one.trim() === '') return plain(one);
  const fence = '`'.repeat(Math.max(1, ...[...one.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  const room = one.startsWith('`') || one.endsWith('`') ? ' ' : '';
  return `${fence}${room}${one}${room}${fence}`;
}
