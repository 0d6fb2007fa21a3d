import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sourceKey } from './source-key.ts';

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::FFFF:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:0db8:0000:0000::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['', ''],
])('%s counts as %s', (address, key) => expect(sourceKey(address)).toBe(key));

it('addresses of one /64 count as one source, those of two as two', () => {
  const group = fc.integer({ min: 1, max: 0xffff }).map((n) => n.toString(16));
  const half = fc.array(group, { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(half, half, half, (prefix, one, other) => {
      const key = sourceKey([...prefix, ...one].join(':'));
      expect(sourceKey([...prefix, ...other].join(':'))).toBe(key);
      expect(sourceKey(`${prefix.join(':')}::${other[3]}`)).toBe(key);
      const samePrefix = one.join(':') === prefix.join(':');
      expect(sourceKey([...one, ...other].join(':')) === key).toBe(samePrefix);
    }),
  );
});
