import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import { createManualClock } from '../../mesh/adapters/clock/manual-clock.ts';
import { createCountingMetrics } from '../exchange/testing/counting-metrics.ts';
import type { JoinRequest, JoinResponse } from '../../mesh/adapters/grpc/generated/isthmus/join/v1/join.ts';
import { foundMesh } from '../../mesh/adapters/grpc/testing/test-mesh.ts';
import { createMemoryLog } from '../../mesh/adapters/log/memory-log.ts';
import { createMemoryKeyStore } from '../../mesh/adapters/trust/folder-key-store.ts';
import { openJoinTokens } from '../../mesh/adapters/trust/join-tokens.ts';
import { joinService } from './join-service.ts';

it('answers 200 requests at once and ten a second after that, so that asking is not free (S30)', () => {
  const clock = createManualClock();
  const metrics = createCountingMetrics();
  const keys = createMemoryKeyStore();
  const { handlers } = joinService({
    ...{ authority: foundMesh('east'), tokens: openJoinTokens(keys), flush: keys.flush, clock, metrics },
    ...{ log: createMemoryLog(), members: () => [], addMember: () => undefined, onJoined: () => undefined },
  });
  const join = handlers['join'] as (
    call: Pick<ServerUnaryCall<JoinRequest, JoinResponse>, 'request'>,
    answer: sendUnaryData<JoinResponse>,
  ) => void;
  const request = { cluster: 'west', secret: Buffer.alloc(1), csr: Buffer.alloc(0), gateways: [] };
  const ask = (times: number): void => {
    for (let i = 0; i < times; i++) join({ request }, () => undefined);
  };
  const refused = (result: string): number => metrics.total('isthmus_join_requests_total', { result });
  ask(201);
  expect([refused('token_invalid'), refused('unavailable')]).toEqual([200, 1]);
  clock.advance(1_000);
  ask(11);
  expect([refused('token_invalid'), refused('unavailable')]).toEqual([210, 2]);
});
