import { Type } from '../ir/kind.js';
import { defineLoss } from './loss.js';
import { rowMean } from './rows.js';
import { signs } from './target-values.js';

export const hinge = defineLoss({
  keyword: 'hinge',
  summary:
    'Mean over the outputs of max(0, 1 − y·ŷ), for targets of −1 and 1; a batch that holds nothing but 0 and 1 is read as −1 and 1.',
  cite: 'Keras, keras.losses.Hinge, and its convert_binary_labels_to_hinge',
  schema: Type.Object({}),
  target: 'values',
  takes: signs,
  rows: (b, { target, prediction }) => {
    const binary = b.or(b.equal(target, 0), b.equal(target, 1));
    const others = b.sum(b.cast(b.not(binary), 'float'));
    const signs = b.select(b.equal(others, 0), b.subtract(b.multiply(target, 2), 1), target);
    return rowMean(b, b.relu(b.subtract(1, b.multiply(signs, prediction))));
  },
});
