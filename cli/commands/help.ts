import { Command } from 'commander';
import { fault } from '../../mesh/model/fault.ts';
import { REASONS, type ReasonCode } from '../../mesh/model/reason.ts';
import { CommandFailed, writeLine } from '../output/print.ts';
import { formatTable } from '../output/table.ts';

/** `isthmus help` lists the commands; `isthmus help <code>` explains a reason code; `isthmus help codes` lists them. */
export function helpCommand(): Command {
  return new Command('help')
    .description('explain a reason code, as found in logs, metrics and errors')
    .argument('[code]', 'a reason code; `codes` lists all')
    .action((code: string | undefined, _options: unknown, command: Command) => {
      if (code === undefined) return writeLine(command.parent?.helpInformation() ?? '');
      if (code === 'codes') return writeLine(formatTable(['CODE', 'MEANING'], Object.entries(REASONS)));
      const named = command.parent?.commands.find((candidate) => candidate.name() === code);
      if (named) return writeLine(named.helpInformation());
      if (!Object.hasOwn(REASONS, code)) {
        throw new CommandFailed(
          fault('not_found', code, 'no such reason code or command; isthmus help codes lists the codes'),
        );
      }
      writeLine(`${code}: ${REASONS[code as ReasonCode]}`);
    });
}
