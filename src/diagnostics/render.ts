import type { Diagnostic } from './diagnostic.js';
import type { Source, Span } from './source.js';

export interface RenderOptions {
  /** ANSI colours. Off unless asked for. */
  readonly color?: boolean;
  /** How many diagnostics are written out; the rest are counted. Default 20. */
  readonly limit?: number;
  /** The file whose diagnostics they are, for the count at the end. Absent: it goes without saying. */
  readonly of?: string;
}

const LIMIT = 20;
const TAB = 4;
/** Lines longer than this are cut around the marked place. */
const WIDEST = 160;

/**
 * Prints diagnostics for people, each with the lines that it speaks of:
 *
 * ```
 * error[written-twice]: the section `train` is written twice
 *   --> lenet.dn:12:1
 *    |
 *  7 | train { epochs: 5 }
 *    | ----- first here
 *    :
 * 12 | train { epochs: 6 }
 *    | ^^^^^
 *    = help: …
 * ```
 *
 * Control characters and those that change the writing direction are shown as signs: a file cannot write to the terminal through its errors.
 */
export function render(diagnostics: readonly Diagnostic[], options: RenderOptions = {}): string {
  const paint = painter(options.color ?? false);
  const limit = options.limit ?? LIMIT;
  const shown = diagnostics.length > limit ? mostImportant(diagnostics, limit) : diagnostics;
  const parts = shown.map((one) => renderOne(one, paint));
  const errors = diagnostics.filter((one) => one.severity === 'error').length;
  const warnings = diagnostics.length - errors;
  if (shown.length < diagnostics.length)
    parts.push(`… and ${count(diagnostics.length - shown.length, 'more message')}\n`);
  if (diagnostics.length > 1) {
    const totals = [errors > 0 ? count(errors, 'error') : '', warnings > 0 ? count(warnings, 'warning') : ''];
    const of = options.of === undefined ? '' : ` in ${visible(options.of)}`;
    parts.push(`${totals.filter(Boolean).join(', ')}${of}\n`);
  }
  return parts.join('\n');
}

/** The place of a diagnostic as `file:line:column`, or nothing where it has none. */
export function place(span: Span | undefined): string {
  if (!span) return '';
  const { line, column } = span.source.position(span.start);
  return `${visible(span.source.name)}:${line}:${column}`;
}

type Paint = (kind: 'error' | 'warning' | 'frame' | 'bold', text: string) => string;

function painter(color: boolean): Paint {
  const codes = { error: '1;31', warning: '1;33', frame: '1;34', bold: '1' };
  return (kind, text) => (color && text ? `\u001b[${codes[kind]}m${text}\u001b[0m` : text);
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** Errors before warnings when not all fit, in the order of the file. */
function mostImportant(diagnostics: readonly Diagnostic[], limit: number): Diagnostic[] {
  const errors = diagnostics.filter((one) => one.severity === 'error').slice(0, limit);
  const warnings = diagnostics.filter((one) => one.severity === 'warning').slice(0, limit - errors.length);
  const kept = new Set([...errors, ...warnings]);
  return diagnostics.filter((one) => kept.has(one));
}

/** One place to mark: the diagnostic's own or another that it names. */
interface Mark {
  readonly at: Span;
  readonly note: string;
  readonly main: boolean;
}

/** A piece of a line to underline. Columns are offsets in the line. */
interface Underline {
  readonly from: number;
  readonly to: number;
  readonly note: string;
  readonly main: boolean;
}

function renderOne(one: Diagnostic, paint: Paint): string {
  const lines = [`${paint(one.severity, `${one.severity}[${one.code}]`)}${paint('bold', `: ${visible(one.message)}`)}`];
  const marks: Mark[] = [
    ...(one.at ? [{ at: one.at, note: one.label ?? '', main: true }] : []),
    ...one.also.map(({ at, note }) => ({ at, note, main: false })),
  ];
  const sources = [...new Set(marks.map((mark) => mark.at.source))];
  const frames = sources.map((source) => ({ source, rows: rowsOf(source, marks) }));
  const gutter = Math.max(1, ...frames.flatMap(({ rows }) => [...rows.keys()].map((line) => String(line).length)));
  const bar = `${' '.repeat(gutter)} ${paint('frame', '|')}`;
  frames.forEach(({ source, rows }, index) => {
    const first = marks.find((mark) => mark.at.source === source)!;
    lines.push(`${' '.repeat(gutter)}${paint('frame', index === 0 ? '-->' : ':::')} ${place(first.at)}`, bar);
    let previous: number | undefined;
    for (const line of [...rows.keys()].sort((a, b) => a - b)) {
      if (previous !== undefined && line > previous + 1) lines.push(`${' '.repeat(gutter)} ${paint('frame', ':')}`);
      previous = line;
      const shown = new ShownLine(source.line(line), rows.get(line)!);
      lines.push(`${paint('frame', `${String(line).padStart(gutter)} |`)} ${shown.text}`.trimEnd());
      for (const row of shown.marked(paint, one.severity)) lines.push(`${bar} ${row}`.trimEnd());
    }
  });
  for (const help of one.help)
    lines.push(`${' '.repeat(gutter)} ${paint('frame', '=')} ${paint('bold', 'help')}: ${visible(help)}`);
  return `${lines.join('\n')}\n`;
}

/** What is underlined on which line. A span over several lines is marked on its first and its last one. */
function rowsOf(source: Source, marks: readonly Mark[]): Map<number, Underline[]> {
  const rows = new Map<number, Underline[]>();
  const put = (line: number, underline: Underline) => {
    const row = rows.get(line);
    if (row) row.push(underline);
    else rows.set(line, [underline]);
  };
  for (const { at, note, main } of marks) {
    if (at.source !== source) continue;
    const start = source.position(at.start);
    const last = source.position(Math.max(at.start, at.end - 1));
    const from = start.column - 1;
    if (start.line === last.line) {
      put(start.line, { from, to: Math.max(from + 1, last.column - 1 + (at.end > at.start ? 1 : 0)), note, main });
      continue;
    }
    const text = source.line(last.line);
    put(start.line, { from, to: Math.max(from + 1, source.line(start.line).length), note, main });
    put(last.line, { from: text.length - text.trimStart().length, to: last.column, note: '', main });
  }
  return rows;
}

/** A source line made fit for a terminal, with the columns at which its characters came to stand. */
class ShownLine {
  readonly text: string;
  /** The screen column of every UTF-16 offset, counted from the cut. */
  private readonly columns: number[] = [];
  private readonly first: number;
  private readonly end: number;

  constructor(
    line: string,
    private readonly underlines: readonly Underline[],
  ) {
    // Long lines are cut before the work of measuring them: a line may have a million characters.
    const mainOne = underlines.find((one) => one.main) ?? underlines[0]!;
    const cut = line.length > WIDEST;
    this.first = cut ? Math.max(0, Math.min(mainOne.from - WIDEST / 2, line.length - WIDEST)) : 0;
    this.end = cut ? Math.min(line.length, this.first + WIDEST) : line.length;
    const front = this.first > 0 ? '… ' : '';
    let shown = front;
    let column = front.length;
    let offset = this.first;
    for (const { segment } of graphemes().segment(line.slice(this.first, this.end))) {
      const image = segment === '\t' ? ' '.repeat(TAB - (column % TAB)) : visible(segment);
      for (let i = 0; i < segment.length; i++) this.columns.push(column);
      column += image === segment ? width(segment) : image.length;
      shown += image;
      offset += segment.length;
    }
    this.columns.push(column);
    this.text = shown + (offset < line.length ? ' …' : '');
  }

  /** The rows under the line: the marks with the last one's note behind them, then the other notes, each under its mark. */
  marked(paint: Paint, severity: 'error' | 'warning'): string[] {
    const marks = this.underlines
      .filter((one) => one.main || (one.from <= this.end && one.to >= this.first))
      .map((one) => {
        const from = this.column(one.from);
        return { from, to: Math.max(from + 1, this.column(one.to)), note: visible(one.note), main: one.main };
      })
      .sort((a, b) => a.from - b.from || a.to - b.to);
    const style = (main: boolean) => (main ? severity : 'frame');
    const last = marks.at(-1);
    if (!last) return [];
    const cells: { sign: string; main: boolean }[] = [];
    // The main mark is drawn last, so that it stays whole where another one overlaps it.
    for (const mark of [...marks].sort((a, b) => Number(a.main) - Number(b.main))) {
      for (let i = mark.from; i < mark.to; i++) cells[i] = { sign: mark.main ? '^' : '-', main: mark.main };
    }
    let row = '';
    for (let i = 0; i < cells.length; ) {
      const cell = cells[i];
      let j = i + 1;
      while (j < cells.length && cells[j]?.sign === cell?.sign) j++;
      row += cell ? paint(style(cell.main), cell.sign.repeat(j - i)) : ' '.repeat(j - i);
      i = j;
    }
    // The note of the last mark stands beside it, unless another mark reaches further right.
    const beside = cells.length === last.to ? last : undefined;
    const rows = [beside?.note ? `${row} ${paint(style(last.main), last.note)}` : row];
    for (const mark of marks.filter((one) => one !== beside && one.note).reverse()) {
      rows.push(`${' '.repeat(mark.from)}${paint(style(mark.main), mark.note)}`);
    }
    return rows;
  }

  private column(offset: number): number {
    const index = Math.max(0, Math.min(offset - this.first, this.columns.length - 1));
    return this.columns[index]!;
  }
}

let segmenter: Intl.Segmenter | undefined;

/** Made when the first line is shown: it takes longer than checking a small spec. */
function graphemes(): Intl.Segmenter {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return segmenter;
}

/** Text that does nothing to a terminal: control characters as signs, direction marks by their number. Line breaks become spaces. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (character) => {
    const number = character.codePointAt(0)!;
    if (character === '\n') return ' ';
    if (number < 0x20) return String.fromCharCode(0x2400 + number);
    if (number === 0x7f) return '␡';
    return `<U+${number.toString(16).toUpperCase().padStart(4, '0')}>`;
  });
}

/** Controls, soft hyphen, marks of direction, zero-width spaces, separators, byte-order mark, lone surrogates. */
const UNSEEN = /[\p{Cc}\p{Cs}\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

/** Columns that a character takes on a terminal: 2 for emoji and East Asian wide ones, 0 for what only combines. */
function width(character: string): number {
  if (/^\p{M}+$/u.test(character)) return 0;
  return /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u.test(
    character,
  )
    ? 2
    : 1;
}
