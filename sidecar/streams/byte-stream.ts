// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as the sockets of Node declare it
type Listener = (...args: any[]) => void;

/** Text that is put together before it is written. */
export interface Flushable {
  flush(): void;
}

/** What HTTP is spoken over: a socket of Node, or one stream of a link that many share. */
export interface ByteStream {
  /** Nothing can be written any more. */
  readonly destroyed: boolean;
  /** `close` has been emitted, or will never be. */
  readonly closed: boolean;
  /** `end` has been emitted: the other side sends no more. */
  readonly readableEnded: boolean;
  /** Of a stream: its link closes with its last one, so that nothing is to be begun on it. */
  readonly isLeaving?: boolean;
  /** Wait for `drain` before writing more. */
  readonly writableNeedDrain: boolean;
  /** Bytes that have been written and have not left yet. */
  readonly writableLength: number;
  on(event: string, listener: Listener): unknown;
  once(event: string, listener: Listener): unknown;
  off(event: string, listener: Listener): unknown;
  /** False: wait for `drain`. */
  write(chunk: Buffer): boolean;
  write(text: string, encoding: 'latin1'): boolean;
  /** Of a stream: has it flushed when its link writes next, once for all of its streams. */
  flushFirst?(text: Flushable): void;
  cork(): void;
  uncork(): void;
  pause(): unknown;
  resume(): unknown;
  /** Sends no more; what comes is still read. */
  end(): unknown;
  destroy(): unknown;
  /** The other side must not take it for an end. */
  resetAndDestroy(): unknown;
}
