import type { ActivationKind } from './activation.js';
import { celu } from './celu.js';
import { elu } from './elu.js';
import { exponential } from './exponential.js';
import { gelu } from './gelu.js';
import { hardShrink } from './hard-shrink.js';
import { hardSigmoid } from './hard-sigmoid.js';
import { hardSilu } from './hard-silu.js';
import { hardTanh } from './hard-tanh.js';
import { leakyRelu } from './leaky-relu.js';
import { linear } from './linear.js';
import { logSigmoid } from './log-sigmoid.js';
import { logSoftmax } from './log-softmax.js';
import { mish } from './mish.js';
import { relu } from './relu.js';
import { relu6 } from './relu6.js';
import { selu } from './selu.js';
import { sigmoid } from './sigmoid.js';
import { silu } from './silu.js';
import { softShrink } from './soft-shrink.js';
import { softmax } from './softmax.js';
import { softplus } from './softplus.js';
import { softsign } from './softsign.js';
import { sparsePlus } from './sparse-plus.js';
import { sparseSigmoid } from './sparse-sigmoid.js';
import { squareplus } from './squareplus.js';
import { tanh } from './tanh.js';
import { tanhShrink } from './tanh-shrink.js';
import { threshold } from './threshold.js';

/** The activation functions. Adding one is one file and one line here. */
export const activations = {
  celu,
  elu,
  exponential,
  gelu,
  hard_shrink: hardShrink,
  hard_sigmoid: hardSigmoid,
  hard_silu: hardSilu,
  hard_tanh: hardTanh,
  leaky_relu: leakyRelu,
  linear,
  log_sigmoid: logSigmoid,
  log_softmax: logSoftmax,
  mish,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  soft_shrink: softShrink,
  softmax,
  softplus,
  softsign,
  sparse_plus: sparsePlus,
  sparse_sigmoid: sparseSigmoid,
  squareplus,
  tanh,
  tanh_shrink: tanhShrink,
  threshold,
} as const satisfies Readonly<Record<string, ActivationKind>>;
