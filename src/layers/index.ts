import { activation } from './activation.js';
import { add } from './add.js';
import { alphaDropout } from './alpha-dropout.js';
import { averagePooling1d } from './average-pooling1d.js';
import { averagePooling2d } from './average-pooling2d.js';
import { average } from './average.js';
import { batchNormalization } from './batch-normalization.js';
import { bidirectional } from './bidirectional.js';
import { concatenate } from './concatenate.js';
import { conv1d } from './conv1d.js';
import { conv2dTranspose } from './conv2d-transpose.js';
import { conv2d } from './conv2d.js';
import { cropping1d } from './cropping1d.js';
import { cropping2d } from './cropping2d.js';
import { dense } from './dense.js';
import { depthwiseConv1d } from './depthwise-conv1d.js';
import { depthwiseConv2d } from './depthwise-conv2d.js';
import { dropout } from './dropout.js';
import { elu } from './elu.js';
import { embedding } from './embedding.js';
import { flatten } from './flatten.js';
import { gaussianDropout } from './gaussian-dropout.js';
import { gaussianNoise } from './gaussian-noise.js';
import { globalAveragePooling1d } from './global-average-pooling1d.js';
import { globalAveragePooling2d } from './global-average-pooling2d.js';
import { globalMaxPooling1d } from './global-max-pooling1d.js';
import { globalMaxPooling2d } from './global-max-pooling2d.js';
import { groupNormalization } from './group-normalization.js';
import { gru } from './gru.js';
import { input } from './input.js';
import { layerNormalization } from './layer-normalization.js';
import type { LayerKind } from './layer.js';
import { leakyRelu } from './leaky-relu.js';
import { localResponseNormalization } from './local-response-normalization.js';
import { lstm } from './lstm.js';
import { maxPooling1d } from './max-pooling1d.js';
import { maxPooling2d } from './max-pooling2d.js';
import { maximum } from './maximum.js';
import { minimum } from './minimum.js';
import { multiHeadAttention } from './multi-head-attention.js';
import { multiply } from './multiply.js';
import { normalization } from './normalization.js';
import { permute } from './permute.js';
import { positionEmbedding } from './position-embedding.js';
import { prelu } from './prelu.js';
import { relu } from './relu.js';
import { repeatVector } from './repeat-vector.js';
import { rescaling } from './rescaling.js';
import { reshape } from './reshape.js';
import { separableConv1d } from './separable-conv1d.js';
import { separableConv2d } from './separable-conv2d.js';
import { simpleRnn } from './simple-rnn.js';
import { slice } from './slice.js';
import { softmax } from './softmax.js';
import { spatialDropout1d } from './spatial-dropout1d.js';
import { spatialDropout2d } from './spatial-dropout2d.js';
import { split } from './split.js';
import { subtract } from './subtract.js';
import { timeDistributed } from './time-distributed.js';
import { upSampling1d } from './up-sampling1d.js';
import { upSampling2d } from './up-sampling2d.js';
import { zeroPadding1d } from './zero-padding1d.js';
import { zeroPadding2d } from './zero-padding2d.js';

/** The layers. Adding one is one file and one line here. */
export const layers = {
  Activation: activation,
  Add: add,
  AlphaDropout: alphaDropout,
  Average: average,
  AveragePooling1D: averagePooling1d,
  AveragePooling2D: averagePooling2d,
  BatchNormalization: batchNormalization,
  Bidirectional: bidirectional(layerKind),
  Concatenate: concatenate,
  Conv1D: conv1d,
  Conv2D: conv2d,
  Conv2DTranspose: conv2dTranspose,
  Cropping1D: cropping1d,
  Cropping2D: cropping2d,
  Dense: dense,
  DepthwiseConv1D: depthwiseConv1d,
  DepthwiseConv2D: depthwiseConv2d,
  Dropout: dropout,
  ELU: elu,
  Embedding: embedding,
  Flatten: flatten,
  GRU: gru,
  GaussianDropout: gaussianDropout,
  GaussianNoise: gaussianNoise,
  GlobalAveragePooling1D: globalAveragePooling1d,
  GlobalAveragePooling2D: globalAveragePooling2d,
  GlobalMaxPooling1D: globalMaxPooling1d,
  GlobalMaxPooling2D: globalMaxPooling2d,
  GroupNormalization: groupNormalization,
  Input: input,
  LSTM: lstm,
  LayerNormalization: layerNormalization,
  LeakyReLU: leakyRelu,
  LocalResponseNormalization: localResponseNormalization,
  MaxPooling1D: maxPooling1d,
  MaxPooling2D: maxPooling2d,
  Maximum: maximum,
  Minimum: minimum,
  MultiHeadAttention: multiHeadAttention,
  Multiply: multiply,
  Normalization: normalization,
  PReLU: prelu,
  Permute: permute,
  PositionEmbedding: positionEmbedding,
  ReLU: relu,
  RepeatVector: repeatVector,
  Rescaling: rescaling,
  Reshape: reshape,
  SeparableConv1D: separableConv1d,
  SeparableConv2D: separableConv2d,
  SimpleRNN: simpleRnn,
  Slice: slice,
  Softmax: softmax,
  SpatialDropout1D: spatialDropout1d,
  SpatialDropout2D: spatialDropout2d,
  Split: split,
  Subtract: subtract,
  TimeDistributed: timeDistributed(layerKind),
  UpSampling1D: upSampling1d,
  UpSampling2D: upSampling2d,
  ZeroPadding1D: zeroPadding1d,
  ZeroPadding2D: zeroPadding2d,
} as const satisfies Readonly<Record<string, LayerKind>>;

/** The kind of a layer that stage 1 accepted. */
export function layerKind(word: string): LayerKind {
  const kind = (layers as Readonly<Record<string, LayerKind>>)[word];
  if (!kind) throw new Error(`no layer kind ${word}`);
  return kind;
}
