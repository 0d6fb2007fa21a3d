/** Certificate requests (S20): no exception, and nothing but the key that has signed the request comes out of one. */
import { createRequest, readRequest } from '../../mesh/adapters/x509/request.ts';
import { changeDer } from '../change-der.ts';
import { must, type Target } from '../target.ts';
import { testKey } from '../test-key.ts';

const keys = testKey(1);
const own = keys.publicKey.export({ type: 'spki', format: 'der' });
/** One whose private half signs nothing. */
const other = testKey(2).publicKey.export({ type: 'spki', format: 'der' });

function forged(): Buffer {
  const request = createRequest(keys);
  other.copy(request, request.indexOf(own));
  return request;
}

export const certificateRequest: Target = {
  name: 'certificate-request',
  sources: ['mesh/adapters/x509/request.ts', 'mesh/decide/certificate/asn1-reader.ts'],
  seeds: () => [createRequest(keys), forged()],
  words: [
    '\x30\x80',
    '\x00\x00',
    '\x02\x01\x00',
    '\xa0\x00',
    '\x03\x42\x00\x04',
    '\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07',
  ],
  maxBytes: 20_000,
  change: changeDer,
  cases: 2_000,
  check(input) {
    const key = readRequest(input);
    if (!key.ok) return;
    // Whoever does not hold the key cannot have signed for another one.
    must(key.value.export({ type: 'spki', format: 'der' }).equals(own), 'the key is the one that signed');
  },
};
