/** The two ways to write a spec. */
export type Syntax = 'dn' | 'yaml';

/** The endings of spec files. */
export const endings: readonly string[] = ['.dn', '.yaml', '.yml'];

const YAML = /\.ya?ml$/i;

/** Whether a file is YAML, by its name. */
export function isYaml(file: string): boolean {
  return YAML.test(file);
}

export function syntaxOf(file: string): Syntax {
  return isYaml(file) ? 'yaml' : 'dn';
}

/** Whether a file is a spec, by its name. Files of other tools may be YAML, too: a folder's YAML files are looked into before they count. */
export function isSpecName(file: string): boolean {
  return endings.some((ending) => file.toLowerCase().endsWith(ending));
}

/** The ending of a spec's file name, as it is written; `.dn` where it has none of a spec. */
export function endingOf(file: string): string {
  return /\.(?:dn|ya?ml)$/i.exec(file)?.[0] ?? '.dn';
}
