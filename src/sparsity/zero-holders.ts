/** The methods that make weights 0 on the way and hold them there, each by a schedule of its own. */
const HOLDERS = ['dsd', 'dropnet', 'magnitude', 'prune_large'];

/** Why a method that holds zeros makes no sense beside others of the layer; undefined: it does. */
export function refusesOthers(keyword: string, others: readonly string[]): string | undefined {
  const other = others.find((word) => HOLDERS.includes(word) && word !== keyword);
  return other && `@${other} of the same layer holds zeros by a schedule of its own, and neither would keep its share`;
}
