import { Command } from 'commander';
import { askController } from '../admin.ts';
import { note } from '../output/print.ts';

/** `isthmus leave`: this cluster withdraws what it exports and ends its membership. */
export function leaveCommand(): Command {
  return new Command('leave')
    .description('take this cluster out of the mesh')
    .requiredOption('--yes', 'confirm: the keys of this membership are deleted')
    .action(async (_options: unknown, command: Command) => {
      const { told, notTold } = await askController(command, (admin) => admin.leave());
      note(`left the mesh; told ${told.length === 0 ? 'nobody' : told.join(', ')}`);
      note('what still runs of it holds its old identity: end isthmus up and the workloads');
      if (notTold.length > 0)
        note(`not reached: ${notTold.join(', ')}; on the founder run: isthmus evict <this cluster>`);
    });
}
