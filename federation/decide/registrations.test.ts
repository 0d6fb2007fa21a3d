import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIdentity, type Identity } from '../../mesh/model/identity.ts';
import {
  allRegistrations,
  authorize,
  forgetRemembered,
  joinEndpoints,
  readyGateways,
  register,
  remember,
  withdraw,
  type GatewayRegistration,
  type ProxyRegistration,
  type Registrations,
} from './registrations.ts';
import { endpoint, key, sidecar } from './testing/sample-state.ts';

const identity = (path: string): Identity => {
  const parsed = parseIdentity(`spiffe://east.acme${path}`);
  if (!parsed.ok) throw new Error(path);
  return parsed.value;
};
const gateway = (proxy: string, host: string, ready = true): GatewayRegistration => ({
  ...{ kind: 'gateway', proxy, ready, address: { host, port: 15443, zone: 'eu-1' } },
});
const plain = (address: string): ProxyRegistration => ({
  ...{ kind: 'plain', proxy: 'g-plain', address, port: 15008, region: 'eu', zone: 'eu-1', ready: true },
});
const rules = { ownAddresses: new Set(['127.0.0.1', '192.0.2.1']), maxProxies: 3 };
const nobody = remember([]);
const take = (state: Registrations, stream: number, registration: ProxyRegistration): Registrations => {
  const next = register(state, { stream, registration }, rules);
  if (!next.ok) throw new Error(next.error.message);
  return next.value;
};
const names = (state: Registrations): string[] =>
  allRegistrations(state)
    .map(({ proxy }) => proxy)
    .sort();

describe('who may register what (S20)', () => {
  it.each([
    ['its own service', sidecar('p'), '/ns/shop/sa/cart', '127.0.0.1', undefined],
    ['another account of its namespace', sidecar('p'), '/ns/shop/sa/web', '127.0.0.1', 'identity_mismatch'],
    [
      'a service of another namespace',
      sidecar('p', { service: key('bank/cart') }),
      '/ns/shop/sa/cart',
      '127.0.0.1',
      'identity_mismatch',
    ],
    ['a service, as a gateway', sidecar('p'), '/isthmus/gateway', '127.0.0.1', 'identity_mismatch'],
    ['a gateway, as a gateway', gateway('g', 'gw.example'), '/isthmus/gateway', '192.0.2.9', undefined],
    [
      'a gateway, as a workload',
      gateway('g', 'gw.example'),
      '/ns/shop/sa/cart',
      '127.0.0.1',
      'identity_mismatch',
    ],
    [
      'a gateway, as the controller',
      gateway('g', 'gw.example'),
      '/isthmus/controller',
      '127.0.0.1',
      'identity_mismatch',
    ],
    ['a plain proxy, as a gateway', plain('192.0.2.9'), '/isthmus/gateway', '192.0.2.9', undefined],
    [
      'a plain proxy, as a workload',
      plain('192.0.2.9'),
      '/ns/shop/sa/cart',
      '192.0.2.9',
      'identity_mismatch',
    ],
    ['a plain proxy elsewhere', plain('192.0.2.8'), '/isthmus/gateway', '192.0.2.9', 'address_refused'],
    [
      'the address it calls from',
      sidecar('p', { address: '192.0.2.9' }),
      '/ns/shop/sa/cart',
      '192.0.2.9',
      undefined,
    ],
    [
      'an address of somebody else',
      sidecar('p', { address: '192.0.2.8' }),
      '/ns/shop/sa/cart',
      '192.0.2.9',
      'address_refused',
    ],
    ['loopback, from elsewhere', sidecar('p'), '/ns/shop/sa/cart', '192.0.2.9', 'address_refused'],
    [
      'another address of the same machine',
      sidecar('p', { address: '192.0.2.1' }),
      '/ns/shop/sa/cart',
      '127.0.0.1',
      undefined,
    ],
    [
      'a foreign address, from this machine',
      sidecar('p', { address: '192.0.2.8' }),
      '/ns/shop/sa/cart',
      '127.0.0.1',
      'address_refused',
    ],
  ])('%s', (_what, registration, path, address, code) => {
    expect(authorize(registration, { identity: identity(path), address }, rules)?.code).toBe(code);
  });
});

describe('registrations', () => {
  it('live as long as their stream, and a newer stream of the same proxy takes over', () => {
    const first = take(nobody, 1, sidecar('p'));
    const again = take(first, 2, sidecar('p', { ready: false }));
    expect(names(withdraw(again, 1))).toEqual(['p']);
    expect(names(withdraw(again, 2))).toEqual([]);
  });

  it('replace what the stream registered before', () => {
    const renamed = take(take(nobody, 1, sidecar('p')), 1, sidecar('q'));
    expect(names(renamed)).toEqual(['q']);
  });

  it('refuse a name that another workload holds, and more proxies than the bound', () => {
    const held = take(nobody, 1, sidecar('p'));
    const other = { stream: 2, registration: sidecar('p', { service: key('shop/web') }) };
    expect(register(held, other, rules)).toMatchObject({ ok: false, error: { code: 'already_exists' } });
    const full = take(take(held, 2, sidecar('q')), 3, sidecar('r'));
    const more = { stream: 4, registration: sidecar('s') };
    expect(register(full, more, rules)).toMatchObject({ ok: false, error: { code: 'quota_exceeded' } });
  });

  it('remember the last run until it is settled who came back', () => {
    const started = take(remember([sidecar('p'), sidecar('q')]), 1, sidecar('p', { ready: false }));
    expect(names(started)).toEqual(['p', 'q']);
    expect(allRegistrations(started).find(({ proxy }) => proxy === 'p')?.ready).toBe(false);
    expect(names(forgetRemembered(started))).toEqual(['p']);
  });

  it('hold exactly the last registration of each living stream', () => {
    const step = fc.record({
      stream: fc.integer({ min: 1, max: 4 }),
      proxy: fc.option(fc.constantFrom('p', 'q', 'r'), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const holders = new Map<string, number>();
        let state = nobody;
        for (const { stream, proxy } of steps) {
          for (const [name, holder] of holders) if (holder === stream) holders.delete(name);
          if (proxy === undefined) state = withdraw(state, stream);
          else {
            holders.set(proxy, stream);
            state = take(state, stream, sidecar(proxy));
          }
          expect(names(state)).toEqual([...holders.keys()].sort());
        }
      }),
    );
  });
});

describe('what follows from registrations', () => {
  it('joins endpoints of manifests and of proxies, in order of id', () => {
    const joined = joinEndpoints(new Map([[key('shop/cart'), [endpoint('m')]]]), [
      ...[sidecar('z'), gateway('g', 'x'), sidecar('a', { ready: false })],
    ]);
    expect(joined.get(key('shop/cart'))?.map(({ id, ready }) => [id, ready])).toEqual([
      ['a', false],
      ['m', true],
      ['z', true],
    ]);
    expect(joined.size).toBe(1);
  });

  it('sends nothing new to a pod that the cluster takes out, whatever its sidecar says', () => {
    const [proxy] = [sidecar('z')];
    const joined = joinEndpoints(new Map(), [proxy], new Set([`shop/${proxy.address}`]));
    expect(joined.get(key('shop/cart'))?.map(({ ready }) => ready)).toEqual([false]);
    const byOthers = joinEndpoints(new Map(), [proxy], new Set([`crm/${proxy.address}`]));
    expect(byOthers.get(key('shop/cart'))?.map(({ ready }) => ready)).toEqual([true]);
  });

  it('offers one address once, however many gateways are behind it', () => {
    const all = [gateway('a', '192.0.2.1'), gateway('b', '192.0.2.1'), gateway('c', '192.0.2.1', false)];
    expect(readyGateways(all).map(({ host }) => host)).toEqual(['192.0.2.1']);
  });

  it('offers gateways that are ready only, in a steady order', () => {
    const all = [
      gateway('b', '192.0.2.2'),
      gateway('c', '192.0.2.3', false),
      gateway('a', '192.0.2.1'),
      sidecar('p'),
    ];
    expect(readyGateways(all).map(({ host }) => host)).toEqual(['192.0.2.1', '192.0.2.2']);
    expect(readyGateways([...all].reverse())).toEqual(readyGateways(all));
  });
});
