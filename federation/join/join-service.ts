/**
 * Joining and leaving the mesh. Here: the founder's side of a join. Calls are decided one after the other, each whole,
 * so that a token is redeemed once however many ask at the same time; what was decided is kept before it is answered.
 */
import { status, type handleUnaryCall } from '@grpc/grpc-js';
import type { Member } from '../exchange/exchange.ts';
import { fullBucket, takeToken, type Rate } from '../decide/token-bucket.ts';
import { faultStatus } from '../../mesh/adapters/grpc/fault-status.ts';
import {
  JoinServiceService,
  type JoinRequest,
  type JoinResponse,
} from '../../mesh/adapters/grpc/generated/isthmus/join/v1/join.ts';
import type { GrpcService } from '../../mesh/adapters/grpc/server.ts';
import type { Authority } from '../../mesh/adapters/trust/authority.ts';
import type { JoinTokens } from '../../mesh/adapters/trust/join-tokens.ts';
import { readRequest } from '../../mesh/adapters/x509/request.ts';
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import { fault, formatFault, type Fault } from '../../mesh/model/fault.ts';
import { parseLabel, type ClusterName } from '../../mesh/model/names.ts';
import type { Clock } from '../../mesh/ports/clock.ts';
import type { Log } from '../../mesh/ports/log.ts';
import type { Metrics } from '../../mesh/ports/metrics.ts';

export interface JoinServiceOptions {
  readonly authority: Authority;
  readonly tokens: JoinTokens;
  /** Every member with its gateways, the founder itself among them. */
  members(): readonly Member[];
  /** Remembers the newcomer with the gateways that it named; their addresses are checked there. */
  addMember(member: Member): void;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  onJoined(cluster: ClusterName): void;
  /** Of the keys: what a join changes there is kept before it is answered. */
  flush(): Promise<Result<void, Fault>>;
}

/** Guessing 256 bits is hopeless; asking is not free all the same. */
const ATTEMPTS: Rate = { perSecond: 10, burst: 200 };
const SECRET_BYTES = 32;
const MAX_GATEWAYS = 16;

type Join = handleUnaryCall<JoinRequest, JoinResponse>;

export function joinService(options: JoinServiceOptions): GrpcService {
  const { log, clock } = options;
  const counter = options.metrics.counter({
    name: 'isthmus_join_requests_total',
    help: 'Requests to join, by reason code of the refusal; joined when there was none.',
    labels: ['result'],
  });
  let bucket = fullBucket(ATTEMPTS, clock.monotonic());
  const refuse = (why: Fault, ...[call, answer]: Parameters<Join>): void => {
    counter({ result: why.code }).add();
    const cluster = call.request.cluster.slice(0, 63);
    log.warn('join refused', { cluster, reason: why.code, detail: formatFault(why) });
    answer(faultStatus(why));
  };
  const join: Join = (call, answer) => {
    const admitted = takeToken(bucket, ATTEMPTS, clock.monotonic());
    bucket = admitted ?? bucket;
    const decided = admitted === undefined ? busy() : admit(call.request, options);
    if (!decided.ok) return refuse(decided.error, call, answer);
    options
      .flush()
      .then((kept) => {
        // The same key may ask again, with the same token, for what could not be kept.
        if (!kept.ok) return refuse(kept.error, call, answer);
        const cluster = call.request.cluster as ClusterName;
        counter({ result: 'joined' }).add();
        log.info('cluster joined', { cluster });
        const gateways = call.request.gateways.slice(0, MAX_GATEWAYS);
        if (gateways.length > 0) options.addMember({ cluster, gateways });
        answer(null, decided.value);
        options.onJoined(cluster);
      })
      .catch((cause: unknown) => {
        log.error('join failed', { cause });
        answer({ code: status.INTERNAL, details: 'the controller could not answer; see its log' });
      });
  };
  return { definition: JoinServiceService, handlers: { join } };
}

function busy(): Result<never, Fault> {
  return err(fault('unavailable', 'join', 'too many requests; try again in a moment'));
}

/** Names and keys of the request are checked before the token is touched; the token before anything is issued. */
function admit(request: JoinRequest, options: JoinServiceOptions): Result<JoinResponse, Fault> {
  const { authority, tokens, clock } = options;
  const cluster = parseLabel<ClusterName>(request.cluster, 'cluster');
  if (!cluster.ok) return cluster;
  if (request.secret.length !== SECRET_BYTES)
    return err(fault('token_invalid', 'join token', 'has no valid secret'));
  const publicKey = readRequest(request.csr);
  if (!publicKey.ok) return publicKey;
  const redeemed = tokens.redeem({
    ...{ secret: request.secret, cluster: cluster.value, nowMs: clock.now() },
    publicKey: publicKey.value.export({ type: 'spki', format: 'der' }),
  });
  if (!redeemed.ok) return redeemed;
  const intermediate = authority.admit(cluster.value, publicKey.value);
  if (!intermediate.ok) return intermediate;
  const bundle = authority.signedBundle();
  return ok({
    intermediate: intermediate.value,
    ...{ bundlePayload: bundle.payload, bundleSignature: bundle.signature },
    members: options.members().filter((member) => member.cluster !== cluster.value),
  });
}
