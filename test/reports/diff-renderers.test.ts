import { describe, expect, test } from 'vitest';
import { compile } from '../../src/compiler/compile.js';
import { Source } from '../../src/diagnostics/source.js';
import { type DiffSide, diffModels } from '../../src/reports/diff.js';
import { diffMarkdown } from '../../src/reports/diff-as-markdown.js';
import { diffPage } from '../../src/reports/diff-as-html.js';
import { problemsOf } from '../support/html.js';

function side(file: string, layers: string, rest = ''): DiffSide {
  const text = `model Net {\n${layers}\n}\ndata { source: mnist; validation: 5000 }\ntrain { loss: sparse_categorical_crossentropy(from_logits: true); epochs: 6 }\n${rest}`;
  const { spec, network } = compile(new Source(file, text), {
    originals: () => ({ fc1: { indices: [0, 2, 3], width: 8 } }),
  });
  return { file, spec, network };
}

const before = side(
  'net.dn',
  'image = Input(784)\nfc1 = Dense(8, activation: relu) @l2(1e-4)\nold = Dense(5)\ndigit = Dense(10)',
);
const after = side(
  'runs/net.min.dn',
  'image = Input(784, keep: [98..101, 104])\nfc1 = Dense(3, activation: relu)\nfresh = Dropout(0.1)\ndigit = Dense(10)',
  `weights: file("net.min.safetensors", sha256: "${'ab'.repeat(32)}")\n`,
);
const diff = diffModels(before, after, { kind: 'measured', of: 'weights', max_difference: 0.0123, rows: 10_000 });

describe('a diff as Markdown', () => {
  test('tables of sizes and layers, and settings as a diff', () => {
    expect(diffMarkdown(diff)).toBe(`### Net: \`net.dn\` → \`runs/net.min.dn\`

|  | before | after |  |
| --- | ---: | ---: | ---: |
| parameters | 6,385 | 58 | (-99.1 %) |
| weights | 6,362 | 45 | (-99.3 %) |
| multiply-adds | 6,362 | 45 | (-99.3 %) |
| bytes | 25.5 kB | 232 B | (-99.1 %) |

|  | layer | kind | units | parameters | kept |
| --- | --- | --- | ---: | ---: | ---: |
| \`~\` | \`image\` | Input | 784 → 5 |  | 0.6 % |
| \`~\` | \`fc1\` | Dense | 8 → 3 | 6,280 → 18 | 37.5 % |
| \`-\` | \`old\` | Dense | 5 | 45 |  |
| \`+\` | \`fresh\` | Dropout | 3 |  |  |
|  | \`digit\` | Dense | 10 | 60 → 40 |  |

<details><summary>Which units were kept</summary>

- \`image\` kept 0.6 % of its features: 98..101, 104
- \`fc1\` kept 37.5 % of its units: 0, 2, 3

</details>

\`\`\`diff
- fc1: @l2(lambda: 0.0001)
+ weights net.min.safetensors (sha256 abababab…)
\`\`\`

**Behaviour**: max\\|Δ\\| 1.2e-2 of the largest output over 10,000 rows (run again)

2 changed, 2 added, 1 removed (\`~ changed, + added, - removed, -/+ replaced\`)
`);
  });

  test('names cannot leave their cells, their code or the fence', () => {
    const hostile = 'a|b`c``</details><script>\n# d @someone [x](y) ```.dn';
    const text = diffMarkdown({
      ...diff,
      before: { ...diff.before, file: hostile, model: hostile },
      layers: [{ ...diff.layers[0]!, name: hostile }],
      settings: [{ sign: '~', name: hostile, before: '```', after: '<b>' }],
    });
    for (const line of text.split('\n').filter((one) => one.startsWith('| ')))
      expect([4, 6]).toContain(line.replaceAll('\\|', '').split('|').length - 2);
    expect(text.split('\n').filter((line) => line.startsWith('#'))).toHaveLength(1);
    expect(text.replaceAll(/`{4,}diff\n[\s\S]*?\n`{4,}\n/g, '')).not.toMatch(/<script|[^\\]@someone/);
    expect(text).toContain('````diff\n');
  });

  test('no difference is one line', () => {
    expect(diffMarkdown(diffModels(before, before))).toBe('No difference between `net.dn` and `net.dn`.\n');
  });
});

describe('a diff as HTML', () => {
  test('is a well-formed page with a row for every layer, and the image that is read', () => {
    const page = diffPage(diff);
    expect(problemsOf(page)).toEqual([]);
    expect([...page.matchAll(/<\/span><\/td><th>(\w+)<\/th>/g)].map(([, name]) => name)).toEqual([
      'image',
      'fc1',
      'old',
      'fresh',
      'digit',
    ]);
    expect(page).toContain('aria-label="3 units, 37.5 % kept"');
    expect(page).toContain('<summary>kept 37.5 % of its units</summary>0, 2, 3</details>');
    expect(
      page.match(/<img class="squares" src="data:image\/png;base64,[^"]+" width="280" height="280"/g),
    ).toHaveLength(1);
    expect(page).toContain('max|Δ| 1.2e-2 of the largest output over 10,000 rows');
  });

  test('escapes what names hold', () => {
    const hostile = '"><script>alert(1)</script>';
    const page = diffPage({
      ...diff,
      after: { ...diff.after, file: hostile, model: hostile },
      layers: [{ ...diff.layers[1]!, name: hostile, kind: { after: hostile } }],
      settings: [{ sign: '+', name: hostile, after: hostile }],
    });
    expect(problemsOf(page)).toEqual([]);
    expect(page).not.toContain('<script');
  });

  test('says that there is no difference, and that nothing is known of the outputs', () => {
    const page = diffPage(diffModels(before, before));
    expect(problemsOf(page)).toEqual([]);
    expect(page).toContain('There is no difference.');
    expect(page).toContain('Nothing is known of their outputs');
  });
});
