/** Reads a socket until its ClientHello is decided, then leaves it paused with nothing lost. */
import type { Socket } from 'node:net';
import { fault, type Fault } from '../mesh/model/fault.ts';
import { HELLO_CAP_BYTES, readClientHello, type HelloProgress } from './decide/client-hello.ts';

export type Peeked =
  | {
      readonly kind: 'named';
      /** In normal form. */
      readonly serverName: string;
      /** All that has been read: the hello, and whatever came with it. */
      readonly bytes: Buffer;
    }
  | { readonly kind: 'refused'; readonly fault: Fault }
  /** The socket ended, failed or was destroyed first. */
  | { readonly kind: 'gone' };

/** Buffers at most the hello cap and one read; the buffer is released with the answer. */
export function peekHello(socket: Socket): Promise<Peeked> {
  return new Promise((resolve) => {
    const held = growingBuffer();
    let progress: HelloProgress | undefined;
    const settle = (peeked: Peeked): void => {
      socket.pause();
      socket.off('data', onData).off('end', onGone).off('close', onGone);
      resolve(peeked);
    };
    const onGone = (): void => settle({ kind: 'gone' });
    const onData = (chunk: Buffer): void => {
      const bytes = held.append(chunk);
      const verdict = readClientHello(bytes, progress);
      if (verdict.kind === 'need-more') progress = verdict.progress;
      else if (verdict.kind === 'found') settle({ kind: 'named', serverName: verdict.serverName, bytes });
      else if (verdict.kind === 'refused') settle(verdict);
      else
        settle({ kind: 'refused', fault: fault('sni_absent', 'client', 'the ClientHello names no server') });
    };
    socket.on('data', onData).once('end', onGone).once('close', onGone);
  });
}

/** Holds the first chunk as it is, as most hellos come in one; copies only when a second one follows. */
function growingBuffer(): { append(chunk: Buffer): Buffer } {
  let store: Buffer = Buffer.alloc(0);
  let used = 0;
  return {
    append: (chunk) => {
      if (used === 0) store = chunk;
      else if (used + chunk.length > store.length) store = grown(store.subarray(0, used), chunk.length);
      if (used > 0) chunk.copy(store, used);
      used += chunk.length;
      return store.subarray(0, used);
    },
  };
}

function grown(held: Buffer, needed: number): Buffer {
  const doubled = Math.min(2 * held.length, HELLO_CAP_BYTES);
  const larger = Buffer.allocUnsafeSlow(Math.max(held.length + needed, doubled));
  held.copy(larger);
  return larger;
}
