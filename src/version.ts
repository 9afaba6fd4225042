declare const DNC_VERSION: string | undefined;

/** dnc's version; the bundle defines it, tests run without a bundle. */
export const version: string = typeof DNC_VERSION === 'string' ? DNC_VERSION : '0.0.0-source';
