import { describe, expect, it } from 'vitest';
import type { LinkState } from '../../mesh/model/catalog.ts';
import type { ImportSlice } from '../../mesh/model/multicluster.ts';
import { withoutUnheard } from './import-slices.ts';
import { cluster, peer, peersOf } from './testing/sample-state.ts';
import { decideSilence, NO_SILENCE, type Silence } from './unheard-sources.ts';

const boundMs = 30_000;
const at = (nowMs: number, state: LinkState, before: Silence = NO_SILENCE): Silence =>
  decideSilence(before, peersOf(peer('west', [], state)), { nowMs, boundMs });
const west = new Set([cluster('west')]);
const nobody = new Set();

describe('a cluster that is not heard (S52)', () => {
  it('is unheard once it has been silent for the whole bound', () => {
    const first = at(5_000, 'stale');
    expect(first).toMatchObject({ unheard: nobody, nextMs: 30_000 });
    const shortly = at(34_999, 'stale', first);
    expect(shortly).toMatchObject({ unheard: nobody, nextMs: 1 });
    const over = at(35_000, 'stale', shortly);
    expect(over.unheard).toEqual(west);
    expect(over.nextMs).toBeUndefined();
  });

  it('is not any more as soon as it is heard, and its next silence counts anew', () => {
    const heard = at(90_000, 'up', at(80_000, 'stale', at(0, 'stale')));
    expect(heard).toEqual(NO_SILENCE);
    expect(at(90_001, 'stale', heard).unheard).toEqual(nobody);
  });
});

function slice(name: string, address: string, { ready = true, ports = ['tcp'] } = {}): ImportSlice {
  const stated = ports.map((port) => ({ name: port, protocol: 'TCP' as const, port: 8042 }));
  return { cluster: cluster(name), slice: { ports: stated, pods: [{ address, ready }] } };
}
const left = (...slices: readonly ImportSlice[]): readonly string[] =>
  withoutUnheard(slices, west).map(
    ({ cluster: from, slice: { ports } }) => `${from} ${ports.map(({ name }) => name).join(' ')}`,
  );

describe('endpoints of a cluster that is not heard (S52)', () => {
  it('go where another cluster serves', () => {
    expect(left(slice('east', '10.1.0.7'), slice('west', '10.2.0.7'))).toEqual(['east tcp']);
  });

  it.each([
    ['nobody else has any', []],
    ['those of others are not ready', [slice('east', '10.1.0.7', { ready: false })]],
    ['those of others serve other ports', [slice('east', '10.1.0.7', { ports: ['udp'] })]],
    ['those of others are of the other family', [slice('east', 'fd00::7')]],
  ])('stay where %s', (_, others) => {
    expect(left(...others, slice('west', '10.2.0.7')).at(-1)).toBe('west tcp');
  });

  it('go and stay port by port', () => {
    expect(left(slice('east', '10.1.0.7'), slice('west', '10.2.0.7', { ports: ['tcp', 'admin'] }))).toEqual([
      'east tcp',
      'west admin',
    ]);
  });
});
