/** Tries the endpoints of a target one after the other until one takes the connection. */
import type { Socket } from 'node:net';
import { err, ok, type Result } from '../mesh/kit/result.ts';
import { fault, type Fault } from '../mesh/model/fault.ts';
import type { ReasonCode } from '../mesh/model/reason.ts';
import type { Random } from '../mesh/ports/random.ts';
import { pickEndpoint, type EndpointLoad, type Place } from './decide/pick-endpoint.ts';
import { dialOnce, type DialOptions } from './dial.ts';
import type { EndpointLedger } from './endpoint-ledger.ts';
import type { Target } from './targets.ts';
import type { Upstream } from './upstream.ts';

export interface Dialler extends DialOptions {
  readonly ledger: EndpointLedger;
  readonly random: Random;
  readonly dialTries: number;
}

export interface Dialled {
  readonly upstream: Upstream;
  /** Counted as open in the ledger; the caller counts it closed. */
  readonly place: Place;
}

/** Ends with the client: its `close` event stops the search. */
export async function dialTarget(
  target: Target,
  client: Socket,
  dialler: Dialler,
): Promise<Result<Dialled, Fault>> {
  const tried = new Set<Place>();
  const load: EndpointLoad = {
    open: (place) => dialler.ledger.open(place),
    standing: (place) => (tried.has(place) ? 'tried' : dialler.ledger.standing(place)),
  };
  let reason: ReasonCode = 'no_endpoint';
  while (tried.size < dialler.dialTries) {
    const place = pickEndpoint(target.pools, load, [dialler.random.next(), dialler.random.next()]);
    if (!place) break;
    tried.add(place);
    dialler.ledger.opened(place);
    const dialled = await dialOnce(place, client, dialler);
    if (dialled.ok) {
      dialler.ledger.answered(place);
      return ok({ upstream: dialled.value, place });
    }
    dialler.ledger.closed(place);
    reason = dialled.error;
    if (reason === 'client_closed' || reason === 'io_failed') break;
    dialler.ledger.refused(place);
  }
  return err(failure(reason, target, tried.size));
}

function failure(reason: ReasonCode, target: Target, tries: number): Fault {
  return fault(
    reason,
    `${target.namespace}/${target.service}`,
    `${tries} of its endpoints tried, none answered`,
  );
}
