import { Command } from 'commander';
import { askController } from '../admin.ts';
import { namespaceOption, outputOption } from '../options.ts';
import { printData, type OutputForm } from '../output/print.ts';
import { formatSimulation } from '../output/simulate-table.ts';
import { routeFrom } from '../route.ts';

/** `isthmus simulate --down east`: what the mesh would do, without doing it. */
export function simulateCommand(): Command {
  return new Command('simulate')
    .description('show where requests would go if clusters or regions went down')
    .argument('[caller/service]', 'one route; default: all that sidecars have reported')
    .requiredOption('--down <names>', 'clusters or regions, separated by commas')
    .addOption(namespaceOption())
    .addOption(outputOption())
    .action(async (route: string | undefined, options: SimulateOptions, command: Command) => {
      const down = options.down.split(',');
      const asked = route === undefined ? undefined : routeFrom(route, options.namespace);
      const report = await askController(command, (admin) => admin.simulate(down, asked));
      await printData(report, options.output, () => formatSimulation(report));
    });
}

interface SimulateOptions {
  readonly down: string;
  readonly namespace: string;
  readonly output: OutputForm;
}
