import { expect, test } from 'vitest';
import { compile } from '../../../src/compiler/compile.js';
import { Failure } from '../../../src/diagnostics/report.js';
import { Source } from '../../../src/diagnostics/source.js';

const digits = `
model Net @dropneuron(1e-4) {
  image = Input(784)
  digit = Dense(10)
}
data { source: drawn_digits; validation: 100 }
`;

function codesOf(rest: string): string[] {
  try {
    compile(new Source('net.dn', `${digits}${rest}`));
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.diagnostics.map((one) => `${one.code}: ${one.message}`);
  }
}

const refused = (metric: string, loss: string) =>
  `metric-target: ${metric} compares numbers, and the targets of ${loss} are class numbers`;

test('a metric that needs numbers is refused where the targets are class numbers', () => {
  const loss = 'sparse_categorical_crossentropy(from_logits: true)';
  expect(codesOf(`train { loss: ${loss}; metrics: [accuracy]; epochs: 1 }`)).toEqual([]);
  expect(codesOf(`train { loss: ${loss}; metrics: [accuracy, mse, nmse]; epochs: 1 }`)).toEqual([
    refused('mse', 'sparse_categorical_crossentropy'),
    refused('nmse', 'sparse_categorical_crossentropy'),
  ]);
  expect(codesOf('train { loss: categorical_crossentropy(from_logits: true); metrics: [mse]; epochs: 1 }')).toEqual([]);
});

test('also where a phase, the fine-tuning or the search for a threshold asks for it', () => {
  const loss = 'sparse_categorical_crossentropy(from_logits: true)';
  const expected = [refused('nmse', 'sparse_categorical_crossentropy')];
  expect(codesOf(`train { loss: ${loss}; phases { a { epochs: 1 }; b { epochs: 1; metrics: [nmse] } } }`)).toEqual(
    expected,
  );
  expect(codesOf(`train { loss: ${loss}; epochs: 1 }\nsimplify { finetune { epochs: 1; metrics: [nmse] } }`)).toEqual(
    expected,
  );
  expect(
    codesOf(`train { loss: ${loss}; epochs: 1 }\nsimplify { threshold: auto(tolerance: 1%, metric: nmse) }`),
  ).toEqual(expected);
  expect(
    codesOf(`train { loss: ${loss}; epochs: 1 }\nsimplify { threshold: auto(tolerance: 1%, metric: loss) }`),
  ).toEqual([]);
});

test('is told where it is written: in the phase, in `train` for those that inherit it, in the fine-tuning', () => {
  const marked = (rest: string) => {
    const text = `${digits}${rest}`;
    try {
      compile(new Source('net.dn', text));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return error.diagnostics.map(({ at }) => `${at!.start - digits.length}: ${text.slice(at!.start, at!.end)}`);
    }
    return expect.fail('it compiles');
  };
  const loss = 'loss: sparse_categorical_crossentropy(from_logits: true)';
  const at = (rest: string, word: string) => [`${rest.lastIndexOf(word)}: ${word}`];
  const own = `train { ${loss}; metrics: [accuracy]; phases { a { epochs: 1 }; b { epochs: 1; metrics: [top_k, nmse] } } }`;
  expect(marked(own)).toEqual(at(own, 'nmse'));
  const finetune = `train { ${loss}; epochs: 1 }\nsimplify { finetune { epochs: 1; metrics: [nmse] } }`;
  expect(marked(finetune)).toEqual(at(finetune, 'nmse'));
  const inherited = `train { ${loss}; metrics: [nmse]; epochs: 1 }\nsimplify { finetune { epochs: 1 } }`;
  expect(marked(inherited)).toEqual(at(inherited, 'nmse'));
});
