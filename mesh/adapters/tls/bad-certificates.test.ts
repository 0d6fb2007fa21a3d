/** S18, S19: what a thief with a member's own intermediate key can mint, offered as client and as server. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Credentials } from '../../ports/mesh-identity.ts';
import { generateKeyPair, intermediateName, issueIntermediate, keyId } from '../x509/issue.ts';
import { integer, sequence } from '../x509/der.ts';
import { connectMeshTls } from './mesh-tls.ts';
import {
  authorityConstraints,
  extension,
  forgeLeaf,
  generalNames,
  goodNames,
  someOctets,
  type Flaw,
} from './testing/forge-leaf.ts';
import {
  admitKey,
  codeOf,
  foundMesh,
  listen,
  mesh,
  testIdentity,
  until,
  workload,
  type TestServer,
} from './testing/test-mesh.ts';

const east = foundMesh('east');
const west = admitKey(east, 'west');
const north = admitKey(east, 'north');
const stranger = admitKey(foundMesh('east'), 'west');
const ours = testIdentity(east);
let server: TestServer;

beforeAll(async () => {
  server = await listen(ours);
});
afterAll(() => server.stop());

/** What our server says of this client. */
async function asClient({ certificateChain: cert, privateKey: key }: Credentials): Promise<string> {
  const [before, accepted] = [server.refused.length, server.accepted.length];
  const socket = tls.connect({
    ...{ port: server.port, host: '127.0.0.1', ca: [...east.bundle().roots], cert, key },
    ...{ ALPNProtocols: ['isthmus-tcp'], checkServerIdentity: () => undefined },
  });
  socket.on('error', () => undefined).resume();
  await until(() => server.refused.length > before || server.accepted.length > accepted);
  socket.destroy();
  return server.accepted.length > accepted ? 'accepted' : (server.refused.at(-1)?.code ?? '');
}

/** What our client says of this server. */
async function asServer({ certificateChain: cert, privateKey: key }: Credentials): Promise<string> {
  const theirs = tls.createServer(
    { cert, key, ALPNProtocols: ['isthmus-tcp'] },
    (socket) => void socket.resume(),
  );
  theirs.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
  await once(theirs, 'listening');
  const link = await connectMeshTls({
    ...{
      identity: ours,
      expect: { kind: 'member' },
      to: { host: '127.0.0.1', port: (theirs.address() as AddressInfo).port },
    },
    ...{ serverName: 'abc.west.acme', alpn: ['isthmus-tcp'], timeoutMs: 5000, now: () => Date.now() },
  });
  if (link.ok) link.value.socket.destroy();
  theirs.close();
  return codeOf(link);
}

const uri = (text: string): Flaw => ({ names: [[6, text]] });
const INVALID = 'invalid_certificate';

/** Where OpenSSL refuses first, our client has only its word; our server says what it saw itself. */
const FLAWS: Record<string, [flaw: Flaw, code: string, ofServer?: string]> = {
  'no names at all': [{ names: undefined }, INVALID],
  'only a DNS name': [{ names: [[2, 'west.acme']] }, INVALID],
  'two identities': [{ names: [...goodNames, [6, 'spiffe://west.acme/ns/shop/sa/admin']] }, INVALID],
  'the same identity twice': [{ names: [...goodNames, ...goodNames] }, INVALID],
  'another scheme': [uri('https://west.acme/ns/shop/sa/cart'), INVALID],
  'a scheme in capitals': [uri('SPIFFE://west.acme/ns/shop/sa/cart'), INVALID],
  'a host in capitals': [uri('spiffe://West.acme/ns/shop/sa/cart'), INVALID],
  'no path': [uri('spiffe://west.acme'), INVALID],
  'the root path': [uri('spiffe://west.acme/'), INVALID],
  'a trailing slash': [uri('spiffe://west.acme/ns/shop/sa/cart/'), INVALID],
  'a path that climbs': [uri('spiffe://west.acme/ns/shop/sa/x/../cart'), INVALID],
  'an escaped path': [uri('spiffe://west.acme/ns/shop/sa/c%61rt'), INVALID],
  'a query': [uri('spiffe://west.acme/ns/shop/sa/cart?x'), INVALID],
  'a newline at the end': [uri('spiffe://west.acme/ns/shop/sa/cart\n'), INVALID],
  'a NUL in the path': [uri('spiffe://west.acme/ns/shop/sa/cart\0admin'), INVALID],
  'an identity injected into a DNS name': [
    { names: [[2, 'west.acme, URI:spiffe://west.acme/ns/shop/sa/cart']] },
    INVALID,
    'trust_domain_mismatch',
  ],
  'an IP address beside it': [
    { names: [...goodNames, [7, '\x7f\0\0\x01']] },
    INVALID,
    'trust_domain_mismatch',
  ],
  'a mail address beside it': [{ names: [...goodNames, [1, 'root@west.acme']] }, INVALID],
  'names that stand twice': [{ more: [extension('2.5.29.17', true, generalNames(goodNames))] }, INVALID],
  'a certificate authority': [{ basicConstraints: authorityConstraints }, INVALID],
  'malformed constraints': [{ basicConstraints: integer(Buffer.from([1])) }, INVALID],
  'the right to sign certificates': [{ keyUsage: 0x84 }, INVALID],
  'the right to sign revocation lists': [{ keyUsage: 0x82 }, INVALID],
  'no key usage': [{ keyUsage: undefined }, INVALID],
  'a key usage that is not critical': [{ keyUsageCritical: false }, INVALID],
  'no right to sign': [{ keyUsage: 0x08 }, INVALID],
  'no extended key usage': [{ purposes: undefined }, INVALID],
  'another purpose': [{ purposes: [4] }, INVALID],
  'an unknown critical extension': [{ more: [extension('1.2.3.4', true, someOctets)] }, INVALID],
  'no issuer in it': [{ issuedBy: undefined }, INVALID],
  'another member as its issuer': [{ issuedBy: north.intermediate }, INVALID],
  'a stranger as its issuer': [{ issuedBy: stranger.intermediate }, INVALID],
  'the authority key of another member': [
    { authorityKeyId: keyId(createPublicKey(north.privateKey)) },
    INVALID,
  ],
  'an identity of another member': [uri('spiffe://east.acme/ns/shop/sa/cart'), 'trust_domain_mismatch'],
  'an identity of another member behind a NUL': [
    uri('spiffe://west.acme\0.east.acme/ns/shop/sa/cart'),
    INVALID,
  ],
  'a domain below its own': [
    uri('spiffe://east.west.acme/ns/shop/sa/cart'),
    INVALID,
    'trust_domain_mismatch',
  ],
  'an identity of another mesh': [uri('spiffe://west.other/ns/shop/sa/cart'), 'trust_domain_mismatch'],
  'the past': [{ startsInMs: -2000, endsInMs: -1000 }, 'certificate_expired'],
  'the future': [{ startsInMs: 60_000 }, 'certificate_not_yet_valid'],
  'its own signature': [{ selfSigned: true }, INVALID],
};

describe('certificates that a thief of west mints', () => {
  it('are accepted while they keep to the rules', async () => {
    const good = forgeLeaf(west, {});
    expect([await asClient(good), await asServer(good)]).toEqual(['accepted', 'accepted']);
  });

  it.each(Object.entries(FLAWS))('are refused with %s', async (_name, [flaw, code, ofServer = code]) => {
    const bad = forgeLeaf(west, flaw);
    expect({ client: await asClient(bad), server: await asServer(bad) }).toEqual({
      client: code,
      server: ofServer,
    });
  });

  it('are refused in a role that they are not for', async () => {
    expect(await asClient(forgeLeaf(west, { purposes: [1] }))).toBe(INVALID);
    expect(await asServer(forgeLeaf(west, { purposes: [2] }))).toBe(INVALID);
  });

  it('are refused when the chain is another mesh’s, incomplete, or goes through a leaf', async () => {
    const good = forgeLeaf(west, {});
    const alone = {
      ...good,
      certificateChain:
        good.certificateChain.split('-----END CERTIFICATE-----')[0] + '-----END CERTIFICATE-----\n',
    };
    const keys = {
      intermediate: alone.certificateChain,
      privateKey: createPrivateKey(good.privateKey),
    };
    const below = forgeLeaf(keys, {});
    const belowLeaf = { ...below, certificateChain: below.certificateChain + west.intermediate };
    for (const bad of [forgeLeaf(stranger, {}), alone, belowLeaf])
      expect([await asClient(bad), await asServer(bad)]).toEqual([INVALID, INVALID]);
  });
});

describe('certificates of an authority that a thief of west mints', () => {
  it('are refused, though it takes the name of west and so counts for no path length (RFC 5280, 6.1.4)', async () => {
    const keys = generateKeyPair();
    const cluster = workload('west').cluster;
    const issuer = {
      ...{ certificate: west.intermediate, privateKey: west.privateKey },
      commonName: intermediateName(cluster, mesh),
    };
    const below = issueIntermediate(issuer, { mesh, cluster, publicKey: keys.publicKey, nowMs: Date.now() });
    const thief = { intermediate: below + west.intermediate, privateKey: keys.privateKey };
    for (const issuedBy of [below, west.intermediate, undefined]) {
      const leaf = forgeLeaf(thief, { issuedBy });
      expect([await asClient(leaf), await asServer(leaf)]).toEqual([INVALID, INVALID]);
    }
  });
});

describe('certificates that an evicted member mints', () => {
  it('are refused whatever they say of their issuer', async () => {
    const gone = admitKey(east, 'gone');
    const names = [[6, 'spiffe://gone.acme/ns/shop/sa/cart']] as const;
    const leaf = forgeLeaf(gone, { names });
    expect([await asClient(leaf), await asServer(leaf)]).toEqual(['accepted', 'accepted']);
    const evicted = east.evict(workload('gone').cluster);
    expect(evicted.ok).toBe(true);
    ours.use({ bundle: east.bundle() });
    const denials: Flaw[] = [
      { names },
      { names, authorityKeyId: undefined },
      { names, authorityKeyId: keyId(createPublicKey(west.privateKey)) },
      { names, authorityKeyId: Buffer.alloc(0) },
      { names, issuedBy: undefined },
      { names, issuedBy: west.intermediate },
      { names, more: [extension('2.5.29.35', false, sequence())] },
    ];
    for (const flaw of denials) {
      const bad = forgeLeaf(gone, flaw);
      expect([await asClient(bad), await asServer(bad)]).not.toContain('accepted');
      // A look-alike of its intermediate in front of the real one hides nothing.
      const decoy = forgeLeaf(gone, { basicConstraints: authorityConstraints, keyUsage: 0x06 });
      const [first = '', ...rest] = bad.certificateChain.split(/(?<=-----END CERTIFICATE-----)\n/);
      const chain = [first, decoy.certificateChain.trim(), ...rest].join('\n');
      const hidden = { ...bad, certificateChain: chain };
      expect([await asClient(hidden), await asServer(hidden)]).not.toContain('accepted');
    }
  });
});
