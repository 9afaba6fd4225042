/**
 * Why a method that makes weights 0 on the way and holds them there makes no sense beside others of the layer that do, each by a schedule of its own; undefined: it does. One that prunes
 * when training is over goes with all of them: zeros that are there count as pruned.
 */
export function refusesOthers(holding: readonly string[] = []): string | undefined {
  const [other] = holding;
  return other && `@${other} of the same layer holds zeros by a schedule of its own, and neither would keep its share`;
}
