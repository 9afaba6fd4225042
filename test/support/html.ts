/** Elements that have no end tag (HTML, section 13.1.2). */
const VOID = new Set([
  'meta',
  'link',
  'img',
  'br',
  'hr',
  'input',
  'source',
  'col',
  'wbr',
  'base',
  'area',
  'embed',
  'track',
]);
const ENTITY = /&(?!#\d+;|#x[\da-f]+;|[a-z]+;)/i;

/**
 * What is wrong with a page: tags that are not closed or not in order, attributes without quotes or twice, signs that are not escaped, an id twice, and
 * whatever would load or run something. Stricter than a browser, which takes anything.
 */
export function problemsOf(page: string): string[] {
  const problems: string[] = [];
  if (!page.startsWith('<!DOCTYPE html>\n')) problems.push('no doctype');
  const ids = new Set<string>();
  const open: string[] = [];
  const text = (part: string) => {
    if (/[<>]/.test(part)) problems.push(`a bare < or > in ${JSON.stringify(part.slice(0, 60))}`);
    if (ENTITY.test(part)) problems.push(`a bare & in ${JSON.stringify(part.slice(0, 60))}`);
  };
  let at = '<!DOCTYPE html>'.length;
  const tag = /<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+(?:\s*=\s*"[^"]*")?)*)\s*(\/?)>/g;
  tag.lastIndex = at;
  for (let found = tag.exec(page); found; found = tag.exec(page)) {
    text(page.slice(at, found.index));
    at = tag.lastIndex;
    const [, closing, name = '', attributes = '', selfClosing] = found;
    if (closing) {
      const expected = open.pop();
      if (expected !== name) problems.push(`</${name}> where </${expected ?? 'nothing'}> is due`);
      continue;
    }
    if (['script', 'iframe', 'object', 'embed', 'link', 'base', 'form', 'foreignObject'].includes(name))
      problems.push(`<${name}>`);
    const names = new Set<string>();
    for (const [, attribute = '', value = ''] of attributes.matchAll(/([\w:-]+)(?:\s*=\s*"([^"]*)")?/g)) {
      if (names.has(attribute)) problems.push(`${attribute} twice in <${name}>`);
      names.add(attribute);
      if (/[<>]/.test(value) || ENTITY.test(value)) problems.push(`a bare sign in ${attribute} of <${name}>`);
      if (/^on/i.test(attribute)) problems.push(`${attribute} of <${name}>`);
      if (
        /^(?:src|href|xlink:href|action|poster|data)$/.test(attribute) &&
        !/^data:image\/png;base64,[\w+/]+=*$|^#[\w-]+$/.test(value)
      )
        problems.push(`${attribute}="${value.slice(0, 60)}"`);
      if (/url\((?!#)/i.test(value)) problems.push(`${attribute}="${value.slice(0, 60)}"`);
      if (attribute === 'id') {
        if (ids.has(value)) problems.push(`the id ${value} twice`);
        ids.add(value);
      }
    }
    if (name === 'style') {
      const end = page.indexOf('</style>', at);
      const style = page.slice(at, end);
      if (/@import|url\(|</.test(style)) problems.push('a style that loads something');
      at = tag.lastIndex = end;
    }
    if (!VOID.has(name) && !selfClosing) open.push(name);
  }
  text(page.slice(at));
  if (open.length > 0) problems.push(`not closed: ${open.join(', ')}`);
  return problems;
}
