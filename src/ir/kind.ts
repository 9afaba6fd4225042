import {
  Array as list,
  Boolean as boolean,
  Integer,
  Literal,
  Number as number,
  Object as map,
  Optional,
  Record as record,
  type Static,
  String as string,
  type TObject,
  type TSchema,
  Union,
  Unsafe,
} from '@sinclair/typebox';

/** What schemas are made of. Every command loads it, so it is TypeBox's `Type` without those of its constructors that no schema needs. */
const Type = {
  Array: list,
  Boolean: boolean,
  Integer,
  Literal,
  Number: number,
  Object: map,
  Optional,
  Record: record,
  String: string,
  Union,
  Unsafe,
};

/** A word of the language with its arguments: what every registry entry has. Arguments are written in the order of the schema. */
export interface Kind<S extends TObject = TObject> {
  /** The word in a spec; the file is named after it. */
  readonly keyword: string;
  /** Other spellings that are accepted and mean the same (`mse`). */
  readonly aliases?: readonly string[];
  /** One line: `dnc help`, reference page. */
  readonly summary: string;
  /** Paper and equation, or library, where the formula or the idea comes from. */
  readonly cite?: string;
  readonly schema: S;
}

/** A word or a call in a spec, resolved: `adam(1e-3)` is `{ word: 'adam', arguments: { learning_rate: …, … } }`, with all defaults. */
export interface Call<A = Readonly<Record<string, unknown>>> {
  readonly word: string;
  readonly arguments: A;
}

/** The tables of words; a schema's value may be a call of a word of one of them. */
export type RegistryName =
  | 'layer'
  | 'activation'
  | 'initializer'
  | 'annotation'
  | 'loss'
  | 'metric'
  | 'optimizer'
  | 'schedule'
  | 'source'
  | 'split'
  | 'column'
  | 'augmentation'
  | 'threshold'
  | 'space'
  | 'file';

/** A time in training: `5 epochs`, `40k steps`; a bare number means epochs. */
export interface Duration {
  readonly amount: number;
  readonly unit: 'epochs' | 'steps';
}

/**
 * A time in training as a value: `10 epochs`, `32k steps`, or a bare number of what `bare` says. Resolved to a `Duration`; in JSON Schema annotated with
 * `duration`.
 */
export function durationOf(bare: Duration['unit'], options: Described) {
  return Type.Unsafe<Duration>({
    type: 'object',
    properties: {
      amount: { type: 'number', minimum: 0 },
      unit: { type: 'string', enum: ['epochs', 'steps'] },
    },
    required: ['amount', 'unit'],
    additionalProperties: false,
    duration: bare,
    ...options,
  });
}

interface Described {
  readonly description: string;
  /** What holds where the argument is left out, for help, where that is no default of the schema. */
  readonly absent?: string;
  /** Of an optional one: the word `off` in its place leaves it out. */
  readonly off?: true;
}

/**
 * A value that is a word or a call of a registry (`activation: relu`). The default is a word. Resolved before validation; in JSON Schema it is
 * annotated with `registry`.
 */
export function callOf(
  registry: RegistryName,
  options: Described & { readonly default?: string; readonly examples?: readonly string[] },
) {
  return Type.Unsafe<Call>({ type: 'object', registry, ...options });
}

/** A number, or a call of a registry: `learning_rate: 1e-3` or `learning_rate: cosine(1e-3)`. */
export function numberOrCallOf(
  registry: RegistryName,
  options: Described & { readonly default?: number | string; readonly minimum?: number },
) {
  return Type.Unsafe<number | Call>({ type: ['number', 'object'], registry, ...options });
}

/**
 * Whole numbers and ranges, as `keep` takes them: `[98..101, 104]`; resolved to the numbers. With `names` also names of features, `[area, region.north]`:
 * stage 3 resolves them, since the data know where they are.
 */
export function indexList({ names, ...options }: Described & { readonly names?: true }) {
  return Type.Unsafe<readonly number[]>({
    type: 'array',
    items: names ? { type: ['integer', 'string'], minimum: 0, minLength: 1 } : { type: 'integer', minimum: 0 },
    uniqueItems: true,
    indices: true,
    ...options,
  });
}

/** A range that is meant by its two ends, `range: 0..255`; resolved to [from, to]. */
export function interval(
  options: Described & {
    readonly default: readonly [number, number];
    readonly allowed: readonly (readonly [number, number])[];
  },
) {
  const { allowed, ...rest } = options;
  return Type.Unsafe<readonly [number, number]>({
    type: 'array',
    items: { type: 'number' },
    enum: allowed,
    interval: true,
    ...rest,
  });
}

/** Extents that may be spread as positional arguments: `Input(28, 28, 1)` is `Input([28, 28, 1])`. */
export function spreadIntegers(
  options: Described & {
    readonly minimum?: number;
    readonly minItems?: number;
    readonly default?: readonly number[];
    readonly examples?: readonly (readonly number[])[];
  },
) {
  const { minimum, minItems, ...rest } = options;
  return Type.Array(Type.Integer({ minimum: minimum ?? 1 }), { spread: true, minItems: minItems ?? 0, ...rest });
}

export type { Static, TObject, TSchema };
export { Type };
