import { serviceKey, type ServiceName } from '../mesh/model/names.ts';
import type { AppProtocol, ServicePort } from '../mesh/model/service.ts';
import { documentSchema, metadataSchema, type Draft, type Kind } from './kind.ts';
import { labelSchema, openSchema, type CrdSchema, type FieldFault } from './schema.ts';

const PORT: CrdSchema = { type: 'integer', minimum: 1, maximum: 65_535, description: 'a TCP port, 1-65535' };

const servicePort = openSchema(
  {
    name: labelSchema('the name of the port'),
    port: PORT,
    targetPort: { ...PORT, description: 'the port of the application, 1-65535' },
    protocol: { type: 'string', enum: ['TCP'], description: 'the mesh carries TCP' },
    appProtocol: { type: 'string', minLength: 1, maxLength: 253, description: 'what is spoken on the port' },
  },
  ['port'],
);

/** core/v1 Service, of which the ports are read. */
export const SERVICE: Kind = {
  schema: documentSchema(
    {
      metadata: metadataSchema({ name: labelSchema('the name of the service') }),
      spec: openSchema(
        {
          ports: {
            type: 'array',
            items: servicePort,
            minItems: 1,
            maxItems: 100,
            description: 'the ports of the service',
          },
        },
        ['ports'],
      ),
      status: openSchema({}),
    },
    ['spec'],
  ),
  further: (draft) => portFaults(portsOf(draft)),
  build: (draft, { namespace }) => ({
    kind: 'service',
    service: {
      key: serviceKey(namespace, draft.metadata.name as ServiceName),
      ports: portsOf(draft).map(toPort),
    },
  }),
};

interface PortDraft {
  readonly name?: string;
  readonly port: number;
  readonly targetPort?: number;
  readonly appProtocol?: string;
}

function portsOf(draft: Draft): readonly PortDraft[] {
  return (draft['spec'] as { readonly ports: readonly PortDraft[] }).ports;
}

function portFaults(ports: readonly PortDraft[]): FieldFault[] {
  const faults: FieldFault[] = [];
  const [names, numbers] = [new Set<string>(), new Set<number>()];
  for (const [i, { name, port }] of ports.entries()) {
    const at = ['spec', 'ports', i] as const;
    if (name === undefined && ports.length > 1) {
      faults.push({ path: [...at, 'name'], message: 'is missing; each of several ports needs one' });
    }
    if (name !== undefined && names.has(name)) {
      faults.push({ path: [...at, 'name'], message: `"${name}" stands twice` });
    }
    if (numbers.has(port)) faults.push({ path: [...at, 'port'], message: `${port} stands twice` });
    if (name !== undefined) names.add(name);
    numbers.add(port);
  }
  return faults;
}

/**
 * How the mesh carries what is declared: HTTP/1.1 by request; what is encrypted, HTTP/2 or spoken first by the server
 * as bytes, because it must not be guessed at. Any other word tells nothing, so the first bytes do.
 */
const PROTOCOLS: ReadonlyMap<string, AppProtocol> = new Map([
  ...['http', 'http/1.1', 'kubernetes.io/ws'].map((word) => [word, 'http'] as const),
  ...['tcp', 'tls', 'https', 'kubernetes.io/wss'].map((word) => [word, 'tcp'] as const),
  ...['grpc', 'h2c', 'http2', 'kubernetes.io/h2c'].map((word) => [word, 'tcp'] as const),
  ...[
    'mysql',
    'postgres',
    'postgresql',
    'redis',
    'mongo',
    'mongodb',
    'smtp',
    'ftp',
    'ssh',
    'amqp',
    'ldap',
  ].map((word) => [word, 'tcp'] as const),
]);

function toPort({ name = '', port, targetPort = port, appProtocol = '' }: PortDraft): ServicePort {
  return { name, port, targetPort, appProtocol: PROTOCOLS.get(appProtocol.toLowerCase()) ?? 'detect' };
}
