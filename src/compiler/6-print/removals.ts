import type { StatementNode } from '../../dsl/document.js';
import type { TextEdits } from '../../dsl/edit.js';
import type { LayerSpec } from '../spec.js';
import type { SimplifiedText } from './index.js';
import { OFF } from '../1-spec/expected.js';
import type { Places } from './places.js';
import type { Written } from './sets.js';

/**
 * Takes out the layers that went as a whole: a statement of the model goes with its line's comment, what is in a block use or in a round is said to be `off` behind the
 * outermost statement. A block use of which all layers went goes as one. Gives the names of all that went; names and inputs of what stays are `rewire`'s to settle.
 */
export function writeRemovals(
  edits: TextEdits,
  { layers }: Written,
  places: Places,
  { network, shrunk }: Pick<SimplifiedText, 'network' | 'shrunk'>,
): ReadonlySet<string> {
  const left = new Set((shrunk.network ?? network).graph.nodes.map((node) => node.name));
  const gone = new Set(layers.filter((layer) => !left.has(layer.name)).map((layer) => layer.name));
  if (gone.size === 0) return gone;
  const alive = new Set(layers.filter((layer) => left.has(layer.name)).flatMap(usesOf));
  const removed = new Set<StatementNode | string>();
  for (const layer of layers) {
    if (!gone.has(layer.name)) continue;
    const whole = layer.uses.findIndex((use) => use.kind === 'block' && !alive.has(use.name));
    const use = layer.uses[whole];
    const name = use?.kind === 'block' ? use.name : layer.name;
    const around = whole < 0 ? layer.uses : layer.uses.slice(0, whole);
    const statement = use?.kind === 'block' ? use.statement : layer.statement;
    if (removed.has(around.length === 0 ? statement : name)) continue;
    removed.add(around.length === 0 ? statement : name);
    if (around.length === 0) edits.removeStatement(statement.span);
    else places.change({ name, uses: layer.uses }, '', OFF);
  }
  return gone;
}

function usesOf({ uses }: LayerSpec): string[] {
  return uses.flatMap((use) => (use.kind === 'block' ? [use.name] : []));
}
