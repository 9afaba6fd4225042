/** A text that diagnostics can point into: a spec file, a command-line value, a data file's header. */
export class Source {
  private lineStarts: number[] | undefined;

  constructor(
    /** How the text is named in messages: a path as the user gave it, or `--set`. */
    readonly name: string,
    readonly text: string,
  ) {}

  /** One-based line and column (UTF-16 code units, a byte-order mark not counted) of an offset; offsets past the end mean the end. */
  position(offset: number): { line: number; column: number } {
    const starts = this.starts();
    const clamped = Math.max(0, Math.min(offset, this.text.length));
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= clamped) low = middle;
      else high = middle - 1;
    }
    const start = low === 0 ? this.mark() : starts[low]!;
    return { line: low + 1, column: Math.max(0, clamped - start) + 1 };
  }

  /** The text of a one-based line, without its line end and without a byte-order mark. */
  line(number: number): string {
    const starts = this.starts();
    const start = number === 1 ? this.mark() : starts[number - 1];
    if (start === undefined) return '';
    const end = starts[number] ?? this.text.length + 1;
    return this.text.slice(start, end - 1).replace(/\r$/, '');
  }

  /** The length of the byte-order mark that some editors put before the first line. */
  private mark(): number {
    return this.text.startsWith('\ufeff') ? 1 : 0;
  }

  private starts(): number[] {
    if (this.lineStarts) return this.lineStarts;
    const starts = [0];
    for (let at = this.text.indexOf('\n'); at >= 0; at = this.text.indexOf('\n', at + 1)) starts.push(at + 1);
    this.lineStarts = starts;
    return starts;
  }
}

/** A half-open range of UTF-16 offsets in one source. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

/** The smallest span that covers both. Both must be in one source. */
export function cover(first: Span, last: Span): Span {
  return { source: first.source, start: Math.min(first.start, last.start), end: Math.max(first.end, last.end) };
}
