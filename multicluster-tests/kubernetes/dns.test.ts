/**
 * The DNS server of `--dns` on two real clusters of one flat network: installed in west, asked there by dig of services of
 * east, straight and through a CoreDNS that is told of it as the installation says. O.. are statements of the upstream
 * conformance suite, M.. and S.. lines of KEP-1645.
 */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { NAMESPACE } from '../../mesh/adapters/kubernetes/installation.ts';
import { answering, podAddresses, startAnswering, startAsker, TCP, UDP } from './answering.ts';
import type { Cluster } from './cluster.ts';
import { auditLogFile } from './control-plane.ts';
import { raiseGround } from './ground.ts';
import { exported, imported, makeNamespace, state } from './mcs-objects.ts';
import { INSTALL, openMembers, placeOf, type Members } from './members.ts';
import { inNetwork } from './network.ts';
import { planGround } from './plan.ts';
import { startLogged, type Program } from './program.ts';
import { run } from './run.ts';
import { tearDown } from './tear-down.ts';
import { TEST_GROUNDS } from './test-grounds.ts';

const SOON_MS = 40_000;
const API_PORT = 6443;
/** Of the CoreDNS of this test, beside that of the cluster. */
const STUB_PORT = 5353;
const ACCOUNT = 'system:serviceaccount:isthmus-system:isthmus-dns';
const say = (line: string): void => void process.stdout.write(`  ${line}\n`);
const nameOf = (namespace: string): string => `hello.${namespace}.svc.clusterset.local`;

interface Dug {
  readonly status: string;
  /** Data of the answers, sorted. */
  readonly data: readonly string[];
  readonly ttls: readonly number[];
}

describe.skipIf(inject('missing').length > 0)('a DNS server beside the controller', () => {
  let east: Cluster;
  let west: Cluster;
  let members: Members;
  let coredns: string;
  let said = '';
  let server = '';
  const programs: Program[] = [];

  beforeAll(async () => {
    const ground = await raiseGround(
      planGround({ name: TEST_GROUNDS.shared, clusters: 2, layout: 'flat' }),
      say,
    );
    [east, west] = ground.clusters as [Cluster, Cluster];
    ({ coredns } = ground.programs);
    members = openMembers(ground);
    const options = (cluster: Cluster): readonly string[] => [
      ...placeOf(cluster),
      ...INSTALL,
      '--network',
      'lab',
    ];
    await members.isthmus(east, 'init', '--mesh', 'acme', ...options(east));
    said = await members.isthmus(west, 'join', '--to', 'east', ...options(west), '--dns');
    const address = ['get', 'service', 'isthmus-dns', '-n', NAMESPACE, '-o', 'jsonpath={.spec.clusterIP}'];
    server = await west.kubectl(address);
    await makeNamespace('plain', [east, west]);
    await makeNamespace('headless', [east, west]);
    await Promise.all([startAsker(west), startAnswering(east, 'plain'), startAnswering(east, 'headless')]);
    await state(east, answering('plain'), exported('plain'));
    await state(east, answering('headless', { clusterIP: 'None', ports: [TCP, UDP] }), exported('headless'));
  });
  afterAll(async () => {
    for (const { pid } of programs) process.kill(pid);
    await tearDown(TEST_GROUNDS.shared);
  });

  const soon = (check: () => Promise<void>): Promise<void> =>
    vi.waitFor(check, { timeout: SOON_MS, interval: 300 });

  async function dig(name: string, type = 'A', ...options: readonly string[]): Promise<Dug> {
    const asked = ['dig', `@${server}`, '+tries=1', '+time=2', ...options, `${name}.`, type];
    const text = await west.kubectl(['exec', 'asker', '--', ...asked]);
    const [, after = ''] = text.split(';; ANSWER SECTION:\n');
    const lines = (after.split('\n\n')[0] ?? '')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith(';'));
    const fields = lines.map((line) => line.split(/\s+/));
    return {
      status: /status: (\w+)/.exec(text)?.[1] ?? 'none',
      data: fields.map((field) => field.slice(4).join(' ')).sort(),
      ttls: fields.map(([, ttl]) => Number(ttl)),
    };
  }
  const dataOf = async (...asked: Parameters<typeof dig>): Promise<readonly string[]> =>
    (await dig(...asked)).data;

  it('says how the DNS of the cluster is told of it', () => {
    expect(said).toMatch(/✓ dns 2\/2 ready/);
    expect(server).toMatch(/^10\.97\./);
    expect(said).toContain(`clusterset.local at ${server}\n`);
  });

  it.each(['+notcp', '+tcp'])(
    'M34, M35, O5: knows a service with a clusterset IP (%s)',
    async (transport) => {
      const name = nameOf('plain');
      await soon(async () => {
        const ips = (await imported(west, 'plain'))?.spec.ips ?? [];
        expect(ips).not.toEqual([]);
        expect(await dig(name, 'A', transport)).toEqual({ status: 'NOERROR', data: ips, ttls: [5] });
      });
      expect(await dataOf(`_tcp._tcp.${name}`, 'SRV', transport)).toEqual([`0 100 42 ${name}.`]);
      expect(await dataOf(`_udp._udp.${name}`, 'SRV', transport)).toEqual([`0 100 42 ${name}.`]);
      expect(await dataOf(name, 'SRV', transport)).toEqual([`0 100 42 ${name}.`]);
    },
  );

  it('M36: tells the version of its schema', async () => {
    expect(await dig('dns-version.clusterset.local', 'TXT')).toEqual({
      ...{ status: 'NOERROR', data: ['"1.0.0"'], ttls: [28_800] },
    });
  });

  it('M39 to M42: knows the pods of a headless service of the other cluster', async () => {
    const name = nameOf('headless');
    const pods = await podAddresses(east, 'headless');
    expect(pods).toHaveLength(2);
    await soon(async () => expect(await dataOf(name)).toEqual(pods));
    const hosts = ['hello-0', 'hello-1'].map((pod) => `${pod}.east.${name}`);
    const addresses = await Promise.all(hosts.map((host) => dataOf(host)));
    expect(addresses.flat().sort()).toEqual(pods);
    const records = await dataOf(`_tcp._tcp.${name}`, 'SRV');
    expect(records).toEqual(hosts.map((host) => `0 100 8042 ${host}.`));
  });

  it('M33, M38, M45: has no other names', async () => {
    const status = async (...asked: Parameters<typeof dig>): Promise<string> => {
      const { status, data } = await dig(...asked);
      expect(data).toEqual([]);
      return status;
    };
    for (const name of [`east.${nameOf('plain')}`, `east.${nameOf('headless')}`, nameOf('absent')])
      expect([name, await status(name)]).toEqual([name, 'NXDOMAIN']);
    expect(await status(nameOf('plain'), 'AAAA')).toBe('NOERROR');
    expect(await status('kubernetes.default.svc.cluster.local')).toBe('REFUSED');
  });

  it('serves the cluster through a CoreDNS that is told of it in the words of the installation', async () => {
    const [stanza] = /clusterset\.local:53 \{[^}]*\}/.exec(said) ?? [''];
    const file = path.join(west.plan.folder, 'Corefile.stub');
    const bound = stanza.replace(':53 {', `:${STUB_PORT} {\n bind ${west.plan.nodeAddress}`);
    await writeFile(file, `${bound}\n`);
    const log = path.join(west.plan.folder, 'log', 'coredns-stub.log');
    programs.push(startLogged('coredns-stub', log, inNetwork(west.plan.namespace, [coredns, '-conf', file])));
    const through = [`@${west.plan.nodeAddress}`, '-p', `${STUB_PORT}`];
    const pods = await podAddresses(east, 'headless');
    await soon(async () => expect(await dataOf(nameOf('headless'), 'A', ...through)).toEqual(pods));
    expect((await dig(`east.${nameOf('headless')}`, 'A', ...through)).status).toBe('NXDOMAIN');
    const [host] = await dataOf(`hello-0.east.${nameOf('headless')}`, 'A', ...through);
    expect(pods).toContain(host);
  });

  it('goes on answering while the API server is away, and follows it again', async () => {
    const pods = await podAddresses(east, 'headless');
    const servers = await serverPods(west);
    expect(servers).toHaveLength(2);
    const readiness = async (pod: string): Promise<string> =>
      west.kubectl(['exec', 'asker', '--', 'curl', '-s', `http://${pod}:15020/readyz?verbose`]);
    await cutOff(west);
    try {
      await soon(async () => {
        for (const pod of servers)
          expect(await readiness(pod)).toMatch(/\[\+\]answering ok\n\[\+\]api-server away:/);
      });
      for (const pod of servers)
        expect(await dataOf(nameOf('headless'), 'A', `@${pod}`, '-p', '15053')).toEqual(pods);
      for (let i = 0; i < 10; i++) expect(await dataOf(nameOf('headless'))).toEqual(pods);
    } finally {
      await restore(west);
    }
    await makeNamespace('later', [east, west]);
    await state(east, answering('later'), exported('later'));
    await soon(async () => expect(await dataOf(nameOf('later'))).not.toEqual([]));
  });

  it('asked the API server for what it may, and for nothing else', () => {
    const asked = readFileSync(auditLogFile(west.plan), 'utf8')
      .split('\n')
      .filter((line) => line.includes(ACCOUNT))
      .map((line) => JSON.parse(line) as AuditEvent)
      .filter(({ user }) => user.username === ACCOUNT);
    expect(asked.filter(({ responseStatus }) => responseStatus?.code === 403)).toEqual([]);
    expect([...new Set(asked.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}`))].sort()).toEqual(
      ['endpointslices', 'serviceimports'].flatMap((kind) => [`list ${kind}`, `watch ${kind}`]).sort(),
    );
  });

  it('is gone with the installation', async () => {
    expect(await members.isthmus(west, 'uninstall', '--yes')).toContain('nothing of Isthmus is left');
    const left = await west.kubectl(['get', 'clusterroles,clusterrolebindings,namespaces', '-o', 'name']);
    expect(left).not.toContain('isthmus');
  });
});

interface AuditEvent {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly resource?: string };
  readonly responseStatus?: { readonly code?: number };
}

async function serverPods({ kubectl }: Cluster): Promise<readonly string[]> {
  const selected = ['-n', NAMESPACE, '-l', 'app.kubernetes.io/component=isthmus-dns'];
  const text = await kubectl(['get', 'pods', ...selected, '-o', 'jsonpath={.items[*].status.podIP}']);
  return text.split(' ').filter(Boolean);
}

const CUT = 'cut-off';

/** Pods of the cluster reach its API server no more, and what they have open to it ends. */
async function cutOff({ plan }: Cluster): Promise<void> {
  const rules = `table inet ${CUT} { chain input { type filter hook input priority 0;
    ip saddr ${plan.podRange} tcp dport ${API_PORT} reject with tcp reset
  }
}
`;
  await run(inNetwork(plan.namespace, ['nft', '-f', '-']), { input: rules });
}

async function restore({ plan }: Cluster): Promise<void> {
  await run(inNetwork(plan.namespace, ['nft', 'delete', 'table', 'inet', CUT]));
}
