import type { BlockNode, Document, LayerNode, ModelNode, StatementNode } from '../../dsl/document.js';
import { findWord } from '../vocabulary.js';
import type { Context } from './context.js';
import { bareWords, valuesOfBlock } from './evaluate.js';

/** The word of a statement that is a layer or a block use once more. */
export const SHARED = 'Shared';

/** Blocks may use each other so deep. */
const DEEPEST = 16;
/** So many blocks of a circle are shown. */
const SHOWN = 8;

/** The blocks that can be expanded: none leads back to itself, and none is too deep. */
export interface UsableBlocks {
  get(name: string): BlockNode | undefined;
  readonly names: readonly string[];
  /** Those that were reported. */
  readonly refused: ReadonlySet<string>;
}

/** Checks what holds of blocks before any of them is expanded. */
export function checkBlocks(context: Context, document: Document, model: ModelNode): UsableBlocks {
  const blocks = new Map<string, BlockNode>();
  const refused = new Set<string>();
  for (const block of document.blocks) {
    const name = block.name.text;
    // The reader reports a name given twice.
    if (blocks.has(name)) continue;
    if (findWord('layer', name) || name === SHARED) {
      context.report('block-name', { name }, { at: block.name.span });
      continue;
    }
    blocks.set(name, block);
    if (block.body.length === 0) {
      context.report('empty-block', { name }, { at: block.name.span });
      refused.add(name);
    }
    reportUnused(context, block);
  }
  const uses = new Map([...blocks].map(([name, block]) => [name, usedIn(block.body, blocks)]));
  const used = new Set([
    ...usedIn(model.body, blocks),
    ...[...uses].flatMap(([name, found]) => found.filter((one) => one !== name)),
  ]);
  for (const [name, block] of blocks)
    if (!used.has(name)) context.report('unused-block', { name }, { at: block.name.span });
  const depths = depthsOf(context, blocks, uses, refused);
  for (const statement of statementsOf(model.body)) {
    const deepest = depths.get(statement.call.callee.text) ?? 0;
    if (deepest <= DEEPEST) continue;
    context.report('blocks-too-deep', { deepest, most: DEEPEST }, { at: statement.call.callee.span });
    refused.add(statement.call.callee.text);
  }
  return {
    get: (name) => (refused.has(name) ? undefined : blocks.get(name)),
    names: [...blocks.keys()],
    refused,
  };
}

/** The layer statements of a body, those of its `repeat`s among them. */
export function* statementsOf(body: readonly StatementNode[]): Generator<LayerNode> {
  const left = [...body].reverse();
  for (let next = left.pop(); next; next = left.pop()) {
    if (next.kind === 'layer') yield next;
    else left.push(...[...next.body].reverse());
  }
}

function usedIn(body: readonly StatementNode[], blocks: ReadonlyMap<string, BlockNode>): string[] {
  const found = new Set<string>();
  for (const { call } of statementsOf(body)) if (blocks.has(call.callee.text)) found.add(call.callee.text);
  return [...found];
}

/** How deep blocks are used within each block, itself counted; those on a circle are refused and count as 0. */
function depthsOf(
  context: Context,
  blocks: ReadonlyMap<string, BlockNode>,
  uses: ReadonlyMap<string, readonly string[]>,
  refused: Set<string>,
): ReadonlyMap<string, number> {
  const depths = new Map<string, number>();
  // A stack of our own: a chain of blocks may be longer than the engine's.
  for (const root of blocks.keys()) {
    const path: { readonly name: string; readonly pending: string[] }[] = [];
    const open = (name: string) => path.push({ name, pending: [...uses.get(name)!] });
    if (!depths.has(root)) open(root);
    while (path.length > 0) {
      const { name, pending } = path.at(-1)!;
      const next = pending.pop();
      if (next === undefined) {
        path.pop();
        depths.set(name, 1 + Math.max(0, ...uses.get(name)!.map((one) => depths.get(one) ?? 0)));
      } else if (!depths.has(next)) {
        const from = path.findIndex((step) => step.name === next);
        if (from < 0) open(next);
        else
          reportCycle(
            context,
            path.slice(from).map((step) => blocks.get(step.name)!),
            refused,
          );
      }
    }
  }
  return depths;
}

function reportCycle(context: Context, blocks: readonly BlockNode[], refused: Set<string>): void {
  const names = blocks.map((block) => block.name.text);
  for (const name of names) refused.add(name);
  context.report(
    'block-cycle',
    { names: names.length > SHOWN ? [...names.slice(0, SHOWN - 1), '…', names.at(-1)!] : names },
    {
      at: blocks[0]!.name.span,
      also: blocks.slice(1, SHOWN).map((block) => ({ at: block.name.span, note: 'through this one' })),
      help: ['for the same layers several times there is `repeat n { }`'],
    },
  );
}

/** Warns of parameters and inputs that nothing in the block uses. */
function reportUnused(context: Context, block: BlockNode): void {
  const words = new Set([...valuesOfBlock(block)].flatMap(bareWords).map((word) => word.callee.text));
  for (const { name } of block.parameters) {
    if (words.has(name.text)) continue;
    const details = { block: block.name.text, name: name.text };
    context.report('unused-parameter', details, { at: name.span });
  }
  const statements = [...statementsOf(block.body)];
  const read = new Set([
    ...statements.flatMap(({ inputs }) => inputs.map((input) => input.from.text)),
    ...block.outputs.map((output) => output.text),
  ]);
  block.inputs.forEach((input, k) => {
    const [first] = statements;
    const above = k === 0 && first?.inputs.length === 0 && first.call.callee.text !== 'Input';
    if (above || read.has(input.text)) return;
    const details = { block: block.name.text, name: input.text };
    context.report('unread-input', details, { at: input.span });
  });
}
