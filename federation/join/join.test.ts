import { randomBytes, X509Certificate } from 'node:crypto';
import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { catalogOf } from '../exchange/testing/catalogs.ts';
import { eventually } from '../exchange/testing/eventually.ts';
import { startMember, type GrpcMember } from '../exchange/testing/grpc-member.ts';
import { loadMemories } from '../exchange/peer-memory.ts';
import { createMemoryState } from '../../mesh/adapters/files/state-folder.ts';
import { admitCluster, foundMesh, valueOf } from '../../mesh/adapters/grpc/testing/test-mesh.ts';
import { openAuthority, type Authority } from '../../mesh/adapters/trust/authority.ts';
import { createMemoryKeyStore } from '../../mesh/adapters/trust/folder-key-store.ts';
import { decodeJoinToken, encodeJoinToken } from '../../mesh/decide/join-token.ts';
import { err, type Result } from '../../mesh/kit/result.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import type { ClusterName } from '../../mesh/model/names.ts';
import type { KeyStore } from '../../mesh/ports/key-store.ts';
import { joinMesh, type Joined, type JoinOptions } from './join-mesh.ts';
import { evictMember, leaveMesh } from './leave-mesh.ts';
import { codeOf, startFounder } from './testing/founder.ts';

const [east, west] = ['east' as ClusterName, 'west' as ClusterName];
const now = (): number => Date.now();
const ends: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
function newcomer(token: string, more: Partial<JoinOptions> = {}): JoinOptions {
  const fresh = { keys: createMemoryKeyStore(), state: createMemoryState(), now };
  return { token, allowLoopback: true, gateways: [], ...fresh, ...more };
}
const join = (token: string, more?: Partial<JoinOptions>): Promise<Result<Joined, Fault>> =>
  joinMesh(newcomer(token, more));

/** The token with some fields changed and its checksum right. */
function forge(token: string, change: Parameters<typeof encodeJoinToken>[0] | object): string {
  return encodeJoinToken({ ...valueOf(decodeJoinToken(token)), ...change });
}

describe('joining', () => {
  it('gives an intermediate for the one name, the bundle and the members, step by step', async () => {
    const founder = await startFounder();
    const steps: string[] = [];
    const options = newcomer(founder.token(), { onProgress: ({ kind }) => void steps.push(kind) });
    const joined = valueOf(await joinMesh(options));
    expect(steps).toEqual(['token', 'pinned', 'received', 'stored']);
    expect(joined).toMatchObject({ mesh: 'acme', cluster: west, founder: east, already: false });
    expect(loadMemories(options.state, false).memories.map(({ cluster }) => cluster)).toEqual([east]);
    const authority = valueOf(openAuthority(options.keys, now));
    expect([authority.cluster, authority.isFounder]).toEqual([west, false]);
    expect(authority.bundle()).toEqual(founder.authority.bundle());
    const intermediate = new X509Certificate(authority.intermediate());
    expect(intermediate.validToDate.getTime()).toBe(joined.trustEndsAt);
    expect(founder.joined).toEqual([west]);
  });

  it('tells the second newcomer of the first, which has not started yet', async () => {
    const founder = await startFounder();
    const gateways = [{ host: '192.0.2.9', port: 15443, zone: 'us-1' }];
    valueOf(await join(founder.token(), { gateways }));
    const second = valueOf(await join(founder.token('south' as ClusterName)));
    expect(second.members).toContainEqual({ cluster: west, gateways });
  });

  it('can be repeated: a member is told so, a lost answer is given again to the same key', async () => {
    const founder = await startFounder();
    const token = founder.token();
    const options = newcomer(token);
    const first = valueOf(await joinMesh(options));
    expect(valueOf(await joinMesh(options)).already).toBe(true);
    const key = valueOf(options.keys.read('intermediate.key')) ?? '';
    const afterLoss = createMemoryKeyStore();
    afterLoss.write('intermediate.key', key);
    expect(valueOf(await join(token, { keys: afterLoss })).trustEndsAt).toBe(first.trustEndsAt);
    expect(codeOf(await join(token))).toBe('token_used');
  });

  it('asks with the same key after a broken try, and with a new one after a refusal', async () => {
    const founder = await startFounder();
    const token = founder.token();
    const keys = createMemoryKeyStore();
    const dead = forge(token, { gateways: [{ host: '127.0.0.1', port: 1, zone: '' }] });
    expect(codeOf(await join(dead, { keys }))).toBe('connect_failed');
    const pending = valueOf(keys.read('intermediate.key'));
    expect(pending).toContain('PRIVATE KEY');
    expect(codeOf(await join(token, { keys }))).toBe('joined');
    expect(valueOf(keys.read('intermediate.key'))).toBe(pending);
    const late = createMemoryKeyStore();
    expect(codeOf(await join(token, { keys: late }))).toBe('token_used');
    expect(valueOf(late.read('intermediate.key'))).toBeUndefined();
  });

  it('is refused with a reason for tokens that are expired, renamed, forged or altered', async () => {
    const founder = await startFounder();
    const token = founder.token();
    expect(codeOf(await join(founder.token(west, 0)))).toBe('token_expired');
    expect(codeOf(await join(forge(founder.token(west, 0), { expiresAt: now() + 60_000 })))).toBe(
      'token_expired',
    );
    expect(codeOf(await join(token, { cluster: 'south' as ClusterName }))).toBe('token_wrong_cluster');
    expect(codeOf(await join(forge(token, { cluster: 'south' })))).toBe('token_wrong_cluster');
    expect(codeOf(await join(forge(token, { secret: randomBytes(32).toString('hex') })))).toBe(
      'token_invalid',
    );
    expect(codeOf(await join(`${token.slice(0, -9)}x${token.slice(-8)}`))).toBe('token_invalid');
    expect(founder.joined).toEqual([]);
    expect(codeOf(await join(token))).toBe('joined');
  });

  it('is refused for a name that a member has, until that member is evicted', async () => {
    const founder = await startFounder();
    const [first, second] = [founder.token(), founder.token()];
    expect(codeOf(await join(first))).toBe('joined');
    expect(codeOf(await join(second))).toBe('cluster_name_taken');
    expect(founder.refusedToken(west)).toBe('cluster_name_taken');
    expect(founder.refusedToken(founder.authority.cluster)).toBe('cluster_name_taken');
    valueOf(founder.authority.evict(west));
    expect(codeOf(await join(founder.token()))).toBe('joined');
  });

  it('gives a token away once to 100 that ask at the same time (S24)', async () => {
    const founder = await startFounder();
    const token = founder.token();
    const answers = await Promise.all(Array.from({ length: 100 }, () => join(token)));
    const codes = answers.map(codeOf);
    expect(codes.filter((code) => code === 'joined')).toHaveLength(1);
    expect(codes.filter((code) => code === 'token_used')).toHaveLength(99);
    expect(founder.metrics.total('isthmus_join_requests_total', { result: 'token_used' })).toBe(99);
  });

  it('is answered only when the founder has kept it; the same key may ask again', async () => {
    const founder = await startFounder();
    const options = newcomer(founder.token());
    const lost = err(fault('unavailable', 'Secret', 'cannot be written'));
    vi.spyOn(founder.keys, 'flush').mockResolvedValueOnce(lost);
    expect(codeOf(await joinMesh(options))).toBe('unavailable');
    expect(codeOf(await joinMesh(options))).toBe('joined');
  });

  it('writes no secret down (S24)', async () => {
    const founder = await startFounder();
    const token = founder.token();
    const options = newcomer(token);
    await joinMesh(options);
    await join(token);
    const { secret } = valueOf(decodeJoinToken(token));
    const kept = valueOf(founder.keys.read('join-tokens.json')) ?? '';
    const written = JSON.stringify(founder.log.lines) + JSON.stringify(options.state.list()) + kept;
    expect(written).toContain('token_used');
    expect(kept).toContain('usedBy');
    for (const form of [secret, Buffer.from(secret, 'hex').toString('base64'), token])
      expect(written).not.toContain(form);
  });

  it('sends no byte of the secret to a server with another root (S23)', async () => {
    const founder = await startFounder();
    const impostor = await startFounder(foundMesh('east'));
    const port = impostor.server.address.port;
    const mitm = forge(founder.token(), { gateways: [{ host: '127.0.0.1', port, zone: '' }] });
    const refused = await join(mitm);
    expect(codeOf(refused)).toBe('root_fingerprint_mismatch');
    expect(impostor.metrics.total('isthmus_join_requests_total')).toBe(0);
  });

  it('sends no byte of the secret through a relay that changes the server after the pin (S23)', async () => {
    const founder = await startFounder();
    const impostor = await startFounder(foundMesh('east'));
    const ports = [founder.server.address.port, impostor.server.address.port];
    const relay = net.createServer((client) => {
      const upstream = net.connect(ports.shift() ?? impostor.server.address.port, '127.0.0.1');
      client.pipe(upstream).pipe(client);
      for (const socket of [client, upstream]) socket.on('error', () => socket.destroy());
    });
    await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
    ends.push(() => new Promise((resolve) => relay.close(resolve)));
    const { port } = relay.address() as AddressInfo;
    const refused = await join(forge(founder.token(), { gateways: [{ host: '127.0.0.1', port, zone: '' }] }));
    expect(refused.ok).toBe(false);
    expect(impostor.metrics.total('isthmus_join_requests_total')).toBe(0);
  });

  it('refuses another member in the place of the founder', async () => {
    const founder = await startFounder();
    const other = await startFounder(admitCluster(founder.authority, 'north'));
    const { port } = other.server.address;
    const refused = await join(forge(founder.token(), { gateways: [{ host: '127.0.0.1', port, zone: '' }] }));
    expect(codeOf(refused)).toBe('trust_domain_mismatch');
    expect(other.metrics.total('isthmus_join_requests_total')).toBe(0);
  });

  it('tries the other gateways of the token, and dials no loopback unless it may', async () => {
    const founder = await startFounder();
    const { port } = founder.server.address;
    const [dead, live] = [1, port].map((one) => ({ host: '127.0.0.1', port: one, zone: '' }));
    expect(codeOf(await join(founder.token(), { allowLoopback: false }))).toBe('address_refused');
    expect(codeOf(await join(forge(founder.token(), { gateways: [dead, live] })))).toBe('joined');
  });
});

describe('leaving and evicting', () => {
  async function joinedPair(): Promise<{
    a: GrpcMember;
    b: GrpcMember;
    founder: Authority;
    keys: KeyStore;
    member: Authority;
  }> {
    const { authority: founder, token } = await startFounder();
    const keys = createMemoryKeyStore();
    const evictLeaver = (cluster: ClusterName): void => void valueOf(founder.evict(cluster));
    valueOf(await join(token(), { keys }));
    const member = valueOf(openAuthority(keys, now));
    const a = await startMember(founder, { onLeft: evictLeaver });
    const b = await startMember(member);
    ends.push(
      () => a.stop(),
      () => b.stop(),
    );
    for (const one of [a, b]) {
      one.exchange.publish(catalogOf({ ...one.member, services: ['cart'] }));
      one.exchange.start();
    }
    b.exchange.addMember(a.member);
    await eventually(() => a.exchange.peers().get(west)?.services.size === 1, 'the link is up');
    return { a, b, founder, keys, member };
  }

  it('tells all, has the founder withdraw the intermediate, and removes the own trust (S25)', async () => {
    const { a, b, founder, keys, member } = await joinedPair();
    const state = createMemoryState();
    const left = valueOf(
      await leaveMesh({ authority: member, exchange: b.exchange, keys, state, log: b.log }),
    );
    expect(left).toEqual({ told: [east], notTold: [] });
    expect(founder.bundle().evicted.map(({ cluster }) => cluster)).toEqual([west]);
    expect(a.exchange.peers().get(west)?.services.size ?? 0).toBe(0);
    expect(valueOf(keys.read('intermediate.key'))).toBeUndefined();
  });

  it('keeps the founder in while others are', async () => {
    const { a, founder } = await joinedPair();
    const options = {
      authority: founder,
      exchange: a.exchange,
      keys: createMemoryKeyStore(),
      state: createMemoryState(),
    };
    expect(codeOf(await leaveMesh({ ...options, log: a.log }))).toBe('config_invalid');
  });

  it('cuts an evicted member off, for the founder only (S25)', async () => {
    const { a, b, founder, member } = await joinedPair();
    expect(codeOf(evictMember({ authority: member, exchange: b.exchange, cluster: east, log: b.log }))).toBe(
      'not_founder',
    );
    valueOf(evictMember({ authority: founder, exchange: a.exchange, cluster: west, log: a.log }));
    expect(a.exchange.peers().has(west)).toBe(false);
    await eventually(() => b.exchange.peers().get(east)?.link.state === 'stale', 'its stream has ended');
    expect(codeOf(evictMember({ authority: founder, exchange: a.exchange, cluster: west, log: a.log }))).toBe(
      'not_found',
    );
  });
});
