import { Command } from 'commander';
import { VERSION } from '../../mesh/adapters/version.ts';
import { writeLine } from '../output/print.ts';

export function versionCommand(): Command {
  return new Command('version')
    .description('print the version')
    .action(() => writeLine(`isthmus ${VERSION} (node ${process.version.slice(1)})`));
}
