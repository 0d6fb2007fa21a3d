import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { eventually, startBackend } from './testing/running.ts';
import { createReadBuffers, Upstream, type ReadBuffers } from './upstream.ts';

const MIB = 2 ** 20;
const SHARED = 16;
const OWN = 64;

describe('the buffers of a gateway', () => {
  it('are at most 32 MiB at one time, whatever does not come back', () => {
    const buffers = createReadBuffers();
    const taken: Buffer[] = [];
    for (let next = buffers.take(); next !== undefined && taken.length < 1_000; next = buffers.take())
      taken.push(next);
    const bytes = taken.reduce((sum, { length }) => sum + length, 0);
    expect(bytes).toBeGreaterThan(16 * MIB);
    expect(bytes).toBeLessThanOrEqual(32 * MIB);
    for (const buffer of taken) buffers.giveBack(buffer);
    expect(buffers.take()).toBeDefined();
  });

  it('are lent while reads fill them and writes need them, and come back when the connection is over', async () => {
    const { upstream, client, lent, moved } = await poured(SHARED + OWN);
    await eventually('read', () => moved() === SHARED + OWN);
    // One that the client has not taken, one for the next read.
    expect(lent()).toBe(2);
    client.flow();
    await eventually('taken', () => lent() === 1);
    upstream.socket.destroy();
    await once(upstream.socket, 'close');
    expect(lent()).toBe(0);
  });

  it('are not lent to a connection whose last read has not filled one', async () => {
    const { upstream, client, lent, moved } = await poured(SHARED + OWN + SHARED - 1);
    await eventually('read', () => moved() === SHARED + OWN + SHARED - 1);
    client.flow();
    await eventually('all back', () => lent() === 0);
    upstream.socket.destroy();
  });
});

/** An endpoint that sends `bytes`, poured to a client that takes nothing before `flow`. */
async function poured(bytes: number) {
  const backend = await startBackend((socket) => void socket.write(Buffer.alloc(bytes)));
  const { buffers, lent } = smallBuffers();
  const upstream = new Upstream({ address: '127.0.0.1', port: backend.port }, { buffers });
  await once(upstream.socket, 'connect');
  let read = 0;
  const client = takesLater();
  upstream.pour(client, (more) => (read += more));
  upstream.socket.resume();
  return { upstream, client, lent, moved: () => read };
}

function smallBuffers(): { buffers: ReadBuffers; lent: () => number } {
  let lent = 0;
  const buffers: ReadBuffers = {
    shared: Buffer.alloc(SHARED),
    take: () => {
      lent += 1;
      return Buffer.alloc(OWN);
    },
    giveBack: () => (lent -= 1),
  };
  return { buffers, lent: () => lent };
}

function takesLater(): Socket & { flow(): void } {
  let flows = false;
  let waiting: (() => void) | undefined;
  const client = new Duplex({
    read() {},
    write: (_chunk, _encoding, done) => {
      if (flows) done();
      else waiting = done;
    },
  });
  const flow = (): void => {
    flows = true;
    waiting?.();
  };
  return Object.assign(client as Socket, { flow });
}
