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

/** Shared parts have at least so many characters of JSON; shorter ones are written out wherever they stand. */
const SHORT = 20;

const DECLARATIONS = `/** What a validator found wrong, in ajv's form. */
export interface Fault {
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
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
    // Shared parts stay functions.
    inlineRefs: false,
    // Messages for people are made of the keyword, its parameters and the schema (src/compiler/1-spec/faults.ts).
    messages: false,
    allowUnionTypes: true,
    // Branches of an `anyOf` may require what the object around them defines.
    strictRequired: false,
    // One statement a line: a bundler cannot point into a line of that length.
    code: { source: true, esm: true, lines: true },
  });
  const silent = new Set([...annotationKeywords, 'description', 'default', 'examples', 'title']);
  const checked = Object.values(schemas).map((schema) => validating(schema, silent));
  const { whole, shared } = sharing(checked);
  for (const [name, schema] of shared) ajv.addSchema(schema, name);
  // Many words take the same arguments: they share a validator.
  const validators = new Map();
  const exports = {};
  const table = Object.keys(schemas).map((word, k) => {
    const schema = whole[k];
    const text = JSON.stringify(schema);
    if (!validators.has(text)) {
      const name = `validator${validators.size}`;
      validators.set(text, name);
      ajv.addSchema(schema, name);
      exports[name] = name;
    }
    return `${JSON.stringify(word)}: ${validators.get(text)}`;
  });
  const code = standalone.default(ajv, exports);
  // The code of an ES module that ajv writes still requires its helpers.
  const helpers = [];
  const imported = code.replace(/require\("([^"]+)"\)/g, (_, module) => {
    helpers.push(
      `import helper${helpers.length} from ${JSON.stringify(module.endsWith('.js') ? module : `${module}.js`)};`,
    );
    return `helper${helpers.length - 1}`;
  });
  return `${helpers.join('\n')}\n${imported}\nexport const validators = { ${table.join(', ')} };\n`;
}

/** A schema without what validates nothing, so that words whose arguments differ in descriptions alone are one. */
function validating(schema, silent) {
  const checks = Object.entries(schema).filter(([keyword]) => !silent.has(keyword));
  return mapSchemas(Object.fromEntries(checks), (one) => validating(one, silent));
}

/** Parts that stand in several places become a schema each that the others name: ajv writes its code once and calls it. */
function sharing(schemas) {
  const counts = new Map();
  const count = (schema) => {
    const text = JSON.stringify(schema);
    counts.set(text, (counts.get(text) ?? 0) + 1);
    if (counts.get(text) === 1) mapSchemas(schema, count);
  };
  for (const schema of schemas) mapSchemas(schema, count);
  const shared = new Map();
  // Items that must differ are compared in linear time where ajv sees of what type they are.
  const within = (schema) => (schema.uniqueItems ? schema : mapSchemas(schema, share));
  const share = (schema) => {
    const text = JSON.stringify(schema);
    if (counts.get(text) === 1 || text.length < SHORT) return within(schema);
    if (!shared.has(text)) {
      const part = { name: `shared${shared.size}` };
      shared.set(text, part);
      part.schema = within(schema);
    }
    return { $ref: shared.get(text).name };
  };
  const whole = schemas.map(within);
  return { whole, shared: [...shared.values()].map(({ name, schema }) => [name, schema]) };
}

/** A schema with those within it replaced. */
function mapSchemas(schema, change) {
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => {
      if (keyword === 'properties' || keyword === 'patternProperties')
        return [keyword, Object.fromEntries(Object.entries(value).map(([name, one]) => [name, change(one)]))];
      if (keyword === 'anyOf' || keyword === 'allOf' || keyword === 'oneOf') return [keyword, value.map(change)];
      if (keyword === 'items' || keyword === 'not') return [keyword, change(value)];
      return [keyword, value];
    }),
  );
}

async function bundled(entry) {
  const bundle = await rolldown({ ...inputOptions, input: entry, cwd: root });
  const { output } = await bundle.generate({ format: 'esm', minify: true });
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
