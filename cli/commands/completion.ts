import { Argument, Command } from 'commander';
import { completionScript, SHELLS, type CommandWords, type Shell } from '../output/completion.ts';
import { writeLine } from '../output/print.ts';

/** `source <(isthmus completion bash)` */
export function completionCommand(program: () => Command): Command {
  return new Command('completion')
    .description('print a shell completion script')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action((shell: Shell) => writeLine(completionScript(shell, words(program(), ''))));
}

/** The command at `path` and all below it. */
function words(command: Command, path: string, inherited: readonly Command[] = []): CommandWords[] {
  const below = command.commands.map((child) => ({ child, at: `${path} ${child.name()}`.trim() }));
  const options = [command, ...inherited].flatMap((from) => from.options);
  const own: CommandWords = {
    ...{ path, description: command.description(), children: below.map(({ at }) => at) },
    values: command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
    options: options.flatMap(({ long, short, description, required, optional, argChoices }) =>
      long === undefined || long === null
        ? []
        : [
            {
              ...{ long, description, takesValue: required || optional, choices: argChoices ?? [] },
              ...(short === undefined ? {} : { short }),
            },
          ],
    ),
  };
  return [own, ...below.flatMap(({ child, at }) => words(child, at, [command, ...inherited]))];
}
