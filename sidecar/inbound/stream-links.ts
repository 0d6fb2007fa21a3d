/** Connections of other sidecars that many streams share: each stream is an HTTP connection of its own. */
import type { TLSSocket } from 'node:tls';
import { LinkedList } from '../../mesh/kit/linked-list.ts';
import type { SidecarContext } from '../context.ts';
import { MAX_STREAMS } from '../decide/stream-frames.ts';
import type { SidecarMetrics } from '../observe/request-metrics.ts';
import { StreamLink } from '../streams/stream-link.ts';
import type { HttpInbound } from './http-inbound.ts';
import type { HttpInboundStart } from './inbound-request.ts';

export interface StreamLinks {
  serve(socket: TLSSocket, start: HttpInboundStart): void;
  tick(nowMs: number): void;
  /** Callers are asked to open no more streams, on links that come now too: behind a gateway they cannot know of it. */
  drain(): void;
}

/**
 * Streams that one link may open in a second, beyond as many as may be open at once. Sidecars keep theirs: one that opens
 * streams and resets them, again and again, would have this one dial the application for each (CVE-2023-44487).
 */
const OPENINGS_PER_SECOND = 1_000;

interface OpenLink {
  readonly link: StreamLink;
  /** Streams that may be opened now. */
  openings: number;
  /** Monotonic ms when it was last seen with a stream. */
  usedAt: number;
}

export function createStreamLinks(
  context: SidecarContext,
  { http, metrics }: { http: HttpInbound; metrics: SidecarMetrics },
): StreamLinks {
  const { clock, settings, spareCredit: spare } = context;
  const links = new LinkedList<OpenLink>();
  let tickedAt = clock.monotonic();
  let draining = false;
  return {
    serve(socket, start) {
      const link = new StreamLink(socket, {
        spare,
        opened(stream) {
          open.openings -= 1;
          if (open.openings < 0) link.hold();
          if (!stream.destroyed && http.clients() < settings.maxClients) return http.serve(stream, start);
          metrics.refusals({ reason: 'connection_cap' }).add();
          stream.destroy();
        },
        violated: () => metrics.refusals({ reason: 'frame_invalid' }).add(),
        closed: () => void links.remove(entry),
      });
      const open: OpenLink = { link, openings: MAX_STREAMS, usedAt: clock.monotonic() };
      const entry = links.add(open);
      if (draining) link.goAway();
    },
    tick(nowMs) {
      for (const open of links.items()) {
        allow(open, ((nowMs - tickedAt) * OPENINGS_PER_SECOND) / 1_000);
        if (open.link.size > 0) open.usedAt = nowMs;
        else if (nowMs - open.usedAt > settings.clientIdleMs) open.link.destroy();
      }
      tickedAt = nowMs;
    },
    drain() {
      draining = true;
      for (const { link } of links.items()) link.goAway();
    },
  };
}

function allow(open: OpenLink, more: number): void {
  open.openings = Math.min(MAX_STREAMS, open.openings + more);
  if (open.openings >= 1) open.link.goOn();
}
