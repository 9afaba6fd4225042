let script: string | undefined;

/** Says that this process is dnc's own command line, and which script it runs. */
export function thisIsTheCommandLine(file: string): void {
  script = file;
}

/** The script of dnc's command line, where this process runs it: it can be started anew. Undefined where a program uses dnc as a library, whose script is another one. */
export function commandLine(): string | undefined {
  return script;
}
