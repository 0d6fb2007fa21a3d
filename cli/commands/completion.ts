import { Argument, Command } from 'commander';
import { completionScript, SHELLS, type CommandWords, type Shell } from '../output/completion.ts';
import { writeLine } from '../output/print.ts';

/** `source <(isthmus completion bash)` */
export function completionCommand(program: () => Command): Command {
  return new Command('completion')
    .description('print a shell completion script')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action((shell: Shell) => writeLine(completionScript(shell, words(program()))));
}

function words(program: Command): CommandWords[] {
  return program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    words: [
      ...command.commands.map((child) => child.name()),
      ...[...command.options, ...program.options].map((option) => option.long ?? ''),
      ...command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
    ].filter((word) => word !== ''),
  }));
}
