#!/usr/bin/env node
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import { thisIsTheCommandLine } from './runtime/engines/command-line.js';

// Node 22.1 and newer keep the code that they compiled in a folder for temporary files, for the next command. Without it dnc starts all the same.
(module as { readonly enableCompileCache?: () => unknown }).enableCompileCache?.();
thisIsTheCommandLine(fileURLToPath(import.meta.url));
const { main } = await import('./main.js');
const exitCode = await main(process.argv.slice(2));
// Ended here and not by the event loop: while Node takes itself down a signal would kill the process, which then ends without this code.
for (const stream of [process.stdout, process.stderr])
  await new Promise<void>((done) => stream.write('', () => done()));
process.exit(exitCode);
