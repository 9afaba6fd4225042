// How this repository's TypeScript is bundled, for the build and for the validators.
/** Engines and tfjs stay outside and are loaded when they are needed. */
export const external = [/^@tensorflow\//, 'onnxruntime-node', /^node:/];

export const inputOptions = {
  platform: 'node',
  resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
  logLevel: 'warn',
};
