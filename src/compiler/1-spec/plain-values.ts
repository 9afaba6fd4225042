import { percentText } from '../../dsl/numbers.js';
import type { Duration } from '../../ir/kind.js';
import type { Context } from './context.js';
import { type ArgumentSchema, expectedOf } from './expected.js';
import { countText, describeTerm, showNumber, type Term } from './term.js';
import { nameAt, pointer, type Unit } from './unit.js';

/** A value as the validator sees it when the schema gives it no other reading. What no schema takes is null: an empty map would pass for one of any keys. */
export function raw(term: Term): unknown {
  switch (term.kind) {
    case 'number':
      return term.value;
    case 'string':
      return term.value;
    case 'word':
      return term.arguments ? null : term.text;
    case 'list':
      return [];
    default:
      return null;
  }
}

/** Rows that are held out, as a number of them or a share. Undefined after a report. */
export function numberAsSplit(
  context: Context,
  term: Term & { readonly kind: 'number' },
  unit: Unit,
  place: string,
): unknown {
  const inRange = term.percent ? term.value > 0 && term.value < 1 : Number.isSafeInteger(term.value) && term.value > 0;
  if (!inRange) {
    context.report(
      'out-of-range',
      {
        owner: unit.owner,
        name: nameAt(place),
        expected: term.percent ? 'more than 0% and less than 100%' : 'a whole number of rows, at least 1',
        found: term.percent ? percentText(term.value) : showNumber(term.value),
      },
      {
        at: term.span,
        help: !term.percent && term.value > 0 && term.value < 1 ? ['a share is written in percent: `15%`'] : [],
      },
    );
    return undefined;
  }
  return term.percent
    ? { word: 'share', arguments: { fraction: term.value } }
    : { word: 'count', arguments: { rows: term.value } };
}

/** Reports a number with a unit that has no meaning there. */
export function reportQuantity(
  context: Context,
  term: Term & { readonly kind: 'quantity' },
  unit: Unit,
  place: string,
  expected: string,
): undefined {
  context.report(
    'unit-mismatch',
    { owner: unit.owner, name: nameAt(place), expected, found: describeTerm(term) },
    { at: term.span, label: `\`${term.unit.text}\` does not fit here` },
  );
  return undefined;
}

/** `10 epochs`, `500 steps`, or a bare number of the unit that the schema says. */
export function durationValue(
  context: Context,
  schema: ArgumentSchema,
  bare: Duration['unit'],
  term: Term,
  unit: Unit,
  place: string,
): Duration | undefined {
  const details = { owner: unit.owner, name: nameAt(place), expected: expectedOf(schema), found: describeTerm(term) };
  if (term.kind !== 'quantity' && (term.kind !== 'number' || term.percent)) {
    context.report('wrong-type', details, { at: term.span });
    return undefined;
  }
  const written = term.kind === 'number' ? bare : `${term.unit.text.replace(/s$/, '')}s`;
  if (written !== 'epochs' && written !== 'steps') {
    const label = '`epochs` and `steps` are what training counts';
    context.report('unit-mismatch', details, { at: term.span, label });
    return undefined;
  }
  const amount = term.value;
  if (!(amount >= 0 && amount <= 1e12 && (written === 'epochs' || Number.isInteger(amount)))) {
    const expected = written === 'steps' ? 'a whole number of steps' : 'a number of epochs ≥ 0';
    context.report('out-of-range', { ...details, expected, found: showNumber(amount) }, { at: term.span });
    return undefined;
  }
  return { amount, unit: written };
}

/** Numbers and ranges become the numbers. */
export function indexValue(context: Context, schema: ArgumentSchema, term: Term, unit: Unit, place: string): unknown {
  const items = term.kind === 'list' ? term.items : [term];
  const values: unknown[] = [];
  let usable = true;
  for (const item of items) {
    if (item.kind === 'broken') {
      usable = false;
    } else if (item.kind === 'range') {
      const range = wholeRange(context, item);
      if (!range) {
        usable = false;
        continue;
      }
      if (values.length + range.to - range.from >= context.limits.unitsPerLayer) {
        const found = countText(range.to - range.from + 1);
        const most = countText(context.limits.unitsPerLayer);
        context.report(
          'too-many-units',
          { layer: unit.owner, argument: nameAt(place), found, most },
          { at: item.span, help: [raiseUnits] },
        );
        usable = false;
        continue;
      }
      for (let index = range.from; index <= range.to; index++) {
        unit.terms.set(pointer(place, values.length), item);
        values.push(index);
      }
    } else {
      unit.terms.set(pointer(place, values.length), item);
      unit.schemas.set(pointer(place, values.length), schema.items ?? {});
      values.push(raw(item));
    }
  }
  return usable ? values : undefined;
}

export const raiseUnits = 'if it is meant, raise the limit with the environment variable DNC_MAX_UNITS';

/** The ends of a range of whole numbers. Undefined after a report. */
export function wholeRange(
  context: Context,
  term: Term & { readonly kind: 'range' },
): { readonly from: number; readonly to: number } | undefined {
  const ends = [term.from, term.to];
  if (ends.some((end) => end.kind === 'broken')) return undefined;
  const [from, to] = ends.map((end) =>
    end.kind === 'number' && Number.isSafeInteger(end.value) ? end.value : undefined,
  );
  if (from === undefined || to === undefined) {
    context.report('index-range', { reason: 'its ends must be whole numbers' }, { at: term.span });
    return undefined;
  }
  if (from > to) {
    context.report('index-range', { reason: 'it runs backwards' }, { at: term.span, label: `write ${to}..${from}` });
    return undefined;
  }
  return { from, to };
}
