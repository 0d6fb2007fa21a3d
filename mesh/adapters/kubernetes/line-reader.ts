/** Cuts a stream of bytes into lines, each whole and bounded; what follows the last line end is not passed on. */
export interface LineReader {
  /** False: the line under way is over the bound, and nothing more is to be read. */
  push(chunk: Buffer): boolean;
}

const LINE_END = 0x0a;

export function createLineReader(maxBytes: number, onLine: (line: string) => void): LineReader {
  let held: Buffer[] = [];
  let heldBytes = 0;
  return {
    push(chunk) {
      let from = 0;
      for (let at = chunk.indexOf(LINE_END); at >= 0; at = chunk.indexOf(LINE_END, from)) {
        const rest = chunk.subarray(from, at);
        if (heldBytes + rest.length > maxBytes) return false;
        const line = held.length === 0 ? rest : Buffer.concat([...held, rest]);
        [held, heldBytes, from] = [[], 0, at + 1];
        onLine(line.toString('utf8'));
      }
      if (from < chunk.length) {
        held.push(chunk.subarray(from));
        heldBytes += chunk.length - from;
      }
      return heldBytes <= maxBytes;
    },
  };
}
