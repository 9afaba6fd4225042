import { mnistFiles } from './mnist-files.js';

export const mnist = mnistFiles({
  keyword: 'mnist',
  summary:
    'MNIST: 60,000 and 10,000 handwritten digits, `image` 28×28×1 and `label` of 10 classes, from its four files.',
  cite: 'LeCun, Cortes and Burges, "The MNIST database of handwritten digits", 1998',
  folders: ['mnist'],
});
