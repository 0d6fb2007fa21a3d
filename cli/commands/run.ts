import { Command } from 'commander';
import { clusterDir } from '../admin.ts';
import { orUsage } from '../options.ts';
import { programArguments } from '../program-file.ts';

interface RunOptions {
  readonly service: string;
  readonly namespace: string;
  readonly serviceAccount?: string;
  readonly port?: string;
  readonly upstream: readonly string[];
  readonly workloadSocket?: string;
}

const ENVIRONMENT = `
Environment of the sidecar:
  ISTHMUS_ACCESS_LOG=1            a JSON line for each request, on stderr
  ISTHMUS_ADMIN_PORT=15020        where it serves /metrics, /livez and /readyz; default: any free port
  OTEL_EXPORTER_OTLP_ENDPOINT=... exports spans; the other OTEL_* variables hold too
Environment of the application:
  HTTP_PROXY, ISTHMUS_PROXY       calls http://<service>.<namespace>.svc.clusterset.local through the mesh
  ISTHMUS_<SERVICE>_<NAMESPACE>_<PORT>   host:port of the listener of each --upstream
  SPIFFE_ENDPOINT_SOCKET          the socket of --workload-socket
  PORT, ISTHMUS_CLUSTER           where it is to listen; the cluster that it runs in`;

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
    .option('--workload-socket <path>', 'a Unix socket on which the application gets its X.509-SVID (SPIFFE)')
    .argument('[command...]', 'the application, after --')
    .addHelpText('after', ENVIRONMENT)
    .action(async (application: string[], options: RunOptions, command: Command) => {
      const { checkArguments, writeArguments } = await import('../../sidecar/run/arguments.ts');
      const raw = { ...options, dir: clusterDir(command), command: application };
      orUsage(checkArguments(raw));
      // This process becomes the sidecar: nothing of the command line stays in its memory, and signals reach it.
      const args = programArguments('sidecar', writeArguments(raw));
      if (process.execve === undefined) throw new Error('run needs execve, which Windows lacks');
      process.execve(process.execPath, [process.execPath, ...args], process.env);
    });
}

function collect(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}
