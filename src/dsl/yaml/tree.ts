import type { Event } from 'js-yaml';
import type { Reports } from '../../diagnostics/report.js';
import type { Source } from '../../diagnostics/source.js';
import { DEPTH_LIMIT } from '../brackets.js';
import { reportDepth } from '../text.js';
import { jsYaml } from './js-yaml.js';
import { reportSyntax } from './syntax-errors.js';

/**
 * YAML as it is written: what js-yaml's events say, with the ends of everything, and what stands between the events: comments, brackets, dashes,
 * colons. Offsets are UTF-16 units of the source, half-open.
 */
export interface YamlTree {
  /** Absent in an empty text. */
  readonly root: YamlNode | undefined;
  /** In the order of the text. Blanks and line breaks are what is between them. */
  readonly tokens: readonly YamlToken[];
}

export type YamlNode = YamlScalar | YamlSequence | YamlMapping;

export interface YamlScalar {
  readonly kind: 'scalar';
  readonly start: number;
  /** Quotes are inside. */
  readonly end: number;
  /** `empty`: nothing is written, as in `key:`. */
  readonly style: 'plain' | 'quoted' | 'empty';
  /** What a quoted one says; the text of a plain one. */
  readonly value: string;
}

export interface YamlSequence {
  readonly kind: 'sequence';
  readonly start: number;
  readonly end: number;
  /** Whether it is written `[ ]`. */
  readonly flow: boolean;
  readonly items: readonly YamlNode[];
}

export interface YamlMapping {
  readonly kind: 'mapping';
  readonly start: number;
  readonly end: number;
  /** Whether it is written `{ }`, or is a single pair in a `[ ]`. */
  readonly flow: boolean;
  readonly pairs: readonly YamlPair[];
}

export interface YamlPair {
  readonly key: YamlNode;
  readonly value: YamlNode;
}

export interface YamlToken {
  readonly kind: 'scalar' | 'comment' | 'sign';
  readonly start: number;
  readonly end: number;
}

/** YAML nests deeper than the document it says: a layer's argument stands in a map in a list in a map. */
const YAML_DEPTH = 2 * DEPTH_LIMIT + 8;

/** So many calls are mended, so that what stands behind them is read, too. */
const MENDED_CALLS = 50;

/** Parses a text; undefined where it is no YAML or uses what specs do not have, which is reported. */
export function parseTree(source: Source, reports: Reports): YamlTree | undefined {
  const found = eventsOf(source, reports);
  if (!found || refuses(source, found.events, reports)) return undefined;
  return new Building(found.text, found.events).run();
}

/** The events, and the text that they are of: where calls are written as in .dn, words of the same length stand in their place. */
function eventsOf(
  source: Source,
  reports: Reports,
): { readonly events: readonly Event[]; readonly text: string } | undefined {
  const { parseEvents, YAMLException } = jsYaml();
  let { text } = source;
  for (let mended = 0; ; mended++) {
    try {
      return { events: parseEvents(text, { maxDepth: YAML_DEPTH }), text };
    } catch (error) {
      if (!(error instanceof YAMLException)) throw error;
      const at = Math.min(error.mark?.position ?? 0, text.length);
      if (/maxDepth/.test(error.reason)) {
        reportDepth(source, Math.min(at, Math.max(0, text.length - 1)), reports);
        return undefined;
      }
      const call = reportSyntax(source, text, error.reason, at, mended > 0, reports);
      if (!call || mended >= MENDED_CALLS) return undefined;
      text = text.slice(0, call.start) + 'x'.repeat(call.end - call.start) + text.slice(call.end);
    }
  }
}

/** Reports what YAML has and specs do not. */
function refuses(source: Source, events: readonly Event[], reports: Reports): boolean {
  const { EVENT_ID, SCALAR_STYLE } = jsYaml();
  const { text } = source;
  const told = new Set<string>();
  /** Each thing is told where it stands first: a bomb of a hundred aliases is one mistake. */
  const refuse = (what: keyof typeof REPAIRS, start: number, end: number) => {
    if (told.has(what)) return;
    told.add(what);
    reports.report('yaml-feature', { what }, { at: { source, start, end }, help: [REPAIRS[what]] });
  };
  let documents = 0;
  let second = false;
  for (const event of events) {
    if (event.type === EVENT_ID.DOCUMENT) {
      documents++;
      second = documents === 2;
      if (event.directives.length > 0) {
        const start = text.search(/^\ufeff?%/m);
        refuse('a directive', start, start + 1);
      }
      continue;
    }
    const start = 'start' in event ? event.start : 'valueStart' in event ? event.valueStart : -1;
    if (second) {
      // Behind the first document's end, where the events know no place of their own.
      const at = start >= 0 ? start : Math.max(0, text.length - 1);
      refuse('a second document', at, at + 1);
      return true;
    }
    if (event.type === EVENT_ID.ALIAS) refuse('an alias', event.anchorStart - 1, event.anchorEnd);
    else if (event.type !== EVENT_ID.POP) {
      if (event.anchorStart >= 0) refuse('an anchor', event.anchorStart - 1, event.anchorEnd);
      if (event.tagStart >= 0) refuse('a tag', event.tagStart, event.tagEnd);
    }
    if (event.type === EVENT_ID.SCALAR) {
      if (event.style === SCALAR_STYLE.LITERAL_BLOCK || event.style === SCALAR_STYLE.FOLDED_BLOCK) {
        const sign = Math.max(text.lastIndexOf('|', event.valueStart), text.lastIndexOf('>', event.valueStart));
        refuse('a block of text', sign, sign + 1);
      } else if (event.style === SCALAR_STYLE.PLAIN && text.slice(event.valueStart, event.valueEnd) === '<<')
        refuse('a merge key', event.valueStart, event.valueEnd);
    }
  }
  return told.size > 0;
}

const REPAIRS = {
  'a directive': 'leave it out: specs are YAML 1.2 without directives',
  'a second document': 'a file is one spec: put the other one into a file of its own',
  'an alias': 'name the value under `let` and write its name here',
  'an anchor': 'name the value under `let` and write its name where it belongs',
  'a tag': 'leave it out: a quoted scalar is a string, a plain one is what it says in .dn',
  'a block of text': 'write the string in double quotes, a line break in it as \\n',
  'a merge key': 'write the keys where they belong; a part that is used twice is a block',
} as const;

class Building {
  private readonly tokens: YamlToken[] = [];
  private at = 0;
  private cursor = 0;
  private readonly ids = jsYaml().EVENT_ID;
  private readonly plain = jsYaml().SCALAR_STYLE.PLAIN;
  private readonly flow = jsYaml().COLLECTION_STYLE.FLOW;

  constructor(
    private readonly text: string,
    private readonly events: readonly Event[],
  ) {
    if (text.startsWith('\ufeff')) this.cursor = 1;
  }

  run(): YamlTree {
    let root: YamlNode | undefined;
    if (this.events.length > 0) {
      // The document; an empty one holds an empty scalar.
      this.at = 1;
      const node = this.node();
      if (!(node.kind === 'scalar' && node.style === 'empty')) root = node;
    }
    this.advance(this.text.length);
    return { root, tokens: this.tokens };
  }

  private done(): boolean {
    return this.events[this.at]!.type === this.ids.POP;
  }

  private node(): YamlNode {
    const event = this.events[this.at++]!;
    switch (event.type) {
      case this.ids.SCALAR:
        return this.scalar(event);
      case this.ids.SEQUENCE: {
        const flow = event.style === this.flow;
        this.advance(event.start);
        if (flow) this.sign();
        const items: YamlNode[] = [];
        while (!this.done()) {
          if (this.empties()) this.pass('-');
          items.push(this.node());
        }
        return { kind: 'sequence', start: event.start, end: this.close(flow), flow, items };
      }
      case this.ids.MAPPING: {
        const flow = event.style === this.flow;
        this.advance(event.start);
        // `[a: 1]` is a map without braces of its own.
        const inner = this.events[this.at]!;
        const braces = flow && this.text[event.start] === '{' && !('start' in inner && inner.start === event.start);
        if (braces) this.sign();
        const pairs: YamlPair[] = [];
        while (!this.done()) {
          if (this.empties()) this.pass('?');
          const key = this.node();
          if (this.empties()) this.pass(':');
          pairs.push({ key, value: this.node() });
        }
        return { kind: 'mapping', start: event.start, end: this.close(braces), flow, pairs };
      }
      default:
        throw new Error(`an event of type ${event.type} within a document`);
    }
  }

  /** Ends a collection: at its bracket, or where its last part ends. */
  private close(bracket: boolean): number {
    this.at++;
    if (bracket) {
      for (let sign = ''; sign !== ']' && sign !== '}'; ) {
        this.blanks();
        sign = this.text[this.cursor]!;
        this.sign();
      }
    }
    return this.tokens.findLast((token) => token.kind !== 'comment')!.end;
  }

  private scalar(event: Event & { type: 4 }): YamlScalar {
    if (event.valueStart < 0)
      return { kind: 'scalar', start: this.cursor, end: this.cursor, style: 'empty', value: '' };
    const plain = event.style === this.plain;
    const start = plain ? event.valueStart : event.valueStart - 1;
    const end = plain ? event.valueEnd : event.valueEnd + 1;
    this.advance(start);
    this.tokens.push({ kind: 'scalar', start, end });
    this.cursor = end;
    const value = plain ? this.text.slice(start, end) : jsYaml().getScalarValue(this.text, event);
    return { kind: 'scalar', start, end, style: plain ? 'plain' : 'quoted', value };
  }

  /** Whether the next event is an empty scalar, which has no place of its own. */
  private empties(): boolean {
    const event = this.events[this.at]!;
    return event.type === this.ids.SCALAR && (event as { valueStart: number }).valueStart < 0;
  }

  /** Goes behind a sign, if it comes next. */
  private pass(sign: string): void {
    const { length } = this.tokens;
    const { cursor } = this;
    this.blanks();
    if (this.text[this.cursor] === sign) this.sign();
    else {
      this.tokens.length = length;
      this.cursor = cursor;
    }
  }

  private sign(): void {
    this.tokens.push({ kind: 'sign', start: this.cursor, end: ++this.cursor });
  }

  /** Goes over blanks, line breaks and comments. */
  private blanks(): void {
    for (; this.cursor < this.text.length; this.cursor++) {
      const letter = this.text[this.cursor]!;
      if (letter === '#') {
        const line = this.text.indexOf('\n', this.cursor);
        const stop = line < 0 ? this.text.length : line;
        const end = this.text[stop - 1] === '\r' ? stop - 1 : stop;
        this.tokens.push({ kind: 'comment', start: this.cursor, end });
        this.cursor = end - 1;
      } else if (!/\s/.test(letter)) return;
    }
  }

  /** Goes on to an offset; what stands before it are signs and comments. */
  private advance(to: number): void {
    for (this.blanks(); this.cursor < to; this.blanks()) {
      const marker = /^(?:---|\.\.\.)(?=\s|$)/.exec(this.text.slice(this.cursor, this.cursor + 4))?.[0];
      if (marker) {
        this.tokens.push({ kind: 'sign', start: this.cursor, end: this.cursor + 3 });
        this.cursor += 3;
      } else this.sign();
    }
  }
}
