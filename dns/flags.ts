/** The command line of the DNS program. */
import { parseArgs } from 'node:util';
import { err, ok, type Result } from '../mesh/kit/result.ts';
import { fault, type Fault } from '../mesh/model/fault.ts';

export interface DnsFlags {
  readonly host: string;
  readonly port: number;
  readonly adminPort: number;
}

export const USAGE = 'node dns/main.ts [--host address] [--port port] [--admin-port port]';

const OPTIONS = {
  host: { type: 'string', default: '0.0.0.0' },
  port: { type: 'string', default: '15053' },
  'admin-port': { type: 'string', default: '15020' },
} as const;

/** `argv` without the program itself. */
export function parseFlags(argv: readonly string[]): Result<DnsFlags, Fault> {
  try {
    const { values } = parseArgs({ args: [...argv], options: OPTIONS, strict: true });
    const [port, adminPort] = [Number(values.port), Number(values['admin-port'])];
    if (!isPort(port)) return refuse('--port', `${JSON.stringify(values.port)} is not a port`);
    if (!isPort(adminPort))
      return refuse('--admin-port', `${JSON.stringify(values['admin-port'])} is not a port`);
    return ok({ host: values.host, port, adminPort });
  } catch (cause) {
    return refuse('arguments', cause instanceof Error ? cause.message : String(cause));
  }
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 0 && port <= 65_535;
}

function refuse(subject: string, message: string): Result<never, Fault> {
  return err(fault('config_invalid', subject, message));
}
