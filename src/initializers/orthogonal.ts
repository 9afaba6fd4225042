import { Type } from '../ir/kind.js';
import { sizeOf } from '../program/program.js';
import { type Draws, defineInitializer } from './initializer.js';

export const orthogonal = defineInitializer({
  keyword: 'orthogonal',
  aliases: ['orthogonal_initializer'],
  summary: 'A matrix with orthonormal columns, or rows where they are fewer, drawn evenly from all of them.',
  cite: 'Saxe, McClelland and Ganguli 2014, Exact solutions to the nonlinear dynamics of learning in deep linear neural networks; Keras, keras.initializers.Orthogonal',
  schema: Type.Object({ gain: Type.Number({ default: 1, description: 'Factor on all of it.' }) }),
  axes: { least: 2 },
  whole: ({ gain }, { shape, draws }) => {
    const [rows, columns] = [sizeOf(shape.slice(0, -1)), shape.at(-1)!];
    const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
    const vectors = orthonormal(count, length, draws);
    return Float64Array.from({ length: rows * columns }, (_, at) => {
      const [row, column] = [Math.floor(at / columns), at % columns];
      return gain * (rows < columns ? vectors[row]![column]! : vectors[column]![row]!);
    });
  },
});

/**
 * `count` orthonormal vectors of `length` numbers: normal draws by the modified Gram-Schmidt process, which is the Q of a QR factorization with a
 * positive diagonal of R, and so evenly distributed (Mezzadri 2007, How to generate random matrices from the classical compact groups). Every vector is
 * made orthogonal twice, against rounding (Giraud, Langou and Rozložník 2005).
 */
function orthonormal(count: number, length: number, draws: Draws): Float64Array[] {
  const vectors: Float64Array[] = [];
  for (let k = 0; k < count; k++) {
    const vector = Float64Array.from({ length }, (_, at) => draws.normal(k * length + at));
    for (let round = 0; round < 2; round++) {
      for (const other of vectors) {
        const along = dot(vector, other);
        for (let at = 0; at < length; at++) vector[at]! -= along * other[at]!;
      }
    }
    const norm = Math.sqrt(dot(vector, vector));
    vectors.push(vector.map((one) => one / norm));
  }
  return vectors;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
}
