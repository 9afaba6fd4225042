/**
 * The user asked to stop before there was something to keep: it is found the same when it is looked for again. Only who stopped it knows whether and how it goes on,
 * and says so.
 */
export class Stopped extends Error {
  /** @param unfinished What is worth to be told of: a method's work that was under way, such as `@net_trim` */
  constructor(readonly unfinished?: string) {
    super();
  }
}
