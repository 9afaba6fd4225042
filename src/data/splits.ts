import { fail } from '../diagnostics/report.js';
import type { Span } from '../diagnostics/source.js';
import { percentText } from '../dsl/numbers.js';
import type { Call } from '../ir/kind.js';
import { Permutation } from '../random/permutation.js';
import type { SourceParts, Table } from './source.js';
import type { WindowChoices } from './windows.js';

type Part = 'validation' | 'test' | 'train';

/** What the data section says about splitting. */
export interface SplitChoices {
  /** `count(rows)`, `share(fraction)`, `first(rows)`, `last(rows)` or `fold(k, of)`. */
  readonly validation?: Call | undefined;
  readonly test?: Call | undefined;
  /** The rows to train on, of those that are left: `count(rows)`, `share(fraction)`, `first(rows)` or `last(rows)`. Absent: all of them. */
  readonly train?: Call | undefined;
  /** Where these are written. */
  readonly splitSpans?: Readonly<Partial<Record<Part, Span>>> | undefined;
  readonly seed: number;
  /** Rows are ordered by time and become windows: parts are stretches of them, the later ones held out. */
  readonly window?: WindowChoices | undefined;
  readonly span?: Span | undefined;
}

/** The parts of a data set; they share its data. Rows of a part keep their order. */
export interface Parts {
  readonly train: Table;
  readonly validation?: Table;
  readonly test?: Table;
  /** Rows that are neither held out nor trained on, where `train` chooses some. */
  readonly unused?: number;
}

/**
 * Splits the rows that a source read. The test part is taken first: from the training rows as the choices say, else the source's own. Then the
 * validation part is taken from the training rows that are left. `count`, `share` and `fold` draw their rows by the seed of the data section; a share
 * is one of all training rows that the source has, so that `validation: 15%` and `test: 15%` are equally large. With windows nothing is drawn: `count` and `share`
 * take the last rows, so that the order is training, validation, test, and `fold` a stretch. What is trained on is chosen last, so that the rows held out are the same with and without it.
 *
 * @throws Failure not-enough-rows, empty-part
 */
export function split(read: SourceParts, choices: SplitChoices): Parts {
  const all = Int32Array.from({ length: read.train.rows }, (_, row) => row);
  const withoutTest = choices.test ? holdOut('test', choices.test, all, all.length, choices) : undefined;
  const rest = withoutTest?.rest ?? all;
  const withoutValidation = choices.validation
    ? holdOut('validation', choices.validation, rest, all.length, choices)
    : undefined;
  const left = withoutValidation?.rest ?? rest;
  const train = choices.train ? holdOut('train', choices.train, left, all.length, choices).held : left;
  const test = withoutTest ? select(read.train, withoutTest.held) : read.test;
  const validation = withoutValidation ? select(read.train, withoutValidation.held) : read.validation;
  return {
    train: train === all ? read.train : select(read.train, train),
    ...(train !== left && { unused: left.length - train.length }),
    ...(validation && { validation }),
    ...(test && { test }),
  };
}

/** The table of some of its rows, by their positions. */
export function select(table: Table, positions: Int32Array): Table {
  const { selection } = table;
  return {
    ...table,
    rows: positions.length,
    selection: selection ? positions.map((position) => selection[position]!) : positions,
  };
}

/** Chooses rows for a part, of which all may be trained on, and not all held out; both results keep the order of `from`. `total` is what a share is a share of. */
function holdOut(
  part: Part,
  call: Call,
  from: Int32Array,
  total: number,
  { seed, window, span, splitSpans }: SplitChoices,
): { readonly held: Int32Array; readonly rest: Int32Array } {
  const number = (name: string) => call.arguments[name] as number;
  const where = { at: splitSpans?.[part] ?? span };
  const enough = (asked: number) => {
    if (asked < from.length || (part === 'train' && asked === from.length)) return asked;
    const rows = from.length;
    // Only `test` is taken before.
    const of =
      part === 'train'
        ? rows === total
          ? 'to train on'
          : 'left to train on'
        : rows === total
          ? ''
          : 'that `test` leaves';
    const most = `\`${part}: ${rows - 1}\` is the most`;
    const help =
      part === 'train'
        ? ['without `train` all rows that are left are trained on']
        : rows > 1
          ? [rows < 10 ? most : `${most}; a share is one of all rows: \`${part}: 10%\``]
          : [];
    return fail('not-enough-rows', { part, asked, rows, of }, { ...where, help });
  };
  /** Whether the row at a position is held out. Drawn parts ask for the position's place in a random order. */
  let isHeld: (position: number) => boolean;
  const order = () => new Permutation(from.length, `split.${part}`, { seed });
  switch (call.word) {
    case 'first': {
      const rows = enough(number('rows'));
      isHeld = (position) => position < rows;
      break;
    }
    case 'last': {
      const rows = enough(number('rows'));
      isHeld = (position) => position >= from.length - rows;
      break;
    }
    case 'count':
    case 'share': {
      const share = call.word === 'share' ? number('fraction') * total : 0;
      // 90 % and the 10 % that are held out may be a row more than there are, each being rounded.
      const rounded = part === 'train' && share < from.length + 1 ? Math.min(Math.round(share), from.length) : share;
      const rows = enough(call.word === 'count' ? number('rows') : Math.round(rounded));
      if (window) {
        isHeld = (position) => position >= from.length - rows;
        break;
      }
      const random = order();
      isHeld = (position) => random.at(position) < rows;
      break;
    }
    case 'fold': {
      const [fold, of] = [number('k') - 1, number('of')];
      if (fold >= of) fail('no-such-fold', { part, fold: fold + 1, of }, where);
      enough(Math.ceil(from.length / of));
      if (window) {
        isHeld = (position) => Math.floor((position * of) / from.length) === fold;
        break;
      }
      const random = order();
      isHeld = (position) => random.at(position) % of === fold;
      break;
    }
    default:
      throw new Error(`no split ${call.word}`);
  }
  const held: number[] = [];
  const rest: number[] = [];
  from.forEach((row, position) => void (isHeld(position) ? held : rest).push(row));
  if (held.length === 0) fail('empty-part', { part, asked: asWritten(call), rows: from.length }, where);
  return { held: Int32Array.from(held), rest: Int32Array.from(rest) };
}

function asWritten({ word, arguments: args }: Call): string {
  if (word === 'share') return percentText(args.fraction as number);
  if (word === 'fold') return `fold(${args.k}, of: ${args.of})`;
  return word === 'count' ? String(args.rows) : `${word}(${args.rows})`;
}
