import { createRequire } from 'node:module';

type JsYaml = typeof import('js-yaml');

let loaded: JsYaml | undefined;

/** js-yaml, loaded when the first YAML text is read: a .dn file never pays for it. Not bundled, and at once, because reading is not asynchronous. */
export function jsYaml(): JsYaml {
  loaded ??= createRequire(import.meta.url)('js-yaml') as JsYaml;
  return loaded;
}
