/**
 * Random specs of blocks, repeats and `with`, and the same network written out by hand: an own, simple reading of the rules of docs/language.md, section 5, to hold the
 * compiler's against.
 */
export interface RandomSpec {
  readonly text: string;
  /** Every layer in a statement of its own, under its full name. */
  readonly writtenOut: string;
}

type Expression = { readonly text: string; value(of: Readonly<Record<string, number>>): number };

type Statement =
  | {
      readonly kind: 'layer';
      readonly name?: string;
      readonly word: string;
      readonly units?: Expression;
      readonly inputs: readonly string[];
    }
  | {
      readonly kind: 'use';
      readonly name?: string;
      readonly block: Block;
      readonly given: readonly Expression[];
      readonly inputs: readonly string[];
      changes: Change[];
    }
  | { readonly kind: 'repeat'; readonly count: Expression; readonly body: readonly Statement[]; changes: Change[] };

interface Change {
  readonly path: string;
  readonly value: Expression;
}

interface Block {
  readonly name: string;
  readonly parameters: readonly { readonly name: string; readonly value?: Expression }[];
  readonly inputs: readonly string[];
  readonly body: readonly Statement[];
}

/** mulberry32: small, and the same everywhere. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
  };
}

/** `chained`: every layer reads the one above, so that all of them are read. */
export function randomSpec(seed: number, { chained = false } = {}): RandomSpec {
  const random = randomFrom(seed);
  const lets = { wide: 3 + random(9), other: 2 + random(5) };
  const blocks: Block[] = [];
  for (let k = 0; k < 1 + random(3); k++) blocks.push(randomBlock(random, k, blocks, chained));
  const body: Statement[] = [{ kind: 'layer', name: 'image', word: 'Input(4)', inputs: [] }];
  body.push(...statements(random, blocks, ['wide', 'other'], ['image'], 2 + random(4), 0, chained));
  const out = new WrittenOut(lets);
  const scope: Scope = { prefix: '', values: lets, inputs: new Map(), rounds: [], changes: [] };
  // What is written out tells which paths there are; a second time it is with changes of them.
  out.body(body, scope, '');
  addChanges(random, body, out.paths);
  const second = new WrittenOut(lets);
  const end = second.body(body, scope, '');
  const rest = 'data { source: mnist }\ntrain { loss: mean_squared_error; epochs: 3 }\n';
  const model = (lines: string, output = '') => `model Net${output} {\n${lines}}\n${rest}`;
  const head = Object.entries(lets).map(([name, value]) => `let ${name} = ${value}\n`);
  return {
    text: `${head.join('')}${blocks.map(blockText).join('')}${model(body.map((one) => statementText(one, '  ')).join(''))}`,
    writtenOut: model(second.lines.map((line) => `  ${line}\n`).join(''), ` -> ${end}`),
  };
}

function randomBlock(random: (below: number) => number, k: number, blocks: readonly Block[], chained: boolean): Block {
  const names = ['n', 'm'].slice(0, 1 + random(2));
  const parameters = names.map((name, i) => {
    const value =
      random(3) === 0 || (i > 0 && random(2) === 0) ? expression(random, ['wide', ...names.slice(0, i)]) : undefined;
    return { name, ...(value && { value }) };
  });
  // Behind a parameter with a default all have one, so that uses may leave them out.
  const first = parameters.findIndex((parameter) => parameter.value);
  const all = parameters.map((parameter, i) =>
    first >= 0 && i > first && !parameter.value ? { ...parameter, value: expression(random, ['other']) } : parameter,
  );
  const inputs = [[], ['x'], ['x', 'y']][random(chained ? 2 : 3)]!;
  const seen = inputs.length > 0 ? inputs : ['input'];
  const usable = blocks.filter(() => random(2) === 0);
  return {
    name: `block_${k}`,
    parameters: all,
    inputs,
    body: statements(random, usable, [...names, 'wide'], seen, 1 + random(4), 0, chained),
  };
}

function statements(
  random: (below: number) => number,
  blocks: readonly Block[],
  words: readonly string[],
  readable: readonly string[],
  count: number,
  depth: number,
  chained: boolean,
): Statement[] {
  const seen = [...readable];
  const body: Statement[] = [];
  for (let k = 0; k < count; k++) {
    const name = random(2) === 0 ? `${'abcdefgh'[depth]}${k}` : undefined;
    const pick = () => seen[random(seen.length)]!;
    const sort = random(10);
    if (sort < 2 && depth < 2) {
      const count = random(3) === 0 ? { text: '1 + 1', value: () => 2 } : literal(random(4));
      body.push({
        kind: 'repeat',
        count,
        body: statements(random, blocks, words, seen, 1 + random(3), depth + 1, chained),
        changes: [],
      });
      continue;
    }
    if (sort < 6 && blocks.length > 0) {
      const block = blocks[random(blocks.length)]!;
      const least = block.parameters.findIndex((parameter) => parameter.value);
      const given = block.parameters
        .slice(0, least < 0 ? undefined : least + random(block.parameters.length - least + 1))
        .map(() => expression(random, words));
      const needed = Math.max(1, block.inputs.length);
      const inputs = chained || (needed === 1 && random(2) === 0) ? [] : Array.from({ length: needed }, pick);
      body.push({ kind: 'use', ...(name && { name }), block, given, inputs, changes: [] });
    } else if (sort === 6 && !chained)
      body.push({ kind: 'layer', ...(name && { name }), word: 'Concatenate', inputs: [pick(), pick()] });
    else if (sort === 7) body.push({ kind: 'layer', ...(name && { name }), word: 'Dropout(0.5)', inputs: [] });
    else {
      const units = expression(random, words);
      body.push({
        kind: 'layer',
        ...(name && { name }),
        word: 'Dense',
        units,
        inputs: !chained && random(3) === 0 ? [pick()] : [],
      });
    }
    if (name) seen.push(name);
  }
  return body;
}

function literal(value: number): Expression {
  return { text: String(value), value: () => value };
}

function expression(random: (below: number) => number, words: readonly string[]): Expression {
  const word = words[random(words.length)]!;
  switch (random(5)) {
    case 0:
      return { text: `2 * ${word}`, value: (of) => 2 * of[word]! };
    case 1:
    case 2:
      return { text: word, value: (of) => of[word]! };
    default:
      return literal(1 + random(12));
  }
}

/** Behind some uses and repeats, changes of widths that are below them. */
function addChanges(
  random: (below: number) => number,
  body: readonly Statement[],
  paths: ReadonlyMap<Statement, ReadonlySet<string>>,
): void {
  for (const statement of body) {
    if (statement.kind === 'layer') continue;
    const known = [...(paths.get(statement) ?? [])];
    if (known.length > 0 && random(2) === 0) {
      const chosen = new Set(Array.from({ length: 1 + random(3) }, () => known[random(known.length)]!));
      statement.changes = [...chosen].map((path) => ({ path, value: literal(20 + random(9)) }));
    }
    if (statement.kind === 'repeat') addChanges(random, statement.body, paths);
  }
}

interface Scope {
  readonly prefix: string;
  readonly values: Readonly<Record<string, number>>;
  readonly inputs: ReadonlyMap<string, string>;
  readonly rounds: readonly Map<string, string>[];
  /** The outermost first. */
  readonly changes: readonly { readonly prefix: string; readonly values: ReadonlyMap<string, number> }[];
}

class WrittenOut {
  readonly lines: string[] = [];
  /** Of every statement, where widths below it are. */
  readonly paths = new Map<Statement, Set<string>>();
  private readonly counts = new Map<string, number>();
  private readonly outputs = new Map<string, string>();
  private readonly open: { readonly statement: Statement; readonly prefix: string }[] = [];

  constructor(private readonly lets: Readonly<Record<string, number>>) {}

  body(body: readonly Statement[], scope: Scope, above: string): string {
    let at = above;
    for (const statement of body) {
      if (statement.kind === 'repeat') {
        const changes = [...scope.changes, changesOf(statement, scope)];
        this.open.push({ statement, prefix: scope.prefix });
        for (let round = 0; round < statement.count.value(scope.values); round++)
          at = this.body(statement.body, { ...scope, changes, rounds: [new Map(), ...scope.rounds] }, at);
        this.open.pop();
        continue;
      }
      const word = statement.kind === 'use' ? statement.block.name : statement.word.replace(/\(.*/, '');
      const name = this.name(statement.name, word.toLowerCase(), scope);
      const read = statement.inputs.map((input) => this.find(input, scope));
      at =
        statement.kind === 'use'
          ? this.use(statement, name, read, scope, at)
          : this.layer(statement, name, read, scope, at);
      this.outputs.set(name, at);
    }
    return at;
  }

  private layer(
    { word, units }: Statement & { kind: 'layer' },
    name: string,
    read: readonly string[],
    { changes, values }: Scope,
    above: string,
  ): string {
    const inputs = word.startsWith('Input') ? [] : read.length > 0 ? read : [above];
    let call = word;
    if (units) {
      for (const { statement, prefix } of this.open) {
        const paths = this.paths.get(statement) ?? new Set();
        this.paths.set(statement, paths.add(`${name.slice(prefix.length)}.units`));
      }
      const changed = changes.map(({ prefix, values: own }) => own.get(`${name.slice(prefix.length)}.units`));
      call = `${word}(${changed.find((value) => value !== undefined) ?? units.value(values)})`;
    }
    this.lines.push(`${name} = ${call}${inputs.length > 0 ? ` <- ${inputs.join(', ')}` : ''}`);
    return name;
  }

  private use(
    statement: Statement & { kind: 'use' },
    name: string,
    read: readonly string[],
    scope: Scope,
    above: string,
  ): string {
    const { block, given } = statement;
    const values: Record<string, number> = { ...this.lets };
    for (const [k, { name: parameter, value }] of block.parameters.entries())
      values[parameter] = given[k] ? given[k].value(scope.values) : value!.value(values);
    const names = block.inputs.length > 0 ? block.inputs : ['input'];
    const bound = read.length > 0 ? read : [above];
    const prefix = `${name}.`;
    const inner: Scope = {
      prefix,
      values,
      inputs: new Map(names.map((input, k) => [input, bound[k]!])),
      rounds: [],
      changes: [...scope.changes, { prefix, values: valuesOf(statement.changes, scope) }],
    };
    this.open.push({ statement, prefix });
    const end = this.body(block.body, inner, bound[0]!);
    this.open.pop();
    return end;
  }

  private name(written: string | undefined, kind: string, { prefix, rounds }: Scope): string {
    const automatic = `${prefix}${kind}_${this.next(prefix + kind)}`;
    if (written === undefined) return automatic;
    const [round] = rounds;
    if (!round) return prefix + written;
    const name = `${prefix}${written}_${this.next(`= ${prefix}${written}`)}`;
    round.set(written, name);
    return name;
  }

  private next(key: string): number {
    const count = (this.counts.get(key) ?? 0) + 1;
    this.counts.set(key, count);
    return count;
  }

  private find(name: string, { prefix, rounds, inputs }: Scope): string {
    const input = inputs.get(name);
    if (input !== undefined) return input;
    const full = rounds.find((round) => round.has(name))?.get(name) ?? prefix + name;
    return this.outputs.get(full)!;
  }
}

function changesOf({ changes }: Statement & { kind: 'repeat' }, scope: Scope) {
  return { prefix: scope.prefix, values: valuesOf(changes, scope) };
}

function valuesOf(changes: readonly Change[], { values }: Scope): Map<string, number> {
  return new Map(changes.map(({ path, value }) => [path, value.value(values)]));
}

function blockText({ name, parameters, inputs, body }: Block): string {
  const head = parameters.map(({ name: parameter, value }) => (value ? `${parameter}: ${value.text}` : parameter));
  const from = inputs.length > 0 ? ` <- ${inputs.join(', ')}` : '';
  return `block ${name}(${head.join(', ')})${from} {\n${body.map((one) => statementText(one, '  ')).join('')}}\n`;
}

function statementText(statement: Statement, indent: string): string {
  const changes =
    statement.kind !== 'layer' && statement.changes.length > 0
      ? ` with { ${statement.changes.map(({ path, value }) => `${path}: ${value.text}`).join('; ')} }`
      : '';
  if (statement.kind === 'repeat') {
    const inner = statement.body.map((one) => statementText(one, `${indent}  `)).join('');
    return `${indent}repeat ${statement.count.text} {\n${inner}${indent}}${changes}\n`;
  }
  const name = statement.name ? `${statement.name} = ` : '';
  const inputs = statement.inputs.length > 0 ? ` <- ${statement.inputs.join(', ')}` : '';
  const call =
    statement.kind === 'use'
      ? `${statement.block.name}(${statement.given.map((one) => one.text).join(', ')})`
      : `${statement.word}${statement.units ? `(${statement.units.text})` : ''}`;
  return `${indent}${name}${call}${inputs}${changes}\n`;
}
