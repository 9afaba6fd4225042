import type { Op } from '../op.js';
import { abs } from './abs.js';
import { add } from './add.js';
import { and } from './and.js';
import { argmax } from './argmax.js';
import { averagePool2d } from './average_pool2d.js';
import { averagePool2dGradient } from './average_pool2d_gradient.js';
import { broadcastTo } from './broadcast_to.js';
import { cast } from './cast.js';
import { concat } from './concat.js';
import { constant } from './constant.js';
import { conv2d } from './conv2d.js';
import { conv2dFilterGradient } from './conv2d_filter_gradient.js';
import { conv2dInputGradient } from './conv2d_input_gradient.js';
import { divide } from './divide.js';
import { equal } from './equal.js';
import { erf } from './erf.js';
import { exp } from './exp.js';
import { gather } from './gather.js';
import { greater } from './greater.js';
import { greaterEqual } from './greater_equal.js';
import { less } from './less.js';
import { lessEqual } from './less_equal.js';
import { log } from './log.js';
import { logSoftmax } from './log_softmax.js';
import { matmul } from './matmul.js';
import { max } from './max.js';
import { maxPool2d } from './max_pool2d.js';
import { maxPool2dGradient } from './max_pool2d_gradient.js';
import { maximum } from './maximum.js';
import { mean } from './mean.js';
import { min } from './min.js';
import { minimum } from './minimum.js';
import { multiply } from './multiply.js';
import { negate } from './negate.js';
import { norm } from './norm.js';
import { not } from './not.js';
import { oneHot } from './one_hot.js';
import { or } from './or.js';
import { outerSum } from './outer_sum.js';
import { pad } from './pad.js';
import { power } from './power.js';
import { reciprocal } from './reciprocal.js';
import { relu } from './relu.js';
import { reshape } from './reshape.js';
import { scan } from './scan.js';
import { scatterAdd } from './scatter_add.js';
import { select } from './select.js';
import { sigmoid } from './sigmoid.js';
import { sign } from './sign.js';
import { slice } from './slice.js';
import { softmax } from './softmax.js';
import { softplus } from './softplus.js';
import { split } from './split.js';
import { sqrt } from './sqrt.js';
import { square } from './square.js';
import { subtract } from './subtract.js';
import { sum } from './sum.js';
import { tanh } from './tanh.js';
import { topk } from './topk.js';
import { transpose } from './transpose.js';

/** The op set. Adding an op is one file here and one line in this table. */
const table = {
  constant,
  negate,
  abs,
  sign,
  exp,
  log,
  sqrt,
  square,
  reciprocal,
  tanh,
  sigmoid,
  softplus,
  relu,
  erf,
  not,
  cast,
  add,
  subtract,
  multiply,
  divide,
  maximum,
  minimum,
  power,
  greater,
  greater_equal: greaterEqual,
  less,
  less_equal: lessEqual,
  equal,
  and,
  or,
  select,
  sum,
  mean,
  max,
  min,
  norm,
  argmax,
  reshape,
  transpose,
  broadcast_to: broadcastTo,
  concat,
  slice,
  split,
  pad,
  gather,
  scatter_add: scatterAdd,
  one_hot: oneHot,
  topk,
  matmul,
  outer_sum: outerSum,
  log_softmax: logSoftmax,
  softmax,
  conv2d,
  conv2d_input_gradient: conv2dInputGradient,
  conv2d_filter_gradient: conv2dFilterGradient,
  max_pool2d: maxPool2d,
  max_pool2d_gradient: maxPool2dGradient,
  average_pool2d: averagePool2d,
  average_pool2d_gradient: averagePool2dGradient,
  scan,
} satisfies Record<string, Op>;

/** The name of every op; a table over it, such as an engine's, does not compile while one is missing. */
export type OpName = keyof typeof table;

export const ops: Readonly<Record<string, Op>> = table;
