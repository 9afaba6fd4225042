// Writes docs/reference.md from the schemas, the commands and the catalogue of messages. `npm run update` calls it; test/docs/reference.test.ts compares.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundled } from './bundled.mjs';
import { generateValidators } from './generate-validators.mjs';

process.chdir(path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..'));
await generateValidators();
const { referenceText } = await import(pathToFileURL(await bundled('src/commands/reference.ts')).href);
mkdirSync('docs', { recursive: true });
writeFileSync('docs/reference.md', referenceText());
