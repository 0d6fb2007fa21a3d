/**
 * The proxies of this cluster that are there now. A registration lives as long as its stream; after a start of the
 * controller those of the last run are remembered for a while, so that a restart takes nothing away from anybody.
 */
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import type { GatewayAddress } from '../../mesh/model/catalog.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import { formatIdentity, type Identity } from '../../mesh/model/identity.ts';
import { splitServiceKey, type ServiceAccount, type ServiceKey } from '../../mesh/model/names.ts';
import type { Endpoint } from '../../mesh/model/service.ts';

export interface SidecarRegistration {
  readonly kind: 'sidecar';
  readonly proxy: string;
  readonly service: ServiceKey;
  readonly serviceAccount: ServiceAccount;
  readonly address: string;
  readonly port: number;
  readonly region: string;
  readonly zone: string;
  readonly ready: boolean;
}

/** Beside a gateway: the proxy of pods without a sidecar. */
export interface PlainRegistration {
  readonly kind: 'plain';
  readonly proxy: string;
  readonly address: string;
  readonly port: number;
  readonly region: string;
  readonly zone: string;
  readonly ready: boolean;
}

export interface GatewayRegistration {
  readonly kind: 'gateway';
  readonly proxy: string;
  readonly address: GatewayAddress;
  readonly ready: boolean;
}

export type ProxyRegistration = SidecarRegistration | PlainRegistration | GatewayRegistration;

export interface Registrations {
  /** By proxy. `stream` numbers the stream that it came on. */
  readonly live: ReadonlyMap<string, { readonly stream: number; readonly registration: ProxyRegistration }>;
  /** Of the last run, not yet back. */
  readonly remembered: ReadonlyMap<string, ProxyRegistration>;
}

/** The caller as TLS proved it, and where it calls from. */
export interface Caller {
  readonly identity: Identity;
  readonly address: string;
}

export interface RegistrationRules {
  /** Addresses of the controller's machine: who calls from one of them may state another one. */
  readonly ownAddresses: ReadonlySet<string>;
  readonly maxProxies: number;
}

export function remember(registrations: readonly ProxyRegistration[]): Registrations {
  return { live: new Map(), remembered: new Map(registrations.map((entry) => [entry.proxy, entry])) };
}

/** A proxy may register only what its certificate says it is, and only where it is. */
export function authorize(
  registration: ProxyRegistration,
  { identity, address }: Caller,
  { ownAddresses }: RegistrationRules,
): Fault | undefined {
  const refuse = (wanted: string): Fault =>
    fault('identity_mismatch', registration.proxy, `${formatIdentity(identity)} may not register ${wanted}`);
  if (registration.kind !== 'sidecar') {
    const isGateway = identity.kind === 'program' && identity.program === 'gateway';
    if (!isGateway) return refuse(`a ${registration.kind === 'gateway' ? 'gateway' : 'plain proxy'}`);
    // Where others reach a gateway is not where it is.
    if (registration.kind === 'gateway') return undefined;
  } else {
    const { service, serviceAccount } = registration;
    const { namespace } = splitServiceKey(service);
    const isOwn = identity.kind === 'workload' && identity.namespace === namespace;
    if (!isOwn || identity.serviceAccount !== serviceAccount)
      return refuse(`an endpoint of ${service} with service account ${serviceAccount}`);
  }
  const isThere = registration.address === address;
  if (isThere || (ownAddresses.has(address) && ownAddresses.has(registration.address))) return undefined;
  const message = `registers address ${registration.address} but calls from ${address}`;
  return { ...fault('address_refused', registration.proxy, message), field: 'address' };
}

/** Replaces what the stream, or an earlier stream of the same proxy, registered. */
export function register(
  state: Registrations,
  entry: { readonly stream: number; readonly registration: ProxyRegistration },
  { maxProxies }: RegistrationRules,
): Result<Registrations, Fault> {
  const { proxy } = entry.registration;
  const holder = state.live.get(proxy)?.registration;
  if (holder !== undefined && !isSameProxy(holder, entry.registration))
    return err(
      fault('already_exists', proxy, 'another proxy of this cluster has registered under this name'),
    );
  const others = withdraw(state, entry.stream);
  if (others.live.size >= maxProxies && holder === undefined)
    return err(fault('quota_exceeded', proxy, `the controller serves ${maxProxies} proxies already`));
  const live = new Map(others.live).set(proxy, entry);
  const remembered = new Map(state.remembered);
  remembered.delete(proxy);
  return ok({ live, remembered });
}

function isSameProxy(a: ProxyRegistration, b: ProxyRegistration): boolean {
  if (a.kind !== 'sidecar' || b.kind !== 'sidecar') return a.kind === b.kind;
  return a.service === b.service && a.serviceAccount === b.serviceAccount;
}

/** The stream has ended: its process is gone, or will be back. A newer stream of the same proxy keeps its place. */
export function withdraw(state: Registrations, stream: number): Registrations {
  const live = new Map([...state.live].filter(([, entry]) => entry.stream !== stream));
  return live.size === state.live.size ? state : { ...state, live };
}

/** Whoever has not come back by now is gone. */
export function forgetRemembered(state: Registrations): Registrations {
  return state.remembered.size === 0 ? state : { ...state, remembered: new Map() };
}

export function allRegistrations({ live, remembered }: Registrations): readonly ProxyRegistration[] {
  return [...[...live.values()].map(({ registration }) => registration), ...remembered.values()];
}

/**
 * Registered endpoints by service, together with those of manifests; in order of their ids. `unready` are addresses of pods
 * that the cluster takes out: it knows of their end before they do.
 */
export function joinEndpoints(
  stated: ReadonlyMap<ServiceKey, readonly Endpoint[]>,
  registrations: readonly ProxyRegistration[],
  unready: ReadonlySet<string> = new Set(),
): ReadonlyMap<ServiceKey, readonly Endpoint[]> {
  const joined = new Map<ServiceKey, Endpoint[]>(
    [...stated].map(([key, endpoints]) => [key, [...endpoints]]),
  );
  for (const entry of registrations) {
    if (entry.kind !== 'sidecar') continue;
    const { proxy, service, address, port, region, zone, serviceAccount } = entry;
    const ready = entry.ready && !unready.has(`${splitServiceKey(service).namespace}/${address}`);
    const endpoints = joined.get(service) ?? [];
    endpoints.push({ id: proxy, address, port, region, zone, ready, serviceAccount });
    joined.set(service, endpoints);
  }
  for (const endpoints of joined.values()) endpoints.sort((a, b) => (a.id < b.id ? -1 : 1));
  return joined;
}

/** Gateways that take new connections now, in a steady order. */
export function readyGateways(registrations: readonly ProxyRegistration[]): readonly GatewayAddress[] {
  const ready = registrations.filter((entry) => entry.kind === 'gateway' && entry.ready);
  // Several behind one load balancer state one address.
  const byAddress = new Map(
    ready.map((entry) => (entry as GatewayRegistration).address).map((address) => [order(address), address]),
  );
  return [...byAddress.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

function order({ host, port }: GatewayAddress): string {
  return `${host} ${String(port).padStart(5, '0')}`;
}
