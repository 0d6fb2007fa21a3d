/** `--dns`: a server for clusterset.local, and how the cluster's own DNS is told of it. */
import { isRecord } from '../../mesh/adapters/kubernetes/api-object.ts';
import { DNS } from '../../mesh/adapters/kubernetes/installation.ts';
import { note } from '../output/print.ts';
import { applyManifest, pathOf, readObject, type Api } from './apply-manifest.ts';
import { untilReady } from './deployments.ts';
import { dnsObjects, dnsService } from './dns-workload.ts';

/** Resolves when its pods are ready. The cluster's DNS is not ours to change: what it needs is told. */
export async function installDns(api: Api, image: string): Promise<void> {
  for (const object of dnsObjects(image)) await applyManifest(api, object);
  const count = await untilReady(api, DNS);
  const service = await readObject(api, pathOf(dnsService()));
  const spec = isRecord(service) && isRecord(service['spec']) ? service['spec'] : {};
  const address = String(spec['clusterIP']);
  note(`✓ dns ${count} ready              clusterset.local at ${address}`);
  note(
    '  To be asked for it by the DNS of this cluster, add to the Corefile of CoreDNS (kube-system/coredns):',
  );
  for (const line of stubDomain(address)) note(`    ${line}`);
  note('  CoreDNS reads its Corefile again within two minutes.');
  note(
    '  With NodeLocal DNSCache add it to kube-system/node-local-dns instead, with its own `bind` line inside.',
  );
}

function stubDomain(address: string): readonly string[] {
  return ['clusterset.local:53 {', '    errors', '    cache 5', `    forward . ${address}`, '}'];
}
