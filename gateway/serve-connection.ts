/** The life of one accepted connection: peek, find, dial, splice; or a refusal with its reason. */
import type { Socket } from 'node:net';
import { err, ok, type Result } from '../mesh/kit/result.ts';
import type { SlotList } from '../mesh/kit/slot-list.ts';
import { fault, type Fault } from '../mesh/model/fault.ts';
import type { ReasonCode } from '../mesh/model/reason.ts';
import type { Clock } from '../mesh/ports/clock.ts';
import type { Log } from '../mesh/ports/log.ts';
import type { DeadlineQueue } from './deadline-queue.ts';
import { sourceKey } from './decide/source-key.ts';
import type { Place } from './decide/pick-endpoint.ts';
import { dialTarget, type Dialled, type Dialler } from './dial-target.ts';
import type { HalfOpenPool, Waiting } from './half-open.ts';
import type { Instruments, Outcome } from './instruments.ts';
import { peekHello } from './peek-hello.ts';
import { splice, type SpliceEvents } from './splice.ts';
import type { Spliced } from './spliced-set.ts';
import { findTarget, type Target, type TargetSource } from './targets.ts';
import { alertFor } from './tls-alert.ts';

export interface ServeContext {
  readonly clock: Clock;
  readonly log: Log;
  readonly logRefusal: (refusal: Fault, source: string) => void;
  readonly instruments: Instruments;
  readonly halfOpen: HalfOpenPool;
  readonly targets: TargetSource;
  readonly dialler: Dialler;
  readonly spliced: SlotList<Spliced>;
  /** Those of `spliced` that are too young for the kernel to ask whether their peers are alive. */
  readonly young: DeadlineQueue<Spliced>;
}

interface Established extends Dialled {
  readonly target: Target;
  readonly first: Buffer;
}

/** Resolves when the connection is spliced or refused; a spliced one lives on in `context.spliced`. */
export async function serveConnection(client: Socket, context: ServeContext): Promise<void> {
  const source = client.remoteAddress ?? '';
  const acceptedAt = context.clock.monotonic();
  let expelledFor: ReasonCode | undefined;
  const waiting: Waiting = {
    source: sourceKey(source),
    expel: (reason) => {
      expelledFor = reason;
      client.destroy();
    },
  };
  client.on('error', ignoreError);
  context.halfOpen.add(waiting);
  context.instruments.halfOpen.add(1);
  const established = await establish(client, acceptedAt, context);
  context.halfOpen.remove(waiting);
  context.instruments.halfOpen.add(-1);
  if (established.ok && !client.destroyed) {
    return begin(client, established.value, { context, source, acceptedAt });
  }
  if (established.ok) letGo(established.value, context);
  const failure = established.ok ? clientGone() : established.error;
  refuse(client, expelledFor ? expulsion(expelledFor) : failure, { context, source });
}

/** Errors end in `close`, which is what all of this listens to. */
function ignoreError(): void {}

async function establish(
  client: Socket,
  acceptedAt: number,
  context: ServeContext,
): Promise<Result<Established, Fault>> {
  const peeked = await peekHello(client);
  if (peeked.kind === 'gone') return err(clientGone());
  context.instruments.hello.observe((context.clock.monotonic() - acceptedAt) / 1000);
  if (peeked.kind === 'refused') return err(peeked.fault);
  const target = findTarget(peeked.serverName, context.targets);
  if (!target.ok) return target;
  const dialled = await dialTarget(target.value, client, context.dialler);
  if (!dialled.ok) return dialled;
  return ok({ ...dialled.value, target: target.value, first: peeked.bytes });
}

/** The client went in the very moment in which its endpoint answered. */
function letGo({ upstream, place }: Dialled, context: ServeContext): void {
  upstream.socket.on('error', ignoreError).destroy();
  context.dialler.ledger.closed(place);
}

function clientGone(): Fault {
  return fault('client_closed', 'client', 'the client went away before it was routed');
}

function expulsion(reason: ReasonCode): Fault {
  return fault(reason, 'client', 'the connection was not routed in time');
}

interface Circumstances {
  readonly context: ServeContext;
  readonly source: string;
}

function refuse(client: Socket, refusal: Fault, { context, source }: Circumstances): void {
  context.instruments.refused(refusal.code);
  // Who connects and leaves, as load balancers do to see whether a port is open, is no news.
  if (refusal.code === 'client_closed') {
    context.log.debug(refusal.message, () => ({ reason: refusal.code, source }));
  } else context.logRefusal(refusal, source);
  const alert = alertFor(refusal.code);
  if (!alert || !client.writable) client.destroy();
  else client.end(alert, () => client.destroy());
}

function begin(
  client: Socket,
  { upstream, target, place, first }: Established,
  circumstances: Circumstances & { readonly acceptedAt: number },
): void {
  const { context } = circumstances;
  const series = context.instruments.destination(target);
  const entry = splicedEntry(client, upstream.socket, target.isControl);
  context.spliced.add(entry);
  context.young.add(entry);
  context.instruments.open.add(1);
  const events: SpliceEvents = {
    moved: (bytes, fromClient) => {
      entry.moved = true;
      entry.awaitsAnswer = fromClient;
      (fromClient ? series.fromClient : series.toClient).add(bytes);
    },
    done: (clean) => {
      context.spliced.remove(entry);
      context.young.remove(entry);
      context.instruments.open.add(-1);
      context.dialler.ledger.closed(place);
      const outcome = entry.closing ? 'drained' : clean ? 'served' : 'reset';
      series.ended(outcome);
      logEnd(client, { outcome, target, place }, circumstances);
    },
  };
  splice(client, upstream, { first, events });
}

function splicedEntry(client: Socket, upstream: Socket, isControl: boolean): Spliced & { closing: boolean } {
  const entry = {
    slot: -1,
    isControl,
    awaitsAnswer: false,
    moved: false,
    closing: false,
    keepAlive: (silentMs: number) => {
      client.setKeepAlive(true, silentMs);
      upstream.setKeepAlive(true, silentMs);
    },
    close: () => {
      entry.closing = true;
      client.destroySoon();
      upstream.destroySoon();
    },
    destroy: () => {
      entry.closing = true;
      client.destroy();
      upstream.destroy();
    },
  };
  return entry;
}

function logEnd(
  client: Socket,
  { outcome, target, place }: { outcome: Outcome; target: Target; place: Place },
  { context, source, acceptedAt }: Circumstances & { readonly acceptedAt: number },
): void {
  context.log.debug('connection ended', () => ({
    outcome,
    source,
    destination: `${target.namespace}/${target.service}`,
    endpoint: `${place.address}:${place.port}`,
    sent: client.bytesRead,
    received: client.bytesWritten,
    durationMs: Math.round(context.clock.monotonic() - acceptedAt),
  }));
}
