/** How a sidecar is told which probes of its application it carries out for the kubelet: move-probes.ts says why. Pure. */
import { err, ok, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import { isRecord } from './api-object.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What the kubelet would have asked, as the pod said it; by `<container>/<probe>`. */
export type StatedProbes = Readonly<Record<string, Fields>>;

/** Environment of the sidecar: stated probes as JSON. */
export const APP_PROBES = 'ISTHMUS_APP_PROBES';
export const APP_HEALTH = '/app-health/';

/** Far below what one variable of a process may have. */
const MAX_BYTES = 32 * 1024;
/** For the environment of the sidecar, which could read it. */
export function writeStatedProbes(stated: StatedProbes): Result<string, Fault> {
  const text = JSON.stringify(stated);
  const read = readAppProbes(text);
  return read.ok ? ok(text) : read;
}

/** One that the sidecar carries out. */
export type AppProbe = { readonly port: number; readonly timeoutMs: number } & (
  | {
      readonly kind: 'http';
      readonly scheme: 'http:' | 'https:';
      readonly path: string;
      readonly headers: readonly (readonly [name: string, value: string])[];
    }
  | { readonly kind: 'tcp' }
  | { readonly kind: 'grpc'; readonly service: string }
);

/** Of the Kubernetes API, where a probe says none. */
const TIMEOUT_SECONDS = 1;
const MAX_TIMEOUT_SECONDS = 300;
const MAX_HEADERS = 64;
const MAX_NAME = 80;

/** Of the environment; absent: none. */
export function readAppProbes(text: string | undefined): Result<ReadonlyMap<string, AppProbe>, Fault> {
  const stated = readStatedProbes(text);
  if (!stated.ok) return stated;
  const probes = new Map<string, AppProbe>();
  for (const [name, entry] of Object.entries(stated.value)) {
    const probe = readProbe(entry);
    if (probe === undefined)
      return err({
        ...fault('config_invalid', APP_PROBES, 'is no probe that can be carried out'),
        field: name.slice(0, MAX_NAME),
      });
    probes.set(name, probe);
  }
  return ok(probes);
}

/** As `writeStatedProbes` wrote them. */
export function readStatedProbes(text = '{}'): Result<StatedProbes, Fault> {
  if (text.length > MAX_BYTES)
    return err(fault('config_invalid', APP_PROBES, `has more than ${MAX_BYTES} bytes`));
  try {
    const read: unknown = JSON.parse(text);
    if (isRecord(read) && Object.values(read).every(isRecord)) return ok(read as StatedProbes);
    return err(fault('config_invalid', APP_PROBES, 'is not an object of probes'));
  } catch (cause) {
    return err({ ...fault('config_invalid', APP_PROBES, 'is not JSON'), cause });
  }
}

function readProbe({
  httpGet,
  tcpSocket,
  grpc,
  timeoutSeconds = TIMEOUT_SECONDS,
}: Fields): AppProbe | undefined {
  const handler = [httpGet, tcpSocket, grpc].find(isRecord);
  const port = handler?.['port'];
  if (!isWhole(port, 65_535) || !isWhole(timeoutSeconds, MAX_TIMEOUT_SECONDS)) return undefined;
  const common = { port, timeoutMs: timeoutSeconds * 1000 };
  if (isRecord(httpGet)) return readHttp(httpGet, common);
  if (isRecord(tcpSocket)) return { ...common, kind: 'tcp' };
  const { service = '' } = handler ?? {};
  return typeof service === 'string' ? { ...common, kind: 'grpc', service } : undefined;
}

function readHttp(
  { path = '/', scheme = 'HTTP', httpHeaders = [] }: Fields,
  common: { readonly port: number; readonly timeoutMs: number },
): AppProbe | undefined {
  const isPath = typeof path === 'string' && /^[!-~]{0,2048}$/.test(path);
  if (!isPath || (scheme !== 'HTTP' && scheme !== 'HTTPS') || !Array.isArray(httpHeaders)) return undefined;
  if (httpHeaders.length > MAX_HEADERS || !httpHeaders.every(isHeader)) return undefined;
  return {
    ...{ ...common, kind: 'http', scheme: scheme === 'HTTPS' ? 'https:' : 'http:' },
    path: path.startsWith('/') ? path : `/${path}`,
    headers: httpHeaders.map(({ name, value }) => [name, value] as const),
  };
}

function isHeader(entry: unknown): entry is { readonly name: string; readonly value: string } {
  if (!isRecord(entry)) return false;
  const { name, value } = entry;
  return (
    typeof name === 'string' &&
    /^[-!#$%&'*+.^_`|~0-9A-Za-z]{1,256}$/.test(name) &&
    typeof value === 'string' &&
    /^[\t -~\u0080-\u00ff]{0,8192}$/.test(value)
  );
}

function isWhole(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most;
}
