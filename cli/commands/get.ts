import { Argument, Command } from 'commander';
import type { AdminClient } from '../../mesh/adapters/admin/admin-client.ts';
import type { Result } from '../../mesh/kit/result.ts';
import type { Fault } from '../../mesh/model/fault.ts';
import { askController } from '../admin.ts';
import { outputOption } from '../options.ts';
import { formatAge } from '../output/age.ts';
import { printData, type OutputForm } from '../output/print.ts';
import { formatTable } from '../output/table.ts';

type Row = readonly string[];

interface Listing {
  readonly heads: readonly string[];
  readonly list: (admin: AdminClient) => Promise<Result<Listed, Fault>>;
}

interface Listed {
  readonly data: unknown;
  readonly rows: readonly Row[];
}

const KINDS: Readonly<Record<string, Listing>> = {
  services: {
    heads: ['SERVICE', 'PORTS', 'EXPORTED', 'READY', 'REMOTE'],
    list: async (admin) =>
      listed(await admin.services(), ({ service, ports, exported, ready, total, remote }) => {
        const elsewhere = remote.map((offer) => `${offer.cluster} ${offer.ready}/${offer.total}`).join(', ');
        return [
          service,
          ports.map(({ port }) => port).join(','),
          exported ? 'yes' : 'no',
          `${ready}/${total}`,
          elsewhere,
        ];
      }),
  },
  exports: {
    heads: ['SERVICE', 'PORTS', 'READY', 'AGE'],
    list: async (admin) =>
      listed(await admin.exports(), ({ service, ports, ready, total, since, fault }) => [
        ...[
          service,
          ports.join(','),
          fault === undefined ? `${ready}/${total}` : fault.message,
          formatAge(Date.now() - since),
        ],
      ]),
  },
  imports: {
    heads: ['SERVICE', 'PORTS', 'IMPORTED', 'CLUSTERS'],
    list: async (admin) =>
      listed(await admin.imports(), ({ service, ports, imported, clusters }) => [
        ...[service, ports.join(','), imported ? 'yes' : 'no', clusters.join(', ')],
      ]),
  },
  endpoints: {
    heads: ['SERVICE', 'ENDPOINT', 'ADDRESS', 'ZONE', 'READY', 'SERVICEACCOUNT'],
    list: async (admin) =>
      listed(
        await admin.endpoints(),
        ({ service, id, address, port, region, zone, ready, serviceAccount = '(gateway)' }) => [
          ...[service, id, `${address}:${port}`, `${region}/${zone}`, ready ? 'yes' : 'no', serviceAccount],
        ],
      ),
  },
  policies: {
    heads: ['KIND', 'NAME', 'TARGET', 'STATE'],
    list: async (admin) => {
      const answer = await admin.policies();
      if (!answer.ok) return answer;
      const { failover, access } = answer.value;
      const rows = [
        ...failover.map(({ target, policy }): Row => [
          'FailoverPolicy',
          policy.name,
          target,
          `threshold ${policy.threshold}`,
        ]),
        ...access.map(({ name, namespace, target, closed }): Row => [
          'AccessPolicy',
          name,
          target ?? `${namespace}/*`,
          closed === undefined ? 'in force' : `closed: ${closed}`,
        ]),
      ];
      return { ok: true, value: { data: answer.value, rows } };
    },
  },
  events: {
    heads: ['TIME', 'EVENT'],
    list: async (admin) =>
      listed(await admin.events(), ({ at, text }) => [new Date(at).toISOString().slice(11, 23), text]),
  },
};

function listed<T>(answer: Result<readonly T[], Fault>, row: (item: T) => Row): Result<Listed, Fault> {
  return answer.ok ? { ok: true, value: { data: answer.value, rows: answer.value.map(row) } } : answer;
}

/** `isthmus get services|exports|imports|endpoints|policies|events` */
export function getCommand(): Command {
  return new Command('get')
    .description('list what this cluster knows')
    .addArgument(new Argument('<kind>').choices(Object.keys(KINDS)))
    .addOption(outputOption())
    .action(async (kind: string, options: { output: OutputForm }, command: Command) => {
      const { heads, list } = KINDS[kind] as Listing;
      const { data, rows } = await askController(command, list);
      await printData(data, options.output, () => formatTable(heads, rows));
    });
}
