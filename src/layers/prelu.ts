import { extents } from '../ir/dims.js';
import { callOf, Type } from '../ir/kind.js';
import { constantOf, type UnitFact } from '../ir/units.js';
import { sizeOf } from '../program/program.js';
import { stridesOf } from '../program/shapes.js';
import { axisOf } from './axes.js';
import { computedFact, spreadFacts } from './facts.js';
import { defineLayer, plain } from './layer.js';

export const prelu = defineLayer({
  keyword: 'PReLU',
  summary: 'x where x is positive, else alpha · x, with an alpha for every element that is trained.',
  cite: 'He, Zhang, Ren and Sun 2015, Delving Deep into Rectifiers, equation 1; Keras, keras.layers.PReLU',
  inputs: [1, 1],
  schema: Type.Object({
    alpha_initializer: callOf('initializer', { default: 'zeros', description: 'How alpha starts.' }),
    shared_axes: Type.Array(Type.Integer(), {
      default: [],
      uniqueItems: true,
      description: 'Axes along which one alpha holds for all: [1, 2] for images, which leaves one a channel.',
    }),
  }),
  shape: ({ shared_axes }, { inputs: [x = []], misfit }) => {
    const outside = shared_axes.find((axis) => axisOf(axis, x) === undefined);
    if (outside !== undefined)
      misfit(
        `shared axes of its input, which has ${x.length} beside the batch`,
        `axis ${outside}`,
        'the batch is axis 0',
      );
    return [x];
  },
  params: ({ alpha_initializer, shared_axes }, [x = []], _, { fresh }) => {
    const shared = shared_axes.map((axis) => axisOf(axis, x));
    const axes = x.map((dim, place) => plain(shared.includes(place) ? fresh(1, `shared_${place + 1}`) : dim));
    return { alpha: { axes, initializer: alpha_initializer } };
  },
  forward: (b, { inputs: [x], params: { alpha } }) => [
    b.subtract(b.relu(x!), b.multiply(alpha!, b.relu(b.negate(x!)))),
  ],
  unitwise: (_, [x = []]) => x,
  facts: (_, { inputs: [x = []], inputShapes: [shape = []], values, shapeOf }) => {
    const alphas = values('alpha');
    const own = shapeOf('alpha')!;
    const strides = stridesOf(own);
    /** The one alpha that all elements at a unit of an axis have; undefined where they have several. */
    const alphaAt = (axis: number, unit: number): number | undefined => {
      const at = own[axis] === 1 ? 0 : unit;
      let found: number | undefined;
      for (let k = 0; k < sizeOf(own); k++) {
        if (Math.floor(k / strides[axis]!) % own[axis]! !== at) continue;
        if (found !== undefined && found !== alphas[k]) return undefined;
        found = alphas[k]!;
      }
      return found;
    };
    return [
      spreadFacts(
        extents(shape).map((extent, axis) =>
          Array.from({ length: extent }, (_, unit): UnitFact => {
            const constant = constantOf(x[axis]![unit]!);
            if (constant === undefined) return 'varies';
            if (constant >= 0) return computedFact(constant);
            const alpha = alphaAt(axis, unit);
            return alpha === undefined ? 'varies' : computedFact(alpha * constant);
          }),
        ),
      ),
    ];
  },
  spelling: {
    tfjs: ({ shared_axes }, { name }) => [
      { className: 'PReLU', config: { ...(shared_axes.length > 0 && { shared_axes }), name } },
    ],
  },
});
