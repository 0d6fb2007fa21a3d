/** Data goes to stdout, progress and errors to stderr; `-o json|yaml|wide` chooses the form. */
import { formatFault, type Fault } from '../../mesh/model/fault.ts';

export const OUTPUT_FORMS = ['table', 'wide', 'json', 'yaml'] as const;
export type OutputForm = (typeof OUTPUT_FORMS)[number];

/** Prints `data` as JSON or YAML, or the text that `asText` makes of it. */
export async function printData(
  data: unknown,
  form: OutputForm,
  asText: (wide: boolean) => string,
): Promise<void> {
  if (form === 'json') return writeLine(JSON.stringify(data, undefined, 2));
  if (form === 'yaml') return writeLine((await import('./yaml-text.ts')).yamlText(data));
  writeLine(asText(form === 'wide'));
}

export function writeLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Ends the command with exit status 1 and the fault on stderr, with the code that `isthmus help` explains. */
export class CommandFailed extends Error {
  constructor(fault: Fault) {
    super(`${formatFault(fault)}  [${fault.code}]`, { cause: fault.cause });
  }
}
