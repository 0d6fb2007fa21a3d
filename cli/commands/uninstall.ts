import { Command, InvalidArgumentError } from 'commander';
import { kubeChoice } from '../kubernetes/choice.ts';
import { note } from '../output/print.ts';

/** `isthmus uninstall --context west --yes`: leaves the mesh, and takes everything away that an installation made. */
export function uninstallCommand(): Command {
  return new Command('uninstall')
    .description('take a Kubernetes cluster out of the mesh, and Isthmus out of it')
    .requiredOption('--yes', 'confirm: exports and policies of this cluster are deleted with their kinds')
    .action(async (_options: unknown, command: Command) => {
      const choice = kubeChoice(command);
      if (choice === undefined) throw new InvalidArgumentError('needs --context or --kubeconfig');
      const { withKube } = await import('../kubernetes/connect.ts');
      const { uninstallCluster } = await import('../kubernetes/uninstall.ts');
      await withKube(choice, async (kube) => {
        await uninstallCluster(kube);
        note(`nothing of Isthmus is left in ${kube.context}`);
      });
    });
}
