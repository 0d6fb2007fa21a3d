/**
 * Requests at a fixed rate, whatever the answers do, over keep-alive connections. A request is due at a fixed moment,
 * and its latency counts from then: one that waits for a free connection, or for this client itself, has waited.
 */
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from '../../mesh/kit/statistics.ts';

export interface OpenLoopOrder {
  readonly port: number;
  readonly perSecond: number;
  readonly forMs: number;
  readonly connections: number;
}

export interface OpenLoopResult {
  /** Answers per second. */
  readonly rate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers that were not 200, or connections that ended. */
  readonly failures: number;
}

const BUFFER = Buffer.allocUnsafe(64 * 1024);
/** After the last request is due, answers are awaited for so long. */
const LAST_MS = 2_000;

interface Line {
  readonly socket: Socket;
  dueAt: number;
  received: number;
}

/** The size of a whole answer, which is the same for all: the application sends one text. */
function sizeOf(answer: string): number {
  const head = answer.indexOf('\r\n\r\n');
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(answer)?.[1];
  return head === -1 || length === undefined ? Infinity : head + 4 + Number(length);
}

class OpenLoop {
  readonly #order: OpenLoopOrder;
  readonly #request: Buffer;
  readonly #latencies: Float64Array;
  readonly #free: Line[] = [];
  readonly #lines: Line[];
  #answers = 0;
  #sent = 0;
  #failures = 0;
  #size = Infinity;
  #startedAt = 0;

  constructor(order: OpenLoopOrder) {
    this.#order = order;
    this.#request = Buffer.from(`GET / HTTP/1.1\r\nhost: 127.0.0.1:${order.port}\r\n\r\n`);
    this.#latencies = new Float64Array(Math.ceil((order.perSecond * order.forMs) / 1000));
    this.#lines = Array.from({ length: order.connections }, () => this.#open());
  }

  async run(): Promise<OpenLoopResult> {
    await Promise.all(this.#lines.map(({ socket }) => new Promise((done) => socket.once('connect', done))));
    this.#free.push(...this.#lines);
    this.#startedAt = performance.now();
    const timer = setInterval(() => this.#sendDue(), 1);
    await delay(this.#order.forMs);
    const rate = this.#answers / ((performance.now() - this.#startedAt) / 1000);
    const deadline = performance.now() + LAST_MS;
    while (this.#answers < this.#latencies.length && performance.now() < deadline) await delay(5);
    clearInterval(timer);
    for (const { socket } of this.#lines) socket.destroy();
    const sorted = this.#latencies.subarray(0, this.#answers).sort();
    const missing = this.#latencies.length - this.#answers;
    const [p50Ms, p99Ms] = [percentile(sorted, 0.5), percentile(sorted, 0.99)];
    return { rate, p50Ms, p99Ms, failures: this.#failures + missing };
  }

  #open(): Line {
    const socket = connect({
      ...{ port: this.#order.port, host: '127.0.0.1', noDelay: true },
      onread: {
        buffer: BUFFER,
        callback: (bytes) => {
          this.#received(line, bytes);
          return true;
        },
      },
    });
    const line: Line = { socket, dueAt: 0, received: 0 };
    socket.on('error', () => socket.destroy());
    return line;
  }

  #dueAt(index: number): number {
    return this.#startedAt + (index * 1000) / this.#order.perSecond;
  }

  #sendDue(): void {
    const now = performance.now();
    while (this.#sent < this.#latencies.length && this.#dueAt(this.#sent) <= now) {
      const line = this.#free.pop();
      if (line === undefined) return;
      line.dueAt = this.#dueAt(this.#sent);
      line.received = 0;
      this.#sent += 1;
      line.socket.write(this.#request);
    }
  }

  #received(line: Line, bytes: number): void {
    if (line.received === 0 && BUFFER.toString('latin1', 9, 12) !== '200') this.#failures += 1;
    if (this.#size === Infinity) this.#size = sizeOf(BUFFER.toString('latin1', 0, bytes));
    line.received += bytes;
    if (line.received < this.#size) return;
    this.#latencies[this.#answers] = performance.now() - line.dueAt;
    this.#answers += 1;
    this.#free.push(line);
    // One that was due while all were busy.
    if (this.#free.length === 1) this.#sendDue();
  }
}

process.on('message', (order: OpenLoopOrder) => {
  void new OpenLoop(order).run().then((result) => process.send?.(result));
});
process.on('disconnect', () => process.exit());
process.send?.({});
