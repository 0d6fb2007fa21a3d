/** Enrolment tokens: only what the key has made is taken, until its end, for its identity; the key is never told. */
import { checkEnrolmentToken, makeEnrolmentToken } from '../../mesh/adapters/trust/enrolment-token.ts';
import { formatIdentity } from '../../mesh/model/identity.ts';
import type { ClusterName, MeshName, Namespace, ServiceAccount } from '../../mesh/model/names.ts';
import { must, type Target } from '../target.ts';

const KEY = Buffer.alloc(32, 'key');
const EXPIRES = 1_800_000_000_000;
const identity = (name: string) => ({
  ...{ kind: 'workload' as const, mesh: 'acme' as MeshName, cluster: 'west' as ClusterName },
  ...{ namespace: 'shop' as Namespace, serviceAccount: name as ServiceAccount },
});
const MADE = ['cart', 'web'].map((name) => makeEnrolmentToken(KEY, identity(name), EXPIRES));
const CLAIMS = ['cart', 'web'].map((name) => formatIdentity(identity(name)));

export const enrolmentToken: Target = {
  name: 'enrolment-token',
  sources: ['mesh/adapters/trust/enrolment-token.ts'],
  seeds: () => MADE.map((token) => Buffer.from(token)),
  words: ['.', '=', ' ', '-', '_', 'MTgwMDAwMDAwMDAwMA', '\0'],
  maxBytes: 1_200,
  cases: 6_000,
  check(input) {
    const token = input.toString('latin1');
    const taken = checkEnrolmentToken(KEY, token, EXPIRES - 1);
    must(!checkEnrolmentToken(KEY, token, EXPIRES).ok, 'nothing is taken at its end', token);
    must(!checkEnrolmentToken(Buffer.alloc(32, 'other'), token, 0).ok, 'another key takes nothing', token);
    if (!taken.ok)
      return must(!JSON.stringify(taken.error).includes('keykey'), 'the key is not told', taken.error);
    const made = MADE.findIndex((one) => sameBytes(one, token));
    must(made !== -1, 'only what the key has made is taken', token);
    must(formatIdentity(taken.value) === CLAIMS[made], 'it is taken for its identity', token, taken.value);
  },
};

/** Base64 has several spellings of the same bytes. */
function sameBytes(one: string, other: string): boolean {
  const bytes = (token: string): string =>
    token
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString('hex'))
      .join('.');
  return bytes(one) === bytes(other);
}
