/**
 * What one proxy must still be told. Not a queue of updates but a set of keys: whatever changes while the proxy is slow
 * is sent once, in its latest state. At most one message is on its way, so a slow proxy costs one page of memory.
 */
import {
  type ConnectResponse,
  type Peer,
  Service,
  type Update,
} from '../../mesh/adapters/grpc/generated/isthmus/discovery/v1/discovery.ts';
import { writePeer, writeService } from '../../mesh/adapters/discovery/view-wire.ts';
import type { SignedBundle } from '../../mesh/model/bundle.ts';
import type { PeerView, Self, ServiceView } from '../../mesh/model/mesh-view.ts';
import type { ClusterName, ServiceKey } from '../../mesh/model/names.ts';
import type { Changes } from '../decide/view-diff.ts';

export interface PublishedView {
  readonly version: number;
  readonly self: Self;
  readonly bundle: SignedBundle;
  readonly services: ReadonlyMap<ServiceKey, ServiceView>;
  readonly peers: ReadonlyMap<ClusterName, PeerView>;
}

export interface ViewChanges {
  readonly services: Changes<ServiceKey>;
  readonly peers: Changes<ClusterName>;
  readonly bundle: boolean;
}

export interface Subscriber {
  /** The view has changed; tells the proxy as soon as it can take it. */
  changed(changes: ViewChanges): void;
  /** Idempotent. */
  close(): void;
}

/** Sends one message and calls `sent` when it has left; never called again before that. */
export type SendResponse = (response: ConnectResponse, sent: () => void) => void;

/** Bytes of one message: an eighth of what gRPC takes. */
const PAGE_BYTES = 512 * 1024;
/** A service that is larger by itself cannot be told; the others can. */
const MAX_SERVICE_BYTES = 3 * 1024 * 1024;

/** Starts by sending everything. `view` is read at the time of sending. */
export function openSubscriber(view: () => PublishedView, send: SendResponse): Subscriber {
  const services = new Set(view().services.keys());
  const peers = new Set(view().peers.keys());
  let reset = true;
  let head = true;
  let sending = false;
  let open = true;

  const pump = (): void => {
    const idle = !reset && !head && services.size === 0 && peers.size === 0;
    if (!open || sending || idle) return;
    const now = view();
    const page = { ...emptyUpdate(now.version), ...takePeers(peers, now), ...takeServices(services, now) };
    const self = { self: now.self, bundle: now.bundle };
    const update = { ...page, ...(head && self), reset, more: services.size > 0 };
    reset = head = false;
    sending = true;
    send({ body: { $case: 'update', value: update } }, () => {
      sending = false;
      pump();
    });
  };
  pump();
  return {
    changed(changes) {
      for (const key of [...changes.services.changed, ...changes.services.removed]) services.add(key);
      for (const key of [...changes.peers.changed, ...changes.peers.removed]) peers.add(key);
      head ||= changes.bundle;
      pump();
    },
    close: () => void (open = false),
  };
}

function emptyUpdate(version: number): Update {
  return {
    ...{ version, reset: false, more: false, self: undefined, bundle: undefined },
    ...{ services: [], removedServices: [], peers: [], removedPeers: [] },
  };
}

function takePeers(
  pending: Set<ClusterName>,
  { peers }: PublishedView,
): Pick<Update, 'peers' | 'removedPeers'> {
  const taken: Peer[] = [];
  const removedPeers: string[] = [];
  for (const cluster of pending) {
    const peer = peers.get(cluster);
    if (peer === undefined) removedPeers.push(cluster);
    else taken.push(writePeer(peer));
  }
  pending.clear();
  return { peers: taken, removedPeers };
}

/** As many as fit on a page; what is over stays pending. */
function takeServices(
  pending: Set<ServiceKey>,
  { services }: PublishedView,
): Pick<Update, 'services' | 'removedServices'> {
  const taken: Service[] = [];
  const removedServices: string[] = [];
  let bytes = 0;
  for (const key of pending) {
    const service = services.get(key);
    if (service === undefined) {
      removedServices.push(key);
      pending.delete(key);
      continue;
    }
    const encoded = wireOf(service);
    if (taken.length > 0 && bytes + encoded.bytes > PAGE_BYTES) break;
    bytes += encoded.bytes;
    if (encoded.bytes <= MAX_SERVICE_BYTES) taken.push(encoded.message);
    pending.delete(key);
  }
  return { services: taken, removedServices };
}

interface Encoded {
  readonly message: Service;
  readonly bytes: number;
}

/** Views share what did not change, so each service is put in wire form once for all proxies. */
const encodings = new WeakMap<ServiceView, Encoded>();

function wireOf(service: ServiceView): Encoded {
  const held = encodings.get(service);
  if (held !== undefined) return held;
  const message = writeService(service);
  const encoded = { message, bytes: Service.encode(message).finish().length };
  encodings.set(service, encoded);
  return encoded;
}
