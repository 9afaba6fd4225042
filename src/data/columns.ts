/** How the columns of a table are read, what is learned of them from the training rows, and how other rows are read by it. The parts are in `columns/`. */
export { applyFitted, type Unknown } from './columns/apply.js';
export {
  type ColumnChoices,
  columnTypes,
  dropMissing,
  findField,
  type MissingNumbers,
  ofColumn,
  refuseSkippedTargets,
  targetNames,
} from './columns/choices.js';
export { fitColumns, needsFit, pictureChoices } from './columns/fit.js';
export {
  columnOfField,
  describeFitted,
  type Fitted,
  type FittedColumn,
  type FittedWindow,
  fittedTypes,
  type PictureChoices,
  readFitted,
} from './columns/fitted.js';
