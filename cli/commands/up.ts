import { Command } from 'commander';
import { openInterrupts } from '../interrupts.ts';
import { note } from '../output/print.ts';
import { startProgram, type Program } from '../supervise.ts';

/** `isthmus up`: the controller and the gateway of a standalone cluster, in the foreground, restarted if they fall. */
export function upCommand(): Command {
  return new Command('up')
    .description('run the controller and the gateway of a standalone cluster, until interrupted')
    .option('--no-gateway', 'run the controller only; gateways run elsewhere: isthmus up --gateway-only')
    .option('--gateway-only', 'run one more gateway of this cluster')
    .option('--listen <host:port>', 'where this gateway listens, if not as cluster.yaml says')
    .option('--advertise <host:port>', 'how other clusters reach this gateway, if not where it listens')
    .action(async (options: UpOptions, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      const programs: Program[] = [];
      if (options.gatewayOnly !== true) programs.push(startProgram('federation', ['--dir', dir], note));
      if (options.gateway)
        programs.push(startProgram('gateway', ['--dir', dir, ...gatewayFlags(options)], note));
      const interrupts = openInterrupts();
      await interrupts.first;
      note('stopping: the gateway drains first; once more ends it at once');
      interrupts.onInsist(() => programs.forEach((program) => program.end()));
      // All of them first: one that was stopped from outside too would come back while another one drains.
      for (const program of programs) program.retire();
      for (const program of programs.reverse()) await program.stop();
    });
}

interface UpOptions {
  readonly gateway: boolean;
  readonly gatewayOnly?: boolean;
  readonly listen?: string;
  readonly advertise?: string;
}

function gatewayFlags(options: UpOptions): string[] {
  const flags: string[] = [];
  if (options.listen !== undefined) flags.push('--listen', options.listen);
  if (options.advertise !== undefined) flags.push('--advertise', options.advertise);
  return flags;
}
