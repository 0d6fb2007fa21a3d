/** Options and arguments that several commands share. */
import { InvalidArgumentError, Option } from 'commander';
import type { Result } from '../mesh/kit/result.ts';
import type { Fault } from '../mesh/model/fault.ts';
import { formatFault } from '../mesh/model/fault.ts';
import { parseServiceKey, type ServiceKey } from '../mesh/model/names.ts';
import { CommandFailed, OUTPUT_FORMS } from './output/print.ts';

export function namespaceOption(): Option {
  return new Option('-n, --namespace <name>', 'namespace of the service').default('default');
}

export function outputOption(): Option {
  return new Option('-o, --output <form>', 'form of the output').choices(OUTPUT_FORMS).default('table');
}

/** `cart` in the given namespace, or `shop/cart`, or `cart.shop`. */
export function serviceKeyFrom(text: string, namespace: string): ServiceKey {
  const [name, ofNamespace, extra] = text.split('.');
  const dotted = extra === undefined && ofNamespace !== undefined ? `${ofNamespace}/${name}` : undefined;
  return orUsage(parseServiceKey(dotted ?? (text.includes('/') ? text : `${namespace}/${text}`)));
}

/** `127.0.0.1:15443`, `[::1]:15443` or `gateway.example:15443`. */
export function hostPort(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) throw new InvalidArgumentError(`${JSON.stringify(text)} is not host:port`);
  return { host: match[1] ?? match[2] ?? '', port };
}

/** The value, or exit status 2 with the fault: for what the user typed. */
export function orUsage<T>(result: Result<T, Fault>): T {
  if (result.ok) return result.value;
  throw new InvalidArgumentError(formatFault(result.error));
}

/** The value, or exit status 1 with the fault: for what went wrong. */
export function orFail<T>(result: Result<T, Fault>): T {
  if (result.ok) return result.value;
  throw new CommandFailed(result.error);
}
