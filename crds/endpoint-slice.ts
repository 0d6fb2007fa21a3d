import { quoted } from '../mesh/kit/quoted.ts';
import { checkPeerHost } from '../mesh/decide/peer-address.ts';
import { isDnsLabel, serviceKey, type ServiceAccount, type ServiceName } from '../mesh/model/names.ts';
import type { Endpoint } from '../mesh/model/service.ts';
import { documentSchema, metadataSchema, type Draft, type Kind } from './kind.ts';
import { openSchema, type CrdSchema, type FieldFault } from './schema.ts';

const SERVICE_LABEL = 'kubernetes.io/service-name';
const ACCOUNT_ANNOTATION = 'isthmus.dev/service-account';

const endpoint = openSchema(
  {
    addresses: {
      type: 'array',
      items: { type: 'string', minLength: 1, maxLength: 253, description: 'an IP address or host name' },
      minItems: 1,
      maxItems: 1,
      description: 'the address of the sidecar of this endpoint; one, as nobody reads more',
    },
    conditions: openSchema({
      ready: { type: 'boolean', description: 'whether it takes requests; true when absent' },
    }),
    zone: {
      type: 'string',
      pattern: '^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$',
      maxLength: 63,
      description: 'the zone of the endpoint; the cluster’s own when absent',
    },
  },
  ['addresses'],
);

const sidecarPort: CrdSchema = {
  type: 'array',
  items: openSchema(
    {
      port: {
        type: 'integer',
        minimum: 1,
        maximum: 65_535,
        description: 'the inbound mTLS port of the sidecars, 1-65535',
      },
    },
    ['port'],
  ),
  minItems: 1,
  maxItems: 1,
  description: 'the inbound mTLS port of the sidecars; one for all ports of the service',
};

/**
 * discovery.k8s.io/v1 EndpointSlice as static workload entries: the addresses are of sidecars' inbound mTLS listeners.
 * The label `kubernetes.io/service-name` names the service, the annotation `isthmus.dev/service-account` what they
 * prove to be (`default` when absent).
 */
export const ENDPOINT_SLICE: Kind = {
  schema: {
    ...documentSchema(
      {
        metadata: metadataSchema({ required: ['labels'] }),
        addressType: {
          type: 'string',
          enum: ['IPv4', 'IPv6', 'FQDN'],
          description: 'the form of the addresses',
        },
        endpoints: { type: 'array', items: endpoint, maxItems: 1000, description: 'the endpoints' },
        ports: sidecarPort,
      },
      ['endpoints', 'ports'],
    ),
  },
  further: (draft) => [...metadataFaults(draft), ...addressFaults(draft)],
  build(draft, { namespace, place }) {
    const { name, labels = {}, annotations = {} } = draft.metadata;
    const service = serviceKey(namespace, labels[SERVICE_LABEL] as ServiceName);
    const serviceAccount = (annotations[ACCOUNT_ANNOTATION] ?? 'default') as ServiceAccount;
    const [{ port }] = draft['ports'] as readonly [{ readonly port: number }];
    const endpoints = entriesOf(draft).map(({ addresses: [address], zone, conditions }): Endpoint => {
      const where = { address, port, region: place.region, zone: zone ?? place.zone };
      const id = `${namespace}/${name}/${address}`;
      return { id, ...where, ready: conditions?.ready ?? true, serviceAccount };
    });
    return { kind: 'endpoints', service, endpoints };
  },
};

interface EndpointDraft {
  readonly addresses: readonly [string];
  readonly zone?: string;
  readonly conditions?: { readonly ready?: boolean };
}

function entriesOf(draft: Draft): readonly EndpointDraft[] {
  return draft['endpoints'] as readonly EndpointDraft[];
}

function metadataFaults({ metadata: { labels = {}, annotations = {} } }: Draft): FieldFault[] {
  const faults: FieldFault[] = [];
  if (!isDnsLabel(labels[SERVICE_LABEL] ?? '')) {
    const message = 'is missing or no DNS label (the service that the endpoints belong to)';
    faults.push({ path: ['metadata', 'labels', SERVICE_LABEL], message });
  }
  if (!isDnsLabel(annotations[ACCOUNT_ANNOTATION] ?? 'default')) {
    const message = 'is no DNS label (the service account that the endpoints prove)';
    faults.push({ path: ['metadata', 'annotations', ACCOUNT_ANNOTATION], message });
  }
  return faults;
}

const FORM: Readonly<Record<string, RegExp>> = { IPv4: /^[\d.]+$/, IPv6: /:/, FQDN: /[a-z]/i };

function addressFaults(draft: Draft): FieldFault[] {
  const type = (draft['addressType'] as string | undefined) ?? '';
  const faults: FieldFault[] = [];
  const seen = new Set<string>();
  for (const [i, { addresses }] of entriesOf(draft).entries()) {
    const [address] = addresses;
    const path = ['endpoints', i, 'addresses', 0];
    const usable = checkPeerHost(address, { allowLoopback: true }).ok && (FORM[type]?.test(address) ?? true);
    if (!usable) {
      const wanted = type === '' ? 'usable IP address or host name' : `usable ${type} address`;
      faults.push({ path, message: `${quoted(address)} is no ${wanted}` });
    } else if (seen.has(address)) {
      faults.push({ path, message: `${quoted(address)} stands twice` });
    }
    seen.add(address);
  }
  return faults;
}
