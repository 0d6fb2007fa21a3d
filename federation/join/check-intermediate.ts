/** What a newcomer checks of the intermediate it was given: for its key, from the pinned root, for its name only. */
import { X509Certificate, type KeyObject } from 'node:crypto';
import { children, content, oidOf, readDer, type Node } from '../../mesh/decide/certificate/asn1-reader.ts';
import { parseCertificate } from '../../mesh/decide/certificate/parse-certificate.ts';
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import { trustDomain, type ClusterName, type MeshName } from '../../mesh/model/names.ts';

export interface ExpectedIntermediate {
  readonly mesh: MeshName;
  readonly cluster: ClusterName;
  readonly publicKey: KeyObject;
  /** PEM */
  readonly root: string;
  readonly nowMs: number;
}

/** Answers when it ends, in milliseconds since the epoch. */
export function checkIntermediate(pem: string, expected: ExpectedIntermediate): Result<number, Fault> {
  const domain = trustDomain(expected.cluster, expected.mesh);
  const bad = (what: string): Result<never, Fault> =>
    err(fault('invalid_certificate', `intermediate of ${domain}`, what));
  const certificate = readCertificate(pem);
  if (certificate === undefined) return bad('is not a certificate');
  const root = new X509Certificate(expected.root);
  if (!certificate.checkIssued(root) || !certificate.verify(root.publicKey))
    return bad('is not signed by the root');
  if (!certificate.publicKey.equals(expected.publicKey)) return bad('is for another key');
  const parsed = parseCertificate(certificate.raw);
  if (!parsed.ok) return parsed;
  const { isCa, pathLength, notBefore, notAfter, keyUsage } = parsed.value;
  if (!isCa || pathLength !== 0 || !keyUsage?.bits.has('keyCertSign'))
    return bad('may not sign leaves, or more than leaves');
  const permitted = permittedNames(certificate.raw);
  if (permitted === undefined || permitted.size !== 1 || !permitted.has(domain))
    return bad('may speak for other names');
  if (expected.nowMs > notAfter)
    return err(fault('certificate_expired', domain, 'its intermediate has ended'));
  if (expected.nowMs < notBefore)
    return err(
      fault('certificate_not_yet_valid', domain, 'its intermediate begins later; compare the clocks'),
    );
  return ok(notAfter);
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

const NAME_CONSTRAINTS = '2.5.29.30';

/** Names of the permitted subtrees; undefined when the extension is missing or not critical (RFC 5280, 4.2.1.10). */
function permittedNames(der: Uint8Array): ReadonlySet<string> | undefined {
  const fields = children(children(readDer(der))[0]);
  const extensions = children(children(fields.at(-1))[0]);
  const found = extensions.map(children).find((parts) => oidOf(parts[0]) === NAME_CONSTRAINTS);
  if (found?.length !== 3 || content(found[1]) === '\0') return undefined;
  const value = readDer(Buffer.from(content(found[2]) ?? '', 'binary'));
  const subtrees: readonly Node[] = children(children(value)[0]);
  return new Set(subtrees.map((subtree) => content(children(subtree)[0]) ?? ''));
}
