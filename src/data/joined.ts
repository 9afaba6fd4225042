import { sizeOf } from '../program/program.js';

type Shape = readonly number[];

/**
 * The extents of a row of several fields that one input reads: fields that agree in all extents but the last are put side by side along it (columns of
 * a window as its features, images as channels of one image), all others one behind the other.
 */
export function joinedShape(shapes: readonly Shape[]): Shape {
  const [first] = shapes;
  if (shapes.length === 1) return first!;
  if (!isSideBySide(shapes)) return [shapes.reduce((sum, shape) => sum + sizeOf(shape), 0)];
  return [...first!.slice(0, -1), shapes.reduce((sum, shape) => sum + shape.at(-1)!, 0)];
}

function isSideBySide(shapes: readonly Shape[]): boolean {
  const front = (shape: Shape) => shape.slice(0, -1).join();
  return shapes.every((shape) => shape.length > 1 && front(shape) === front(shapes[0]!));
}

/** Where each number of such a row comes from, row-major: the field, and the place in the field's row. */
export function joinedOrder(shapes: readonly Shape[]): readonly { readonly field: number; readonly at: number }[] {
  // Without a common front every field is one stretch.
  const steps = isSideBySide(shapes) ? sizeOf(shapes[0]!.slice(0, -1)) : 1;
  return Array.from({ length: steps }, (_, step) =>
    shapes.flatMap((shape, field) => {
      const width = sizeOf(shape) / steps;
      return Array.from({ length: width }, (_, place) => ({ field, at: step * width + place }));
    }),
  ).flat();
}
