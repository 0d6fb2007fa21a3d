/** The one call of a join, to a server that proves to be the founder's controller under the pinned root. */
import { Metadata } from '@grpc/grpc-js';
import type { Member } from '../exchange/exchange.ts';
import { checkGateway } from '../decide/parse-info.ts';
import { clientOptions, dialTarget } from '../../mesh/adapters/grpc/client.ts';
import { anonymousCredentials } from '../../mesh/adapters/grpc/credentials.ts';
import { statusFault } from '../../mesh/adapters/grpc/fault-status.ts';
import {
  JoinServiceClient,
  type JoinResponse,
} from '../../mesh/adapters/grpc/generated/isthmus/join/v1/join.ts';
import type { KeyPair } from '../../mesh/adapters/x509/issue.ts';
import { createRequest } from '../../mesh/adapters/x509/request.ts';
import type { JoinToken } from '../../mesh/decide/join-token.ts';
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import type { SignedBundle } from '../../mesh/model/bundle.ts';
import type { GatewayAddress } from '../../mesh/model/catalog.ts';
import type { Fault } from '../../mesh/model/fault.ts';
import { isDnsLabel, type ClusterName } from '../../mesh/model/names.ts';

export interface JoinQuestion {
  readonly gateway: GatewayAddress;
  readonly serverName: string;
  /** PEM, its fingerprint as in the token. */
  readonly root: string;
  readonly token: JoinToken;
  readonly keys: KeyPair;
  /** The newcomer's own. */
  readonly gateways: readonly GatewayAddress[];
  readonly now: () => number;
}

/** As it came: nothing of it is checked but the shape of the member list. */
export interface JoinAnswer {
  readonly intermediate: string;
  readonly bundle: SignedBundle;
  readonly members: readonly Member[];
}

const TIMEOUT_MS = 10_000;
const MAX_MEMBERS = 1000;

export function askToJoin(question: JoinQuestion): Promise<Result<JoinAnswer, Fault>> {
  const { gateway, serverName, root, token, keys, gateways, now } = question;
  let refusal: Fault | undefined;
  const credentials = anonymousCredentials({
    bundle: { mesh: token.mesh, version: 0, roots: [root], evicted: [] },
    expect: { kind: 'program', program: 'controller', cluster: token.founder },
    ...{ serverName, now, timeoutMs: TIMEOUT_MS },
    onRefused: (refused) => (refusal = refused),
  });
  const client = new JoinServiceClient(dialTarget(gateway), credentials, clientOptions(serverName));
  const secret = Buffer.from(token.secret, 'hex');
  const request = { cluster: token.cluster, secret, csr: createRequest(keys), gateways };
  return new Promise((resolve) => {
    client.join(request, new Metadata(), { deadline: now() + TIMEOUT_MS }, (error, response) => {
      client.close();
      if (error !== null)
        resolve(err(refusal ?? statusFault(error, `${token.founder} at ${gateway.host}:${gateway.port}`)));
      else resolve(ok(readAnswer(response)));
    });
  });
}

function readAnswer(response: JoinResponse): JoinAnswer {
  return {
    intermediate: response.intermediate,
    bundle: { payload: response.bundlePayload, signature: response.bundleSignature },
    members: response.members
      .slice(0, MAX_MEMBERS)
      .filter(({ cluster }) => isDnsLabel(cluster))
      .map(({ cluster, gateways }) => ({
        cluster: cluster as ClusterName,
        gateways: readGateways(gateways),
      })),
  };
}

/** Loopback is for the controller to refuse when it dials: its configuration says whether it may. */
function readGateways(gateways: readonly GatewayAddress[]): readonly GatewayAddress[] {
  return gateways
    .slice(0, 16)
    .map((gateway) => checkGateway(gateway, { allowLoopback: true }))
    .filter((checked) => checked.ok)
    .map((checked) => checked.value);
}
