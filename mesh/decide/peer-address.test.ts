import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPeerHost } from './peer-address.ts';

const allowed = (host: string, allowLoopback = false): boolean => checkPeerHost(host, { allowLoopback }).ok;

describe('the host of a peer gateway', () => {
  it.each([
    ...[
      '203.0.113.10',
      '10.0.0.1',
      '192.168.1.1',
      '100.64.0.1',
      '2001:db8::1',
      'fd00::1',
      '::ffff:203.0.113.1',
    ],
    ...['gateway.example.com', 'gw', 'a-b.c1', 'x1.example', '64:ff9b::203.0.113.1', '2002:cb00:7100::1'],
  ])('%s may be dialled', (host) => {
    expect(allowed(host)).toBe(true);
  });

  it.each([
    ...[
      '127.0.0.1',
      '127.255.255.254',
      '::1',
      '0:0:0:0:0:0:0:1',
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '::127.0.0.1',
    ],
    ...['localhost', 'LOCALHOST', 'x.localhost', '64:ff9b::127.0.0.1', '2002:7f00:1::'],
  ])('%s is loopback: only where that is allowed', (host) => {
    expect([allowed(host), allowed(host, true)]).toEqual([false, true]);
  });

  it.each([
    ...[
      '0.0.0.0',
      '0.1.2.3',
      '::',
      '169.254.1.1',
      '169.254.169.254',
      '::ffff:169.254.169.254',
      'fe80::1',
      'febf::1',
    ],
    ...[
      '224.0.0.1',
      '239.255.255.255',
      'ff02::1',
      '240.0.0.1',
      '255.255.255.255',
      '100.100.100.200',
      'fd00:ec2::254',
    ],
    ...['192.0.0.192', '169.254.170.2', '64:ff9b::169.254.169.254', '::2'],
  ])('%s may never be dialled', (host) => {
    expect([allowed(host), allowed(host, true)]).toEqual([false, false]);
  });

  it.each([
    ...[
      '',
      ' ',
      'a b',
      'a..b',
      '.a',
      'a.',
      '-a',
      'a-',
      'a_b',
      'exa\nmple',
      'a\0',
      'http://a',
      'a/b',
      'a:80',
      '[::1]',
    ],
    ...[
      '1',
      '2130706433',
      '127.1',
      '127.0.1',
      '0x7f.0.0.1',
      '0x7f000001',
      '0177.0.0.1',
      '1.2.3.4.5',
      '1.2.3.256',
    ],
    ...[
      '01.2.3.4',
      '1.2.3.4.',
      'a.1',
      '::1%eth0',
      '1::2::3',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      'gggg::',
      ':::',
    ],
    ...[
      'xn--\u00e9',
      '\uff11.2.3.4',
      'a'.repeat(64),
      `${'a.'.repeat(127)}ab`,
      '::1.2.3.400',
      '1:2:3:4:5:6:7::8',
    ],
  ])('%j is no host', (host) => {
    expect([allowed(host), allowed(host, true)]).toEqual([false, false]);
  });

  it('is judged alike in every spelling of an IPv6 address', () => {
    const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(groups, (address) => {
        const full = address.map((group) => group.toString(16).padStart(4, '0')).join(':');
        const short = address.map((group) => group.toString(16)).join(':');
        const zero = address.indexOf(0);
        const folded =
          zero < 0
            ? short
            : `${short.split(':').slice(0, zero).join(':')}::${short
                .split(':')
                .slice(zero + 1)
                .join(':')}`;
        expect(allowed(short)).toBe(allowed(full));
        expect(allowed(folded.toUpperCase())).toBe(allowed(full));
      }),
    );
  });

  it('is decided for any text, without throwing', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => typeof allowed(text) === 'boolean'));
  });
});
