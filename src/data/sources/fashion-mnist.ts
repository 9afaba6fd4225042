import { mnistFiles } from './mnist-files.js';

export const fashionMnist = mnistFiles({
  keyword: 'fashion_mnist',
  summary:
    'Fashion-MNIST: 60,000 and 10,000 pictures of clothes, `image` 28×28×1 and `label` of 10 classes, from its four files.',
  cite: 'Xiao, Rasul and Vollgraf, "Fashion-MNIST", 2017 (arXiv 1708.07747)',
  folders: ['fashion-mnist', 'fashion_mnist'],
});
