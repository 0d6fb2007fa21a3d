import { Command } from 'commander';
import { askController } from '../admin.ts';
import { kubeChoice } from '../kubernetes/choice.ts';
import { namespaceOption, serviceKeyFrom } from '../options.ts';
import { writeLine } from '../output/print.ts';

interface ServiceOptions {
  readonly namespace: string;
}

/** `isthmus export cart -n shop` */
export function exportCommand(): Command {
  return new Command('export')
    .description('let every cluster of the mesh call a service of this one')
    .argument('<service>', 'name, name.namespace or namespace/name')
    .addOption(namespaceOption())
    .action(async (service: string, options: ServiceOptions, command: Command) => {
      const key = serviceKeyFrom(service, options.namespace);
      const choice = kubeChoice(command);
      const { created } =
        choice === undefined
          ? await askController(command, (admin) => admin.exportService(key))
          : await (await import('../kubernetes/exports.ts')).createExport(choice, key);
      writeLine(`serviceexport/${key} ${created ? 'created' : 'unchanged'}`);
    });
}

/** `isthmus unexport cart -n shop` */
export function unexportCommand(): Command {
  return new Command('unexport')
    .description('stop exporting a service')
    .argument('<service>', 'name, name.namespace or namespace/name')
    .addOption(namespaceOption())
    .action(async (service: string, options: ServiceOptions, command: Command) => {
      const key = serviceKeyFrom(service, options.namespace);
      const choice = kubeChoice(command);
      const { removed } =
        choice === undefined
          ? await askController(command, (admin) => admin.unexportService(key))
          : await (await import('../kubernetes/exports.ts')).deleteExport(choice, key);
      writeLine(`serviceexport/${key} ${removed ? 'deleted' : 'was not there'}`);
    });
}
