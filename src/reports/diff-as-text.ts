import { constantsText, isEquivalent } from '../compiler/5-shrink/certificate.js';
import { runsOf } from '../compiler/6-print/keep.js';
import { columns } from './columns.js';
import type { Behaviour, DiffResult, LayerDiff, SettingChange } from './diff.js';
import type { ImageExtents } from './images.js';
import { arrow, bytes, count, percent, share, short } from './numbers.js';
import { reasonLines } from './reasons.js';

export const SIGNS = '~ changed   + added   - removed   -/+ replaced';

export interface DiffTextOptions {
  /** Whether to colour the signs for a terminal. */
  readonly colour?: boolean;
}

/** A diff for people, with a legend above and a one-line total at the end. */
export function diffText(diff: DiffResult, { colour = false }: DiffTextOptions = {}): string {
  const text = plainText(diff);
  return colour ? text.split('\n').map(coloured).join('\n') : text;
}

/** Codes of ECMA-48, section 8.3.117. */
const COLOURS: Readonly<Record<string, number>> = { '~': 33, '+': 32, '-': 31, '-/+': 35 };

/** A line with its sign in a colour; the two file names as in other diffs. */
function coloured(line: string, k: number): string {
  const head = /^(?:---|\+\+\+) /.test(line) && k < 3;
  if (head) return `\u001b[1m${line}\u001b[0m`;
  const [all, indentation, sign] = /^( *)(-\/\+|[~+-])(?= )/.exec(line) ?? [];
  if (all === undefined || k === 0) return line;
  return `${indentation}\u001b[${COLOURS[sign!]}m${sign}\u001b[0m${line.slice(all.length)}`;
}

function plainText(diff: DiffResult): string {
  const { before, after, layers, settings } = diff;
  if (diff.same)
    return `no difference between ${before.file} and ${after.file}\n${layers
      .flatMap(reasonsText)
      .map((line) => `${line}\n`)
      .join('')}${behaviourText(diff)}`;
  const model = before.model === after.model ? after.model : `${before.model} → ${after.model}`;
  const sizes = columns(
    [
      [
        'parameters',
        arrow(count(before.parameters), count(after.parameters)),
        share(before.parameters, after.parameters),
      ],
      [
        'multiply-adds',
        arrow(count(before.multiply_adds), count(after.multiply_adds)),
        share(before.multiply_adds, after.multiply_adds),
      ],
      ['bytes', arrow(bytes(before.bytes), bytes(after.bytes)), share(before.bytes, after.bytes)],
    ].map((line) => ['    ', ...line]),
    ['left', 'left', 'left', 'right'],
  );
  const shown = layers.filter(isTold);
  const table = columns(shown.map(layerLine), ['left', 'left', 'left', 'left', 'left', 'left']).split('\n');
  const body = shown.flatMap((layer, k) => [table[k]!, ...details(layer)]);
  const { changed, added, removed, replaced } = diff.totals;
  return [
    SIGNS,
    `--- ${before.file}`,
    `+++ ${after.file}`,
    `${before.parameters === after.parameters ? ' ' : '~'} model ${model}`,
    ...sizes.trimEnd().split('\n'),
    ...body,
    ...settings.map((setting) => `${setting.sign} ${settingText(setting)}`),
    ...behaviourText(diff).split('\n').slice(0, -1),
    `${changed} changed, ${added} added, ${removed} removed${replaced > 0 ? `, ${replaced} replaced` : ''}`,
    '',
  ].join('\n');
}

function layerLine({ sign, name, kind, units, reads, parameters }: LayerDiff): string[] {
  const isInput = (kind.after ?? kind.before) === 'Input';
  return [
    ` ${sign.padStart(2)} ${name}`,
    arrow(kind.before, kind.after),
    arrow(counted(units.before), counted(units.after)),
    isInput ? '' : `reads ${arrow(counted(reads?.before), counted(reads?.after))}`,
    (parameters.before ?? 0) + (parameters.after ?? 0) === 0
      ? ''
      : `parameters ${arrow(counted(parameters.before), counted(parameters.after))}`,
    '',
  ];
}

/** A number of things, where there are any to speak of. */
export function counted(value: number | undefined): string | undefined {
  return value === undefined ? undefined : count(value);
}

/** Whether a diff speaks of a layer: it changed, reads fewer than before, or there is something to say of its units. */
export function isTold(layer: LayerDiff): boolean {
  return layer.sign !== ' ' || layer.reads?.before !== layer.reads?.after || reasonsText(layer).length > 0;
}

/** What removal says of a layer's units, a line each: `stay: fc1 1, 16: LayerNormalization takes mean and variance over all units, …`. */
export function reasonsText(layer: LayerDiff): readonly string[] {
  return reasonLines(layer).map(([word, text]) => `${word}: ${text}`);
}

const WIDTH = 100;

function details(layer: LayerDiff): string[] {
  const { kept, arguments: changed, annotations } = layer;
  const lines = [
    ...reasonsText(layer).map((line) => `      ${line}`),
    ...[...changed, ...annotations].map((one) => `      ${one.sign} ${settingText(one)}`),
  ];
  if (!kept) return lines;
  lines.unshift(clip(`      ${keptText(layer)}`));
  const { image } = kept;
  if (image && image[0] <= DRAWN && image[1] <= DRAWN) lines.splice(1, 0, ...draw(kept.indices, image));
  return lines;
}

/** `kept 34.0 % of its units: 0..3, 7`; undefined where nothing is known of them. */
export function keptText({ kind, kept }: LayerDiff): string | undefined {
  if (!kept) return undefined;
  const noun = kind.after === 'Input' ? 'features' : 'units';
  const which = kept.names ?? runsOf(kept.indices);
  return `kept ${percent(kept.indices.length / kept.of)} of its ${noun}: ${which.join(', ') || 'none'}`;
}

/** Images up to this height and width are drawn. */
const DRAWN = 64;

/** Kept pixels, two rows a line. */
function draw(indices: readonly number[], [height, width, channels]: ImageExtents): string[] {
  const kept = new Set(indices.map((index) => Math.floor(index / channels)));
  const lines: string[] = [];
  for (let y = 0; y < height; y += 2) {
    let line = '      │';
    for (let x = 0; x < width; x++) {
      const upper = kept.has(y * width + x);
      const lower = y + 1 < height && kept.has((y + 1) * width + x);
      line += upper ? (lower ? '█' : '▀') : lower ? '▄' : ' ';
    }
    lines.push(`${line}│`);
  }
  return lines;
}

export function settingText({ name, before, after }: SettingChange): string {
  // A whole annotation's text begins with its own name.
  const named = (after ?? before)?.startsWith('@') ? '' : `${name} `;
  const only = after === undefined ? before : before === undefined ? after : undefined;
  if (only !== undefined) return clip(`${named}${only}`, 8);
  // Both sides are shown: one that is short leaves its room to the other.
  const room = WIDTH - 8 - named.length - ' → '.length;
  const half = Math.floor(room / 2);
  const [old, fresh] = [before!, after!];
  return `${named}${clipTo(old, Math.max(half, room - fresh.length))} → ${clipTo(fresh, Math.max(half, room - old.length))}`;
}

/** Cuts what would go beyond 100 columns behind an indentation. */
function clip(text: string, indentation = 0): string {
  return clipTo(text, WIDTH - indentation);
}

/** Cuts behind a whole item of a list, or else a whole word, and closes what is open there: `[0..3, 7, …]`. */
function clipTo(text: string, width: number): string {
  if (text.length <= width) return text;
  // Room for the mark and for closing what nests, which is seldom deeper.
  const head = text.slice(0, width - 6);
  const cut = [', ', ' '].map((sign) => head.lastIndexOf(sign)).find((at) => at > head.length / 3);
  const kept = cut === undefined ? head : head.slice(0, cut).replace(/,$/, '');
  const between = cut === undefined ? '' : text[cut] === ',' ? ', ' : ' ';
  return `${kept}${between}…${closing(kept)}`;
}

/** The brackets that a text leaves open, closed. */
function closing(text: string): string {
  const pairs: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': ' }' };
  const open: string[] = [];
  for (const sign of text) {
    if (Object.hasOwn(pairs, sign)) open.push(pairs[sign]!);
    else if (')]}'.includes(sign)) open.pop();
  }
  return open.reverse().join('');
}

/** What is known of the outputs, as one line; empty where nothing is. */
export function behaviourText({ behaviour }: DiffResult): string {
  if (!behaviour) return '';
  if (behaviour.kind === 'measured') {
    const { max_difference, rows, changed } = behaviour;
    const predictions = changed === undefined ? '' : `; ${count(changed)} predictions changed`;
    const against = behaviour.of === 'cut' ? 'against the network as it was cut, ' : '';
    return `behaviour: ${against}max|Δ| ${short(max_difference)} of the largest output over ${count(rows)} rows${predictions} (run again${tuned(behaviour)})\n`;
  }
  const { difference, probe } = behaviour.certificate;
  const verdict = isEquivalent(difference) ? 'same outputs as' : 'NOT the outputs of';
  return (
    `behaviour: ${verdict} the network as it was cut: max|Δ| ${short(difference.float32)} of the largest output in float32, ` +
    `${short(difference.float64)} in float64, over ${count(probe.rows)} rows (certificate${tuned(behaviour)})\n${withinText(behaviour)}`
  );
}

/** What the removal rests on that holds within ranges of the inputs only, a line for each layer. */
function withinText({ certificate: { within } }: Extract<Behaviour, { kind: 'certificate' }>): string {
  return within
    ? constantsText(within)
        .map((line) => `ranges: ${line}\n`)
        .join('')
    : '';
}

function tuned({ finetuned }: Behaviour): string {
  return finetuned ? ', before fine-tuning' : '';
}
