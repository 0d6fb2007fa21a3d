/** Controllers that serve the webhook over real TLS, with certificates that one of them keeps, on a clock that is moved. */
import { once } from 'node:events';
import tls from 'node:tls';
import { X509Certificate } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createWebhookApi, type WebhookApi } from './testing/webhook-api.ts';
import { startPodWebhook } from './pod-webhook.ts';
import { startWebhook, type Webhook } from './webhook.ts';
import { createManualClock, type ManualClock } from '../../mesh/adapters/clock/manual-clock.ts';
import { WEBHOOK_HOST } from '../../mesh/adapters/kubernetes/installation.ts';
import { createMemoryLog, type MemoryLog } from '../../mesh/adapters/log/memory-log.ts';
import {
  createPrometheusMetrics,
  type PrometheusMetrics,
} from '../../mesh/adapters/metrics/prometheus-metrics.ts';
import { createSeededRandom } from '../../mesh/adapters/random/seeded-random.ts';
import { fromPem } from '../../mesh/adapters/x509/der.ts';

const MINUTE = 60_000;
const LIVES = { authorityMs: 80 * MINUTE, servingMs: 30 * MINUTE };
const yes = (): boolean => true;

let clock: ManualClock;
let api: WebhookApi;
let log: MemoryLog;
let controllers: Webhook[];
let metrics: PrometheusMetrics;

beforeEach(() => {
  clock = createManualClock();
  api = createWebhookApi();
  log = createMemoryLog();
  controllers = [];
  metrics = createPrometheusMetrics();
});
afterEach(() => Promise.all(controllers.map(stop)));

async function stop(webhook: Webhook): Promise<void> {
  let isOver = false;
  const stopped = webhook.stop().then(() => (isOver = true));
  while (!isOver) await clock.advanceAsync(1_000);
  await stopped;
}

function open(seed = 1): Webhook {
  const webhook = prepare(seed);
  webhook.begin();
  return webhook;
}

/** One that has not begun. */
function prepare(seed = 1): Webhook {
  const webhook = startWebhook({
    ...{ api: api.client, host: '127.0.0.1', port: 0, image: 'isthmus:1', lives: LIVES },
    ...{ clock, random: createSeededRandom(seed), log, metrics },
  });
  controllers.push(webhook);
  return webhook;
}

/** Time goes on until they do. */
async function untilServed(...webhooks: readonly Webhook[]): Promise<void> {
  await vi.waitFor(
    async () => {
      await clock.advanceAsync(500);
      expect(webhooks.map((webhook) => webhook.readiness().ok)).toEqual(webhooks.map(() => true));
    },
    { timeout: 5_000, interval: 1 },
  );
}

/** What a new connection is shown. */
async function shown(webhook: Webhook): Promise<X509Certificate> {
  const options = {
    host: '127.0.0.1',
    port: webhook.port()!,
    servername: WEBHOOK_HOST,
    rejectUnauthorized: false,
  };
  const socket = tls.connect(options);
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerX509Certificate()!;
  socket.destroy();
  return certificate;
}

/** What an API server would check, by the clock of the test. */
async function isAccepted(webhook: Webhook): Promise<boolean> {
  const certificate = await shown(webhook);
  const authorities = (fromPem(api.caBundle()) ?? []).map((der) => new X509Certificate(der));
  const isValid = ({ validFromDate, validToDate }: X509Certificate): boolean =>
    validFromDate.getTime() <= clock.now() && clock.now() < validToDate.getTime();
  return (
    isValid(certificate) &&
    certificate.checkHost(WEBHOOK_HOST) !== undefined &&
    authorities.some(
      (authority) =>
        isValid(authority) && certificate.checkIssued(authority) && certificate.verify(authority.publicKey),
    )
  );
}

describe('controllers with a webhook', () => {
  it('all serve it, also those that stand by, as soon as the one that leads has made its certificate', async () => {
    const [leader, standby] = [open(1), open(2)];
    await clock.advanceAsync(10_000);
    expect(standby.readiness()).toEqual({ name: 'webhook', ok: false, note: 'has no certificate yet' });
    leader.lead(yes);
    await untilServed(leader, standby);
    expect([await isAccepted(leader), await isAccepted(standby)]).toEqual([true, true]);
    const ends = (await shown(leader)).validToDate.getTime() / 1000;
    expect(await metrics.expose()).toContain(
      `isthmus_webhook_certificate_expiry_timestamp_seconds ${ends}\n`,
    );
  });

  it('ask for nothing and load nothing until they are told to begin', async () => {
    const webhook = prepare();
    webhook.lead(yes);
    await clock.advanceAsync(10_000);
    expect(api.requests).toEqual([]);
    webhook.begin();
    await untilServed(webhook);
  });

  it('are accepted at every moment while certificates and authorities come and go', async () => {
    const [leader, standby] = [open(1), open(2)];
    leader.lead(yes);
    await untilServed(leader, standby);
    const [leaves, authorities] = [new Set<string>(), new Set<string>()];
    const refused: number[] = [];
    for (const began = clock.now(); clock.now() < began + 95 * MINUTE;) {
      await clock.advanceAsync(2 * MINUTE);
      for (const webhook of [leader, standby])
        if (!(await isAccepted(webhook))) refused.push(clock.now() - began);
      leaves.add((await shown(standby)).fingerprint256);
      authorities.add(api.secret('ca.crt')!);
    }
    expect(refused).toEqual([]);
    // In 95 minutes, at half of 30 and of 80 minutes each, with jitter.
    expect(leaves.size).toBeGreaterThanOrEqual(5);
    expect(authorities.size).toBeGreaterThanOrEqual(3);
    expect(fromPem(api.caBundle())!.length).toBeLessThanOrEqual(2);
  });

  it('are accepted while everything is made anew after the Secret has lost its data', async () => {
    const [leader, standby] = [open(1), open(2)];
    leader.lead(yes);
    await untilServed(leader, standby);
    const [before, authority] = [await shown(standby), api.secret('ca.crt')];
    api.setSecret({});
    const began = clock.now();
    for (; (await shown(standby)).fingerprint256 === before.fingerprint256; await clock.advanceAsync(500)) {
      expect([await isAccepted(leader), await isAccepted(standby)]).toEqual([true, true]);
      expect(clock.now() - began).toBeLessThan(MINUTE);
    }
    expect(await isAccepted(standby)).toBe(true);
    expect(api.secret('ca.crt')).not.toBe(authority);
    // API servers have had time to hear of the new authority.
    expect(clock.now() - began).toBeGreaterThanOrEqual(10_000);
    expect(fromPem(api.caBundle())).toHaveLength(2);
    await clock.advanceAsync(11 * MINUTE);
    expect(fromPem(api.caBundle())).toHaveLength(1);
    expect(await isAccepted(standby)).toBe(true);
  });

  it('go on with what another one has begun', async () => {
    const first = open(1);
    first.lead(yes);
    await untilServed(first);
    api.setSecret({});
    await clock.advanceAsync(6_000);
    await stop(first);
    expect(fromPem(api.caBundle())).toHaveLength(2);
    const authority = api.secret('ca.crt');
    const second = open(2);
    second.lead(yes);
    await untilServed(second);
    expect(api.secret('ca.crt')).toBe(authority);
    expect(await isAccepted(second)).toBe(true);
  });

  it('write nothing while another one leads', async () => {
    const [leader, overtaken] = [open(1), open(2)];
    overtaken.lead(() => false);
    await clock.advanceAsync(20_000);
    expect(api.requests.filter((request) => !request.startsWith('GET secrets'))).toEqual([]);
    leader.lead(yes);
    await untilServed(leader, overtaken);
  });

  it.each([
    ['damaged', (field: string) => Buffer.from(`x${field}`).toString('base64')],
    ['of no text', () => 7 as unknown as string],
  ])('make anew what is %s', async (_how, damage) => {
    api.setSecret(
      Object.fromEntries(['ca.crt', 'ca.key', 'tls.crt', 'tls.key'].map((field) => [field, damage(field)])),
    );
    const leader = open();
    leader.lead(yes);
    await untilServed(leader);
    expect(await isAccepted(leader)).toBe(true);
  });

  it('serve on when the API server is away, and say so once', async () => {
    const leader = open();
    leader.lead(yes);
    await untilServed(leader);
    api.goAway(true);
    await clock.advanceAsync(5 * MINUTE);
    expect(leader.readiness().ok).toBe(true);
    expect(await isAccepted(leader)).toBe(true);
    expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    api.goAway(false);
    await clock.advanceAsync(60 * MINUTE);
    expect(await isAccepted(leader)).toBe(true);
  });

  it('serve for a while after they have been told to end', async () => {
    const leader = open();
    leader.lead(yes);
    await untilServed(leader);
    const stopped = leader.stop();
    await clock.advanceAsync(2_000);
    expect(await isAccepted(leader).catch(() => false)).toBe(true);
    await clock.advanceAsync(2_000);
    await stopped;
    await expect(shown(leader)).rejects.toThrow('ECONNREFUSED');
    expect([api.isStopped(), clock.pending()]).toEqual([true, 0]);
  });
});

it.each([
  ['ISTHMUS_IMAGE', {}],
  ['KUBERNETES_SERVICE_HOST', { ISTHMUS_IMAGE: 'isthmus:1' }],
])('a pod that does not know %s says so', (subject, env) => {
  const tools = { clock, random: createSeededRandom(1), log, metrics };
  const started = startPodWebhook({ ...tools, host: '127.0.0.1', env });
  expect(started).toMatchObject({ ok: false, error: { code: 'config_invalid', subject } });
});
