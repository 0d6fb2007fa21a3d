/** Issues certificates to the programs and workloads of this cluster. Nothing of a request counts but its key (S20). */
import { status, type handleUnaryCall } from '@grpc/grpc-js';
import { faultStatus } from '../mesh/adapters/grpc/fault-status.ts';
import {
  EnrolmentServiceService,
  type SignCertificateRequest,
  type SignCertificateResponse,
} from '../mesh/adapters/grpc/generated/isthmus/enrolment/v1/enrolment.ts';
import type { GrpcPeer, GrpcService } from '../mesh/adapters/grpc/server.ts';
import type { Authority } from '../mesh/adapters/trust/authority.ts';
import { readRequest } from '../mesh/adapters/x509/request.ts';
import { err, ok, type Result } from '../mesh/kit/result.ts';
import { fault, formatFault, type Fault } from '../mesh/model/fault.ts';
import { formatIdentity, type Identity } from '../mesh/model/identity.ts';
import type { Log } from '../mesh/ports/log.ts';
import type { Metrics } from '../mesh/ports/metrics.ts';

/** Who the bearer of a token is. */
export type CheckToken = (token: string) => Promise<Result<Identity, Fault>>;

export interface EnrolmentOptions {
  readonly authority: Authority;
  readonly checkToken: CheckToken;
  readonly peerOf: (call: { getPeer(): string }) => GrpcPeer | undefined;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Larger than any request for a P-256 key needs. */
const MAX_REQUEST_BYTES = 8192;

/** One instance may stand on several servers: where TLS proves the caller, and where only a token can. */
export function createEnrolmentService(options: EnrolmentOptions): GrpcService {
  const { authority, log } = options;
  const counter = options.metrics.counter({
    name: 'isthmus_enrolments_total',
    help: 'Requests for a certificate, by reason code of the refusal; issued when there was none.',
    labels: ['result'],
  });
  const signCertificate: handleUnaryCall<SignCertificateRequest, SignCertificateResponse> = (
    call,
    answer,
  ) => {
    const peer = options.peerOf(call);
    if (peer === undefined) return answer({ code: status.UNAVAILABLE, details: 'the connection has ended' });
    issue(call.request, peer, options)
      .then((issued) => {
        counter({ result: issued.ok ? 'issued' : issued.error.code }).add();
        if (!issued.ok) {
          const detail = formatFault(issued.error);
          log.warn('certificate refused', { reason: issued.error.code, detail, address: peer.address });
          return answer(faultStatus(issued.error));
        }
        const bundle = authority.signedBundle();
        answer(null, {
          certificateChain: issued.value,
          ...{ bundlePayload: bundle.payload, bundleSignature: bundle.signature },
        });
      })
      .catch((cause: unknown) => {
        log.error('certificate request failed', { cause });
        answer({ code: status.INTERNAL, details: 'the controller could not answer; see its log' });
      });
  };
  return { definition: EnrolmentServiceService, handlers: { signCertificate } };
}

async function issue(
  request: SignCertificateRequest,
  peer: GrpcPeer,
  { authority, checkToken, log }: EnrolmentOptions,
): Promise<Result<string, Fault>> {
  // What costs nobody else anything comes first.
  if (request.csr.length > MAX_REQUEST_BYTES)
    return err(fault('invalid_csr', 'certificate request', `is over ${MAX_REQUEST_BYTES} bytes`));
  const key = readRequest(request.csr);
  if (!key.ok) return key;
  const identity = await identityOf(request, peer, checkToken);
  if (!identity.ok) return identity;
  const refused = mayHold(identity.value, authority);
  if (refused !== undefined) return err(refused);
  log.info('certificate issued', { identity: formatIdentity(identity.value), address: peer.address });
  return ok(authority.issueLeaf(identity.value, key.value));
}

/** A token says who the caller may become; without one it stays who TLS has proved it to be. */
async function identityOf(
  request: SignCertificateRequest,
  peer: GrpcPeer,
  checkToken: CheckToken,
): Promise<Result<Identity, Fault>> {
  if (request.enrolmentToken !== '') return checkToken(request.enrolmentToken);
  if (peer.identity !== undefined) return ok(peer.identity);
  return err(fault('enrolment_refused', peer.address, 'has neither a certificate nor an enrolment token'));
}

/** Only identities of this cluster, and never the controller's: it issues its own. */
function mayHold(identity: Identity, { mesh, cluster }: Authority): Fault | undefined {
  const subject = formatIdentity(identity);
  if (identity.mesh !== mesh || identity.cluster !== cluster)
    return fault('enrolment_refused', subject, `is not of cluster ${cluster}`);
  const isController = identity.kind === 'program' && identity.program === 'controller';
  return isController ? fault('enrolment_refused', subject, 'is issued to the controller alone') : undefined;
}
