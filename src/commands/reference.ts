import { catalogue } from '../diagnostics/catalogue/index.js';
import type { CodeEntry } from '../diagnostics/diagnostic.js';
import { type WordHelp, wordsByTopic } from './help-text.js';
import { commands } from './index.js';

/** docs/reference.md: every word of the language from its schema, every command from its definition, every message code. */
export function referenceText(): string {
  const tables = wordsByTopic();
  const parts = [
    '# Reference',
    '',
    'Written by `npm run update` from the schemas that check a spec, the definitions of the commands, and the catalogue of messages. `dnc help <word>` prints the same.',
    '',
    `Contents: ${[...tables.map(({ name }) => name), 'commands', 'messages'].map((name) => `[${name}](#${anchor(name)})`).join(' · ')}`,
    ...tables.flatMap(({ name, words }) => ['', `## ${capital(name)}`, ...words.flatMap(wordSection)]),
    '',
    '## Commands',
    ...commands.flatMap(({ name, summary, parameters, options, examples }) => [
      '',
      `### dnc ${name}`,
      '',
      summary,
      '',
      `\`dnc ${`${name} ${parameters}`.trim()}\``,
      '',
      ...table(
        ['option', ''],
        options.map(({ flags, description, many }) => [
          `\`${flags}\``,
          `${description}${many ? '; may be given several times' : ''}`,
        ]),
      ),
      ...fence('sh', examples.join('\n')),
    ]),
    '',
    '## Messages',
    '',
    'By code; `dnc explain <code>` says what each means, with a repaired example.',
    '',
    ...table(
      ['code', 'severity', 'exit code'],
      (Object.entries(catalogue) as [string, CodeEntry<never>][])
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([code, { severity, exit }]) => [
          `\`${code}\``,
          severity,
          severity === 'error' ? String(exit ?? ERRORS_OF_A_SPEC) : '',
        ]),
    ),
  ];
  return `${parts.join('\n').trimEnd()}\n`;
}

/** The exit code of an error whose catalogue entry names none. */
const ERRORS_OF_A_SPEC = 3;

function wordSection({ call, kind, column, rows, example }: WordHelp): string[] {
  return [
    '',
    `### ${kind.keyword}`,
    '',
    `\`${call}\``,
    '',
    `${escaped(kind.summary)}${kind.aliases?.length ? ` Also written ${kind.aliases.map((one) => `\`${one}\``).join(', ')}.` : ''}`,
    '',
    ...table(
      [column, 'takes', 'default', ''],
      rows.map(({ name, type, otherwise, description }) => [
        `\`${name}\``,
        type,
        NO_VALUE.has(otherwise) ? otherwise : `\`${otherwise}\``,
        description,
      ]),
    ),
    ...fence('', example),
    ...(kind.cite ? [`From: ${escaped(kind.cite)}`, ''] : []),
  ].slice(0, -1);
}

/** What stands in the column of defaults where there is none. */
const NO_VALUE: ReadonlySet<string> = new Set(['required', 'none', 'as train']);

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''];
}

/** A cell of a table: `|` would end it, also inside of code. */
function cell(text: string): string {
  return escaped(text).replaceAll('|', '\\|');
}

/** Signs that Markdown would take for itself outside of code. */
function escaped(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part, k) => (k % 2 === 1 ? part : part.replaceAll(/[*_<]/g, '\\$&')))
    .join('');
}

function fence(language: string, text: string): string[] {
  return [`\`\`\`${language}`, text, '```', ''];
}

function anchor(name: string): string {
  return name.replaceAll(' ', '-');
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
