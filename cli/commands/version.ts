import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { writeLine } from '../output/print.ts';

export function versionCommand(): Command {
  return new Command('version').description('print the version').action(() => {
    const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    writeLine(`isthmus ${manifest.version} (node ${process.version.slice(1)})`);
  });
}
