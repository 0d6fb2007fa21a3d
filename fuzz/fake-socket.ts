/** A connection whose other side is the fuzzer: what is written is kept, and nothing is ever full. */
import { EventEmitter } from 'node:events';

export class FakeSocket extends EventEmitter {
  destroyed = false;
  paused = false;
  readonly writableNeedDrain = false;
  written = '';

  write(chunk: Buffer | string): boolean {
    this.written += typeof chunk === 'string' ? chunk : chunk.toString('latin1');
    return true;
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  destroy(): void {
    this.destroyed = true;
  }
  cork(): void {}
  uncork(): void {}
  end(): void {}
  setTimeout(): void {}
}
