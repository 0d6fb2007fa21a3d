/** Puts the commands together. Exit status: 0 done, 1 failed, 2 wrong usage. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { completionCommand } from './commands/completion.ts';
import { evictCommand } from './commands/evict.ts';
import { explainCommand } from './commands/explain.ts';
import { exportCommand, unexportCommand } from './commands/export.ts';
import { getCommand } from './commands/get.ts';
import { helpCommand } from './commands/help.ts';
import { initCommand } from './commands/init.ts';
import { injectCommand } from './commands/inject.ts';
import { joinCommand } from './commands/join.ts';
import { leaveCommand } from './commands/leave.ts';
import { confirmCommand, forgetCommand } from './commands/peer-catalog.ts';
import { runCommand } from './commands/run.ts';
import { simulateCommand } from './commands/simulate.ts';
import { statusCommand } from './commands/status.ts';
import { tokenCommand } from './commands/token.ts';
import { uninstallCommand } from './commands/uninstall.ts';
import { upCommand } from './commands/up.ts';
import { versionCommand } from './commands/version.ts';
import { CommandFailed, note } from './output/print.ts';

function buildProgram(): Command {
  const program = new Command('isthmus')
    .description('Joins clusters into one service mesh.')
    .option(
      '--dir <folder>',
      'folder of the standalone cluster [env ISTHMUS_DIR]',
      process.env['ISTHMUS_DIR'] ?? '.',
    )
    .option('--context <name>', 'the Kubernetes cluster of this context, in place of a folder')
    .option('--kubeconfig <file>', 'where contexts are; default: as kubectl finds it')
    .helpCommand(false);
  const commands = [
    ...[initCommand(), tokenCommand(), joinCommand(), leaveCommand(), evictCommand(), uninstallCommand()],
    ...[
      upCommand(),
      runCommand(),
      injectCommand(),
      exportCommand(),
      unexportCommand(),
      forgetCommand(),
      confirmCommand(),
    ],
    ...[getCommand(), statusCommand(), explainCommand(), simulateCommand()],
    ...[versionCommand(), helpCommand()],
  ];
  for (const command of commands) program.addCommand(command);
  program.addCommand(completionCommand(() => program));
  // Each command inherits these at creation only through .command(); set for the ones added whole.
  for (const command of [program, ...allCommands(program)])
    command.exitOverride().showHelpAfterError(`(${fullName(command)} --help shows how)`);
  return program;
}

/** `isthmus token create` */
function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}

function allCommands(parent: Command): Command[] {
  return parent.commands.flatMap((command) => [command, ...allCommands(command)]);
}

/** Runs one command line and answers its exit status. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  try {
    await buildProgram().parseAsync([...argv]);
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    // What a command itself found wrong with its arguments; what the parser found, it has told.
    if (error instanceof InvalidArgumentError) note(`error: ${error.message}`);
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof CommandFailed)) throw error;
    note(`error: ${error.message}`);
    return 1;
  }
}
