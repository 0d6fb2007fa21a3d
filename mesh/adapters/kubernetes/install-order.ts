/**
 * What the installer asks of a controller that has no mesh yet, and what became of it: the data of one Secret, because an
 * order to join holds a token. It is read until it has been carried out, and then taken away.
 */
import { err, ok, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import type { ApiClient } from './api-client.ts';
import { isRecord } from './api-object.ts';
import { NAMESPACE, ORDER_SECRET } from './installation.ts';
import { objectPath, SECRETS } from './resources.ts';

export type InstallOrder = { readonly kind: 'found' } | { readonly kind: 'join'; readonly token: string };

/** Absent `fault`: it is done. */
export interface OrderOutcome {
  /** What was done, in words for the operator. */
  readonly steps: readonly string[];
  readonly fault?: Pick<Fault, 'code' | 'subject' | 'message'>;
}

export interface InstallOrders {
  /** Undefined: none is open. */
  open(): Promise<Result<InstallOrder | undefined, Fault>>;
  /** Of the order that was carried out last; undefined: none was, or another one is open. */
  outcome(): Promise<Result<OrderOutcome | undefined, Fault>>;
  give(order: InstallOrder): Promise<Result<unknown, Fault>>;
  /** Takes the open order away. */
  close(outcome: OrderOutcome): Promise<Result<unknown, Fault>>;
}

const PATH = objectPath(SECRETS, { namespace: NAMESPACE, name: ORDER_SECRET });

export function openInstallOrders(api: Pick<ApiClient, 'request'>): InstallOrders {
  const read = async (name: 'order' | 'outcome'): Promise<Result<unknown, Fault>> => {
    const answer = await api.request({ method: 'GET', path: PATH });
    return answer.ok ? parse(answer.value.body, name) : answer;
  };
  const write = (fields: Readonly<Record<'order' | 'outcome', object | null>>) =>
    api.request({
      ...{ method: 'PATCH', path: PATH, contentType: 'application/merge-patch+json' },
      body: { data: { order: encode(fields.order), outcome: encode(fields.outcome) } },
    });
  return {
    open: async () => {
      const order = await read('order');
      return order.ok ? ok(order.value as InstallOrder | undefined) : order;
    },
    outcome: async () => {
      const outcome = await read('outcome');
      return outcome.ok ? ok(outcome.value as OrderOutcome | undefined) : outcome;
    },
    give: (order) => write({ order, outcome: null }),
    close: (outcome) => write({ order: null, outcome }),
  };
}

function encode(value: object | null): string | null {
  return value === null ? null : Buffer.from(JSON.stringify(value)).toString('base64');
}

function parse(secret: unknown, name: 'order' | 'outcome'): Result<unknown, Fault> {
  const data = isRecord(secret) && isRecord(secret['data']) ? secret['data'] : {};
  const text = data[name];
  if (typeof text !== 'string') return ok(undefined);
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64').toString());
    const isRight = name === 'order' ? isOrder(value) : isOutcome(value);
    if (isRight) return ok(value);
  } catch {
    // Told below.
  }
  return err({
    ...fault('config_invalid', `Secret ${NAMESPACE}/${ORDER_SECRET}`, 'cannot be read'),
    field: `data.${name}`,
  });
}

function isOrder(value: unknown): value is InstallOrder {
  if (!isRecord(value)) return false;
  return value['kind'] === 'found' || (value['kind'] === 'join' && typeof value['token'] === 'string');
}

function isOutcome(value: unknown): value is OrderOutcome {
  return isRecord(value) && Array.isArray(value['steps']);
}
