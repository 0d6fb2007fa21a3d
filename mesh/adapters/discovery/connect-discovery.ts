/**
 * A proxy's end of discovery over gRPC. It dials until it is stopped, and keeps the last view while the controller is
 * away. Every attempt asks anew where the controller is and which certificate is current.
 */
import type { Result } from '../../kit/result.ts';
import type { SignedBundle } from '../../model/bundle.ts';
import { formatFault, type Fault } from '../../model/fault.ts';
import type { MeshView } from '../../model/mesh-view.ts';
import type { ProxyReport } from '../../model/report.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Discovery, Registration } from '../../ports/discovery.ts';
import type { Log } from '../../ports/log.ts';
import type { MeshIdentity } from '../../ports/mesh-identity.ts';
import type { Random } from '../../ports/random.ts';
import { openBundle } from '../trust/signed-bundle.ts';
import type { ControllerAddresses } from './controller-place.ts';
import { openDiscoveryStream, type DiscoveryStream } from './discovery-stream.ts';
import type { ViewMemory } from './proxy-memory.ts';
import { NOTHING_GATHERED, takeUpdate, type Gathered } from './held-view.ts';
import type { Update } from '../grpc/generated/isthmus/discovery/v1/discovery.ts';

export interface DiscoveryOptions {
  /** Asked before each attempt: the controller may have moved. */
  readonly addresses: () => Result<Pick<ControllerAddresses, 'discovery'>, Fault>;
  readonly identity: MeshIdentity;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** A bundle newer than the identity's, verified: hand it to the identity. */
  readonly onBundle?: (signed: SignedBundle) => void;
  /** The view that was in force when the proxy last ran: used until the controller answers. */
  readonly lastView?: ViewMemory;
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5000;
/** The controller has this long to give a view before the one of the last run is used. */
const RECALL_MS = 1500;
/** A stream that lived this long was a good one: the next pause is short again. */
const STEADY_MS = 10_000;

export function connectDiscovery(options: DiscoveryOptions): Discovery {
  const line = new DiscoveryLine(options);
  return {
    start: (signal) => line.start(signal),
    view: () => line.view(),
    subscribe: (changed) => line.subscribe(changed),
    register: (registration) => line.register(registration),
    report: (report) => line.report(report),
    connected: () => line.isConnected(),
    stop: () => line.stop(),
  };
}

class DiscoveryLine {
  readonly #options: DiscoveryOptions;
  readonly #listeners = new Set<(view: MeshView) => void>();
  #gathered: Gathered = NOTHING_GATHERED;
  #view: MeshView | undefined;
  #registration: Registration | undefined;
  #report: ProxyReport | undefined;
  #stream: DiscoveryStream | undefined;
  #started = false;
  #stopped = false;
  #failures = 0;
  #cancelPause = (): void => undefined;
  /** The attempt under way: `stop` waits for it. */
  #attempt: Promise<void> = Promise.resolve();

  constructor(options: DiscoveryOptions) {
    this.#options = options;
  }

  view(): MeshView {
    if (this.#view === undefined) throw new Error('discovery has no view yet: await start() first');
    return this.#view;
  }

  isConnected(): boolean {
    return this.#stream?.isUp() === true;
  }

  subscribe(changed: (view: MeshView) => void): () => void {
    this.#listeners.add(changed);
    return () => void this.#listeners.delete(changed);
  }

  start(signal: AbortSignal): Promise<MeshView> {
    if (!this.#started) {
      this.#started = true;
      this.#dial();
    }
    if (this.#view !== undefined) return Promise.resolve(this.#view);
    const cancelRecall = this.#options.clock.after(RECALL_MS, () => this.#recall());
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        unsubscribe();
        cancelRecall();
        signal.removeEventListener('abort', aborted);
      };
      const aborted = (): void => {
        settle();
        reject(new Error('gave up waiting for the first view of the mesh', { cause: signal.reason }));
      };
      const unsubscribe = this.subscribe((view) => {
        settle();
        resolve(view);
      });
      signal.addEventListener('abort', aborted, { once: true });
      if (signal.aborted) aborted();
    });
  }

  /** The controller is away: what was in force when the proxy last ran is better than nothing. */
  #recall(): void {
    const { identity, lastView, log } = this.#options;
    const view = lastView?.read(identity.bundle());
    if (view === undefined || this.#view !== undefined) return;
    log.warn('controller not reached; going on with the view of the last run', { version: view.version });
    this.#adopt(view);
  }

  register(registration: Registration): void {
    this.#registration = registration;
    this.#stream?.register(registration);
  }

  report(report: ProxyReport): void {
    this.#report = report;
    this.#stream?.report(report);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelPause();
    this.#stream?.end();
    this.#listeners.clear();
    await this.#attempt;
  }

  #dial(): void {
    this.#attempt = this.#dialOnce().then(() => this.#redial());
  }

  /** Resolves when the stream has ended. */
  async #dialOnce(): Promise<void> {
    const { addresses, identity, clock, log } = this.#options;
    const where = addresses();
    if (!where.ok) return this.#unreachable(where.error);
    const stream = openDiscoveryStream({
      ...{ identity, clock, log, address: where.value.discovery },
      onUpdate: (update) => this.#take(update),
    });
    this.#stream = stream;
    if (this.#registration !== undefined) stream.register(this.#registration);
    if (this.#report !== undefined) stream.report(this.#report);
    const { upMs, reason } = await stream.ended;
    this.#stream = undefined;
    if (upMs >= STEADY_MS) this.#failures = 0;
    if (reason !== undefined && !this.#stopped) this.#unreachable(reason);
  }

  #unreachable(reason: Fault): void {
    // Said once for each outage.
    if (this.#failures === 0)
      this.#options.log.warn('controller not reachable; the last view stays in force', {
        reason: reason.code,
        detail: formatFault(reason),
      });
  }

  #redial(): void {
    if (this.#stopped) return;
    const { clock, random } = this.#options;
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#cancelPause = clock.after(random.next() * longest, () => this.#dial());
  }

  #take(update: Update): void {
    const { identity, log, onBundle } = this.#options;
    const held = identity.bundle();
    const taken = takeUpdate(this.#gathered, update, (signed) =>
      openBundle(signed, { mesh: held.mesh, roots: held.roots }),
    );
    this.#gathered = taken.gathered;
    for (const fault of taken.faults)
      log.warn('part of an update refused', { reason: fault.code, detail: formatFault(fault) });
    if (taken.signed !== undefined) onBundle?.(taken.signed);
    if (taken.view === undefined) return;
    this.#adopt(taken.view);
    this.#stream?.acknowledge(update.version);
    this.#options.lastView?.write(taken.view);
  }

  #adopt(view: MeshView | undefined): void {
    if (view === undefined) return;
    this.#view = view;
    for (const listener of [...this.#listeners]) listener(view);
  }
}
