/** The newcomer's side of a join: the root is pinned before the secret is sent, and what comes back is checked. */
import type { KeyObject } from 'node:crypto';
import { askToJoin, type JoinAnswer } from './ask-to-join.ts';
import { checkIntermediate } from './check-intermediate.ts';
import type { Member } from '../exchange/exchange.ts';
import { rememberMember } from '../exchange/peer-memory.ts';
import { fetchPinnedRoot } from '../../mesh/adapters/tls/pinned-root.ts';
import { openAuthority, storeMembership } from '../../mesh/adapters/trust/authority.ts';
import { openBundle } from '../../mesh/adapters/trust/signed-bundle.ts';
import {
  generateKeyPair,
  privateKeyFromPem,
  privateKeyToPem,
  type KeyPair,
} from '../../mesh/adapters/x509/issue.ts';
import { checkPeerHost } from '../../mesh/decide/peer-address.ts';
import { decodeJoinToken, type JoinToken } from '../../mesh/decide/join-token.ts';
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import type { GatewayAddress } from '../../mesh/model/catalog.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import type { ClusterName, MeshName } from '../../mesh/model/names.ts';
import type { ReasonCode } from '../../mesh/model/reason.ts';
import type { KeyStore } from '../../mesh/ports/key-store.ts';
import type { StateStore } from '../../mesh/ports/state-store.ts';

export type JoinStep =
  | {
      readonly kind: 'token';
      readonly cluster: ClusterName;
      readonly mesh: MeshName;
      readonly expiresAt: number;
    }
  | { readonly kind: 'pinned'; readonly gateway: GatewayAddress; readonly rootFingerprint: string }
  | { readonly kind: 'received'; readonly trustDomain: string; readonly expiresAt: number }
  | { readonly kind: 'stored'; readonly members: number };

export interface JoinOptions {
  /** The line that `isthmus token create` printed. */
  readonly token: string;
  /** Refused unless the token is for this name; absent: the token's name is taken. */
  readonly cluster?: ClusterName;
  readonly allowLoopback: boolean;
  /** Where this cluster's own gateways will be; none: its peers hear of them when it has dialled them. */
  readonly gateways: readonly GatewayAddress[];
  readonly keys: KeyStore;
  /** Where the controller will find the members. */
  readonly state: StateStore;
  readonly now: () => number;
  readonly onProgress?: (step: JoinStep) => void;
}

export interface Joined {
  readonly mesh: MeshName;
  readonly cluster: ClusterName;
  readonly founder: ClusterName;
  readonly rootFingerprint: string;
  /** Milliseconds since the epoch at which the intermediate ends. */
  readonly trustEndsAt: number;
  readonly members: readonly Member[];
  /** Nothing was done: this store holds the membership already. */
  readonly already: boolean;
}

const TIMEOUT_MS = 5000;
/** After these no answer was lost: a new try may come with a new key. */
const FINAL: readonly ReasonCode[] = [
  ...(['token_invalid', 'token_expired', 'token_used', 'token_wrong_cluster'] as const),
  ...(['cluster_name_taken', 'root_fingerprint_mismatch', 'invalid_csr'] as const),
];

/** Can be repeated with the same token after any failure: the same key asks again and gets the same answer. */
export async function joinMesh(options: JoinOptions): Promise<Result<Joined, Fault>> {
  const token = readToken(options);
  if (!token.ok) return token;
  const held = openAuthority(options.keys, options.now);
  if (held.ok) return alreadyMember(token.value, held.value);
  const late = expiryFault(token.value, options.now());
  if (late !== undefined) return err(late);
  options.onProgress?.({ kind: 'token', ...token.value });
  const keys = pendingKey(options.keys);
  if (!keys.ok) return keys;
  const kept = await options.keys.flush();
  if (!kept.ok) return kept;
  const joined = await tryGateways(token.value, keys.value, options);
  if (!joined.ok && FINAL.includes(joined.error.code)) options.keys.remove('intermediate.key');
  return joined;
}

function readToken({ token, cluster }: JoinOptions): Result<JoinToken, Fault> {
  const decoded = decodeJoinToken(token);
  if (!decoded.ok || cluster === undefined || decoded.value.cluster === cluster) return decoded;
  return err(
    fault('token_wrong_cluster', 'join token', `is for cluster ${decoded.value.cluster}, not ${cluster}`),
  );
}

function expiryFault({ expiresAt }: JoinToken, nowMs: number): Fault | undefined {
  if (nowMs < expiresAt) return undefined;
  return fault(
    'token_expired',
    'join token',
    `ended ${new Date(expiresAt).toISOString()}; make a new one: isthmus token create`,
  );
}

function alreadyMember(
  token: JoinToken,
  held: { mesh: MeshName; cluster: ClusterName },
): Result<Joined, Fault> {
  const { mesh, cluster, founder, rootFingerprint } = token;
  if (held.mesh !== mesh || held.cluster !== cluster)
    return err(
      fault(
        'already_exists',
        held.cluster,
        `this folder is a member of mesh ${held.mesh} already; leave it first`,
      ),
    );
  return ok({ mesh, cluster, founder, rootFingerprint, trustEndsAt: 0, members: [], already: true });
}

/** The key is stored before it is used: after a lost answer the next try asks with the same one. */
function pendingKey(store: KeyStore): Result<KeyPair, Fault> {
  const held = store.read('intermediate.key');
  if (!held.ok) return held;
  if (held.value !== undefined) return ok(privateKeyFromPem(held.value));
  const keys = generateKeyPair();
  store.write('intermediate.key', privateKeyToPem(keys.privateKey));
  return ok(keys);
}

async function tryGateways(
  token: JoinToken,
  keys: KeyPair,
  options: JoinOptions,
): Promise<Result<Joined, Fault>> {
  let last: Result<Joined, Fault> = err(fault('unavailable', token.founder, 'the token names no gateway'));
  for (const gateway of token.gateways) {
    const reachable = checkPeerHost(gateway.host, options);
    last = reachable.ok ? await joinThrough(gateway, { token, keys, options }) : reachable;
    if (last.ok || FINAL.includes(last.error.code)) return last;
  }
  return last;
}

interface Attempt {
  readonly token: JoinToken;
  readonly keys: KeyPair;
  readonly options: JoinOptions;
}

async function joinThrough(gateway: GatewayAddress, attempt: Attempt): Promise<Result<Joined, Fault>> {
  const { token, keys, options } = attempt;
  const { mesh, founder, rootFingerprint } = token;
  const serverName = `join.${founder}.${mesh}`;
  const root = await fetchPinnedRoot({ ...gateway, serverName, rootFingerprint, timeoutMs: TIMEOUT_MS });
  if (!root.ok) return root;
  options.onProgress?.({ kind: 'pinned', gateway, rootFingerprint });
  const answer = await askToJoin({
    ...{ gateway, serverName, root: root.value, token, keys },
    ...{ gateways: options.gateways, now: options.now },
  });
  if (!answer.ok) return answer;
  return store(answer.value, root.value, attempt);
}

function store(answer: JoinAnswer, root: string, { token, keys, options }: Attempt): Result<Joined, Fault> {
  const { mesh, cluster, founder, rootFingerprint } = token;
  const trustEndsAt = checkAnswer(answer, { token, root, publicKey: keys.publicKey, nowMs: options.now() });
  if (!trustEndsAt.ok) return trustEndsAt;
  options.onProgress?.({ kind: 'received', trustDomain: `${cluster}.${mesh}`, expiresAt: trustEndsAt.value });
  const members = answer.members.filter((member) => member.cluster !== cluster);
  for (const member of members) rememberMember(options.state, member);
  storeMembership(options.keys, { ...answer, privateKey: keys.privateKey });
  options.onProgress?.({ kind: 'stored', members: members.length });
  return ok({
    mesh,
    cluster,
    founder,
    rootFingerprint,
    trustEndsAt: trustEndsAt.value,
    members,
    already: false,
  });
}

interface AnswerCheck {
  readonly token: JoinToken;
  readonly root: string;
  readonly publicKey: KeyObject;
  readonly nowMs: number;
}

function checkAnswer(answer: JoinAnswer, { token, ...rest }: AnswerCheck): Result<number, Fault> {
  const bundle = openBundle(answer.bundle, { mesh: token.mesh, roots: [rest.root] });
  if (!bundle.ok) return bundle;
  return checkIntermediate(answer.intermediate, { ...rest, mesh: token.mesh, cluster: token.cluster });
}
