import { accuracy } from './accuracy.js';
import { auc } from './auc.js';
import { f1 } from './f1.js';
import { mae } from './mae.js';
import type { MetricKind } from './metric.js';
import { mse } from './mse.js';
import { nmse } from './nmse.js';
import { precision } from './precision.js';
import { recall } from './recall.js';
import { topK } from './top-k.js';

/** The metrics. Adding one is one file and one line here. */
export const metrics = {
  accuracy,
  auc,
  f1,
  mae,
  mse,
  nmse,
  precision,
  recall,
  top_k: topK,
} as const satisfies Readonly<Record<string, MetricKind>>;
