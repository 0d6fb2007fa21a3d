/** The command line of a workload: `--service cart -n shop --port 8080 [...] -- command args...`. */
import { quoted } from '../../mesh/kit/quoted.ts';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import {
  parseLabel,
  serviceKey,
  type Namespace,
  type ServiceAccount,
  type ServiceKey,
  type ServiceName,
} from '../../mesh/model/names.ts';
import type { FixedUpstream } from '../addresses.ts';

export interface WorkloadArguments {
  /** The cluster's folder. */
  readonly dir: string;
  readonly service: ServiceKey;
  readonly serviceAccount: ServiceAccount;
  /** Where the application listens; absent for one that only calls others. */
  readonly port: number | undefined;
  readonly upstreams: readonly FixedUpstream[];
  /** Absolute path of the Unix socket of the SPIFFE Workload API; absent: it is not served. */
  readonly workloadSocket?: string;
  /** Empty: the application runs already, or is started by somebody else. */
  readonly command: readonly string[];
}

/** As commander or parseArgs give them, unchecked. */
export interface RawArguments {
  readonly dir?: string | undefined;
  readonly service?: string | undefined;
  readonly namespace?: string | undefined;
  readonly serviceAccount?: string | undefined;
  readonly port?: string | undefined;
  readonly upstream?: readonly string[] | undefined;
  readonly workloadSocket?: string | undefined;
  readonly command?: readonly string[] | undefined;
}

const OPTIONS = {
  dir: { type: 'string' },
  service: { type: 'string' },
  namespace: { type: 'string', short: 'n' },
  'service-account': { type: 'string' },
  port: { type: 'string' },
  upstream: { type: 'string', multiple: true },
  'workload-socket': { type: 'string' },
} as const;

export function readArguments(argv: readonly string[]): Result<RawArguments, Fault> {
  const dashes = argv.indexOf('--');
  const own = dashes === -1 ? argv : argv.slice(0, dashes);
  try {
    const { values } = parseArgs({ args: [...own], options: OPTIONS });
    const command = dashes === -1 ? [] : argv.slice(dashes + 1);
    const { 'service-account': serviceAccount, 'workload-socket': workloadSocket, ...rest } = values;
    return ok({
      ...{ ...rest, command },
      ...(serviceAccount === undefined ? {} : { serviceAccount }),
      ...(workloadSocket === undefined ? {} : { workloadSocket }),
    });
  } catch (cause) {
    return err({ ...fault('config_invalid', 'command line', (cause as Error).message), cause });
  }
}

/** The command line that `readArguments` reads as `raw`. */
export function writeArguments(raw: RawArguments): string[] {
  const { command = [], upstream = [], serviceAccount, workloadSocket, ...rest } = raw;
  const single = Object.entries({
    ...rest,
    ...{ 'service-account': serviceAccount, 'workload-socket': workloadSocket },
  });
  return [
    ...single.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`])),
    ...upstream.map((text) => `--upstream=${text}`),
    ...['--', ...command],
  ];
}

export function checkArguments(raw: RawArguments): Result<WorkloadArguments, Fault> {
  const name = parseLabel<ServiceName>(raw.service, '--service');
  if (!name.ok) return name;
  const namespace = parseLabel<Namespace>(raw.namespace ?? 'default', '--namespace');
  if (!namespace.ok) return namespace;
  const account = parseLabel<ServiceAccount>(raw.serviceAccount ?? 'default', '--service-account');
  if (!account.ok) return account;
  const port = raw.port === undefined ? ok(undefined) : parsePort(raw.port, '--port');
  if (!port.ok) return port;
  const socket = checkSocket(raw.workloadSocket);
  if (!socket.ok) return socket;
  const upstreams: FixedUpstream[] = [];
  for (const text of raw.upstream ?? []) {
    const upstream = parseUpstream(text, namespace.value);
    if (!upstream.ok) return upstream;
    upstreams.push(upstream.value);
  }
  return ok({
    ...{
      dir: raw.dir ?? '.',
      service: serviceKey(namespace.value, name.value),
      serviceAccount: account.value,
    },
    ...{ port: port.value, upstreams, command: raw.command ?? [] },
    ...(socket.value === undefined ? {} : { workloadSocket: socket.value }),
  });
}

/** What fits into the address of a Unix socket on every system, with room for the folder that it is made in. */
const MAX_SOCKET_PATH = 94;

function checkSocket(text: string | undefined): Result<string | undefined, Fault> {
  if (text === undefined) return ok(undefined);
  const absolute = path.resolve(text);
  if (text !== '' && Buffer.byteLength(absolute) <= MAX_SOCKET_PATH) return ok(absolute);
  const why = `${quoted(text, 120)} is no path of 1-${MAX_SOCKET_PATH} bytes`;
  return err(fault('config_invalid', '--workload-socket', why));
}

const UPSTREAM = /^([a-z0-9-]+)(?:\.([a-z0-9-]+))?:(\d{1,5})(?:=(\d{1,5}))?$/;

/** `ledger.shop:5432=15432`; without a namespace: the workload's own; without a local port: any free one. */
function parseUpstream(text: string, own: Namespace): Result<FixedUpstream, Fault> {
  const [, name, namespace = own, port, localPort = '0'] = UPSTREAM.exec(text) ?? [];
  const service = parseLabel<ServiceName>(name, '--upstream');
  const parsedNamespace = parseLabel<Namespace>(namespace, '--upstream');
  const ports = [Number(port), Number(localPort)] as const;
  if (!service.ok || !parsedNamespace.ok || !isPort(ports[0]) || !(ports[1] === 0 || isPort(ports[1]))) {
    const shown = quoted(text, 120);
    return err(
      fault('config_invalid', '--upstream', `${shown} is not <service>.<namespace>:<port>[=<local port>]`),
    );
  }
  return ok({
    service: serviceKey(parsedNamespace.value, service.value),
    port: ports[0],
    localPort: ports[1],
  });
}

function parsePort(text: string, what: string): Result<number, Fault> {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && isPort(port)) return ok(port);
  return err(fault('config_invalid', what, `${quoted(text, 40)} is not a port (1-65535)`));
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}
