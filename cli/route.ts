/** `web/cart.shop`, `web.shop/cart.shop:80`: who calls whom. */
import { InvalidArgumentError } from 'commander';
import type { Route } from '../mesh/adapters/admin/admin-client.ts';
import { serviceKeyFrom } from './options.ts';

export function routeFrom(text: string, namespace: string): Route {
  const match = /^([^/:]+)\/([^/:]+)(?::(\d{1,5}))?$/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new InvalidArgumentError(
      `${JSON.stringify(text)} is not <caller>/<service>[:port], as in web/cart.shop`,
    );
  }
  const to = serviceKeyFrom(match[2], namespace);
  // A caller without a namespace is of the one that it calls.
  const from = serviceKeyFrom(match[1], to.slice(0, to.indexOf('/')));
  return { from, to, ...(match[3] === undefined ? {} : { port: Number(match[3]) }) };
}
