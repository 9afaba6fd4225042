// How the page writes things.
export const ms = (x) => x.toFixed(x < 10 ? 2 : 1);
export const mib = (bytes) => String(Math.round(bytes / 2 ** 20));
export const seconds = (x) => x.toFixed(x < 100 ? 3 : 0);
export const count = (x) => Math.round(x).toLocaleString('en');
export const ratio = (x) => x.toFixed(2);

export const heading = (title, level = 2) => `${'#'.repeat(level)} ${title}`;

/** Parts of a page, an empty line between them; what is undefined or empty is left out. */
export const paragraphs = (...parts) => parts.filter((part) => part !== undefined && part !== '').join('\n\n');

/** Markdown: the first column to the left, numbers to the right. */
export function table(head, rows) {
  const align = head.map((_, at) => (at === 0 ? '---' : '---:'));
  return [head, align, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
