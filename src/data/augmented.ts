import { fail } from '../diagnostics/report.js';
import { didYouMeanOr } from '../diagnostics/did-you-mean.js';
import type { Span } from '../diagnostics/source.js';
import { type AugmentChoices, type AugmentedRows, augmentationsOf, isList } from './augment.js';
import type { BoundTensor } from './bind.js';
import { joinedShape } from './joined.js';
import type { Field, Table } from './source.js';

/** An input as it was bound, and what it was bound from. */
export interface InputToAugment {
  readonly name: string;
  readonly keep?: readonly number[];
  readonly fields: readonly Field[];
  readonly tensor: BoundTensor;
  /** The same with all features, where it keeps some. */
  whole(): BoundTensor;
}

type Extents = readonly [number, number, number];

/**
 * What training reads in the place of the rows of inputs with augmentations, and of the targets that are pictures of the same height and width as such an
 * input: they are moved along with it. A target that is the very field that the input reads is read between its pixels as that is, any other has the numbers of the
 * nearest pixel, so that a mask stays one.
 *
 * @returns by the tensor's name
 * @throws Failure augment-field
 */
export function augmentedTensors(
  choices: AugmentChoices | undefined,
  inputs: readonly InputToAugment[],
  targets: readonly { readonly tensor: BoundTensor; readonly field: Field }[],
  table: Table,
  at: Span | undefined,
): ReadonlyMap<string, AugmentedRows> {
  const found = new Map<string, AugmentedRows>();
  if (!choices) return found;
  const refuse = (input: string, problem: string, help: readonly string[] = []): never =>
    fail('augment-field', { input, problem }, { at, help });
  const names = inputs.map(({ name }) => name);
  for (const name of isList(choices) ? [] : Object.keys(choices))
    if (!names.includes(name)) refuse(name, 'the model has no such input', didYouMeanOr(name, names, 'inputs'));
  const augmented = inputs.flatMap((input) => {
    const calls = augmentationsOf(choices, input.name);
    const shape = joinedShape(input.fields.map((field) => field.shape));
    if (!calls) return [];
    if (shape.length === 3) return [{ input, calls, extents: shape as Extents }];
    // A list for all inputs means those that read pictures.
    if (isList(choices)) return [];
    const text = shape.length === 0 ? 'one number' : `${shape.join('×')} numbers`;
    return refuse(input.name, `a row of it is ${text} and no picture, which is height × width × channels`);
  });
  if (augmented.length === 0) refuse(names.join(', '), 'none of their rows is a picture, height × width × channels');
  const originals = table.selection;
  for (const { input, calls, extents } of augmented) {
    const { data, rows } = input.keep ? input.whole() : input.tensor;
    const places = input.keep && Int32Array.from(input.keep);
    found.set(input.tensor.name, {
      input: input.name,
      calls,
      extents,
      data,
      rows,
      originals,
      places,
      between: 'bilinear',
    });
  }
  for (const { tensor, field } of targets) {
    const { shape } = field;
    if (shape.length !== 3) continue;
    const same = augmented.filter(({ extents }) => extents[0] === shape[0] && extents[1] === shape[1]);
    const own = same.filter(({ input }) => input.fields.includes(field));
    const [moves, ...others] = own.length > 0 ? own : same;
    if (!moves) continue;
    if (others.length > 0) {
      const inputs = [moves, ...others].map(({ input }) => input.name).join(' and ');
      refuse(inputs, `the target ${field.name} is a picture, too, and it is not clear with which it is moved along`);
    }
    found.set(tensor.name, {
      input: moves.input.name,
      calls: moves.calls,
      extents: shape as Extents,
      data: tensor.data,
      rows: tensor.rows,
      originals,
      places: undefined,
      between: own.length > 0 ? 'bilinear' : 'nearest',
    });
  }
  return found;
}
