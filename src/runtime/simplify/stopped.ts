/** The user asked to stop before there was something to keep: it is found the same when it is looked for again. */
export class Stopped extends Error {}
