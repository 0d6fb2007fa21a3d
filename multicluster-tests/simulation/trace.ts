/** One number for all that happened in a run: two runs that took the same way have the same, bit for bit. */
import type { ExchangeFrame } from '../../mesh/model/exchange-frame.ts';
import type { Lane } from '../../federation/exchange/testing/virtual-network.ts';

export interface Trace {
  frame(frame: ExchangeFrame, lane: Lane, nowMs: number): void;
  text(text: string): void;
  /** 16 hex digits. */
  hash(): string;
}

const SEEDS = [0x811c9dc5, 0x9e3779b9] as const;
const PRIMES = [0x01000193, 0x5bd1e995] as const;

export function createTrace(): Trace {
  let [high, low]: [number, number] = [...SEEDS];
  const text = (added: string): void => {
    for (let i = 0; i < added.length; i++) {
      const code = added.charCodeAt(i);
      high = Math.imul(high ^ code, PRIMES[0]);
      low = Math.imul(low ^ code, PRIMES[1]);
      low ^= low >>> 15;
    }
  };
  return {
    text,
    frame(frame, { from, to }, nowMs) {
      text(`${nowMs} ${from}>${to} ${frame.kind}`);
      if ('version' in frame) text(String(frame.version));
      if ('digest' in frame) text(frame.digest);
    },
    hash: () => [high, low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join(''),
  };
}
