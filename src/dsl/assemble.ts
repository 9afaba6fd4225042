import type { Reports, Where } from '../diagnostics/report.js';
import type { Source } from '../diagnostics/source.js';
import type {
  BinaryNode,
  BlockNode,
  CallNode,
  Document,
  EntryNode,
  LetNode,
  NameNode,
  StatementNode,
  ValueNode,
} from './document.js';
import type { ItemNode } from './parser.js';
import { whole } from './text.js';

/** Terms of one sum or product. The stages behind descend into expressions. */
const TERMS_LIMIT = 1000;

/** The version of the language that this dnc reads. */
const VERSION = 1;

/** Sorts the items into a document; one model, each section, `let` and block once. */
export function assemble(items: readonly ItemNode[], source: Source, reports: Reports): Document {
  const lets: LetNode[] = [];
  const blocks: BlockNode[] = [];
  const entries: EntryNode[] = [];
  let version: Document['version'];
  let model: Document['model'];
  items.forEach((item, index) => {
    switch (item.kind) {
      case 'version':
        if (index > 0) reports.report('version-not-first', {}, { at: item.span, help: ['move it to the top'] });
        else version = item.node;
        if (item.node.value !== VERSION) {
          const help = [item.node.value > VERSION ? 'a newer dnc reads it' : `write \`dnc ${VERSION}\``];
          reports.report('language-version', { version: item.node.text }, { at: item.node.span, help });
        }
        return;
      case 'let':
        lets.push(item.node);
        return;
      case 'block':
        blocks.push(item.node);
        return;
      case 'model':
        if (model) {
          const also = [{ at: model.name.span, note: 'the first one' }];
          reports.report('second-model', { name: item.node.name.text }, { at: item.node.name.span, also });
        } else model = item.node;
        return;
      default:
        entries.push(item.node);
    }
  });
  once(
    lets.map((one) => one.name),
    'let',
    reports,
  );
  once(
    blocks.map((one) => one.name),
    'block',
    reports,
  );
  once(
    entries.map((one) => one.key),
    'section',
    reports,
  );
  for (const one of lets) {
    checkName(one.name, 'a value', reports);
    checkValue(one.value, reports);
  }
  for (const block of blocks) {
    checkName(block.name, 'a block', reports);
    const local = [...block.parameters.map((one) => one.name), ...block.inputs];
    once(local, 'parameter or input', reports);
    for (const name of local) checkName(name, 'a parameter or an input', reports);
    for (const parameter of block.parameters) if (parameter.value) checkValue(parameter.value, reports);
    for (const annotation of block.annotations) checkCall(annotation, reports);
    checkStatements(block.body, reports);
  }
  if (model) {
    checkName(model.name, 'the model', reports);
    for (const annotation of model.annotations) checkCall(annotation, reports);
    checkStatements(model.body, reports);
  }
  for (const entry of entries) checkValue(entry.value, reports);
  return { span: whole(source), ...(version && { version }), lets, blocks, ...(model && { model }), entries };
}

export function once(names: readonly NameNode[], what: string, reports: Reports): void {
  const first = new Map<string, NameNode>();
  for (const name of names) {
    const earlier = first.get(name.text);
    if (!earlier) {
      first.set(name.text, name);
      continue;
    }
    const where: Where = {
      at: name.span,
      also: [{ at: earlier.span, note: 'first here' }],
      help: ['leave one of them out'],
    };
    reports.report('written-twice', { what, name: name.text }, where);
  }
}

const VALUES = new Set(['true', 'false']);

function checkName(name: NameNode, what: string, reports: Reports): void {
  const text = name.text;
  if (text.includes('.')) {
    const help = [`write \`${text.replaceAll('.', '_')}\``];
    reports.report('bad-name', { text, problem: `the name of ${what} has no dots` }, { at: name.span, help });
  } else checkWord(name, reports);
}

/** `true` and `false` name nothing. */
function checkWord(name: NameNode, reports: Reports): void {
  if (VALUES.has(name.text))
    reports.report('bad-name', { text: name.text, problem: 'it is a value' }, { at: name.span });
}

function checkStatements(statements: readonly StatementNode[], reports: Reports): void {
  for (const statement of statements) {
    if (statement.kind === 'repeat') {
      checkValue(statement.count, reports);
      checkStatements(statement.body, reports);
    } else {
      for (const name of statement.names) checkWord(name, reports);
      once(statement.names, 'name', reports);
      checkCall(statement.call, reports);
      for (const annotation of statement.annotations) checkCall(annotation, reports);
    }
    if (statement.with) checkValue(statement.with, reports);
  }
}

function checkCall(call: CallNode, reports: Reports): void {
  once(
    (call.arguments ?? []).flatMap((one) => (one.name ? [one.name] : [])),
    'argument',
    reports,
  );
  for (const argument of call.arguments ?? []) {
    if (argument.name) checkName(argument.name, 'an argument', reports);
    checkValue(argument.value, reports);
  }
}

export function checkValue(value: ValueNode, reports: Reports): void {
  switch (value.kind) {
    case 'call':
      checkCall(value, reports);
      return;
    case 'list':
      for (const item of value.items) checkValue(item, reports);
      return;
    case 'map':
      once(
        value.entries.map((one) => one.key),
        'key',
        reports,
      );
      for (const entry of value.entries) checkValue(entry.value, reports);
      return;
    case 'range':
      checkValue(value.from, reports);
      checkValue(value.to, reports);
      return;
    case 'unary':
      checkValue(value.operand, reports);
      return;
    case 'binary':
      checkSum(value, reports);
  }
}

/** A long sum leans to the left: its spine is walked, not descended, and bounded for those who will descend it. */
function checkSum(sum: BinaryNode, reports: Reports): void {
  let spine: ValueNode = sum;
  for (let terms = 2; spine.kind === 'binary'; terms++) {
    if (terms > TERMS_LIMIT) {
      reports.report('expression-too-long', { limit: TERMS_LIMIT }, { at: spine.span });
      return;
    }
    checkValue(spine.right, reports);
    spine = spine.left;
  }
  checkValue(spine, reports);
}
