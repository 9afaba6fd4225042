import { nearest } from '../../diagnostics/did-you-mean.js';
import type { Span } from '../../diagnostics/source.js';
import type { ArgumentNode, BlockNode, CallNode, ValueNode } from '../../dsl/document.js';
import type { Binding, Environment } from '../spec.js';
import { type Context, listWords } from './context.js';
import type { Bound } from './evaluate.js';
import { broken, type Term } from './term.js';

/**
 * Gives a block's parameters their values in one use: positional arguments, named ones, defaults. Arguments mean what they mean where the use stands
 * (`outer`); a default may use the parameters before it, so `bound`, which `inner` looks words up in, is filled in their order.
 */
export function bindParameters(
  outer: Context,
  inner: Context,
  block: BlockNode,
  call: CallNode,
  bound: Map<string, Bound>,
  caller: Environment,
): Environment {
  const given = argumentsByName(outer, block, call);
  const parameters = new Map<string, Binding>();
  const environment: Environment = { block, parameters };
  for (const { name, value } of block.parameters) {
    const put = (term: Term, span: Span) => bound.set(name.text, { term, span, name: name.span });
    const argument = given.get(name.text);
    if (argument) {
      put(outer.lets.evaluate(argument), argument.span);
      parameters.set(name.text, { value: argument, environment: caller });
    } else if (value) {
      put(inner.lets.evaluate(value), value.span);
      // As the earlier parameters are: a later one of the same name as a `let` is not seen yet.
      parameters.set(name.text, { value, environment: { block, parameters: new Map(parameters) } });
    } else {
      outer.report(
        'missing-argument',
        { owner: block.name.text, name: name.text, expected: 'a value' },
        { at: call.span, label: `\`${name.text}\` is missing`, also: [{ at: name.span, note: 'it has no default' }] },
      );
      put(broken(call.span), call.span);
    }
  }
  return environment;
}

/** The values of a use's arguments by the names of the parameters. */
function argumentsByName(context: Context, block: BlockNode, call: CallNode): Map<string, ValueNode> {
  const owner = block.name.text;
  const names = block.parameters.map((parameter) => parameter.name.text);
  const given = new Map<string, ValueNode>();
  const help = names.length > 0 ? [`parameters of ${owner}: ${listWords(names)}`] : [`${owner} takes no arguments`];
  let named = false;
  (call.arguments ?? []).forEach((argument: ArgumentNode, k) => {
    const { name, value } = argument;
    if (!name) {
      if (named) context.report('positional-after-named', { owner }, { at: value.span, label: 'write its name' });
      else if (k >= names.length) {
        // Once, at the first that is too many.
        if (k > names.length) return;
        const details = { owner, most: names.length, found: call.arguments!.filter((one) => !one.name).length };
        context.report('too-many-arguments', details, { at: value.span, label: 'one too many', help });
      } else given.set(names[k]!, value);
      return;
    }
    named = true;
    if (!names.includes(name.text)) {
      const near = nearest(name.text, names);
      const label = near === undefined ? {} : { label: `did you mean \`${near}\`?` };
      context.report('unknown-argument', { owner, name: name.text }, { at: name.span, ...label, help });
    } else if (given.has(name.text)) {
      // Two of the same name are the reader's to report.
      const first = given.get(name.text)!;
      if (call.arguments!.some((one) => one.name && one.value === first)) return;
      const also = [{ at: first.span, note: `\`${name.text}\` is given here already` }];
      context.report('argument-twice', { owner, name: name.text }, { at: name.span, also });
    } else given.set(name.text, value);
  });
  return given;
}
