import type { RegistryName } from '../ir/kind.js';

/**
 * What Keras' short names, PyTorch and older versions call a word of the tables: messages say what it is here. None of them is accepted, so that a spec
 * reads the same for everyone.
 */
export const namesElsewhere: Readonly<Partial<Record<RegistryName, Readonly<Record<string, string>>>>> = {
  layer: {
    AdaptiveAvgPool2d: 'GlobalAveragePooling2D',
    AvgPool1D: 'AveragePooling1D',
    AvgPool1d: 'AveragePooling1D',
    AvgPool2D: 'AveragePooling2D',
    AvgPool2d: 'AveragePooling2D',
    BatchNorm: 'BatchNormalization',
    BatchNorm1d: 'BatchNormalization',
    BatchNorm2d: 'BatchNormalization',
    Concat: 'Concatenate',
    Conv: 'Conv2D',
    ConvTranspose2d: 'Conv2DTranspose',
    Convolution1D: 'Conv1D',
    Convolution2D: 'Conv2D',
    Convolution2DTranspose: 'Conv2DTranspose',
    Deconvolution2D: 'Conv2DTranspose',
    FullyConnected: 'Dense',
    GlobalAvgPool1D: 'GlobalAveragePooling1D',
    GlobalAvgPool2D: 'GlobalAveragePooling2D',
    GlobalMaxPool1D: 'GlobalMaxPooling1D',
    GlobalMaxPool2D: 'GlobalMaxPooling2D',
    GroupNorm: 'GroupNormalization',
    LayerNorm: 'LayerNormalization',
    Linear: 'Dense',
    MaxPool1D: 'MaxPooling1D',
    MaxPool1d: 'MaxPooling1D',
    MaxPool2D: 'MaxPooling2D',
    MaxPool2d: 'MaxPooling2D',
    MultiheadAttention: 'MultiHeadAttention',
    RNN: 'SimpleRNN',
    SeparableConvolution2D: 'SeparableConv2D',
    Sigmoid: 'Activation(sigmoid)',
    Tanh: 'Activation(tanh)',
    Upsample: 'UpSampling2D',
    ZeroPad2d: 'ZeroPadding2D',
  },
  metric: {
    acc: 'accuracy',
    binary_accuracy: 'accuracy',
    categorical_accuracy: 'accuracy',
    sparse_categorical_accuracy: 'accuracy',
  },
  loss: {
    bce: 'binary_crossentropy',
    cross_entropy: 'sparse_categorical_crossentropy',
    crossentropy: 'sparse_categorical_crossentropy',
    nll_loss: 'sparse_categorical_crossentropy',
  },
};
