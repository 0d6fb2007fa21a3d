import { Command } from 'commander';
import { clusterDir } from '../admin.ts';
import { orFail, orUsage } from '../options.ts';

interface RunOptions {
  readonly service: string;
  readonly namespace: string;
  readonly serviceAccount?: string;
  readonly port?: string;
  readonly upstream: readonly string[];
}

/** `isthmus run --service cart -n shop --port 8080 -- node app.ts`: an application with its sidecar. */
export function runCommand(): Command {
  return new Command('run')
    .description('run an application with a sidecar, as an endpoint of a service')
    .requiredOption('--service <name>', 'the service it belongs to')
    .option('-n, --namespace <name>', 'namespace of the service', 'default')
    .option('--service-account <name>', 'its identity; default: default')
    .option('--port <port>', 'where the application listens; absent for one that only calls others')
    .option(
      '--upstream <service:port[=local port]...>',
      'a local listener for a service, in the environment of the application',
      collect,
      [],
    )
    .argument('[command...]', 'the application, after --')
    .action(async (application: string[], options: RunOptions, command: Command) => {
      const [{ checkArguments }, { runWorkload }] = await Promise.all([
        import('../../sidecar/run/arguments.ts'),
        import('../../sidecar/run/run-workload.ts'),
      ]);
      const checked = orUsage(checkArguments({ ...options, dir: clusterDir(command), command: application }));
      const stop = new AbortController();
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
      process.exitCode = orFail(await runWorkload({ ...checked, stop: stop.signal }));
    });
}

function collect(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}
