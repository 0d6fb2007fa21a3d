/** One of several controllers of a cluster leads, by a Lease: mesh/decide/lease.ts says who. */
import {
  decideLease,
  isLeading,
  LEASE_TIMES,
  seeLease,
  type Lease,
  type LeaseTimes,
  type SeenLease,
} from '../../decide/lease.ts';
import { err, ok, type Result } from '../../kit/result.ts';
import { fault, formatFault } from '../../model/fault.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Random } from '../../ports/random.ts';
import type { ApiClient, ApiFault } from './api-client.ts';
import { isApiObject, isRecord } from './api-object.ts';
import { objectPath } from './resources.ts';

export interface LeaderElectionOptions {
  readonly api: Pick<ApiClient, 'request'>;
  /** Of the Lease. */
  readonly namespace: string;
  readonly name: string;
  /** Of this process: unique, also among restarts of one pod. */
  readonly self: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly times?: LeaseTimes;
  /** Called each time that this process begins to lead. */
  readonly onLeading?: () => void;
  /** Called each time that it looks and another process leads. */
  readonly onWaiting?: () => void;
  /** Called when another process leads after this one has: what this one knows is old from now on. */
  readonly onOvertaken?: () => void;
}

export interface LeaderElection {
  /**
   * The epoch in which this process leads now; undefined: it does not. Ask again right before each write, and write what
   * a later leader must not find overwritten with the epoch in it.
   */
  epoch(): number | undefined;
  /** Gives the lease back, if it is held. Idempotent. */
  stop(): Promise<void>;
}

const NOT_FOUND = 404;
export const LEASES = { apiVersion: 'coordination.k8s.io/v1', plural: 'leases' };

export function startLeaderElection(options: LeaderElectionOptions): LeaderElection {
  const election = new Election(options);
  election.run();
  return { epoch: () => election.epoch(), stop: () => election.stop() };
}

/** A lease, and the object that it was read from: what others wrote there stays. */
interface StoredLease extends Lease {
  readonly object: Readonly<Record<string, unknown>>;
}

class Election {
  readonly #options: LeaderElectionOptions;
  readonly #times: LeaseTimes;
  readonly #stopping = new AbortController();
  #seen: SeenLease | undefined;
  #held: { readonly epoch: number; readonly renewedAtMs: number } | undefined;
  #wasLeading = false;
  #hasLed = false;
  #round: Promise<void> = Promise.resolve();
  #cancel = (): void => undefined;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#times = options.times ?? LEASE_TIMES;
  }

  epoch(): number | undefined {
    const now = this.#options.clock.monotonic();
    return isLeading(this.#held?.renewedAtMs, now, this.#times) ? this.#held?.epoch : undefined;
  }

  run(): void {
    this.#round = this.#try().then(() => {
      this.#tell();
      if (this.#stopping.signal.aborted) return;
      const { clock, random } = this.#options;
      const { retryMs, standbyMs } = this.#times;
      const waitMs = this.epoch() === undefined ? standbyMs : retryMs;
      this.#cancel = clock.after(waitMs * (0.8 + random.next() * 0.4), () => this.run());
    });
  }

  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return this.#round;
    this.#stopping.abort();
    this.#cancel();
    await this.#round;
    const lease = this.epoch() === undefined ? undefined : await this.#read();
    this.#held = undefined;
    if (lease?.ok === true && lease.value?.holder === this.#options.self)
      await this.#write(lease.value, { holder: '', epoch: lease.value.epoch });
    this.#tell();
  }

  async #try(): Promise<void> {
    const { clock, self, log } = this.#options;
    const read = await this.#read();
    if (!read.ok)
      return log.warn('lease cannot be read', { reason: read.error.code, detail: formatFault(read.error) });
    const began = clock.monotonic();
    this.#seen = seeLease(this.#seen, read.value, began);
    const move = decideLease(this.#seen, self, began);
    if (move.kind === 'wait' || this.#stopping.signal.aborted) {
      this.#held = undefined;
      if (move.kind === 'wait') this.#options.onWaiting?.();
      if (move.kind === 'wait' && this.#hasLed) this.#options.onOvertaken?.();
      return;
    }
    const written = await this.#write(read.value, { holder: self, epoch: move.epoch });
    // Counted from before the write: others may have seen it as soon as that.
    if (written.ok) {
      this.#held = { epoch: move.epoch, renewedAtMs: began };
      this.#hasLed = true;
    } else if (written.error.code === 'api_conflict') this.#held = undefined;
    else
      log.warn('lease cannot be written', { reason: written.error.code, detail: formatFault(written.error) });
  }

  /** Undefined: there is none. */
  async #read(): Promise<Result<StoredLease | undefined, ApiFault>> {
    const { api, namespace, name } = this.#options;
    const path = objectPath(LEASES, { namespace, name });
    const answer = await api.request({
      method: 'GET',
      path,
      signal: AbortSignal.timeout(this.#times.retryMs),
    });
    if (!answer.ok) return answer.error.status === NOT_FOUND ? ok(undefined) : answer;
    const lease = toLease(answer.value.body);
    return lease === undefined
      ? err(fault('io_failed', `lease ${namespace}/${name}`, 'is no Lease'))
      : ok(lease);
  }

  /** Fails with `api_conflict` when another one has written since it was read. */
  async #write(
    lease: StoredLease | undefined,
    { holder, epoch }: Pick<Lease, 'holder' | 'epoch'>,
  ): Promise<Result<unknown, ApiFault>> {
    const { api, namespace, name, clock } = this.#options;
    const now = new Date(clock.now()).toISOString().replace('Z', '000Z');
    const spec = {
      ...{ holderIdentity: holder, leaseTransitions: epoch, renewTime: now },
      leaseDurationSeconds: Math.ceil(this.#times.durationMs / 1000),
    };
    const path = objectPath(LEASES, { namespace, name });
    const signal = AbortSignal.timeout(this.#times.retryMs);
    if (lease !== undefined)
      return api.request({ method: 'PUT', path, body: { ...lease.object, spec }, signal });
    const body = { apiVersion: LEASES.apiVersion, kind: 'Lease', metadata: { namespace, name }, spec };
    return api.request({ method: 'POST', path: path.slice(0, path.lastIndexOf('/')), body, signal });
  }

  #tell(): void {
    const epoch = this.epoch();
    if ((epoch !== undefined) === this.#wasLeading) return;
    this.#wasLeading = epoch !== undefined;
    this.#options.log.info(epoch === undefined ? 'no longer leading' : 'leading', { epoch });
    if (epoch !== undefined) this.#options.onLeading?.();
  }
}

function toLease(body: unknown): StoredLease | undefined {
  if (!isApiObject(body)) return undefined;
  const spec = isRecord(body['spec']) ? body['spec'] : {};
  const { holderIdentity = '', leaseTransitions = 0, leaseDurationSeconds = 0 } = spec;
  const isWhole =
    typeof holderIdentity === 'string' &&
    typeof leaseTransitions === 'number' &&
    typeof leaseDurationSeconds === 'number';
  if (!isWhole) return undefined;
  return {
    ...{ holder: holderIdentity, epoch: leaseTransitions, durationMs: leaseDurationSeconds * 1000 },
    ...{ version: body.metadata.resourceVersion ?? '', object: body },
  };
}
