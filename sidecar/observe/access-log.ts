/** What a sidecar tells of the traffic it sees: access log, metrics, reports, spans. Here: one line per request or connection. */
import type { ReasonCode } from '../../mesh/model/reason.ts';

export interface AccessLine {
  /** Milliseconds since the epoch of the end. */
  readonly at: number;
  readonly reporter: 'source' | 'destination';
  readonly protocol: 'http' | 'tcp';
  /** SPIFFE ID or cluster of the source, and `<cluster>/<namespace>/<service>:<port>` of the destination. */
  readonly source: string;
  readonly destination: string;
  readonly method?: string;
  readonly path?: string;
  /** HTTP status; 0 for TCP, and where the client left before there was one. */
  readonly status: number;
  /** Empty when all went well. */
  readonly reason: ReasonCode | '';
  readonly tookMs: number;
  readonly tries?: number;
  readonly traceId?: string;
}

export type AccessLog = (line: AccessLine) => void;

const TEXT_LIMIT = 256;

/** One JSON object a line. Text from outside is cut at 256 characters; JSON escapes what could break a line. */
function jsonAccessLog(write: (line: string) => void): AccessLog {
  return (line) => {
    const path = line.path === undefined ? {} : { path: line.path.slice(0, TEXT_LIMIT) };
    write(`${JSON.stringify({ ...line, at: new Date(line.at).toISOString(), ...path })}\n`);
  };
}

/** To standard error, where ISTHMUS_ACCESS_LOG=1 asks for it. */
export function accessLogFrom(env: NodeJS.ProcessEnv): AccessLog | undefined {
  if (env['ISTHMUS_ACCESS_LOG'] !== '1') return undefined;
  return jsonAccessLog((line) => void process.stderr.write(line));
}
