import { findWord } from './vocabulary.js';

/** A quantity that early stopping or a schedule looks at. */
export interface Quantity {
  /** `loss`, `objective`, or a metric by the name of its results, whichever of its spellings was written. */
  readonly name: string;
  readonly onValidation: boolean;
}

const PREFIX = 'val_';

/** What a spec's `monitor` means: `val_mean_absolute_error` is the metric `mae` on the validation rows. */
export function quantityOf(monitor: string): Quantity {
  const onValidation = monitor.startsWith(PREFIX);
  const name = onValidation ? monitor.slice(PREFIX.length) : monitor;
  return { name: findWord('metric', name)?.keyword ?? name, onValidation };
}
