/**
 * The parts of node-forge that the mesh uses: ASN.1, HMAC and SHA-256. The whole of it has TLS, RSA and ciphers too, and
 * costs each program 3 MB.
 */
import type whole from 'node-forge';
import parts from 'node-forge/lib/forge.js';
import 'node-forge/lib/asn1.js';
import 'node-forge/lib/hmac.js';
import 'node-forge/lib/sha256.js';

export const forge: Pick<typeof whole, 'asn1' | 'util' | 'hmac' | 'md'> = parts;

export type Asn1 = whole.asn1.Asn1;
