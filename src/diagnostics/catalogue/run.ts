import { code } from '../diagnostic.js';

export const runCodes = {
  'engine-not-ready': code<{ engine: string; because: string }>({
    severity: 'error',
    message: ({ engine, because }) => `the engine ${engine} cannot run here: ${because}`,
    exit: 6,
    explain: `
An engine was asked for by name and is not ready on this machine. dnc does not take another one silently, since engines differ in speed
and in the last bits of their results.

\`dnc engines\` lists every engine with the reason why it is not ready and what would make it so. \`--engine auto\` (the default) takes
the fastest one that is ready and says which.
`,
  }),
  'engine-thread-ended': code<{ engine: string; because: string }>({
    severity: 'error',
    message: ({ engine, because }) =>
      `the second thread of the engine ${engine} ended before its part was done: ${because}`,
    exit: 6,
    explain: `
With two threads or more the engine runs a half of every step in a second thread, where that pays. That thread is gone: most often it ran out of
memory, or something in this process ended it. The step that was under way is lost, and no other.

\`dnc resume\` goes on from the last checkpoint with the same bits. Should it happen again, a smaller \`batch_size\` takes less memory, and
\`--threads 1\` takes no second thread; the last bits of the numbers are others then.
`,
  }),
  'engine-device-failed': code<{ engine: string; because: string }>({
    severity: 'error',
    message: ({ engine, because }) => `the device of the engine ${engine} could not do what it was asked: ${because}`,
    exit: 6,
    explain: `
The graphics card, or its driver, refused a part of a step: most often a tensor is larger than it takes in one piece, or its memory is full. Or the device
was lost: the driver was reset or updated, or the card taken away. The step that was under way is lost, and no other.

A smaller \`batch_size\` makes smaller tensors. \`dnc resume\` goes on from the last checkpoint with the same engine; another engine (\`dnc engines\` lists
them) needs a run of its own.
`,
  }),
  'spec-not-text': code<{ file: string; offset: number }>({
    severity: 'error',
    message: ({ file, offset }) => `${file} is no text: byte ${offset.toLocaleString('en')} is 0`,
    exit: 4,
    explain: `
A spec is text in UTF-8. A byte 0 is in files of other kinds: weights, packed files, or text in UTF-16, which some editors write; save it as
UTF-8 there. Weights (\`.safetensors\`) are named in a spec: \`weights: file("net.safetensors")\`.
`,
  }),
  'result-exists': code<{ file: string }>({
    severity: 'error',
    message: ({ file }) => `${file} is there already, from an earlier simplification`,
    exit: 5,
    explain: `
\`dnc simplify … --out FOLDER\` never replaces a result that lies in the folder. Give each result a folder of its own:

    dnc simplify runs/net/latest --threshold 0.05 --out smaller
    dnc simplify runs/net/latest --threshold 0.1 --out smallest
`,
  }),
  'file-exists': code<{ file: string }>({
    severity: 'error',
    message: ({ file }) => `${file} is there already`,
    exit: 5,
    explain:
      '`dnc init`, `dnc convert` and `dnc schema` write over no file that you may have written. `--force` writes over it, or give another name.',
  }),
  'result-finetuned': code<{ file: string }>({
    severity: 'error',
    message: ({ file }) =>
      `${file} was trained on after it was cut; simplifying again would replace it by a network that was not`,
    exit: 5,
    explain: `
\`dnc simplify RUN\` cuts the trained network of a run anew and trains nothing. A result that \`finetune\` went on to train would be lost, so that the new one goes
into a folder of its own:

    dnc simplify runs/net/latest --threshold 0.05 --out smaller
`,
  }),
  'engine-unknown': code<{ engine: string }>({
    severity: 'error',
    message: ({ engine }) => `there is no engine ${engine}`,
    exit: 2,
    explain: `
\`--engine\` takes the name of an engine, or \`auto\`. \`dnc engines\` lists them.
`,
  }),
  'settings-damaged': code<{ file: string; reason: string }>({
    severity: 'error',
    message: ({ file, reason }) => `the settings in ${file} cannot be read: ${reason}`,
    exit: 4,
    explain: `
Your settings are one small file of JSON, \`settings.json\` in dnc's folder for settings (\`DNC_CONFIG\`, or \`dnc\` in the operating system's folder for them; \`dnc engines\`
names it). It holds the engine that specs are run on that name none:

    { "format": 1, "engine": "onnxruntime" }

\`dnc engines --measure net.dn --pin user\` writes it. Correct it, or remove it: then \`auto\` chooses.
`,
  }),
  'engine-install-failed': code<{ engine: string; because: string }>({
    severity: 'error',
    message: ({ engine, because }) => `the engine ${engine} could not be installed: ${because}`,
    exit: 6,
    explain: `
\`dnc engines install onnxruntime\` runs your own npm to put the engine's package into dnc's cache folder (\`DNC_CACHE\`, or the operating
system's folder for caches). npm's last line says what went wrong: often npm is missing, the registry cannot be reached, or the folder cannot
be written.

\`dnc engines install native\` builds the engine tfjs-node there: pip fetches TensorFlow's wheel, npm Node's headers, and a C++ compiler makes the
binding between them. It needs Linux on x64, Python 3 with pip (\`PYTHON\` names another one than \`python3\`), a C++ compiler (\`CXX\`, else \`g++\`), both
registries within reach, and 3 GB of room while it builds (1 GB after that). What was begun is removed again, and an engine that was there before stays.

\`--engine tfjs-wasm\` needs nothing more than dnc itself.
`,
  }),
  'engine-wrong': code<{ engine: string; because: string }>({
    severity: 'error',
    message: ({ engine, because }) => `the engine ${engine} computes wrong numbers here: ${because}`,
    exit: 6,
    explain: `
\`dnc engines verify\` runs one small training step on an engine and compares what comes out with the same step in float64. More than rounding lies between
them: do not train on this engine here. Another version of its library, or another engine (\`dnc engines\` lists them), is the way out.
`,
  }),
};
