import { Command } from 'commander';
import { askController } from '../admin.ts';
import { outputOption } from '../options.ts';
import { printData, type OutputForm } from '../output/print.ts';
import { formatStatus } from '../output/status-table.ts';

/** `isthmus status`: the mesh as this cluster sees it. */
export function statusCommand(): Command {
  return new Command('status')
    .description('show the clusters of the mesh and what is wrong')
    .addOption(outputOption())
    .action(async (options: { output: OutputForm }, command: Command) => {
      const report = await askController(command, (admin) => admin.status());
      await printData(report, options.output, (wide) => formatStatus(report, wide));
    });
}
