// Writes src/generated/validators.js: every schema of the language compiled to code by ajv, so that dnc compiles none when it starts.
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { rolldown } from 'rolldown';
import { external, inputOptions } from './bundle.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const folder = path.join(root, 'src/generated');

const DECLARATIONS = `/** What a validator found wrong, in ajv's form. */
export interface Fault {
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
}

export interface Validator {
  (data: unknown): boolean;
  readonly errors?: readonly Fault[] | null;
}

/** By table and word: \`layer.Dense\`, \`section.train\`. */
export declare const validators: Readonly<Record<string, Validator>>;
`;

/** Generates the module when it is missing or differs. Files are replaced whole, so that a reader never sees half of one. */
export async function generateValidators() {
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(path.join(folder, 'work-'));
  try {
    const { schemas, annotationKeywords } = await loadSchemas(work);
    const code = compileSchemas(schemas(), annotationKeywords);
    const entry = path.join(work, 'validators.mjs');
    writeFileSync(entry, code);
    const text = await bundled(entry);
    replace(path.join(folder, 'validators.js'), text, work);
    replace(path.join(folder, 'validators.d.ts'), DECLARATIONS, work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function loadSchemas(work) {
  const bundle = await rolldown({ ...inputOptions, external, input: path.join(root, 'src/compiler/schemas.ts') });
  const file = path.join(work, 'schemas.mjs');
  await bundle.write({ file, format: 'esm', codeSplitting: false });
  await bundle.close();
  return import(pathToFileURL(file).href);
}

function compileSchemas(schemas, annotationKeywords) {
  const ajv = new Ajv({
    strict: true,
    allErrors: true,
    allowUnionTypes: true,
    // Branches of an `anyOf` may require what the object around them defines.
    strictRequired: false,
    // One statement a line: a bundler cannot point into a line of that length.
    code: { source: true, esm: true, lines: true },
  });
  ajv.addVocabulary([...annotationKeywords]);
  const names = Object.keys(schemas);
  const exports = {};
  names.forEach((name, k) => {
    // Words may share a schema; ajv compiles one object once and would print it twice.
    ajv.addSchema(structuredClone(schemas[name]), name);
    exports[`validator${k}`] = name;
  });
  const code = standalone.default(ajv, exports);
  const table = names.map((name, k) => `${JSON.stringify(name)}: validator${k}`).join(', ');
  // The code of an ES module that ajv writes still requires its helpers.
  const helpers = [];
  const imported = code.replace(/require\("([^"]+)"\)/g, (_, module) => {
    helpers.push(
      `import helper${helpers.length} from ${JSON.stringify(module.endsWith('.js') ? module : `${module}.js`)};`,
    );
    return `helper${helpers.length - 1}`;
  });
  return `${helpers.join('\n')}\n${imported}\nexport const validators = { ${table} };\n`;
}

async function bundled(entry) {
  const bundle = await rolldown({ ...inputOptions, input: entry, cwd: root });
  const { output } = await bundle.generate({ format: 'esm', minify: false });
  await bundle.close();
  return output[0].code;
}

function replace(file, text, work) {
  try {
    if (readFileSync(file, 'utf8') === text) return;
  } catch {
    // Not there yet.
  }
  const fresh = path.join(work, path.basename(file));
  writeFileSync(fresh, text);
  renameSync(fresh, file);
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) await generateValidators();
