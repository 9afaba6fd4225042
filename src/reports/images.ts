import type { Spec } from '../compiler/spec.js';
import { sources } from '../data/index.js';
import type { Field, SourceKind } from '../data/source.js';
import { Failure } from '../diagnostics/report.js';
import type { Node } from '../ir/graph.js';
import { sizeOf } from '../program/program.js';

export type ImageExtents = readonly [height: number, width: number, channels: number];

/** The extents of the image that an Input reads, by its own shape or, where that is flat, by the shape of its field; undefined for anything else. */
export function imageExtents(spec: Spec, input: Node): ImageExtents | undefined {
  if (input.kind !== 'Input') return undefined;
  const shape = input.arguments.shape as readonly number[];
  const [height = 1, width = 1, channels = 1, ...more] = shape.length > 1 ? shape : fieldShape(spec, input.name, shape);
  return height > 1 && width > 1 && more.length === 0 ? [height, width, channels] : undefined;
}

/** The shape of the field that a flat Input reads, where the source tells it without being read; as it is, where it does not. */
function fieldShape({ data }: Spec, input: string, flat: readonly number[]): readonly number[] {
  const named = data.inputs?.[input];
  const fields = fieldsOf(data.source).filter(
    ({ name, shape }) => sizeOf(shape) === sizeOf(flat) && (!named || named.includes(name)),
  );
  return (fields.find(({ name }) => name === input) ?? fields[0])?.shape ?? flat;
}

function fieldsOf(source: Spec['data']['source']): readonly Omit<Field, 'data'>[] {
  const kind = (sources as Readonly<Record<string, SourceKind>>)[source.word];
  try {
    return kind?.describe?.(source.arguments as never).fields ?? [];
  } catch (error) {
    if (error instanceof Failure) return [];
    throw error;
  }
}
