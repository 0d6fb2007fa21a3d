/** The command line of the gateway program. */
import { parseArgs } from 'node:util';
import { err, ok, type Result } from '../mesh/kit/result.ts';
import type { ListenAddress } from '../mesh/model/cluster-config.ts';
import { fault, type Fault } from '../mesh/model/fault.ts';
import { isDnsLabel } from '../mesh/model/names.ts';

export interface GatewayFlags {
  /** The folder of the standalone cluster. */
  readonly dir: string;
  /** Absent: as `cluster.yaml` says. */
  readonly listen?: ListenAddress;
  readonly advertise?: ListenAddress;
  readonly zone?: string;
  /** Unique in the cluster; absent: drawn at random. */
  readonly name?: string;
  /** Where /livez, /readyz and /metrics are served. */
  readonly admin: ListenAddress;
  /** Shares its port with a successor or predecessor (Linux). */
  readonly reusePort: boolean;
}

export const USAGE =
  'node gateway/main.ts --dir <cluster folder> [--listen host:port] [--advertise host:port] [--zone zone]\n' +
  '  [--name name] [--admin host:port] [--reuse-port]';

const OPTIONS = {
  dir: { type: 'string' },
  listen: { type: 'string' },
  advertise: { type: 'string' },
  zone: { type: 'string' },
  name: { type: 'string' },
  admin: { type: 'string', default: '127.0.0.1:0' },
  'reuse-port': { type: 'boolean', default: false },
} as const;

/** `argv` without the program itself. */
export function parseFlags(argv: readonly string[]): Result<GatewayFlags, Fault> {
  const parsed = readOptions(argv);
  if (!parsed.ok) return parsed;
  const { dir, zone, name, 'reuse-port': reusePort } = parsed.value;
  if (dir === undefined) return refuse('--dir', 'is missing: the folder of the cluster');
  for (const [flag, label] of [
    ['--zone', zone],
    ['--name', name],
  ] as const) {
    if (label !== undefined && !isDnsLabel(label))
      return refuse(flag, `${JSON.stringify(label)} is not a DNS label`);
  }
  const addresses: Partial<Record<'listen' | 'advertise' | 'admin', ListenAddress>> = {};
  for (const flag of ['listen', 'advertise', 'admin'] as const) {
    const text = parsed.value[flag];
    if (text === undefined) continue;
    const address = parseAddress(text);
    if (!address) return refuse(`--${flag}`, `${JSON.stringify(text)} is not <host>:<port>`);
    addresses[flag] = address;
  }
  const admin = addresses.admin ?? { host: '127.0.0.1', port: 0 };
  const named = { ...(zone === undefined ? {} : { zone }), ...(name === undefined ? {} : { name }) };
  return ok({ dir, reusePort, ...named, ...addresses, admin });
}

function readOptions(argv: readonly string[]) {
  try {
    return ok(parseArgs({ args: [...argv], options: OPTIONS, strict: true }).values);
  } catch (cause) {
    return refuse('arguments', cause instanceof Error ? cause.message : String(cause));
  }
}

/** `host:port` or `[ipv6]:port`; port 0 means any free one. */
function parseAddress(text: string): ListenAddress | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host !== undefined && port <= 65_535 ? { host, port } : undefined;
}

function refuse(subject: string, message: string): Result<never, Fault> {
  return err(fault('config_invalid', subject, message));
}
