import { describe, expect, it } from 'vitest';
import type { PeerExpectation } from '../../model/identity.ts';
import type { ClusterName, MeshName, Namespace, ServiceAccount } from '../../model/names.ts';
import type { KeyUsageBit, ParsedCertificate } from './parse-certificate.ts';
import { validateSvid, type TlsRole } from './validate-svid.ts';

const nowMs = 1_800_000_000_000;
const usage = (bits: KeyUsageBit[], critical = true): ParsedCertificate['keyUsage'] => ({
  critical,
  bits: new Set(bits),
});
const good: ParsedCertificate = {
  ...{ serial: '40', notBefore: nowMs - 1000, notAfter: nowMs + 1000, isCa: false },
  ...{ uris: ['spiffe://west.acme/ns/shop/sa/cart'], dnsNames: [], otherNames: 0, unknownCritical: [] },
  ...{ keyUsage: { critical: true, bits: new Set(['digitalSignature'] as const) } },
  extendedKeyUsage: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'],
};
const gateway = { ...good, uris: ['spiffe://west.acme/isthmus/gateway'] };
const controller = { ...good, uris: ['spiffe://west.acme/isthmus/controller'] };
const [west, shop, cart] = ['west' as ClusterName, 'shop' as Namespace, 'cart' as ServiceAccount];

function verdict(
  certificate: ParsedCertificate,
  expected: PeerExpectation = { kind: 'member' },
  role: TlsRole = 'client',
): string {
  const result = validateSvid(certificate, { mesh: 'acme' as MeshName, expect: expected, role, nowMs });
  return result.ok ? 'accepted' : result.error.code;
}

describe('the rules of SPIFFE X509-SVID', () => {
  const broken: Record<string, Partial<ParsedCertificate>> = {
    'no URI': { uris: [] },
    'two URIs': { uris: [...good.uris, ...good.uris] },
    'another name': { otherNames: 1 },
    'an authority': { isCa: true },
    'no key usage': { keyUsage: undefined as never },
    'a key usage that is not critical': { keyUsage: usage(['digitalSignature'], false) as never },
    'no digitalSignature': { keyUsage: usage(['keyAgreement']) as never },
    keyCertSign: { keyUsage: usage(['digitalSignature', 'keyCertSign']) as never },
    cRLSign: { keyUsage: usage(['digitalSignature', 'cRLSign']) as never },
    'the wrong purpose': { extendedKeyUsage: ['1.3.6.1.5.5.7.3.1'] },
    'an unknown critical extension': { unknownCritical: ['1.2.3'] },
    'a URI that is no SPIFFE ID': { uris: ['https://west.acme/ns/shop/sa/cart'] },
    'an unknown path': { uris: ['spiffe://west.acme/isthmus/root'] },
  };
  it.each(Object.entries(broken))('refuse %s', (_name, change) => {
    expect(verdict({ ...good, ...change })).toBe('invalid_certificate');
  });

  it('bound the time exactly', () => {
    expect(verdict({ ...good, notAfter: nowMs, notBefore: nowMs })).toBe('accepted');
    expect(verdict({ ...good, notAfter: nowMs - 1 })).toBe('certificate_expired');
    expect(verdict({ ...good, notBefore: nowMs + 1 })).toBe('certificate_not_yet_valid');
  });
});

describe('whom a link expects', () => {
  const workload = { kind: 'workload', cluster: west, namespace: shop, serviceAccounts: [cart] } as const;
  const table: [ParsedCertificate, PeerExpectation, string][] = [
    [good, { kind: 'member' }, 'accepted'],
    [controller, { kind: 'member' }, 'accepted'],
    [controller, { kind: 'program', program: 'controller' }, 'accepted'],
    [controller, { kind: 'program', program: 'controller', cluster: west }, 'accepted'],
    [
      controller,
      { kind: 'program', program: 'controller', cluster: 'east' as ClusterName },
      'trust_domain_mismatch',
    ],
    [controller, { kind: 'program', program: 'gateway' }, 'identity_mismatch'],
    [good, { kind: 'program', program: 'controller' }, 'identity_mismatch'],
    [good, workload, 'accepted'],
    [good, { ...workload, serviceAccounts: [] }, 'identity_mismatch'],
    [good, { ...workload, namespace: 'other' as Namespace }, 'identity_mismatch'],
    [good, { ...workload, cluster: 'east' as ClusterName }, 'trust_domain_mismatch'],
    [controller, workload, 'identity_mismatch'],
    [{ ...good, uris: ['spiffe://west.other/ns/shop/sa/cart'] }, { kind: 'member' }, 'trust_domain_mismatch'],
    [gateway, workload, 'identity_mismatch'],
    [gateway, { ...workload, orGateway: true }, 'accepted'],
    [controller, { ...workload, orGateway: true }, 'identity_mismatch'],
    [good, { ...workload, serviceAccounts: [], orGateway: true }, 'identity_mismatch'],
  ];
  it.each(table)('%# is decided', (certificate, expected, code) => {
    expect(verdict(certificate, expected)).toBe(code);
  });
});
