/** What an evaluation or an epoch measured. In stored files a number that was not finite is null. */
interface Measured<V> {
  readonly loss: V;
  readonly losses?: Readonly<Record<string, V>> | undefined;
  readonly metrics: Readonly<Record<string, V>>;
}

/** All of it by name, as tables show it: metrics, the loss of each of several outputs (`price_loss`), the loss. */
export function measuresOf<V>({ metrics, losses, loss }: Measured<V>): Readonly<Record<string, V>> {
  return { ...metrics, ...lossesByName(losses), loss };
}

/** The losses of several outputs by the names that early stopping knows them by. */
export function lossesByName<V>(losses: Readonly<Record<string, V>> | undefined): Record<string, V> {
  return Object.fromEntries(Object.entries(losses ?? {}).map(([output, loss]) => [`${output}_loss`, loss]));
}
