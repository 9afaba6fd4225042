// How this repository's TypeScript is bundled, for the build and for the validators.
/** Engines, tfjs and vega stay outside and are loaded when they are needed. */
export const external = [/^@tensorflow\//, 'onnxruntime-node', /^vega(-lite)?$/, /^node:/];

export const inputOptions = {
  platform: 'node',
  resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
  logLevel: 'warn',
};
