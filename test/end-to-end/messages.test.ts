import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/hash.js';
import { pngBytes } from '../data/pictures/encode.js';
import { dnc } from '../support/cli.js';
import { temporaryFolder } from '../support/folders.js';
import { tinySpec } from '../support/specs.js';
import { idx } from '../support/stand-in.js';

// What a user reads who made a mistake: one golden text for each, the process's own words and exit code. UPDATE=1 writes them anew.
const goldens = path.join(import.meta.dirname, 'messages');

interface Case {
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly words: readonly string[];
  readonly exit: number;
}

const images = idx(
  [60, 4, 4],
  Uint8Array.from({ length: 60 * 16 }, (_, k) => (k * 37) % 256),
);
const labels = idx(
  [60],
  Uint8Array.from({ length: 60 }, (_, k) => k % 3),
);

/** A spec that reads the two files beside it. */
function idxSpec(
  options: { readonly input?: string; readonly classes?: number; readonly files?: string } = {},
): string {
  const { input = 'Input(4, 4, 1)', classes = 3, files = 'images: "images.gz", labels: "labels"' } = options;
  return `model Small {
  image  = ${input}
  pixels = Flatten
  class  = Dense(${classes})
}

data {
  source: idx(${files})
}

train {
  loss: sparse_categorical_crossentropy(from_logits: true)
  epochs: 1
}
`;
}

/** A small spec in YAML, with one change. */
function yaml(from: string, to: string): Record<string, string> {
  const text = `model:
  name: Small
  layers:
    - { name: features, Input: 12 }
    - { name: hidden, Dense: 8, activation: relu }
    - { name: value, Dense: 1 }
data: { source: { sparse_regression: { features: 12, samples: 120 } } }
train: { loss: mse, optimizer: adam(1e-3), epochs: 5 }
`;
  if (!text.includes(from)) throw new Error(`the spec has no ${from}`);
  return { 'net.yaml': text.replace(from, to) };
}

/** A spec that reads pictures in folders, or what else is said. */
function folderSpec(source = 'image_folder("shots", size: [2, 2])'): string {
  return idxSpec({ input: 'Input(2, 2, 3)', classes: 2 }).replace(/idx\(.*\)/, source);
}

/** A picture that is stored and not packed, as its bytes must not depend on the version of zlib. */
const shot = pngBytes({
  width: 3,
  height: 2,
  colour: 0,
  depth: 8,
  samples: [0, 50, 100, 150, 200, 250],
  pixels: deflateSync(Buffer.of(0, 0, 50, 100, 0, 150, 200, 250), { level: 0 }),
});

/** The tiny spec with one change. */
function changed(from: string | RegExp, to: string): Record<string, string> {
  const text = tinySpec().replace(from, to);
  if (text === tinySpec()) throw new Error(`the spec has no ${from}`);
  return { 'net.dn': text };
}

const check = ['check', 'net.dn'];
const checkYaml = ['check', 'net.yaml'];
/** A file that numpy wrote. */
const numpy = (name: string): Buffer => readFileSync(path.join(import.meta.dirname, '../data/numpy', name));
const train = ['train', 'net.dn', '--threads', '1'];
// Stored, not packed tight: the bytes do not depend on the version of zlib.
const packed = gzipSync(images, { level: 0 });

const cases: Readonly<Record<string, Case>> = {
  'unknown key': { files: changed('batch_size:', 'batchsize:'), words: check, exit: 3 },
  'unknown section': { files: changed('simplify {', 'simplfy {'), words: check, exit: 3 },
  'unknown layer': { files: changed('Dropout(0.2)', 'Droput(0.2)'), words: check, exit: 3 },
  'unknown argument': { files: changed('activation: tanh', 'activaton: tanh'), words: check, exit: 3 },
  'unknown annotation': { files: changed('@dropneuron(0.01)\n', '@dropneurons(0.01)\n'), words: check, exit: 3 },
  'wrong type': { files: changed('Dense(8,', 'Dense("eight",'), words: check, exit: 3 },
  'wrong range': { files: changed('Dropout(0.2)', 'Dropout(1.2)'), words: check, exit: 3 },
  'wrong set': { files: { 'net.dn': tinySpec() }, words: [...check, '--set', 'train.batch_size=many'], exit: 3 },
  'unknown set': { files: { 'net.dn': tinySpec() }, words: [...check, '--set', 'train.batchsize=3'], exit: 3 },
  'a text with a hyphen': { files: changed('loss: mse', 'loss: mse\n  engine: tfjs - wasm'), words: check, exit: 3 },
  'a set text with a hyphen': {
    files: { 'net.dn': tinySpec() },
    words: [...check, '--set', 'train.engine=tfjs-wasm'],
    exit: 3,
  },
  'more rows to train on than there are': {
    files: changed('validation: 20\n', 'validation: 20\n  train: first(101)\n'),
    words: train,
    exit: 4,
  },
  'rows to train on from a fold': {
    files: changed('validation: 20\n', 'validation: 20\n  train: fold(1, of: 5)\n'),
    words: check,
    exit: 3,
  },
  'rows to train on from another source': {
    files: changed('validation: 20\n', 'validation: 20\n  train: csv("some.csv")\n'),
    words: check,
    exit: 3,
  },
  'a sweep with several mistakes': {
    files: {
      'net.dn': `${tinySpec().replace('Dropout(0.2)', 'Droput(0.2)')}sweep {
  train.batchsize: [8, 16]
  train.phases.warm.optimizer.momentum: [0.9, 0.9]
  model.hidden.unit: [4, 8]
  lambda: 1..3
  objective: val_nmsee
}
`,
    },
    words: ['sweep', 'net.dn'],
    exit: 3,
  },
  'a sweep of a network that does not fit its data': {
    files: {
      'net.dn': `${tinySpec().replace('Input(12)', 'Input(13)')}sweep {
  train.phases.warm.batchsize: [8, 16]
  train.phases.warm.epochs: [8, 16]
}
`,
    },
    words: ['sweep', 'net.dn', '--set', 'train.phases.warm.epochs=3'],
    exit: 4,
  },
  'a word for a learning rate': {
    files: changed('learning_rate: 0.005', 'learning_rate: fast'),
    words: check,
    exit: 3,
  },
  'a learning rate in quotes': {
    files: changed('learning_rate: 0.005', 'learning_rate: "5e-3"'),
    words: check,
    exit: 3,
  },
  'a learning rate outside of its optimizer': {
    files: changed('batch_size: 17', 'batch_size: 17\n  learning_rate: 0.1'),
    words: check,
    exit: 3,
  },
  'a metric by another name, without brackets': {
    files: changed('metrics: [nmse]', 'metrics: acc'),
    words: check,
    exit: 3,
  },
  'a metric by another name': { files: changed('metrics: [nmse]', 'metrics: [acc]'), words: check, exit: 3 },
  'a block switched off by another word': {
    files: { 'net.dn': tinySpec() },
    words: [...check, '--set', 'simplify.finetune=no'],
    exit: 3,
  },
  'a switch that is true or false': {
    files: { 'net.dn': tinySpec() },
    words: [...check, '--set', 'simplify.ranges=on'],
    exit: 3,
  },
  'a threshold that is a word': {
    files: { 'net.dn': tinySpec() },
    words: ['simplify', 'net.dn', '--threshold', 'abc'],
    exit: 3,
  },
  'a threshold that leaves nothing': {
    files: changed('threshold: auto(tolerance: 1%)', 'threshold: 100'),
    words: train,
    exit: 3,
  },
  'missing spec': { files: { 'net.dn': tinySpec() }, words: ['check', 'ned.dn'], exit: 4 },
  'spec is a folder': { files: { 'net.dn/inside': '' }, words: check, exit: 4 },
  'no spec here': { files: { 'notes.txt': '' }, words: ['check'], exit: 4 },
  'no spec to train here': { files: { 'notes.txt': '' }, words: ['train'], exit: 4 },
  'a spec to begin with that is there': { files: { 'net.dn': tinySpec() }, words: ['init', 'net'], exit: 5 },
  'a spec to convert into that is there': {
    files: { 'net.dn': tinySpec(), 'net.yaml': 'model: {}\n' },
    words: ['convert', 'net.dn', 'net.yaml'],
    exit: 5,
  },
  'several specs with messages': {
    files: {
      'a.dn': tinySpec().replace('Dropout(0.2)', 'Droput(0.2)').replace('batch_size', 'batchsize'),
      'b.dn': tinySpec().replace('Dropout(0.2)', 'Dropout(1.2)'),
    },
    words: ['check'],
    exit: 3,
  },
  'several specs here': { files: { 'a.dn': tinySpec(), 'b.dn': tinySpec() }, words: ['compile'], exit: 2 },
  'empty spec': { files: { 'net.dn': '' }, words: check, exit: 3 },
  'binary spec': { files: { 'net.dn': Uint8Array.of(31, 139, 8, 0, 1, 2, 3) }, words: check, exit: 4 },
  'missing mnist': {
    files: { 'net.dn': idxSpec({ input: 'Input(28, 28, 1)', classes: 10 }).replace(/idx\(.*\)/, 'mnist') },
    words: [...train, '--data-dir', '.'],
    exit: 4,
  },
  'missing file': { files: { 'net.dn': idxSpec(), labels }, words: train, exit: 4 },
  'truncated gzip': {
    files: { 'net.dn': idxSpec(), 'images.gz': packed.subarray(0, 300), labels },
    words: train,
    exit: 4,
  },
  'truncated idx': {
    files: {
      'net.dn': idxSpec({ files: 'images: "images", labels: "labels"' }),
      images: images.subarray(0, 300),
      labels,
    },
    words: train,
    exit: 4,
  },
  'damaged gzip': {
    files: { 'net.dn': idxSpec(), 'images.gz': packed.map((byte, k) => (k === 200 ? byte ^ 64 : byte)), labels },
    words: train,
    exit: 4,
  },
  'wrong magic number': {
    files: { 'net.dn': idxSpec(), 'images.gz': gzipSync('GIF89a of something', { level: 0 }), labels },
    words: train,
    exit: 4,
  },
  'images and labels exchanged': {
    files: { 'net.dn': idxSpec({ files: 'images: "labels", labels: "images.gz"' }), 'images.gz': packed, labels },
    words: train,
    exit: 4,
  },
  'labels out of range': {
    files: { 'net.dn': idxSpec({ classes: 2 }), 'images.gz': packed, labels },
    words: train,
    exit: 4,
  },
  'rows differ': {
    files: { 'net.dn': idxSpec(), 'images.gz': packed, labels: idx([59], labels.subarray(8, 67)) },
    words: train,
    exit: 4,
  },
  'data of another shape': {
    files: { 'net.dn': idxSpec({ input: 'Input(5, 5, 1)' }), 'images.gz': packed, labels },
    words: train,
    exit: 4,
  },
  'truncated npy': {
    files: { 'net.dn': idxSpec().replace(/idx\(.*\)/, 'npy("x.npy")'), 'x.npy': numpy('stored.npz').subarray(55, 255) },
    words: train,
    exit: 4,
  },
  'python objects': {
    files: { 'net.dn': idxSpec().replace(/idx\(.*\)/, 'npy("x.npy")'), 'x.npy': numpy('objects.npy') },
    words: train,
    exit: 4,
  },
  'truncated picture': {
    files: { 'net.dn': folderSpec(), 'shots/a/1.png': shot, 'shots/b/1.png': shot.subarray(0, 60) },
    words: train,
    exit: 4,
  },
  'a text as a picture': {
    files: { 'net.dn': folderSpec(), 'shots/a/1.png': shot, 'shots/b/1.jpg': '<html>' },
    words: ['data', 'check', 'net.dn'],
    exit: 4,
  },
  'a class without pictures': {
    files: { 'net.dn': folderSpec(), 'shots/a/1.png': shot, 'shots/b/notes.txt': '' },
    words: check,
    exit: 4,
  },
  'a picture that a table names is missing': {
    files: {
      'net.dn': folderSpec('csv("t.csv"); target: y; columns { shot: image_file(size: [2, 2]) }'),
      't.csv': 'shot,y\nshots/1.png,a\nshots/2.png,b\n',
      'shots/1.png': shot,
    },
    words: train,
    exit: 4,
  },
  'pictures that a table names are missing': {
    files: {
      'net.dn': folderSpec('csv("t.csv"); target: y; columns { shot: image_file(size: [2, 2], folder: shotz) }'),
      't.csv': 'shot,y\n1.png,a\n2.png,b\n3.png,b\n4.png,a\n5.png,b\n1.png,b\n',
      'shots/1.png': shot,
    },
    words: ['data', 'check', 'net.dn'],
    exit: 4,
  },
  'a folder of pictures is missing': { files: { 'net.dn': folderSpec() }, words: ['data', 'check', 'net.dn'], exit: 4 },
  'a window longer than a part': {
    files: changed('validation: 20', 'validation: 20; window { length: 30 }'),
    words: train,
    exit: 4,
  },
  'augmented rows that are no pictures': {
    files: changed('validation: 20', 'validation: 20; augment: [shift(2)]'),
    words: train,
    exit: 4,
  },
  'words of the data section': {
    files: changed(
      'validation: 20',
      'validation: 20; augment: [rotat(5), crop(2)]; window { lenght: 3 }; columns { a: tokens(10k); b: image_file(size: [4], channels: 2) }',
    ),
    words: check,
    exit: 3,
  },
  'truncated npz': {
    files: { 'net.dn': idxSpec().replace(/idx\(.*\)/, 'npz("x.npz")'), 'x.npz': numpy('stored.npz').subarray(0, 600) },
    words: train,
    exit: 4,
  },
  'an array that the file does not have': {
    files: {
      'net.dn': idxSpec().replace(/idx\(.*\)/, 'npz("x.npz", target: "z")'),
      'x.npz': numpy('stored.npz'),
    },
    words: train,
    exit: 4,
  },
  'shape mismatch': { files: changed('drop     = Dropout(0.2)', 'drop     = Reshape(3, 3)'), words: check, exit: 3 },
  'a threshold beside a target': {
    files: changed('threshold: auto(tolerance: 1%)', 'threshold: 0.1\n  target { parameters: 10% }'),
    words: check,
    exit: 3,
  },
  'a target without a size': {
    files: changed('threshold: auto(tolerance: 1%)', 'target { tolerance: 1% }'),
    words: check,
    exit: 3,
  },
  'a teacher without training': {
    files: changed(/finetune \{.*\}/, 'distil { weight: 0.5 }'),
    words: check,
    exit: 3,
  },
  'times that are not there': {
    files: changed('threshold: auto(tolerance: 1%)', 'target { latency: 50%; latency_table: file("phone.json") }'),
    words: train,
    exit: 4,
  },
  'a layer that loses all units': {
    files: changed('threshold: auto(tolerance: 1%)', 'threshold: 1000'),
    words: train,
    exit: 3,
  },
  'a trillion units': { files: changed('Dense(8,', 'Dense(1000000000000,'), words: check, exit: 3 },
  'a trillion features': { files: changed('Input(12)', 'Input(1000000, 1000000)'), words: check, exit: 3 },
  'a trillion rows': { files: changed('samples: 120', 'samples: 1000000000000'), words: check, exit: 3 },
  'a trillion rows a batch': { files: changed('batch_size: 17', 'batch_size: 1e12'), words: check, exit: 3 },
  'brackets 100,000 deep': { files: changed('Dense(8,', `Dense(${'['.repeat(100_000)},`), words: check, exit: 3 },
  'parentheses 100,000 deep': {
    files: changed('Dense(8,', `Dense(${'('.repeat(100_000)}8${')'.repeat(100_000)},`),
    words: check,
    exit: 3,
  },
  'braces 100,000 deep': { files: changed('train {', 'train {'.repeat(100_000)), words: check, exit: 3 },
  'yaml with a tab': { files: yaml('  layers:', '\tlayers:'), words: checkYaml, exit: 3 },
  'yaml with an open bracket': { files: yaml('Dense: 1 }', 'Dense: 1'), words: checkYaml, exit: 3 },
  'yaml with a call cut to pieces': {
    files: yaml('adam(1e-3)', 'adam(1e-3, beta_1: 0.8)'),
    words: checkYaml,
    exit: 3,
  },
  'yaml with an anchor': { files: yaml('Dense: 8', 'Dense: &width 8'), words: checkYaml, exit: 3 },
  'yaml with a merge key': { files: yaml('{ loss: mse', '{ <<: common, loss: mse'), words: checkYaml, exit: 3 },
  'yaml with an unknown key': { files: yaml('epochs: 5', 'epochz: 5'), words: checkYaml, exit: 3 },
  'yaml with an unknown layer': { files: yaml('Dense: 8', 'Dens: 8'), words: checkYaml, exit: 3 },
  'yaml with a name and no layer': {
    files: yaml('{ name: value, Dense: 1 }', '{ name: value }'),
    words: checkYaml,
    exit: 3,
  },
  'yaml without a name': { files: yaml('  name: Small\n', ''), words: checkYaml, exit: 3 },
  'yaml of something else': {
    files: { 'net.yaml': 'services:\n  web: { image: nginx }\n' },
    words: checkYaml,
    exit: 3,
  },
  'what yaml cannot say': {
    files: changed('sgd(learning_rate: 0.02, momentum: 0.9)', 'sgd(2 * cosine(0.01, alpha: 0.1))'),
    words: ['convert', 'net.dn', 'net.yaml'],
    exit: 3,
  },
  'what yaml says otherwise': {
    files: { 'net.dn': `let unused = { a: 1 }\n${tinySpec()}` },
    words: ['convert', 'net.dn', 'net.yaml'],
    exit: 3,
  },
  diverging: {
    files: changed('learning_rate: 0.02', 'learning_rate: 1e10'),
    words: [...train, '--out', 'run'],
    exit: 7,
  },
  'no run to resume': { files: { 'net.dn': tinySpec() }, words: ['train', '--resume', '.'], exit: 4 },
  'no weights': { files: { 'net.dn': tinySpec() }, words: ['eval', 'net.dn'], exit: 4 },
  'lost weights': { files: { 'net.dn': `${tinySpec()}\nweights: file("net.safetensors")\n` }, words: check, exit: 4 },
  'damaged weights': {
    files: { 'net.dn': `${tinySpec()}\nweights: file("net.safetensors")\n`, 'net.safetensors': 'not weights at all' },
    words: check,
    exit: 4,
  },
  'output under a file': { files: { 'net.dn': tinySpec() }, words: [...train, '--out', 'net.dn/run'], exit: 5 },
  'unknown engine': { files: { 'net.dn': tinySpec() }, words: [...train, '--engine', 'onnx'], exit: 2 },
  'unknown command': { files: {}, words: ['trian'], exit: 2 },
  'a command that none is like': { files: {}, words: ['foo'], exit: 2 },
  'a diff of one spec': { files: { 'net.dn': tinySpec() }, words: ['diff', 'net.dn'], exit: 2 },
  'a part of the rows by half its name': {
    files: { 'net.dn': tinySpec() },
    words: ['eval', 'net.dn', '--split', 'val'],
    exit: 2,
  },
  'more rows held out than there are': {
    files: { 'net.dn': tinySpec() },
    words: [...train, '--set', 'data.validation=5000'],
    exit: 4,
  },
  'an augmentation without brackets': {
    files: { 'net.dn': tinySpec() },
    words: [...check, '--set', 'data.augment=shift(2)'],
    exit: 3,
  },
  'unknown option': { files: { 'net.dn': tinySpec() }, words: [...train, '--epochs', '3'], exit: 2 },
  'an option that is nearly a key of the spec': {
    files: { 'net.dn': tinySpec() },
    words: [...train, '--batchsize', '3'],
    exit: 2,
  },
  'an option that other programs have': {
    files: { 'net.dn': tinySpec() },
    words: [...train, '--lr', '3e-4'],
    exit: 2,
  },
  'a key of the spec for an option that is spelt nearly so': {
    files: { 'net.dn': tinySpec() },
    words: [...train, '--seed', '1'],
    exit: 2,
  },
  'an option that is nearly another': {
    files: { 'net.dn': tinySpec() },
    words: [...train, '--engin', 'auto'],
    exit: 2,
  },
  'an option without its value': { files: { 'net.dn': tinySpec() }, words: ['train', 'net.dn', '--resume'], exit: 2 },
  'a run to resume by the folder above it': {
    files: { 'runs/net/one/run.json': '{}' },
    words: ['train', '--resume', 'runs/net'],
    exit: 4,
  },
  'a run to simplify by the folder above it': {
    files: { 'runs/net/latest/run.json': '{}' },
    words: ['simplify', 'runs/net', '--threshold', 'weight(0.2)'],
    exit: 4,
  },
  'unknown word': { files: {}, words: ['help', 'Dens'], exit: 2 },
  'unknown argument of a word': { files: {}, words: ['help', 'Dense', 'unitz'], exit: 2 },
  'an engine for a word': { files: {}, words: ['help', 'onnxruntime'], exit: 2 },
  'unknown code': { files: {}, words: ['explain', 'shape-missmatch'], exit: 2 },
  'threads of no number': { files: { 'net.dn': tinySpec() }, words: ['train', 'net.dn', '--threads', 'all'], exit: 2 },
};

describe('messages', () => {
  test.each(Object.keys(cases))('%s', async (name) => {
    const { files, words, exit } = cases[name]!;
    const folder = temporaryFolder();
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), content);
    }
    const before = hashes(folder);
    // Far more than it takes: what is killed after that hangs.
    const ended = await dnc(words, { cwd: folder, limit: 20_000 });
    expect(ended.signal).toBeNull();
    expect(hashes(folder)).toMatchObject(before);
    expect(ended.stderr).not.toMatch(/^\s+at .*[:(]/m);
    expect(ended.stderr).not.toContain('mistake of its own');
    expect(ended.stderr).not.toContain('\u001b');
    expect(ended.stdout).toBe('');
    const text = `$ dnc ${words.join(' ')}\n${normalised(ended.stderr, folder)}exit code ${ended.code}\n`;
    const golden = path.join(goldens, `${name.replaceAll(' ', '-').replaceAll(',', '')}.txt`);
    if (process.env.UPDATE || !existsSync(golden)) {
      if (process.env.CI) throw new Error(`${golden} does not exist`);
      writeFileSync(golden, text);
    }
    expect(text).toBe(readFileSync(golden, 'utf8'));
    expect(ended.code).toBe(exit);
  });

  test('no golden text is left over', () => {
    const named = Object.keys(cases).map((name) => `${name.replaceAll(' ', '-').replaceAll(',', '')}.txt`);
    expect(readdirSync(goldens).sort()).toEqual(named.sort());
  });
});

/** Without what differs from machine to machine: folders, the engine, durations. */
function normalised(text: string, folder: string): string {
  return (
    text
      .replaceAll(folder, '<folder>')
      .replaceAll(tmpdir(), '<temporary>')
      .replace(/^engine: .*$/m, 'engine: <engine>')
      .replace(/^run: .*$/m, 'run: <run>')
      // A number that training gives.
      .replace(/(highest threshold that leaves a network is) [\d.e-]+,/, '$1 <number>,')
      .replace(/runs\/net\/\d{8}-\d{6}-[0-9a-f]{8}/g, '<run>')
      .replace(/^(warm|shrinking|finetune|train)[: ].*\n/gm, '')
  );
}

/** Every file below a folder with the hash of its content. */
function hashes(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => statSync(path.join(folder, file)).isFile())
      .map((file) => [file, sha256(readFileSync(path.join(folder, file)))]),
  );
}
