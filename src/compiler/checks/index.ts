import { annotationsAct } from './annotations-act.js';
import type { Check } from './check.js';
import { classWeightFits } from './class-weight-fits.js';
import { indicesAreRead } from './indices-are-read.js';
import { initializerFits } from './initializer-fits.js';
import { lossFitsOutput } from './loss-fits-output.js';
import { lossesByOutput } from './losses-by-output.js';
import { methodsMakeSense } from './methods-make-sense.js';
import { metricFitsTarget } from './metric-fits-target.js';
import { monitorsAreKnown } from './monitors-are-known.js';
import { objectiveIsKnown } from './objective-is-known.js';
import { schedulesEnd } from './schedules-end.js';
import { schedulesFit } from './schedules-fit.js';
import { somethingToTrain } from './something-to-train.js';
import { rescaledTwice } from './rescaled-twice.js';
import { thresholdCuts } from './threshold-cuts.js';

/** Every check on a network with dimensions, in the order in which their messages read best. */
export const checks: readonly Check[] = [
  lossesByOutput,
  somethingToTrain,
  indicesAreRead,
  lossFitsOutput,
  classWeightFits,
  initializerFits,
  metricFitsTarget,
  schedulesFit,
  monitorsAreKnown,
  objectiveIsKnown,
  methodsMakeSense,
  schedulesEnd,
  rescaledTwice,
  annotationsAct,
  thresholdCuts,
];
