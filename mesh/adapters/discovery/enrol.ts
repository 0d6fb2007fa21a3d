/** How a program or workload gets its certificate from its cluster's controller: first by token, afterwards by mTLS. */
import { Metadata, type ChannelCredentials } from '@grpc/grpc-js';
import { err, ok, type Result } from '../../kit/result.ts';
import type { SignedBundle, TrustBundle } from '../../model/bundle.ts';
import type { ListenAddress } from '../../model/cluster-config.ts';
import type { Fault } from '../../model/fault.ts';
import type { Identity } from '../../model/identity.ts';
import { trustDomain } from '../../model/names.ts';
import type { Clock } from '../../ports/clock.ts';
import type { MeshIdentity } from '../../ports/mesh-identity.ts';
import { clientOptions, dialTarget } from '../grpc/client.ts';
import { anonymousCredentials, meshCredentials } from '../grpc/credentials.ts';
import { statusFault } from '../grpc/fault-status.ts';
import {
  EnrolmentServiceClient,
  type SignCertificateResponse,
} from '../grpc/generated/isthmus/enrolment/v1/enrolment.ts';
import type { ControllerAddresses } from './controller-place.ts';

export interface EnrolmentOptions {
  readonly id: Identity;
  readonly addresses: () => Result<Pick<ControllerAddresses, 'discovery' | 'enrolment'>, Fault>;
  /** Whom to trust while there is no certificate yet. */
  readonly bundle: () => TrustBundle;
  /** A fresh enrolment token for `id`. */
  readonly token: () => Result<string, Fault>;
  readonly clock: Clock;
  /** The bundle as the controller holds it, not yet verified. */
  readonly onBundle: (signed: SignedBundle) => void;
}

/** The way to renew, as RotatingIdentity wants it: a request (DER) in, a certificate chain (PEM) out. */
export type Renew = (request: Buffer, current: MeshIdentity | undefined) => Promise<Result<string, Fault>>;

const CALL_MS = 5000;

export function createRenewal(options: EnrolmentOptions): Renew {
  return async (request, current) => {
    const where = options.addresses();
    if (!where.ok) return where;
    const valid = current !== undefined && current.credentials().notAfter > options.clock.now();
    if (valid) {
      const renewed = await signWithCertificate(request, {
        options,
        current,
        address: where.value.discovery,
      });
      if (renewed.ok) return renewed;
    }
    return signWithToken(request, options, where.value.enrolment);
  };
}

async function signWithToken(
  request: Buffer,
  options: EnrolmentOptions,
  address: ListenAddress,
): Promise<Result<string, Fault>> {
  const token = options.token();
  if (!token.ok) return token;
  const { cluster } = options.id;
  return sign({ csr: request, enrolmentToken: token.value }, options, {
    address,
    credentials: (onRefused) =>
      anonymousCredentials({
        ...{ bundle: options.bundle(), serverName: serverNameOf(options.id), now: options.clock.now },
        ...{ timeoutMs: CALL_MS, onRefused },
        expect: { kind: 'program', program: 'controller', cluster },
      }),
  });
}

function signWithCertificate(
  request: Buffer,
  from: { options: EnrolmentOptions; current: MeshIdentity; address: ListenAddress },
): Promise<Result<string, Fault>> {
  const { options, current, address } = from;
  const { cluster } = options.id;
  return sign({ csr: request, enrolmentToken: '' }, options, {
    address,
    credentials: (onRefused) =>
      meshCredentials({
        ...{ identity: current, now: options.clock.now, timeoutMs: CALL_MS, onRefused },
        ...{
          serverName: serverNameOf(options.id),
          expect: { kind: 'program', program: 'controller', cluster },
        },
      }),
  });
}

interface Target {
  readonly address: ListenAddress;
  readonly credentials: (onRefused: (refusal: Fault) => void) => ChannelCredentials;
}

async function sign(
  request: { csr: Buffer; enrolmentToken: string },
  { id, onBundle }: EnrolmentOptions,
  { address, credentials }: Target,
): Promise<Result<string, Fault>> {
  const subject = `${address.host}:${address.port}`;
  let refusal: Fault | undefined;
  const channel = credentials((reason) => (refusal = reason));
  const client = new EnrolmentServiceClient(dialTarget(address), channel, clientOptions(serverNameOf(id)));
  const deadline = Date.now() + CALL_MS;
  const answer = await new Promise<Result<SignCertificateResponse, Fault>>((resolve) => {
    client.signCertificate(request, new Metadata(), { deadline }, (error, response) => {
      resolve(error ? err(refusal ?? statusFault(error, subject)) : ok(response));
    });
  });
  client.close();
  if (!answer.ok) return answer;
  const { certificateChain, bundlePayload, bundleSignature } = answer.value;
  onBundle({ payload: bundlePayload, signature: bundleSignature });
  return ok(certificateChain);
}

function serverNameOf({ cluster, mesh }: Identity): string {
  return `federation.${trustDomain(cluster, mesh)}`;
}
