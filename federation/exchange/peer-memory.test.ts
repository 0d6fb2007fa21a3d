import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMemoryState } from '../../mesh/adapters/files/state-folder.ts';
import type { ClusterName } from '../../mesh/model/names.ts';
import {
  dropMemory,
  loadMemories,
  nextEpoch,
  rememberMember,
  saveMemory,
  type PeerMemory,
} from './peer-memory.ts';
import { servicesOf } from '../decide/testing/exported-services.ts';

const west = 'west' as ClusterName;
const gateways = [{ host: '203.0.113.1', port: 15443, zone: 'us-1' }];
const MEMORY: PeerMemory = {
  ...{ cluster: west, membership: 'ab'.repeat(32), gateways, seen: { epoch: 3, version: 9 } },
  info: { cluster: west, region: 'us', zone: 'us-1', network: 'west', gateways, version: '0.1.0' },
  services: servicesOf(['cart', 'web']),
};

describe('what is remembered of a peer', () => {
  it('comes back as it was saved, until it is dropped', () => {
    const state = createMemoryState();
    saveMemory(state, MEMORY);
    expect(loadMemories(state, false)).toEqual({ memories: [MEMORY], damaged: [] });
    dropMemory(state, west);
    expect(loadMemories(state, false)).toEqual({ memories: [], damaged: [] });
  });

  it('is only where to dial, of a member that was named at joining', () => {
    const state = createMemoryState();
    rememberMember(state, { cluster: west, gateways });
    const [memory] = loadMemories(state, false).memories;
    expect(memory).toEqual({ cluster: west, gateways, seen: { epoch: 0, version: 0 }, services: new Map() });
  });

  it('obeys the rules of the wire: loopback gateways come back only where they are allowed', () => {
    const state = createMemoryState();
    rememberMember(state, { cluster: west, gateways: [{ host: '127.0.0.1', port: 1, zone: '' }] });
    expect(loadMemories(state, false).memories[0]?.gateways).toEqual([]);
    expect(loadMemories(state, true).memories[0]?.gateways).toHaveLength(1);
  });

  it('is left out when its text is damaged in any way, and nothing else is', () => {
    const state = createMemoryState();
    saveMemory(state, MEMORY);
    const text = state.read('peer-west')!;
    const json = fc.json().map((other) => other);
    const damaged = fc.oneof(
      json,
      fc.nat(text.length - 1).map((cut) => text.slice(0, cut)),
      fc.string(),
    );
    fc.assert(
      fc.property(damaged, (bad) => {
        state.write('peer-east', bad);
        const { memories, damaged: names } = loadMemories(state, false);
        expect([memories, names]).toEqual([[MEMORY], ['peer-east']]);
      }),
    );
  });
});

describe('the epoch', () => {
  it('is higher with each start; a damaged file starts it over, which peers refuse until they forget', () => {
    const state = createMemoryState();
    expect([nextEpoch(state), nextEpoch(state), nextEpoch(state)]).toEqual([1, 2, 3]);
    state.write('epoch', 'x');
    expect(nextEpoch(state)).toBe(1);
  });
});
