import { Command } from 'commander';
import { openAdmin } from '../admin.ts';
import { namespaceOption, serviceKeyFrom } from '../options.ts';
import { writeLine } from '../output/print.ts';

export function exportCommand(): Command {
  return new Command('export')
    .description('let every cluster of the mesh call a service of this one')
    .argument('<service>', 'name of the service, or namespace/name')
    .addOption(namespaceOption())
    .action(async (service: string, options: { namespace: string }, command: Command) => {
      const key = serviceKeyFrom(service, options.namespace);
      const { created } = await (await openAdmin(command)).exportService(key);
      writeLine(`serviceexport/${key} ${created ? 'created' : 'unchanged'}`);
    });
}

export function unexportCommand(): Command {
  return new Command('unexport')
    .description('stop exporting a service')
    .argument('<service>', 'name of the service, or namespace/name')
    .addOption(namespaceOption())
    .action(async (service: string, options: { namespace: string }, command: Command) => {
      const key = serviceKeyFrom(service, options.namespace);
      const { removed } = await (await openAdmin(command)).unexportService(key);
      writeLine(`serviceexport/${key} ${removed ? 'deleted' : 'was not there'}`);
    });
}
