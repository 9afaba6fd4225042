import { existsSync } from 'node:fs';
import { type Command, UsageError } from './command.js';
import { specFiles } from './spec-file.js';

export const init: Command = {
  name: 'init',
  summary: 'Writes a spec to start from; its data is drawn by dnc itself.',
  parameters: '[name]',
  options: [{ flags: '--force', description: 'write over a file that is there' }],
  examples: ['dnc init && dnc compile && dnc train', 'dnc init my-net', 'dnc init my-net.yaml'],
  run: async ({ parameters: [given], options, io }) => {
    const { writeAtomically } = await import('../files.js');
    const name = given ?? 'network';
    if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name))
      throw new UsageError(`a name of letters, digits, "-", "_" and ".", not ${name}`);
    const { endingOf, isSpecName, isYaml } = await import('../dsl/syntax.js');
    const other = /\.[A-Za-z]\w*$/.exec(name)?.[0];
    if (other !== undefined && !isSpecName(name))
      throw new UsageError(
        `a spec's name ends in .dn or .yaml, not ${other}: dnc init ${name.slice(0, -other.length)}.dn`,
      );
    const file = isSpecName(name) ? name : `${name}.dn`;
    const { fail } = await import('../diagnostics/report.js');
    if (existsSync(file) && !options.force) fail('file-exists', { file }, { help: ['--force writes over it'] });
    const text = starter(file.slice(0, -endingOf(file).length));
    writeAtomically(file, isYaml(file) ? await asYaml(text) : text);
    io.out(`${file}\n`);
    const named = specFiles([]).length > 1 ? ` ${file}` : '';
    io.note(`next: dnc compile${named} && dnc train${named}\n`);
    return 0;
  },
};

async function asYaml(text: string): Promise<string> {
  const { readDocument } = await import('../compiler/document.js');
  const { Reports } = await import('../diagnostics/report.js');
  const { Source } = await import('../diagnostics/source.js');
  const { writeYaml } = await import('../dsl/yaml/write.js');
  return writeYaml(readDocument(new Source('starter.dn', text), new Reports()));
}

/** The spec that `dnc init` writes: small enough to train in seconds, with every section. */
function starter(name: string): string {
  const model = name.replace(/\W+/g, '_').replace(/^(\d)/, '_$1');
  return `# ${name}: digits that dnc draws itself. \`dnc help <word>\` explains every word.
let lambda = 3e-3                                # how strongly neurons are dropped

model ${model} @dropneuron(lambda) {
  image  = Input(28, 28, 1)
  pixels = Flatten
  hidden = Dense(128, activation: relu)
  digit  = Dense(10)
}

data {
  source: drawn_digits(train: 9000, test: 2000)  # your own: mnist, or idx(images: "…", labels: "…")
  validation: 2000
}

train {
  loss: sparse_categorical_crossentropy(from_logits: true)
  optimizer: adam(learning_rate: cosine(3e-3))
  metrics: [accuracy]
  batch_size: 64
  epochs: 15
}

simplify {
  threshold: auto(tolerance: 1%)                 # cut as much as validation accuracy allows
  finetune { epochs: 5; optimizer: adam(learning_rate: cosine(1e-3)) }
}
`;
}
