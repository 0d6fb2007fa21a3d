import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SELF } from './testing/sample-view.ts';
import { normalizeServerName, parseDestination } from './server-name.ts';

const ROUTE = 'abcdefghijklmnopqrstuvwxyz';
const CANONICAL = `${ROUTE}.east.acme`;

/** What a gateway makes of a name as it came: the destination, or the reason of the refusal. */
function destinationOf(raw: string): string {
  const name = normalizeServerName(raw);
  const found = name.ok ? parseDestination(name.value, SELF) : name;
  if (!found.ok) return found.error.code;
  return found.value.kind === 'route' ? found.value.routeId : found.value.program;
}

describe('variants of one name reach the canonical route or nothing (S6)', () => {
  const same = [CANONICAL, CANONICAL.toUpperCase(), `${ROUTE}.EAST.acme`, `${ROUTE}.east.Acme`];
  it.each(same)('%j is the canonical route', (raw) => expect(destinationOf(raw)).toBe(ROUTE));

  const closed = [
    '',
    '.',
    '..',
    ' ',
    `${CANONICAL}.`,
    `${CANONICAL}..`,
    `.${CANONICAL}`,
    ` ${CANONICAL}`,
    `${CANONICAL} `,
    `${CANONICAL}\0`,
    `\0${CANONICAL}`,
    `${ROUTE}\0.east.acme`,
    `${ROUTE}.east\0.acme`,
    `${CANONICAL}\n`,
    `${CANONICAL}\r\n`,
    `${CANONICAL}\t`,
    `${CANONICAL}:443`,
    `${CANONICAL}/`,
    `https://${CANONICAL}`,
    `user@${CANONICAL}`,
    `*.east.acme`,
    `*.${CANONICAL}`,
    `${ROUTE}..east.acme`,
    `${ROUTE}.east..acme`,
    `${ROUTE}.west.acme`,
    `${ROUTE}.east.other`,
    `${ROUTE}.east`,
    `${ROUTE}`,
    `east.acme`,
    `acme`,
    `x.${CANONICAL}`,
    `${CANONICAL}.example`,
    `${CANONICAL}.acme`,
    `${ROUTE}x.east.acme`,
    `${ROUTE.slice(1)}.east.acme`,
    `${ROUTE.slice(1)}1.east.acme`,
    `${ROUTE.slice(1)}0.east.acme`,
    `${ROUTE.slice(1)}-.east.acme`,
    `-${ROUTE.slice(1)}.east.acme`,
    `${ROUTE.slice(1)}_.east.acme`,
    `_${CANONICAL}`,
    `${ROUTE}.ea_st.acme`,
    `${ROUTE}.east.acme`.replace('a', 'а'),
    `${ROUTE}.eаst.acme`,
    `${ROUTE}.east.acmé`,
    `${ROUTE}。east。acme`,
    `${ROUTE}.east.acme`.replace('k', '\u212A'),
    `xn--${ROUTE.slice(4)}.east.acme`,
    `${'a'.repeat(64)}.east.acme`,
    `${'a.'.repeat(124)}east.acme`,
    `${'a'.repeat(300)}`,
    `${ROUTE}.east.acme`.replaceAll('.', ','),
    `${ROUTE}.east.acme%00`,
    `${ROUTE}%2eeast.acme`,
    '127.0.0.1',
    '127.1',
    '0x7f000001',
    '2130706433',
    'a.0x7f',
    '::1',
    '[::1]',
    'fe80::1%eth0',
    'localhost',
    'cart.shop.svc.cluster.local',
    'cart.shop.svc.clusterset.local',
    'kubernetes.default.svc',
    'federation',
    'federation.west.acme',
    'federation.east.other',
    'x.federation.east.acme',
    'join.east',
    'joins.east.acme',
    'admin.east.acme',
    'discovery.east.acme',
  ];
  it.each(closed)('%j is refused', (raw) => expect(destinationOf(raw)).toBe('sni_invalid'));

  it.each([
    ['federation.east.acme', 'federation'],
    ['JOIN.east.acme', 'join'],
  ])('%s is the controller', (raw, program) => expect(destinationOf(raw)).toBe(program));
});

describe('the normal form', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'Z', '0', '-', '.', '\0', 'é', ' ', '_') });
  it('is a fixed point, and lower case of what came', () => {
    fc.assert(
      fc.property(fc.oneof(letters, fc.string()), (raw) => {
        const name = normalizeServerName(raw);
        if (!name.ok) return;
        expect(name.value).toBe(raw.toLowerCase());
        expect(normalizeServerName(name.value)).toEqual(name);
        expect(normalizeServerName(`${raw}.`).ok).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(['127.0.0.1', '127.1', '2130706433', '0x7f000001', 'a.0x7f', 'a.1'])(
    'is none of the address %s, however it is spelled',
    (address) => {
      expect(normalizeServerName(address).ok).toBe(false);
    },
  );

  it('takes 253 characters and no more', () => {
    const longest = `${'a'.repeat(63)}.`.repeat(3) + 'a'.repeat(61);
    expect(normalizeServerName(longest).ok).toBe(true);
    expect(normalizeServerName(`${longest}a`).ok).toBe(false);
  });

  it('quotes what it refuses, at most 80 characters of it', () => {
    const refused = normalizeServerName(`"\n${'x'.repeat(5_000)}`);
    expect(refused.ok ? '' : refused.error.subject).toMatch(/^"\\"\\nx{78}"\.\.\.$/);
  });
});
