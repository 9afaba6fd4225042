import { fail, Reports } from '../../diagnostics/report.js';
import { sizeOf } from '../../program/program.js';
import { keyText } from '../csv/table.js';
import type { Field, Table } from '../source.js';
import { medianOf } from '../median.js';
import { heldNumbers } from '../row-memory.js';
import { RowCursor } from '../stored-rows.js';
import { callOf, type ColumnChoices, findField, isTarget, missingRule, roleOf, targetNames } from './choices.js';
import {
  describeFitted,
  type Fitted,
  type FittedCategories,
  type FittedClasses,
  type FittedColumn,
  type FittedNumbers,
  type FittedPictures,
  type FittedTokens,
  type PictureChoices,
} from './fitted.js';
import { inOrder, mismatch, namePictures, textsOf } from './texts.js';
import { FIRST_WORD, learnVocabulary, wordsIn } from './vocabulary.js';
import type { WindowChoices } from '../windows.js';

/** Categories of a column that nobody declared to be one. More are most likely names. */
const MOST_CATEGORIES = 1000;

/** Whether the data section asks for anything that is learned from the rows, or the rows are those of a table of columns. */
export function needsFit(
  table: Table,
  choices: ColumnChoices & { readonly window?: WindowChoices | undefined },
): boolean {
  return (
    table.columns !== undefined ||
    choices.columns !== undefined ||
    choices.missing !== undefined ||
    choices.standardize === true ||
    choices.window !== undefined
  );
}

/**
 * Learns what the data section asks for: fills for missing numbers, means and standard deviations, categories and vocabularies from the training rows alone; the
 * names of classes from all rows, since the output has one unit for each whatever the split is. `missing` fills first, `standardize` then counts the
 * fills (as in a pipeline of scikit-learn); deviations are those of the rows themselves, divided by n, as in StandardScaler and in Keras'
 * Normalization. A column without any deviation is divided by 1.
 *
 * @throws Failure missing-cells, nothing-to-fill-with, too-many-categories, text-without-tokens, field-mismatch, unknown-class
 */
export function fitColumns(
  train: Table,
  all: Table,
  choices: ColumnChoices & { readonly window?: WindowChoices | undefined },
): Fitted {
  const reports = new Reports();
  for (const field of all.fields) reportMissing(field, all, choices, reports);
  reports.throwIfFailed();
  const columns = train.fields.map((field): FittedColumn => {
    const own = { name: field.name, ...(field.position !== undefined && { position: field.position }) };
    switch (roleOf(field, train, choices)) {
      case 'classes':
        return { ...own, ...classesOf(field, all, choices) };
      case 'one_hot':
        return { ...own, ...categoriesOf(field, train, choices) };
      case 'tokens':
        return { ...own, ...tokensOf(field, train, choices) };
      case 'image_file':
        return { ...own, ...picturesOf(field, choices) };
      default:
        return { ...own, ...numbersOf(field, train, choices) };
    }
  });
  refuseClashes(columns, choices);
  const target = choices.target ?? train.target;
  const named = target === undefined ? undefined : (findField(train.fields, target)?.name ?? target);
  const { window } = choices;
  return {
    format: 1,
    columns,
    ...(named !== undefined && { target: named }),
    ...(train.columns !== undefined && { width: train.columns }),
    ...(window && {
      window: {
        ...window,
        targets: targetNames(train, choices).flatMap((name) => findField(train.fields, name)?.name ?? []),
      },
    }),
  };
}

function refuseClashes(columns: readonly FittedColumn[], choices: ColumnChoices): void {
  const seen = new Set<string>();
  for (const feature of describeFitted({ format: 1, columns }).fields.flatMap((field) => field.units ?? [])) {
    if (seen.has(feature)) fail('columns-clash', { feature }, { at: choices.span });
    seen.add(feature);
  }
}

function reportMissing(field: Field, table: Table, choices: ColumnChoices, reports: Reports): void {
  if (!field.missing || missingRule(field, table, choices) !== 'error') return;
  const role = roleOf(field, table, choices);
  const key = keyText(field.name);
  const drops = '`missing: drop` in the data section leaves out their rows';
  const help =
    role === 'number' && !isTarget(field, table, choices)
      ? [
          `fill them: \`columns { ${key}: number(missing: median) }\`, or mean, or a number; \`drop\` leaves out their rows`,
          '`missing: median` in the data section holds for all columns of numbers',
        ]
      : role === 'one_hot'
        ? [`\`columns { ${key}: one_hot(missing: zeros) }\`, or frequent; \`drop\` leaves out their rows`]
        : role === 'tokens'
          ? [`\`columns { ${key}: tokens(…, missing: empty) }\` reads them as texts without words`, drops]
          : [drops];
  const { count, first } = field.missing;
  reports.report('missing-cells', { column: field.name, count, first }, { at: choices.span, help });
}

function numbersOf(field: Field, train: Table, choices: ColumnChoices): FittedNumbers {
  if (field.form !== 'values') return mismatch(field, 'numbers', choices);
  const width = sizeOf(field.shape);
  const rule = missingRule(field, train, choices);
  if ((rule === 'mean' || rule === 'median') && field.missing && known(field, train).length === 0)
    refuseEmpty(field, rule, choices);
  const fill =
    rule === 'mean'
      ? meanOf(known(field, train))
      : rule === 'median'
        ? medianOf(known(field, train))
        : typeof rule === 'number'
          ? rule
          : undefined;
  const named = field.units !== undefined;
  const own = callOf(field, choices)?.arguments.standardize as boolean | undefined;
  const standardized = own ?? (choices.standardize === true && !isTarget(field, train, choices));
  const result: FittedNumbers = { kind: 'number', shape: field.shape, named, ...(fill !== undefined && { fill }) };
  if (!standardized) return result;
  const cursor = new RowCursor({ data: field.data, width, rows: train.selection });
  /** Adds up a number for every place, over all rows in their order. */
  const sums = (of: (value: number, place: number) => number): Float64Array => {
    const found = new Float64Array(width);
    for (let row = 0; row < train.rows; row++) {
      const { numbers, from } = cursor.seek(row);
      for (let place = 0; place < width; place++) {
        const value = numbers[from + place]!;
        found[place]! += of(Number.isNaN(value) ? (fill ?? 0) : value, place);
      }
    }
    return found;
  };
  const mean = Array.from(
    sums((value) => value),
    (sum) => sum / train.rows,
  );
  const squares = sums((value, place) => (value - mean[place]!) ** 2);
  const deviation = mean.map((middle, place) => {
    const spread = Math.sqrt(squares[place]! / train.rows);
    // What is constant but for rounding has no deviation.
    return spread > Math.abs(middle) * 1e-7 ? spread : 1;
  });
  return { ...result, mean, deviation };
}

/** The numbers of a column that are there, in the training rows. */
function known(field: Field, train: Table): Float64Array {
  const values: number[] = [];
  const numbers = heldNumbers(field, 'a fill for missing numbers');
  for (let row = 0; row < train.rows; row++) {
    const value = numbers[train.selection ? train.selection[row]! : row]!;
    if (!Number.isNaN(value)) values.push(value);
  }
  return Float64Array.from(values);
}

/** The column is all missing where a fill for it is to be learned. */
function refuseEmpty(field: Field, fill: string, choices: ColumnChoices): never {
  const help = [`leave it out: \`columns { ${keyText(field.name)}: skip }\``];
  return fail('nothing-to-fill-with', { column: field.name, fill }, { at: choices.span, help });
}

/** 0 where there is none: no cell of the column is missing then, in any part, or this was refused. */
function meanOf(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** How often each text of a column occurs in the training rows. */
function countTexts(texts: readonly string[], data: ArrayLike<number>, train: Table): Int32Array {
  const counts = new Int32Array(texts.length);
  for (let row = 0; row < train.rows; row++) {
    const place = data[train.selection ? train.selection[row]! : row]!;
    if (place >= 0) counts[place]! += 1;
  }
  return counts;
}

function categoriesOf(field: Field, train: Table, choices: ColumnChoices): FittedCategories {
  const call = callOf(field, choices);
  const key = keyText(field.name);
  if (!call && field.prose)
    fail(
      'text-without-tokens',
      { field: field.name },
      { at: choices.span, help: [`\`columns { ${key}: tokens(10k, length: 200) }\``] },
    );
  const { texts, data } = textsOf(field, choices);
  const counts = countTexts(texts, data, train);
  const categories = inOrder(texts.filter((_, k) => counts[k]! > 0));
  if (!call && categories.length > MOST_CATEGORIES) {
    fail(
      'too-many-categories',
      { column: field.name, found: categories.length, most: MOST_CATEGORIES },
      {
        at: choices.span,
        help: [
          `\`columns { ${key}: skip }\` leaves it out; \`columns { ${key}: one_hot }\` reads it as categories all the same`,
          namePictures(categories)
            ? `\`columns { ${key}: image_file(size: [64, 64]) }\` reads the pictures that it names`
            : `\`columns { ${key}: tokens(10k, length: 200) }\` reads it as texts of words`,
        ],
      },
    );
  }
  const rule = missingRule(field, train, choices);
  if (rule === 'frequent' && field.missing && categories.length === 0)
    refuseEmpty(field, 'most frequent category', choices);
  let frequent = 0;
  counts.forEach((count, k) => {
    if (count > counts[frequent]!) frequent = k;
  });
  const missing =
    rule === 'zeros'
      ? ({ zeros: true } as const)
      : rule === 'frequent'
        ? { category: texts[frequent] ?? '' }
        : undefined;
  return {
    kind: 'one_hot',
    categories,
    unknown: (call?.arguments.unknown as 'zeros' | 'error' | undefined) ?? 'zeros',
    ...(missing && { missing }),
  };
}

function tokensOf(field: Field, train: Table, choices: ColumnChoices): FittedTokens {
  const { max_tokens: most, length } = callOf(field, choices)!.arguments as { max_tokens: number; length: number };
  const { texts, data } = textsOf(field, choices);
  const counts = countTexts(texts, data, train);
  const seen = function* () {
    for (const [k, count] of counts.entries()) if (count > 0) yield { words: wordsIn(texts[k]!), count };
  };
  const vocabulary = learnVocabulary(seen(), most - FIRST_WORD);
  if (vocabulary.length === 0) fail('nothing-to-fill-with', { column: field.name, fill: 'word' }, { at: choices.span });
  const isEmpty = missingRule(field, train, choices) === 'empty';
  return { kind: 'tokens', vocabulary, length, ...(isEmpty && { missing: true }) };
}

/** Nothing is learned: what was asked for is kept, so that pictures to predict are read alike. */
function picturesOf(field: Field, choices: ColumnChoices): FittedPictures {
  return { kind: 'image_file', ...pictureChoices(callOf(field, choices)!.arguments) };
}

export function pictureChoices(given: Readonly<Record<string, unknown>>): PictureChoices {
  const { size, channels, fit, range, folder } = given as unknown as PictureChoices;
  return { size, channels, fit, range, ...(folder !== undefined && { folder }) };
}

function classesOf(field: Field, all: Table, choices: ColumnChoices): FittedClasses {
  if (field.form === 'classes')
    return {
      kind: 'classes',
      ...(field.classes !== undefined && { classes: field.classes }),
      ...(field.labels && { labels: field.labels }),
    };
  const { texts, data } = textsOf(field, choices);
  const present = new Set<number>();
  for (let row = 0; row < all.rows; row++) present.add(data[all.selection ? all.selection[row]! : row]!);
  const found = inOrder(texts.filter((_, k) => present.has(k)));
  const given = callOf(field, choices)?.arguments.names as readonly string[] | undefined;
  for (const label of given ? found : [])
    if (!given!.includes(label))
      fail('unknown-class', { column: field.name, label, known: given!.join(', ') }, { at: choices.span });
  const labels = given ?? found;
  return { kind: 'classes', classes: labels.length, labels };
}
