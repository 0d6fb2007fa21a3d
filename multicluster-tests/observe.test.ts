/** What is seen of a request that crosses clusters, through real programs: one trace, metrics of all three, access logs. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NAMESPACE, openCluster, type DemoCluster } from '../examples/demo/cluster.ts';
import { admin } from '../examples/demo/mesh.ts';
import { runIsthmus, until } from '../examples/demo/processes.ts';
import { readRunInfo } from '../mesh/adapters/standalone/cluster-folder.ts';
import type { ServiceKey } from '../mesh/model/names.ts';
import { REASONS } from '../mesh/model/reason.ts';

const INVENTORY = `${NAMESPACE}/inventory` as ServiceKey;

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
  readonly cluster: string;
}

let folder: string;
let east: DemoCluster;
let west: DemoCluster;
let collector: http.Server;
const spans: Span[] = [];

interface Exported {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { key: string; value: { stringValue?: string } }[] };
    readonly scopeSpans: readonly { readonly spans: readonly Omit<Span, 'cluster'>[] }[];
  }[];
}

function collect({ resourceSpans }: Exported): void {
  for (const { resource, scopeSpans } of resourceSpans) {
    const named = resource.attributes.find(({ key }) => key === 'k8s.cluster.name');
    const cluster = named?.value.stringValue ?? '';
    spans.push(...scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ ...span, cluster }))));
  }
}

async function startCollector(): Promise<string> {
  collector = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      collect(JSON.parse(Buffer.concat(chunks).toString()) as Exported);
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'isthmus-observe-'));
  Object.assign(process.env, {
    OTEL_EXPORTER_OTLP_ENDPOINT: await startCollector(),
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: '100',
    ISTHMUS_ACCESS_LOG: '1',
  });
  east = await openCluster({ name: 'east', region: 'eu', zone: 'eu-1', services: ['pricing'] }, folder);
  west = await openCluster({ name: 'west', region: 'us', zone: 'us-1', services: ['inventory'] }, folder);
  await east.init();
  east.up();
  const token = await until('a token of east', 30_000, () =>
    runIsthmus(['--dir', east.dir, 'token', 'create', '--cluster', 'west']),
  );
  await west.join(token.trim());
  west.up();
  for (const cluster of [east, west]) cluster.startWorkloads();
  await until('the export of west', 30_000, async () => {
    const exported = await admin(west).exportService(INVENTORY);
    return exported.ok ? true : undefined;
  });
  await until('prices', 30_000, async () => ((await prices()) === 200 ? true : undefined));
});
afterAll(async () => {
  await Promise.all([east.stop(), west.stop()]);
  collector.close();
  await rm(folder, { recursive: true, force: true });
});

/** Pricing runs in east, outside of the mesh here, and asks the inventory of west. */
function prices(headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const port = east.appPorts.get('pricing');
    http
      .get({ host: '127.0.0.1', port, headers }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0));
      })
      .on('error', reject);
  });
}

async function logOf(name: string): Promise<readonly Record<string, unknown>[]> {
  const text = await readFile(path.join(folder, 'logs', `${name}.log`), 'utf8');
  const lines = text.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function metricsOfSidecar(name: string): Promise<string> {
  const running = (await logOf(name)).find(({ msg }) => msg === 'sidecar running');
  return metricsAt(Number(running?.['admin']));
}

async function metricsAt(port: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
  return answer.text();
}

const seriesOf = (text: string, name: string): string[] =>
  text.split('\n').filter((line) => line.startsWith(`${name}{`));

describe('a request that crosses clusters', () => {
  const CALLER = '00f067aa0ba902b7';
  it.each([
    [
      'W3C',
      '4bf92f3577b34da6a3ce929d0e0e4736',
      (trace: string) => ({ traceparent: `00-${trace}-${CALLER}-01` }),
    ],
    [
      'B3 in one header',
      '80f198ee56343ba864fe8b2a57d3eff7',
      (trace: string) => ({ b3: `${trace}-${CALLER}-1` }),
    ],
    [
      'B3 in several',
      '463ac35c9f6413ad48485a3953bb6124',
      (trace: string) => ({ 'x-b3-traceid': trace, 'x-b3-spanid': CALLER, 'x-b3-sampled': '1' }),
    ],
  ])('is one trace with the right parents, where the application forwards %s', async (_, trace, headers) => {
    expect(await prices(headers(trace))).toBe(200);
    const found = await until(`two spans of ${trace}`, 10_000, () => {
      const all = spans.filter(({ traceId }) => traceId === trace);
      return Promise.resolve(all.length >= 2 ? all : undefined);
    });
    const [client, server] = [3, 2].map((kind) => found.find((span) => span.kind === kind));
    expect(found).toHaveLength(2);
    expect(client).toMatchObject({ cluster: 'east', parentSpanId: CALLER });
    expect(server).toMatchObject({ cluster: 'west', parentSpanId: client?.spanId });
  });

  it('has a line in the access log of both ends, with one trace id', async () => {
    const trace = 'abcdef0123456789abcdef0123456789';
    await prices({ traceparent: `00-${trace}-${CALLER}-01` });
    const line = (name: string): Promise<Record<string, unknown>> =>
      until(`a line of ${name}`, 10_000, async () =>
        (await logOf(name)).find(({ traceId }) => traceId === trace),
      );
    expect(await line('east-pricing')).toMatchObject({
      ...{ reporter: 'source', protocol: 'http', method: 'GET', path: '/stock', status: 200, reason: '' },
      destination: 'west/shop/inventory:80',
    });
    expect(await line('west-inventory')).toMatchObject({
      ...{
        reporter: 'destination',
        status: 200,
        reason: '',
        source: 'spiffe://east.acme/ns/shop/sa/pricing',
      },
    });
  });

  it('is counted by both ends, with both clusters on every series', async () => {
    const [source, destination] = [
      await metricsOfSidecar('east-pricing'),
      await metricsOfSidecar('west-inventory'),
    ];
    const labels = 'destination_service="inventory",destination_service_namespace="shop",response_code="200"';
    const from = 'source_cluster="east",source_workload="pricing",source_workload_namespace="shop"';
    expect(source).toMatch(
      new RegExp(
        `^isthmus_requests_total{reporter="source",${from},destination_cluster="west",${labels},.*} \\d+$`,
        'm',
      ),
    );
    expect(destination).toMatch(
      new RegExp(
        `^isthmus_requests_total{reporter="destination",${from},destination_cluster="west",${labels},.*} \\d+$`,
        'm',
      ),
    );
  });

  it('that is refused has a reason in the answer, the log and the metric, and no cluster is unknown', async () => {
    const policy = `apiVersion: isthmus.dev/v1alpha1
kind: AccessPolicy
metadata: { name: not-from-east, namespace: shop }
spec:
  deny: [{ from: [{ cluster: east }] }]
`;
    await writeFile(path.join(west.dir, 'manifests', 'shop', 'not-from-east.yaml'), policy);
    await until('a refusal', 10_000, async () => ((await prices()) === 502 ? true : undefined));
    const denied = await until('the refusal in the log', 10_000, async () =>
      (await logOf('west-inventory')).find(({ status }) => status === 403),
    );
    expect(Object.keys(REASONS)).toContain(denied['reason']);
    for (const name of ['east-pricing', 'west-inventory']) {
      const text = await metricsOfSidecar(name);
      const all = ['isthmus_requests_total', 'isthmus_request_duration_seconds_count'].flatMap((metric) =>
        seriesOf(text, metric),
      );
      expect(
        all.some((line) => line.includes(`response_code="403",response_flags="${String(denied['reason'])}"`)),
      ).toBe(true);
      for (const line of all) {
        expect(line).toMatch(/source_cluster="east".*destination_cluster="(east|west)"/);
        expect(line.toLowerCase()).not.toContain('unknown');
      }
    }
  });
});

it('serves metrics from the controller and the gateway too', async () => {
  const controller = readRunInfo(west.dir);
  if (!controller.ok) throw new Error(controller.error.message);
  const ofController = await metricsAt(controller.value.admin.port);
  expect(ofController).toContain('isthmus_exchange_link_up{peer="east"} 1');
  const run = path.join(west.dir, 'run');
  const [file = ''] = (await readdir(run)).filter((name) => name.startsWith('gateway-'));
  const gateway = JSON.parse(await readFile(path.join(run, file), 'utf8')) as { admin: { port: number } };
  const ofGateway = await metricsAt(gateway.admin.port);
  expect(ofGateway).toMatch(
    /isthmus_gateway_bytes_total{direction="received",destination_cluster="west",destination_service_namespace="shop",destination_service="inventory"} [1-9]/,
  );
});
