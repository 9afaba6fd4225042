import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/compiler/compile.js';
import { Source } from '../../../src/diagnostics/source.js';
import { readSettings } from '../../../src/runtime/engines/settings.js';
import { pinForUser, pinInSpec, withEngine } from '../../../src/runtime/measure/pin.js';
import { root } from '../../support/cli.js';
import { temporaryFolder } from '../../support/folders.js';

const text = `# A comment on top.
model M { x = Input(6); Dense(1) }   # beside it

data { source: sparse_regression(features: 6, samples: 60) }
train {
  loss:   mse      # the columns stay
  epochs: 3

  # and so does this
}
`;

describe('the engine in a spec', () => {
  test('is one line more', () => {
    const after = withEngine(new Source('net.dn', text), 'onnxruntime');
    const [before, now] = [text, after].map((one) => one.split('\n'));
    expect(now!.filter((line) => !before!.includes(line))).toEqual(['  engine: "onnxruntime"']);
    expect(now!.filter((line) => !line.includes('engine'))).toEqual(before);
    expect(compile(new Source('net.dn', after)).spec.train.engine).toBe('onnxruntime');
  });
  test('replaces the one that is there', () => {
    const source = new Source('net.dn', text.replace('epochs: 3', 'epochs: 3\n  engine: onnxruntime  # was faster'));
    const after = withEngine(source, 'tfjs-wasm');
    expect(after).toContain('\n  engine: "tfjs-wasm"  # was faster\n');
    expect(withEngine(new Source('net.dn', after), 'tfjs-wasm')).toBe(after);
  });
  test('is written into YAML as YAML', () => {
    const yaml = readFileSync(path.join(root, 'specs', 'sparse-regression.yaml'), 'utf8');
    const after = withEngine(new Source('net.yaml', yaml), 'tfjs-wasm');
    expect(after.replace(/^ {2}engine: .*\n/m, '')).toBe(yaml);
    expect(compile(new Source('net.yaml', after)).spec.train.engine).toBe('tfjs-wasm');
  });
  test('is written into the file', () => {
    const file = path.join(temporaryFolder(), 'net.dn');
    writeFileSync(file, text);
    pinInSpec(file, 'onnxruntime');
    expect(readFileSync(file, 'utf8')).toBe(withEngine(new Source('net.dn', text), 'onnxruntime'));
  });
});

test('the engine in the settings replaces another one', () => {
  const file = path.join(temporaryFolder(), 'settings.json');
  expect(pinForUser('onnxruntime', file)).toBe(file);
  pinForUser('tfjs-wasm', file);
  expect(readSettings(file)).toEqual({ engine: 'tfjs-wasm' });
});
