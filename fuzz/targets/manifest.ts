/**
 * Manifests: whatever the text is, no exception and an answer in time; each fault names its file, a line that is there,
 * and is one line of words; and what a faulty file stated before stays in force, but for access policies, which close.
 */
import type { Place } from '../../crds/kind.ts';
import { assembleObjects, type Assembly } from '../../mesh/adapters/objects/assemble-objects.ts';
import type { SourceContent } from '../../mesh/adapters/objects/source-content.ts';
import { readManifests } from '../../mesh/adapters/standalone/read-manifests.ts';
import { selectsService } from '../../mesh/decide/access/decide-access.ts';
import type { ServiceKey } from '../../mesh/model/names.ts';
import { must, type Target } from '../target.ts';

const NAME = 'shop/all.yaml';
const PLACE: Place = { region: 'eu', zone: 'eu-1' };

const GOOD = `apiVersion: v1
kind: Service
metadata: { name: cart, namespace: shop, labels: { a/b: c } }
spec:
  ports: [{ name: http, port: 80, targetPort: 8080, appProtocol: http }]
---
apiVersion: multicluster.x-k8s.io/v1alpha1
kind: ServiceExport
metadata: { name: cart, namespace: shop }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: cart-1, namespace: shop, labels: { kubernetes.io/service-name: cart } }
addressType: IPv4
ports: [{ name: http, port: 15006 }]
endpoints: [{ addresses: [10.0.0.1], conditions: { ready: true } }]
---
apiVersion: isthmus.dev/v1alpha1
kind: FailoverPolicy
metadata: { name: cart, namespace: shop }
spec: { targetRef: { kind: Service, name: cart }, threshold: 70, levels: [{ cluster: east }, { region: us }] }
---
apiVersion: isthmus.dev/v1alpha1
kind: AccessPolicy
metadata: { name: cart, namespace: shop }
spec: { deny: [{ from: [{ cluster: development }] }] }
`;

const BOMB = `a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: &d [*c, *c]\nkind: [*d, *d, *d]\n`;

export const manifest: Target = {
  name: 'manifest',
  sources: ['crds/', 'mesh/adapters/standalone/'],
  seeds: () =>
    [
      ...[
        GOOD,
        ...GOOD.split('---\n'),
        BOMB,
        '[[[[[[[[',
        '{a: {b: {c: ',
        '__proto__: { a: 1 }\n',
        'a: 1\na: 2\n',
      ],
      ...[
        '~:\n',
        '? [a]\n: b\n',
        '- - - -\n',
        '<<: *a\n',
        '"a\\u0000": 1\n',
        'a: !!binary x\n',
        '%YAML 1.1\n---\n&a *a\n',
      ],
    ].map((text) => Buffer.from(text)),
  words: [
    ...[
      '\n',
      '---\n',
      '...\n',
      '- ',
      ': ',
      '  ',
      '\t',
      '{',
      '}',
      '[',
      ']',
      '&a ',
      '*a',
      '<<: ',
      '!!',
      '? ',
      '~:\n',
      '|\n',
      '>\n',
    ],
    ...[
      'kind: ',
      'AccessPolicy',
      'accesspolicy',
      'apiVersion: ',
      'metadata: ',
      'namespace: ',
      'kube-system',
      'spec: ',
      'null',
    ],
    ...[
      '__proto__',
      'constructor',
      'toString',
      'true',
      '1e999',
      '.nan',
      '0x',
      '"',
      "'",
      '#',
      '\xff',
      '\xc2\x85',
      '\xe2\x80\xa8',
    ],
    ...[
      'isthmus.dev/v1alpha1',
      'name: ',
      'deny',
      'allow',
      'from',
      'cluster',
      'targetRef',
      'levels',
      'threshold',
      '-1',
      '140',
    ],
  ],
  maxBytes: 6_000,
  cases: 600,
  check(input) {
    const text = input.toString('utf8');
    const content = readManifests({ name: NAME, text }, PLACE);
    mustBeTold(content, text);
    mustStay(content);
  },
};

function mustBeTold({ faults }: SourceContent, text: string): void {
  const lines = text.split('\n').length;
  for (const { subject, message, field = '' } of faults) {
    const [, line] = /^shop\/all\.yaml(?::(\d+))?$/.exec(subject) ?? [];
    must(subject === NAME || line !== undefined, 'a fault names its file', subject);
    must(
      line === undefined || (Number(line) >= 1 && Number(line) <= lines),
      'a fault names a line',
      subject,
      lines,
    );
    must(!/\p{Cc}/u.test(message + field), 'a fault is one line of words', message, field);
    must(message.length + field.length < 2_000, 'a fault is short', message.length, field.length);
  }
}

const before = assemble(readManifests({ name: NAME, text: GOOD }, PLACE));
const CART = 'shop/cart' as ServiceKey;

function assemble(content: SourceContent, remembered: Assembly['remembered'] = new Map()): Assembly {
  const sources = new Map([[NAME, content]]);
  return assembleObjects({ sources, remembered, createdAt: () => 1, counted: (policy) => policy });
}

function mustStay(content: SourceContent): void {
  const { objects } = assemble(content, before.remembered);
  const stated = new Set(content.stated.map(({ manifest }) => manifest.id));
  const kept = [...before.remembered.keys()].filter(
    (id) => !stated.has(id) && (content.unidentified || content.faultyIds.includes(id)),
  );
  const has = (id: string): boolean => kept.includes(id);
  must(
    !has('Service/shop/cart') || objects.services.has(CART),
    'a service stays while its document is faulty',
  );
  must(
    !has('ServiceExport/shop/cart') || objects.exports.has(CART),
    'an export stays while its document is faulty',
  );
  must(
    !has('FailoverPolicy/shop/cart') || objects.failover.size > 0,
    'a policy stays while its document is faulty',
  );
  const closed = objects.access.some((policy) => policy.closed !== undefined && selectsService(policy, CART));
  must(!has('AccessPolicy/shop/cart') || closed, 'an access policy closes while its document is faulty');
  must(
    !content.closes.some(({ selection }) => selection.namespace === 'shop' && !selection.target) || closed,
    'it is closed',
  );
}
