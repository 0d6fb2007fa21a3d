/** Bytes that were read of a connection and not yet understood: at most one head, or what came too early. */
export interface Input {
  bytes: Buffer;
  /** The first byte that is not yet used. */
  at: number;
}

const EMPTY = Buffer.alloc(0);

export function createInput(): Input {
  return { bytes: EMPTY, at: 0 };
}

/** Adds what has come; copies only where something was left over. */
export function addInput(input: Input, chunk: Buffer): void {
  input.bytes =
    input.at < input.bytes.length ? Buffer.concat([input.bytes.subarray(input.at), chunk]) : chunk;
  input.at = 0;
}

export function inputLeft({ bytes, at }: Input): number {
  return bytes.length - at;
}

/** All that is left; the input is empty afterwards. */
export function takeInput(input: Input): Buffer {
  const rest = input.bytes.subarray(input.at);
  input.bytes = EMPTY;
  input.at = 0;
  return rest;
}
